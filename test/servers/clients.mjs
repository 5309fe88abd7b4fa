// SPDX-License-Identifier: Apache-2.0
// Who may ask the provider of oidc.mjs for tokens, and how each proves who it is.
import { X509Certificate, createHash } from 'node:crypto';

const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const LOOPBACK = ['http://127.0.0.1/', 'http://localhost/', 'http://[::1]/']; // any port: RFC 8252, 7.3
export const SERVICE_ACCOUNTS_CLIENT = 'service-accounts';

export const CLIENTS = [
  {
    client_id: 'scan-email',
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    grant_types: [DEVICE, 'authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: LOOPBACK,
  },
  { // as Google's desktop applications: PKCE and a secret
    client_id: 'scan-email-confidential',
    client_secret: 'the-secret-of-scan-email-confidential',
    application_type: 'native',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: [DEVICE, 'authorization_code', 'refresh_token'],
    response_types: ['code'],
    redirect_uris: LOOPBACK,
  },
  {
    client_id: 'scan-email-daemon',
    client_secret: 'the-secret-of-scan-email-daemon',
    token_endpoint_auth_method: 'client_secret_post',
    grant_types: ['client_credentials'],
    response_types: [],
    redirect_uris: [],
  },
  {
    client_id: SERVICE_ACCOUNTS_CLIENT,
    token_endpoint_auth_method: 'none',
    grant_types: ['urn:ietf:params:oauth:grant-type:jwt-bearer'],
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
];

const thumbprints = new Map();

// The client's metadata with the key of its certificate (PEM) to check its assertions by.
export function withCertificate(metadata, pem) {
  const certificate = new X509Certificate(pem);
  thumbprints.set(metadata.client_id,
    createHash('sha256').update(certificate.raw).digest('base64url'));
  return {
    ...metadata,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'PS256',
    jwks: { keys: [{ ...certificate.publicKey.export({ format: 'jwk' }), use: 'sig' }] },
  };
}

// SHA-256 of the client's certificate as x5t#S256 has it (RFC 7515, 4.1.8); undefined: it has none.
export function thumbprint(clientId) {
  return thumbprints.get(clientId);
}
