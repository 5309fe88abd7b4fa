/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

#include <stdio.h>

G_BEGIN_DECLS

/* What a page that was drawn turned out to hold. */
typedef enum
{
  SE_PIXELS_BILEVEL, /* nothing but black and white */
  SE_PIXELS_GREY,
  SE_PIXELS_COLOR,
} SePixels;

/* A page as Ghostscript draws it: PPM (raw, "P6", 8 bits a colour), one image behind the
 * other. It is read line by line. */
typedef struct
{
  FILE *file;
  guint width, height;
  SePixels pixels;
  gboolean cut; /* it ended before its last line */

  long start;     /* of the first line in the file */
  long end;       /* of the last one */
  guchar *colors; /* of a line */
} SePixmap;

/* fd: stays the caller's. Reads the whole image at offset once, to tell what it holds, and goes
 * back to its first line. is_last: the file has to end with it. Clear pixmap with se_pixmap_clear,
 * also after an error. SE_ERROR_DOCUMENT: there is no whole image. */
gboolean se_pixmap_open (SePixmap *pixmap, int fd, long offset, gboolean is_last, GError **error);
void se_pixmap_clear (SePixmap *pixmap);

/* Bytes of a line as se_pixmap_read_line gives it. */
gsize se_pixmap_line_size (const SePixmap *pixmap);

/* Reads the next line in the least that holds it: a bit a pixel, the first one on top, 1 for white;
 * a byte of grey; or three of red, green and blue. A line that cannot be read is white, and cut is
 * set. */
void se_pixmap_read_line (SePixmap *pixmap, guchar *line);

G_END_DECLS
