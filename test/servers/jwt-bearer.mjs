// SPDX-License-Identifier: Apache-2.0
// The authorization server's side of RFC 7523, section 2.1, as Google does it: RS256, an hour at most.
import { constants, verify as verifySignature } from 'node:crypto';

import { errors } from 'oidc-provider';

export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const SECONDS_MAX = 3600;
const SKEW = 60;

function decode(part) {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}

// Returns the claims of an assertion that may be granted. publicKeys: Map of email to PEM.
export function verify(assertion, publicKeys, audience) {
  function insist(condition, words) {
    if (!condition) {
      throw new errors.InvalidGrant(words);
    }
  }

  const parts = (assertion ?? '').split('.');
  insist(parts.length === 3 && parts.every((part) => /^[\w-]+$/.test(part)), 'no JWT');
  const [header, claims] = parts.slice(0, 2).map(decode);
  insist(header.alg === 'RS256' && header.typ === 'JWT', `alg ${header.alg}, typ ${header.typ}`);
  const key = publicKeys.get(claims.iss);
  insist(key, `account not found: ${claims.iss}`);
  insist(verifySignature('sha256', Buffer.from(`${parts[0]}.${parts[1]}`),
    { key, padding: constants.RSA_PKCS1_PADDING }, Buffer.from(parts[2], 'base64url')),
  'Invalid JWT Signature.');
  insist(claims.aud === audience, `aud ${claims.aud}`);
  insist(claims.sub, 'no sub');
  insist(claims.scope, 'no scope');
  const now = Math.floor(Date.now() / 1000);
  insist(Number.isInteger(claims.iat) && Number.isInteger(claims.exp), 'no iat or exp');
  insist(claims.iat <= now + SKEW && claims.exp > now && claims.exp - claims.iat <= SECONDS_MAX,
    `good from ${claims.iat} to ${claims.exp}, now ${now}`);
  return claims;
}
