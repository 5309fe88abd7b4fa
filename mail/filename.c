/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/message.h"

#include "mail/unicode.h"

#include <string.h>

#define NAME_MAX_CHARACTERS 120
#define NAME_MAX_BYTES 255 /* of Linux's file systems */

/* Reserved by Windows in any directory, with any extension; it takes a superscript digit for one.
 */
static gboolean
is_device (const char *name)
{
  static const char *const devices[] = { "con", "prn", "aux", "nul", "conin$", "conout$" };
  static const char *const ports[] = { "com", "lpt" };
  static const char *const superscripts[] = { "\xc2\xb9", "\xc2\xb2", "\xc2\xb3" };
  g_autofree char *stem = g_strchomp (g_strndup (name, strcspn (name, ".")));

  for (gsize i = 0; i < G_N_ELEMENTS (devices); i++)
    if (g_ascii_strcasecmp (stem, devices[i]) == 0)
      return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (ports); i++)
    {
      const char *digit = stem + strlen (ports[i]);

      if (g_ascii_strncasecmp (stem, ports[i], strlen (ports[i])) != 0)
        continue;
      if (g_ascii_isdigit (digit[0]) && digit[1] == '\0')
        return TRUE;
      for (gsize j = 0; j < G_N_ELEMENTS (superscripts); j++)
        if (strcmp (digit, superscripts[j]) == 0)
          return TRUE;
    }
  return FALSE;
}

/* Strips what may not stand at the ends. */
static void
strip (GString *name)
{
  while (name->len > 0 && strchr (". ", name->str[name->len - 1]) != NULL)
    g_string_truncate (name, name->len - 1);
  g_string_erase (name, 0, (gssize)strspn (name->str, ". -~"));
}

/* Cuts name at a character's border. */
static void
cut (GString *name, glong characters, gsize bytes)
{
  const char *end = name->str;

  for (glong i = 0; i < characters && *end != '\0'; i++)
    {
      const char *next = g_utf8_next_char (end);

      if ((gsize)(next - name->str) > bytes)
        break;
      end = next;
    }
  g_string_truncate (name, (gsize)(end - name->str));
}

/* Appends what stands for c in a file name. */
static void
append_safe (GString *safe, gunichar c)
{
  gboolean reserved = c < 0x80 && strchr ("/\\:*?\"<>|", (int)c) != NULL;

  if (g_unichar_isspace (c))
    {
      if (safe->len == 0 || safe->str[safe->len - 1] != ' ')
        g_string_append_c (safe, ' ');
    }
  else if (reserved || se_unicode_is_forbidden (c) || !g_unichar_isdefined (c))
    g_string_append_c (safe, '_');
  else if (g_unichar_type (c) != G_UNICODE_FORMAT)
    g_string_append_unichar (safe, c);
}

char *
se_message_filename (const char *name, const char *tail)
{
  g_autofree char *valid = g_utf8_make_valid (name, -1);
  g_autofree char *raw = g_utf8_normalize (valid, -1, G_NORMALIZE_NFC);
  g_autoptr (GString) safe = g_string_new (NULL);

  for (const char *p = raw; *p != '\0'; p = g_utf8_next_char (p))
    append_safe (safe, g_utf8_get_char (p));
  strip (safe);
  if (is_device (safe->str))
    g_string_prepend_c (safe, '_');
  cut (safe, NAME_MAX_CHARACTERS - (glong)strlen (tail), NAME_MAX_BYTES - strlen (tail));
  strip (safe);
  if (safe->len == 0)
    g_string_append (safe, "document");
  g_string_append (safe, tail);
  return g_string_free (g_steal_pointer (&safe), FALSE);
}
