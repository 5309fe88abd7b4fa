/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/json.h"

#include <openssl/evp.h>

G_BEGIN_DECLS

/* Keys and certificates for tests, made by libcrypto. All are owned by the caller. */

/* A new RSA key of so many bits. */
EVP_PKEY *pki_new_key (guint bits);

/* An RSA key; the same one for every call in a process. Owned by the callee. */
EVP_PKEY *pki_key (void);

/* In PKCS #8, PEM. passphrase: NULL for none. */
char *pki_key_pem (EVP_PKEY *key, const char *passphrase);

/* A self-signed certificate in PEM, good from and until so many seconds from now. digest: set to
 * its SHA-256, 32 bytes; may be NULL. */
char *pki_certificate_pem (EVP_PKEY *key, gint64 from, gint64 until, guchar *digest);

/* Asserts that jwt has this algorithm, RS256 or PS256 with a salt of 32 bytes, and a signature that
 * key's public half verifies. Returns the claims; header: set to the header; may be NULL. */
cJSON *pki_verify (const char *jwt, EVP_PKEY *key, const char *algorithm, cJSON **header);

G_END_DECLS
