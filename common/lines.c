/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lines.h"

#include <unistd.h>

static void
end_line (SeLines *lines)
{
  lines->take (lines->line->str, lines->data);
  g_string_truncate (lines->line, 0);
}

gssize
se_lines_read (SeLines *lines)
{
  char buffer[4096];
  gssize length = read (lines->fd, buffer, sizeof buffer);

  if (lines->line == NULL)
    lines->line = g_string_new (NULL);
  for (gssize i = 0; i < length; i++)
    {
      if (buffer[i] == '\n')
        end_line (lines);
      else if (lines->line->len < lines->max && buffer[i] != '\0')
        g_string_append_c (lines->line, buffer[i]);
    }
  return length;
}

void
se_lines_end (SeLines *lines)
{
  if (lines->line == NULL)
    return;
  if (lines->line->len > 0)
    end_line (lines);
  g_string_free (lines->line, TRUE);
  lines->line = NULL;
}
