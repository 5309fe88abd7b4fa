/* SPDX-License-Identifier: Apache-2.0 */
#include "common/state-path.h"

#include "common/digest.h"

#include <limits.h>
#include <string.h>

#define KEPT 150 /* bytes of a name that is too long: room for any ending */

/* A name that begins with a dot is a temporary file's. */
static char *
encode (const char *text)
{
  g_autofree char *rest = g_uri_escape_string (*text == '.' ? text + 1 : text, NULL, FALSE);

  return g_strconcat (*text == '.' ? "%2E" : "", rest, NULL);
}

char *
se_state_name (const char *text, const char *ending)
{
  g_autofree char *encoded = encode (text);
  g_autofree char *fingerprint = NULL;

  if (strlen (encoded) + strlen (ending) <= NAME_MAX)
    return g_strconcat (encoded, ending, NULL);
  fingerprint = se_digest_fingerprint (text);
  return g_strdup_printf ("%.*s=%s%s", KEPT, encoded, fingerprint, ending);
}

char *
se_state_text (const char *name, const char *ending)
{
  g_autofree char *encoded = NULL;

  if (!g_str_has_suffix (name, ending) || strchr (name, '=') != NULL)
    return NULL;
  encoded = g_strndup (name, strlen (name) - strlen (ending));
  return g_uri_unescape_string (encoded, NULL);
}

char *
se_state_path (const char *state_directory, const char *folder, const char *text,
               const char *ending)
{
  g_autofree char *name = se_state_name (text, ending);

  return g_build_filename (state_directory, folder, name, NULL);
}
