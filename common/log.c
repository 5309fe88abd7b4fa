/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define ELLIPSIS "\xe2\x80\xa6"

static gboolean
is_bidirectional (gunichar c)
{
  return c == 0x61c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e)
         || (c >= 0x2066 && c <= 0x2069);
}

gboolean
se_log_is_control (gunichar c)
{
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029 || is_bidirectional (c);
}

/* Appends text as one clean line, at most max bytes of it, cut between characters.
 * Returns FALSE if it was cut. */
static gboolean
append_clean (GString *line, const char *text, gsize max)
{
  gsize end = line->len + max;

  while (*text != '\0')
    {
      gunichar c = g_utf8_get_char_validated (text, -1);
      gboolean valid = c != (gunichar)-1 && c != (gunichar)-2;
      const char *next = valid ? g_utf8_next_char (text) : text + 1;
      char character[6];
      int length;

      if (!valid)
        c = 0xfffd;
      else if (se_log_is_control (c))
        c = ' ';
      length = g_unichar_to_utf8 (c, character);
      if (line->len + (gsize)length > end)
        return FALSE;
      g_string_append_len (line, character, length);
      text = next;
    }
  return TRUE;
}

char *
se_log_line (const char *prefix, const char *text)
{
  GString *line = g_string_new (prefix);

  g_string_append (line, ": ");
  (void)append_clean (line, text, SE_LOG_LINE_MAX - 1 - line->len);
  g_string_append_c (line, '\n');
  return g_string_free (line, FALSE);
}

static void
write_line (const char *prefix, const char *text)
{
  g_autofree char *line = se_log_line (prefix, text);
  ssize_t written;

  /* A log that cannot be written has nowhere to be reported. */
  do
    written = write (STDERR_FILENO, line, strlen (line));
  while (written < 0 && errno == EINTR);
}

void
se_log_write (const char *prefix, const char *format, ...)
{
  va_list arguments;
  g_autofree char *text = NULL;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  write_line (prefix, text);
}

static const char *
prefix_of (GLogLevelFlags level)
{
  if ((level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)) != 0)
    return "ERROR";
  if ((level & G_LOG_LEVEL_WARNING) != 0)
    return "WARNING";
  if ((level & (G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO)) != 0)
    return "INFO";
  return "DEBUG";
}

GLogWriterOutput
se_log_writer (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer unused)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0)
      {
        g_autofree char *text = fields[i].length < 0
                                    ? g_strdup (fields[i].value)
                                    : g_strndup (fields[i].value, (gsize)fields[i].length);

        write_line (prefix_of (level), text);
        return G_LOG_WRITER_HANDLED;
      }
  return G_LOG_WRITER_UNHANDLED;
}

char *
se_log_clean (const char *text, gsize max)
{
  GString *clean = g_string_new (NULL);

  if (text != NULL && !append_clean (clean, text, max) && max >= strlen (ELLIPSIS))
    {
      gsize keep = clean->len;

      while (keep > max - strlen (ELLIPSIS))
        keep = (gsize)(g_utf8_prev_char (clean->str + keep) - clean->str);
      g_string_truncate (clean, keep);
      g_string_append (clean, ELLIPSIS);
    }
  return g_string_free (clean, FALSE);
}
