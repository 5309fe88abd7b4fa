/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/encode.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <unistd.h>

#define INCH 0.0254 /* metres */

#define LEVEL 4 /* of Deflate: below it text takes three times as much, 6 takes twice as long */

static void
write_header (png_structp png, png_infop info, const SePixmap *pixmap, guint resolution)
{
  guint density = (guint)lround (resolution / INCH);

  png_set_IHDR (png, info, pixmap->width, pixmap->height,
                pixmap->pixels == SE_PIXELS_BILEVEL ? 1 : 8,
                pixmap->pixels == SE_PIXELS_COLOR ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY,
                PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_pHYs (png, info, density, density, PNG_RESOLUTION_METER);
  png_set_compression_level (png, LEVEL);
  png_write_info (png, info);
}

/* libpng leaves by a jump; what lives longer is the caller's. */
static gboolean
write_png (png_structp png, png_infop info, SePixmap *pixmap, guint resolution, guchar *line)
{
  if (setjmp (png_jmpbuf (png)) != 0)
    return FALSE;
  write_header (png, info, pixmap, resolution);
  for (guint y = 0; y < pixmap->height; y++)
    {
      se_pixmap_read_line (pixmap, line);
      png_write_row (png, line);
    }
  png_write_end (png, NULL);
  return TRUE;
}

gboolean
se_encode_png (SePixmap *pixmap, const SeEncoding *encoding, int out_fd, GError **error)
{
  g_autofree guchar *line = g_malloc (se_pixmap_line_size (pixmap));
  int copy = dup (out_fd);
  FILE *file = copy >= 0 ? fdopen (copy, "w") : NULL;
  png_structp png = png_create_write_struct (PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
  png_infop info = png != NULL ? png_create_info_struct (png) : NULL;
  gboolean done = FALSE;

  if (file != NULL && info != NULL)
    {
      png_init_io (png, file);
      done = write_png (png, info, pixmap, encoding->resolution, line);
    }
  png_destroy_write_struct (&png, &info);
  if (file != NULL)
    done = fclose (file) == 0 && done;
  else if (copy >= 0)
    close (copy);
  if (!done)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("the PNG cannot be written: %s"),
                 g_strerror (errno));
  return done;
}
