/* SPDX-License-Identifier: Apache-2.0 */
#include "common/terms.h"

#include "common/base64.h"
#include "common/io.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#define HEADER "scan-email-terms 1"
#define LINE_MAX_LENGTH 200
#define PART_HEADER 2048 /* names of 255 bytes, encoded, in two fields */

const char *const se_oversize_names[] = { "split", "compact", "reject", NULL };

SeOversize
se_oversize_parse (const char *name)
{
  for (guint i = 0; se_oversize_names[i] != NULL; i++)
    if (g_strcmp0 (se_oversize_names[i], name) == 0)
      return (SeOversize)i;
  return SE_OVERSIZE_SPLIT;
}

guint64
se_terms_part_size (guint64 length)
{
  return se_base64_size (length) + PART_HEADER;
}

gboolean
se_terms_send (int fd, const SeTerms *terms, GError **error)
{
  g_autofree char *line = g_strdup_printf (HEADER " %" G_GUINT64_FORMAT " %s %s\n", terms->room,
                                           se_oversize_names[terms->oversize],
                                           terms->language != NULL ? terms->language : "-");

  return se_io_write_all (fd, line, strlen (line), error);
}

/* Reads a line byte by byte: what stands behind it is not ours. FALSE: none came in time. */
static gboolean
read_line (int fd, guint timeout, GString *line)
{
  gint64 deadline = g_get_monotonic_time () / 1000 + timeout;
  char byte;

  while (line->len < LINE_MAX_LENGTH)
    {
      struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
      gint64 left = deadline - g_get_monotonic_time () / 1000;
      int ready = left > 0 ? poll (&poll_fd, 1, (int)left) : 0;
      gssize length = ready > 0 ? read (fd, &byte, 1) : -1;

      if (ready < 0 && errno == EINTR)
        continue;
      if (ready <= 0 || length == 0 || (length < 0 && errno != EINTR && errno != EAGAIN))
        return FALSE;
      if (length == 1 && byte == '\n')
        return TRUE;
      if (length == 1)
        g_string_append_c (line, byte);
    }
  return FALSE;
}

gboolean
se_terms_await_taken (int fd)
{
  gboolean taken = FALSE;
  gboolean open = TRUE;

  while (open && !taken)
    {
      g_autoptr (GString) line = g_string_new (NULL);

      open = read_line (fd, G_MAXINT, line);
      taken = open && strcmp (line->str, SE_TAKEN) == 0;
    }
  return taken;
}

static gboolean
parse (const char *line, SeTerms *terms)
{
  g_auto (GStrv) words = g_str_has_prefix (line, HEADER " ")
                             ? g_strsplit (line + strlen (HEADER " "), " ", -1)
                             : NULL;

  if (words == NULL || g_strv_length (words) != 3
      || !g_ascii_string_to_unsigned (words[0], 10, 0, G_MAXUINT64, &terms->room, NULL))
    return FALSE;
  for (guint i = 0; se_oversize_names[i] != NULL; i++)
    if (strcmp (words[1], se_oversize_names[i]) == 0)
      {
        terms->oversize = (SeOversize)i;
        terms->language = strcmp (words[2], "-") != 0 ? g_strdup (words[2]) : NULL;
        return TRUE;
      }
  return FALSE;
}

gboolean
se_terms_receive (int fd, guint timeout, SeTerms *terms)
{
  g_autoptr (GString) line = g_string_new (NULL);

  *terms = (SeTerms){ .room = 0 };
  if (read_line (fd, timeout, line) && parse (line->str, terms))
    return TRUE;
  *terms = (SeTerms){ .room = 0 };
  return FALSE;
}

void
se_terms_clear (SeTerms *terms)
{
  g_clear_pointer (&terms->language, g_free);
}
