// SPDX-License-Identifier: Apache-2.0
// A real OpenID provider over https for tests and the demo: device, code, client credentials and JWT
// bearer grants, refresh tokens that rotate with reuse detection, revocation, introspection.
//
//   node oidc.mjs --key KEY.pem --cert CERT.pem [--host localhost] [--secrets FILE] [--access-ttl SECONDS]
//
// Listens on free ports of 127.0.0.1 and prints one JSON line once it is ready:
//   {"issuer": "https://…", "introspection": "http://…", "control": "http://…"}
// Control (JSON, POST unless said otherwise): GET /counts, /revoke {account},
//   /set {accessTtl, refuse, hold, honourUsed, mailbox} (see state),
//   /client {metadata…, certificate} (a client more; PEM certificate: it signs its assertions),
//   /service-account {email, publicKey} (PEM).
import { appendFileSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import querystring from 'node:querystring';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

import Provider, { errors } from 'oidc-provider';

import { CLIENTS, SERVICE_ACCOUNTS_CLIENT, thumbprint, withCertificate } from './clients.mjs';
import { JWT_BEARER, verify } from './jwt-bearer.mjs';

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
  hold: false, // token requests get their answer once this is false again
  honourUsed: false, // a refresh token that was used is still good, as Microsoft's are
  mailbox: 'scanner@example.test', // what a token of a client without a person is for
  counts: {},
  serviceAccounts: new Map(), // email to public key
  held: [],
};

function count(name) {
  state.counts[name] = (state.counts[name] ?? 0) + 1;
}

// Everything issued is written down, so that a test can prove that none of it is in any log.
const SECRET_KINDS = ['AccessToken', 'ClientCredentials', 'RefreshToken', 'DeviceCode', 'AuthorizationCode'];
const SECRET_PARAMETERS = ['code_verifier', 'client_secret', 'client_assertion', 'assertion'];
const stores = [];

function keepSecret(kind, value) {
  if (options.secrets) {
    appendFileSync(options.secrets, `${kind} ${value}\n`, { mode: 0o600 });
  }
}

class Store {
  constructor(kind) {
    this.kind = kind;
    this.records = new Map();
  }

  async upsert(id, payload) {
    if (!this.records.has(id) && SECRET_KINDS.includes(this.kind)) {
      count(`issued ${this.kind}`);
      keepSecret(this.kind, id);
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
    if (!(state.honourUsed && this.kind === 'RefreshToken')) {
      this.records.get(id).consumed = Math.floor(Date.now() / 1000);
    }
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

function storeOf(kind) {
  const known = stores.find((store) => store.kind === kind);
  if (known) {
    return known;
  }
  stores.push(new Store(kind));
  return stores.at(-1);
}

const configuration = {
  adapter: (kind) => storeOf(kind),
  clients: CLIENTS,
  scopes: ['openid', 'offline_access', 'email', 'smtp'],
  claims: { openid: ['sub'], email: ['email', 'email_verified', 'preferred_username'] },
  conformIdTokenClaims: false,
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    devInteractions: { enabled: true },
  },
  enabledJWA: { clientAuthSigningAlgValues: ['PS256'] },
  // As Entra does: the header names the certificate.
  assertJwtClientAuthClaimsAndHeader: async (ctx, claims, header, client) => {
    if (header.typ !== 'JWT' || header['x5t#S256'] !== thumbprint(client.clientId)) {
      throw new errors.InvalidClientAuth('the assertion names no certificate of this client');
    }
    if (claims.exp - claims.iat > 600 || claims.nbf > claims.exp) {
      throw new errors.InvalidClientAuth('the assertion is good for too long');
    }
  },
  extraTokenClaims: async (ctx, token) => (
    token.kind === 'ClientCredentials' ? { sub: state.mailbox } : undefined),
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  expiresWithSession: async () => false,
  ttl: {
    AccessToken: () => state.accessTtl,
    AuthorizationCode: 60,
    ClientCredentials: () => state.accessTtl,
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
    } else if (path === '/token' && state.hold) {
      state.held.push(() => answer(request, response));
    } else {
      answer(request, response);
    }
  },
);
const issuer = `https://${options.host}:${await listen(server)}`;
const provider = new Provider(issuer, configuration);
provider.registerGrantType(JWT_BEARER, async (ctx, next) => {
  const { sub, scope } = verify(ctx.oidc.params.assertion, state.serviceAccounts, `${issuer}/token`);
  const token = new provider.AccessToken({ accountId: sub, client: ctx.oidc.client, gty: 'jwt_bearer', scope });
  const value = await token.save();
  ctx.body = { access_token: value, expires_in: token.expiration, token_type: 'Bearer', scope };
  await next();
}, ['assertion']);
// Reads a token request first: what is secret in it is written down, and as with Google, an assertion
// needs no client beside it.
provider.use(async (ctx, next) => {
  if (ctx.method === 'POST' && ctx.path === '/token') {
    const form = querystring.parse(await text(ctx.req));
    count(`grant ${form.grant_type}`);
    for (const name of SECRET_PARAMETERS.filter((parameter) => form[parameter])) {
      keepSecret(name, form[name]);
    }
    if (form.grant_type === JWT_BEARER) {
      form.client_id ??= SERVICE_ACCOUNTS_CLIENT;
    }
    ctx.req.body = form;
  }
  await next();
});
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
      .filter((store) => ['AccessToken', 'ClientCredentials', 'RefreshToken', 'Grant'].includes(store.kind))
      .reduce((sum, store) => sum + store.remove(
        (payload) => (payload.accountId ?? payload.extra?.sub) === account), 0),
  }),
  '/set': (change) => {
    for (const key of ['accessTtl', 'refuse', 'hold', 'honourUsed', 'mailbox']) {
      if (key in change) {
        state[key] = change[key];
      }
    }
    if (!state.hold) {
      state.held.splice(0).forEach((go) => go());
    }
    return {};
  },
  '/client': async ({ certificate, ...metadata }) => {
    const client = certificate ? withCertificate(metadata, certificate) : metadata;
    await storeOf('Client').upsert(client.client_id, client);
    return {};
  },
  '/service-account': ({ email, publicKey }) => {
    state.serviceAccounts.set(email, publicKey);
    return {};
  },
};
const control = http.createServer(async (request, response) => {
  const body = await text(request);
  const action = controls[request.url];
  response.writeHead(action ? 200 : 404, { 'content-type': 'application/json' });
  response.end(JSON.stringify(action ? await action(body ? JSON.parse(body) : {}) : {}));
});

console.log(JSON.stringify({
  issuer,
  introspection: `http://127.0.0.1:${await listen(introspection)}/token/introspection`,
  control: `http://127.0.0.1:${await listen(control)}`,
}));
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => process.exit(0));
}
