/* SPDX-License-Identifier: Apache-2.0 */
#include "common/secret.h"

#include "common/io.h"
#include "common/log.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Characters of a secret that tell it: words may hold no more of it. */
#define BEGINNING 20
/* Base64 that is shorter may be anything. */
#define BASE64_MIN 8

/* The part of beginning's base64 that is the same whatever stands behind it, where shift bytes
 * stand before it in their group of three. */
static char *
encode (const char *beginning, gsize shift)
{
  se_autosecret char *text = g_strconcat (shift > 1 ? "xx" : shift > 0 ? "x" : "", beginning, NULL);
  gsize length = strlen (text);
  se_autosecret char *base64 = g_base64_encode ((const guchar *)text, length / 3 * 3);

  return g_strdup (base64 + (shift > 0 && *base64 != '\0' ? shift + 1 : 0));
}

static gboolean
is_repeated (const char *words, const char *secret)
{
  se_autosecret char *beginning = g_strndup (secret, BEGINNING);
  se_autosecret char *percent = g_uri_escape_string (beginning, NULL, FALSE);
  gboolean found = *beginning != '\0'
                   && (strstr (words, beginning) != NULL || strstr (words, percent) != NULL);

  for (gsize shift = 0; shift < 3 && !found; shift++)
    {
      se_autosecret char *base64 = encode (beginning, shift);

      found = strlen (base64) >= BASE64_MIN && strstr (words, base64) != NULL;
    }
  return found;
}

gboolean
se_secret_is_repeated (const char *words, const char *const *secrets)
{
  for (; secrets != NULL && *secrets != NULL; secrets++)
    if (is_repeated (words, *secrets))
      return TRUE;
  return FALSE;
}

char *
se_secret_show (const char *words, gsize max, const char *const *secrets)
{
  return se_secret_is_repeated (words, secrets) ? g_strdup (_ ("(not shown: it repeats a secret)"))
                                                : se_log_clean (words, max);
}
