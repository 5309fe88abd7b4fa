/* SPDX-License-Identifier: Apache-2.0 */
#include "common/digest.h"

#include <openssl/evp.h>
#include <string.h>

struct SeDigest
{
  EVP_MD_CTX *context;
};

/* libcrypto fails here only when memory is out or its SHA-256 is taken away: nothing can go on
 * without digests, as with a failed g_malloc. */
static void
require (int done)
{
  if (done != 1)
    g_error ("libcrypto cannot compute SHA-256");
}

SeDigest *
se_digest_new (void)
{
  SeDigest *digest = g_new0 (SeDigest, 1);

  digest->context = EVP_MD_CTX_new ();
  require (digest->context != NULL);
  require (EVP_DigestInit_ex (digest->context, EVP_sha256 (), NULL));
  return digest;
}

void
se_digest_update (SeDigest *digest, const void *data, gsize length)
{
  require (EVP_DigestUpdate (digest->context, data, length));
}

char *
se_digest_finish (SeDigest *digest)
{
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  GString *text = g_string_sized_new (SE_DIGEST_DIGITS);

  require (EVP_DigestFinal_ex (digest->context, bytes, &length));
  for (unsigned int i = 0; i < length; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

void
se_digest_free (SeDigest *digest)
{
  if (digest == NULL)
    return;
  EVP_MD_CTX_free (digest->context);
  g_free (digest);
}

char *
se_digest_text (const char *text)
{
  g_autoptr (SeDigest) digest = se_digest_new ();

  se_digest_update (digest, text, strlen (text));
  return se_digest_finish (digest);
}

gboolean
se_digest_is_hex (const char *text, gsize digits)
{
  return strlen (text) == digits && strspn (text, "0123456789abcdef") == digits;
}

char *
se_digest_fingerprint (const char *text)
{
  char *digest = se_digest_text (text);

  digest[SE_DIGEST_FINGERPRINT] = '\0';
  return digest;
}
