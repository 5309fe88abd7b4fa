/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

enum
{
  SE_DIGEST_DIGITS = 64,      /* of a whole one, hexadecimal */
  SE_DIGEST_FINGERPRINT = 16, /* enough to tell things apart */
};

/* SHA-256 (FIPS 180-4) by libcrypto, which uses the processor's instructions for it. */
typedef struct SeDigest SeDigest;
SeDigest *se_digest_new (void);
void se_digest_update (SeDigest *digest, const void *data, gsize length);
/* Ends the computation. Returns 64 lower-case hexadecimal digits, owned by the caller. */
char *se_digest_finish (SeDigest *digest);
void se_digest_free (SeDigest *digest);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeDigest, se_digest_free)

/* The digest of one text in one call: 64 hexadecimal digits, owned by the caller. */
char *se_digest_text (const char *text);

/* TRUE if text is so many lower-case hexadecimal digits, as a digest or its beginning is. */
gboolean se_digest_is_hex (const char *text, gsize digits);

/* A short name for a text that tells nothing about it, were it a secret: the first
 * SE_DIGEST_FINGERPRINT digits of its SHA-256. Owned by the caller. */
char *se_digest_fingerprint (const char *text);

G_END_DECLS
