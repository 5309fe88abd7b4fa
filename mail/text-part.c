/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/text-part.h"

#include "common/log.h"
#include "mail/header.h"

#include <string.h>

#define LINE_MAX_COLUMNS 78
#define QP_LINE_MAX 76 /* RFC 2045, 6.7 (5), with the soft break's '=' */

/* The lines of text without line ends (CRLF, LF or CR), clean. */
static char **
split_lines (const char *text)
{
  g_autoptr (GPtrArray) lines = g_ptr_array_new ();

  while (*text != '\0')
    {
      gsize length = strcspn (text, "\r\n");
      g_autofree char *line = g_strndup (text, length);

      g_ptr_array_add (lines, se_log_clean (line, G_MAXSIZE));
      text += length;
      text += g_str_has_prefix (text, "\r\n") ? 2 : *text != '\0' ? 1 : 0;
    }
  g_ptr_array_add (lines, NULL);
  return (char **)g_ptr_array_steal (lines, NULL);
}

/* What programs on the way may change: dots are doubled by SMTP, "From " is quoted by mailboxes. */
static gboolean
has_risky_start (const char *line)
{
  return *line == '.' || g_str_has_prefix (line, "From ");
}

static gboolean
is_7bit (const char *line)
{
  gsize length = strlen (line);

  if (length > LINE_MAX_COLUMNS || has_risky_start (line)
      || (length > 0 && line[length - 1] == ' '))
    return FALSE;
  for (; *line != '\0'; line++)
    if ((*line & 0x80) != 0)
      return FALSE;
  return TRUE;
}

/* Appends one line in quoted-printable; a soft break never splits a character. */
static void
append_quoted_printable (GString *out, const char *line)
{
  gsize start = out->len;
  const char *p = line;

  while (*p != '\0')
    {
      const char *next = g_utf8_next_char (p);
      gboolean literal = (*p & 0x80) == 0 && *p != '=' && !(*p == ' ' && *next == '\0');
      gsize width = 3 * (gsize)(next - p);

      if (out->len - start + (literal ? 1 : width) > QP_LINE_MAX - 1)
        {
          g_string_append (out, "=\r\n");
          start = out->len;
        }
      if (literal && !(out->len == start && has_risky_start (p)))
        g_string_append_c (out, *p);
      else
        for (const char *byte = p; byte < next; byte++)
          g_string_append_printf (out, "=%02X", (guint)(guchar)*byte);
      p = next;
    }
}

char *
se_text_part (const char *subtype, const char *text, GError **error)
{
  g_auto (GStrv) lines = split_lines (text);
  g_autofree char *type = g_strdup_printf ("text/%s; charset=UTF-8", subtype);
  g_autoptr (GString) part = g_string_new (NULL);
  gboolean plain = TRUE;

  for (char **line = lines; *line != NULL; line++)
    plain = plain && is_7bit (*line);
  if (!se_header_add (part, "Content-Type", type, error)
      || !se_header_add (part, "Content-Transfer-Encoding", plain ? "7bit" : "quoted-printable",
                         error))
    return NULL;
  g_string_append (part, "\r\n");
  for (char **line = lines; *line != NULL; line++)
    {
      if (plain)
        g_string_append (part, *line);
      else
        append_quoted_printable (part, *line);
      g_string_append (part, "\r\n");
    }
  return g_string_free (g_steal_pointer (&part), FALSE);
}
