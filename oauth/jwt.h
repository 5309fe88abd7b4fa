/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/json.h"
#include "oauth/rsa-key.h"

G_BEGIN_DECLS

/* JSON Web Tokens (RFC 7519) in compact form, HEADER.CLAIMS.SIGNATURE. */

/* base64url without padding (RFC 7515, 2). Owned by the caller. */
char *se_base64url_encode (const void *data, gsize length);

/* Returns the bytes with a NUL behind them, owned by the caller; NULL for what is no base64url. */
char *se_base64url_decode (const char *text, gsize length, gsize *decoded_length);

/* The claims of jwt, whose signature nobody has checked: good for showing them, and for a token
 * that came over a channel which is trusted itself. NULL: it is no JWT (access tokens need not be),
 * or an encrypted one. */
cJSON *se_jwt_claims (const char *jwt);

/* Makes a signed JWT (RFC 7515, 7.1). header: what it is to hold beside "alg" and "typ", which are
 * added. Returns it, owned by the caller; who has it can use it, so it is to be wiped
 * (se_io_free_secret). SE_ERROR_CONFIG as se_rsa_key_sign. */
char *se_jwt_sign (cJSON *header, const cJSON *claims, const SeRsaKey *key, SeRsaScheme scheme,
                   GError **error);

G_END_DECLS
