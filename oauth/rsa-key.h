/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* RSA private keys that sign, and the certificates that name them; all in PEM (RFC 7468). Every
 * error is SE_ERROR_CONFIG unless said otherwise and names the file. */
typedef struct SeRsaKey SeRsaKey;

void se_rsa_key_free (SeRsaKey *key); /* libcrypto wipes it */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeRsaKey, se_rsa_key_free)

/* pem: the text, of which the first private key is taken. name: what to call it in messages.
 * Refused: a key with a passphrase, of another kind than RSA, or under 2048 bits (RFC 7518, 3.3).
 */
SeRsaKey *se_rsa_key_parse (const char *pem, const char *name, GError **error);

/* The same from a file; errors as se_io_read_secret_file, too. */
SeRsaKey *se_rsa_key_read (const char *path, GError **error);

/* The signature schemes with SHA-256, by their names in JWA (RFC 7518, 3.3 and 3.5). */
typedef enum
{
  SE_RSA_RS256, /* RSASSA-PKCS1-v1_5 */
  SE_RSA_PS256, /* RSASSA-PSS, MGF1 with SHA-256, salt as long as the digest */
} SeRsaScheme;

/* Signs length bytes. Returns the signature, owned by the caller. */
guchar *se_rsa_key_sign (const SeRsaKey *key, SeRsaScheme scheme, const void *data, gsize length,
                         gsize *signature_length, GError **error);

#define SE_CERTIFICATE_DIGEST 32

/* What is asked of a certificate (RFC 5280). */
typedef struct
{
  guchar sha256[SE_CERTIFICATE_DIGEST]; /* of its DER: what "x5t#S256" shows (RFC 7515, 4.1.8) */
  gint64 not_before;                    /* seconds since 1970 */
  gint64 not_after;
} SeCertificate;

/* Reads the first certificate of a file. key: that it must belong to; NULL: any. Its dates are not
 * checked. */
gboolean se_certificate_read (const char *path, const SeRsaKey *key, SeCertificate *certificate,
                              GError **error);

G_END_DECLS
