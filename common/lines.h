/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a child prints, line by line. It is not trusted: NUL bytes are left out, and what is beyond
 * max bytes of a line. */
typedef struct
{
  int fd; /* the reading end of a pipe; the caller's */
  gsize max;
  void (*take) (const char *line, gpointer data); /* as it came; gets a line without its newline */
  gpointer data;
  GString *line; /* begun; NULL at first */
} SeLines;

/* Takes what one read(2) brings, and returns what that does. */
gssize se_lines_read (SeLines *lines);

/* Takes a last line that has no newline, and frees it. */
void se_lines_end (SeLines *lines);

G_END_DECLS
