// SPDX-License-Identifier: Apache-2.0
// A real OpenID provider over https for tests and the demo: device grant, refresh tokens that rotate
// with reuse detection, revocation, introspection.
//
//   node oidc.mjs --key KEY.pem --cert CERT.pem [--host localhost] [--secrets FILE] [--access-ttl SECONDS]
//
// Listens on free ports of 127.0.0.1 and prints one JSON line once it is ready:
//   {"issuer": "https://…", "introspection": "http://…", "control": "http://…"}
// Control (JSON, POST unless said otherwise): GET /counts, /revoke {account}, /set {accessTtl, refuse}.
import { appendFileSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { parseArgs } from 'node:util';

import Provider from 'oidc-provider';

const { values: options } = parseArgs({
  options: {
    key: { type: 'string' },
    cert: { type: 'string' },
    host: { type: 'string', default: 'localhost' },
    secrets: { type: 'string' },
    'access-ttl': { type: 'string', default: '3600' },
  },
});

const state = {
  accessTtl: Number(options['access-ttl']),
  refuse: null, // {status, body}: what every token request gets instead of an answer
  counts: {},
};

function count(name) {
  state.counts[name] = (state.counts[name] ?? 0) + 1;
}

// Everything issued is written down, so that a test can prove that none of it is in any log.
const SECRET_KINDS = ['AccessToken', 'RefreshToken', 'DeviceCode'];
const stores = [];

class Store {
  constructor(kind) {
    this.kind = kind;
    this.records = new Map();
    stores.push(this);
  }

  async upsert(id, payload) {
    if (!this.records.has(id) && SECRET_KINDS.includes(this.kind)) {
      count(`issued ${this.kind}`);
      if (options.secrets) {
        appendFileSync(options.secrets, `${this.kind} ${id}\n`, { mode: 0o600 });
      }
    }
    this.records.set(id, payload);
  }

  async find(id) {
    return this.records.get(id);
  }

  async findBy(field, value) {
    return [...this.records.values()].find((payload) => payload[field] === value);
  }

  findByUid(uid) {
    return this.findBy('uid', uid);
  }

  findByUserCode(userCode) {
    return this.findBy('userCode', userCode);
  }

  async consume(id) {
    this.records.get(id).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    this.records.delete(id);
  }

  async revokeByGrantId(grantId) {
    this.remove((payload) => payload.grantId === grantId);
  }

  remove(matches) {
    let removed = 0;
    for (const [id, payload] of this.records) {
      if (matches(payload)) {
        this.records.delete(id);
        removed += 1;
      }
    }
    return removed;
  }
}

const configuration = {
  adapter: Store,
  clients: [
    {
      client_id: 'scan-email',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      grant_types: ['urn:ietf:params:oauth:grant-type:device_code', 'refresh_token'],
      response_types: [],
      redirect_uris: [],
    },
    {
      client_id: 'dovecot',
      client_secret: 'introspection-only',
      token_endpoint_auth_method: 'client_secret_post',
      grant_types: [],
      response_types: [],
      redirect_uris: [],
    },
  ],
  scopes: ['openid', 'offline_access', 'email', 'smtp'],
  claims: { openid: ['sub'], email: ['email', 'email_verified', 'preferred_username'] },
  conformIdTokenClaims: false,
  features: {
    deviceFlow: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    devInteractions: { enabled: true },
  },
  rotateRefreshToken: true,
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  ttl: {
    AccessToken: () => state.accessTtl,
    RefreshToken: 90 * 86400,
    DeviceCode: 600,
    Grant: 90 * 86400,
    IdToken: 3600,
    Interaction: 600,
    Session: 3600,
  },
  cookies: { keys: ['a test provider has nothing to keep'] },
  // The name typed at the login page is the account.
  findAccount: async (ctx, id) => ({
    accountId: id,
    claims: async () => ({
      sub: id,
      email: id,
      email_verified: true,
      preferred_username: id,
    }),
  }),
};

function listen(server) {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server.address().port));
  });
}

let answer; // oidc-provider's request handler; needs the issuer, so the port, first
const server = https.createServer(
  { key: readFileSync(options.key), cert: readFileSync(options.cert) },
  (request, response) => {
    const path = request.url.split('?')[0];
    count(`${request.method} ${path}`);
    if (path === '/token' && state.refuse) {
      response.writeHead(state.refuse.status, { 'content-type': 'application/json' });
      response.end(state.refuse.body ?? '');
      return;
    }
    answer(request, response);
  },
);
const issuer = `https://${options.host}:${await listen(server)}`;
const provider = new Provider(issuer, configuration);
answer = provider.callback();
for (const event of ['grant.success', 'grant.error', 'grant.revoked']) {
  provider.on(event, () => count(event));
}
provider.on('server_error', (ctx, error) => console.error(error));

// Dovecot introspects without TLS: loopback only, and nothing else is served there.
const introspection = http.createServer((request, response) => {
  if (request.url !== '/token/introspection') {
    response.writeHead(404).end();
    return;
  }
  count('introspection');
  answer(request, response);
});

const controls = {
  '/counts': () => state.counts,
  '/revoke': ({ account }) => ({
    removed: stores
      .filter((store) => ['AccessToken', 'RefreshToken', 'Grant'].includes(store.kind))
      .reduce((sum, store) => sum + store.remove((payload) => payload.accountId === account), 0),
  }),
  '/set': (change) => {
    for (const key of ['accessTtl', 'refuse']) {
      if (key in change) {
        state[key] = change[key];
      }
    }
    return {};
  },
};
const control = http.createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
  }
  const action = controls[request.url];
  response.writeHead(action ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(action ? action(body ? JSON.parse(body) : {}) : {}));
});

console.log(JSON.stringify({
  issuer,
  introspection: `http://127.0.0.1:${await listen(introspection)}/token/introspection`,
  control: `http://127.0.0.1:${await listen(control)}`,
}));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => process.exit(0));
}
