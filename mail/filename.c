/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/message.h"

#include "mail/unicode.h"

#include <string.h>

#define NAME_MAX_CHARACTERS 120
#define NAME_MAX_BYTES 255 /* of Linux's file systems */

/* Reserved by Windows in any directory, with any extension. */
static gboolean
is_device (const char *name)
{
  static const char *const devices[] = { "con", "prn", "aux", "nul" };
  gsize length = strcspn (name, ".");

  while (length > 0 && name[length - 1] == ' ')
    length--;
  for (gsize i = 0; i < G_N_ELEMENTS (devices); i++)
    if (length == 3 && g_ascii_strncasecmp (name, devices[i], 3) == 0)
      return TRUE;
  return length == 4 && g_ascii_isdigit (name[3])
         && (g_ascii_strncasecmp (name, "com", 3) == 0
             || g_ascii_strncasecmp (name, "lpt", 3) == 0);
}

static gboolean
has_extension (const char *name, const char *extension)
{
  gsize length = strlen (name);
  gsize tail = strlen (extension);

  return length > tail && g_ascii_strcasecmp (name + length - tail, extension) == 0;
}

/* Strips dots and spaces at both ends. */
static void
strip (GString *name)
{
  while (name->len > 0 && strchr (". ", name->str[name->len - 1]) != NULL)
    g_string_truncate (name, name->len - 1);
  g_string_erase (name, 0, (gssize)strspn (name->str, ". "));
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

char *
se_message_filename (const char *name, const char *extension)
{
  g_autofree char *raw = g_utf8_make_valid (name, -1);
  g_autoptr (GString) safe = g_string_new (NULL);
  g_autofree char *tail = NULL;

  for (const char *p = raw; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);
      gboolean reserved = c < 0x80 && strchr ("/\\:*?\"<>|", (int)c) != NULL;

      g_string_append_unichar (safe, reserved || se_unicode_is_forbidden (c) ? '_' : c);
    }
  strip (safe);
  tail = g_strdup (extension);
  if (has_extension (safe->str, extension))
    {
      g_free (tail);
      tail = g_strdup (safe->str + safe->len - strlen (extension));
      g_string_truncate (safe, safe->len - strlen (extension));
      strip (safe);
    }
  if (is_device (safe->str))
    g_string_prepend_c (safe, '_');
  cut (safe, NAME_MAX_CHARACTERS - (glong)strlen (tail), NAME_MAX_BYTES - strlen (tail));
  strip (safe);
  if (safe->len == 0)
    g_string_append (safe, "document");
  g_string_append (safe, tail);
  return g_string_free (g_steal_pointer (&safe), FALSE);
}
