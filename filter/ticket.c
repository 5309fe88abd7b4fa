/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/ticket.h"

#include "common/log.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define TICKET "%cupsJobTicket:"
#define MAIL_OPTIONS "email"
#define NO "no"

enum
{
  LINE_MAX_CUPSD = 2047, /* what is behind that is the next line to cupsd */
};

/* The document's lines as cupsd reads them: ended by CR or LF or by their length. */
typedef struct
{
  int fd;
  off_t offset;
  char buffer[4096];
  gssize length;
  gssize next;
} Lines;

/* Returns the next byte, -1 at the end, -2 on error. */
static int
read_byte (Lines *lines)
{
  if (lines->next == lines->length)
    {
      gssize length = pread (lines->fd, lines->buffer, sizeof lines->buffer, lines->offset);

      lines->next = 0;
      lines->length = MAX (length, 0); /* the next one finds nothing, too */
      if (length <= 0)
        return length == 0 ? -1 : -2;
      lines->offset += length;
    }
  return (guchar)lines->buffer[lines->next++];
}

/* Reads one line into line. Returns FALSE at the end and on error, which is then set. */
static gboolean
read_line (Lines *lines, GString *line, GError **error)
{
  int byte = 0;

  g_string_truncate (line, 0);
  while (line->len < LINE_MAX_CUPSD && (byte = read_byte (lines)) >= 0 && byte != '\n'
         && byte != '\r')
    g_string_append_c (line, (char)byte);
  if (byte == -2)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read: %s"),
                 g_strerror (errno));
  return byte != -2 && (byte != -1 || line->len > 0);
}

static gboolean
is_name_character (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("-_.", c) != NULL);
}

/* The word of a ticket's text that begins as mail options do, owned by the caller; NULL: none.
 * Quotes and backslashes are left out: cupsd's parser does not know them in names, but whoever
 * reads what cupsd makes of them does. So "c' email-to=x '" and "e\\mail-to=x" are such words as
 * well. */
static char *
find_mail_option (const char *text)
{
  g_autoptr (GString) bare = g_string_new (NULL);

  for (; *text != '\0'; text++)
    if (strchr ("'\"\\", *text) == NULL)
      g_string_append_c (bare, *text);
  for (const char *p = bare->str; *p != '\0'; p++)
    {
      /* "noemail-x" sets email-x to false. */
      const char *name = g_ascii_strncasecmp (p, NO, strlen (NO)) == 0 ? p + strlen (NO) : p;
      g_autofree char *word = NULL;

      if ((p > bare->str && is_name_character (p[-1]))
          || g_ascii_strncasecmp (name, MAIL_OPTIONS, strlen (MAIL_OPTIONS)) != 0)
        continue;
      word = g_strndup (name, strcspn (name, " \t\v\f="));
      return se_log_clean (word, 60);
    }
  return NULL;
}

gboolean
se_ticket_check (int fd, GError **error)
{
  Lines lines = { .fd = fd };
  g_autoptr (GString) line = g_string_new (NULL);
  g_autoptr (GError) local = NULL;
  g_autofree char *name = NULL;

  /* The comments at the head: cupsd itself stops earlier, at the first that is no ticket. */
  while (name == NULL && read_line (&lines, line, &local) && (line->len == 0 || *line->str == '%'))
    if (g_str_has_prefix (line->str, TICKET))
      name = find_mail_option (line->str + strlen (TICKET));
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (name == NULL)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("it carries a job ticket (%%cupsJobTicket) that sets %s; a document may not say "
                  "how or to whom it is mailed"),
               name);
  return FALSE;
}
