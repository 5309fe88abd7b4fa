/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/encode.h"
#include "filter/jpeg-error.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void
set_parameters (struct jpeg_compress_struct *encoder, const SePixmap *pixmap, guint resolution)
{
  gboolean color = pixmap->pixels == SE_PIXELS_COLOR;

  encoder->image_width = pixmap->width;
  encoder->image_height = pixmap->height;
  encoder->input_components = color ? 3 : 1;
  encoder->in_color_space = color ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults (encoder);
  jpeg_set_quality (encoder, SE_ENCODE_QUALITY, TRUE);
  encoder->density_unit = 1; /* dots an inch */
  encoder->X_density = (UINT16)resolution;
  encoder->Y_density = (UINT16)resolution;
}

/* A bit a pixel to a byte a pixel. */
static void
unpack_bits (guchar *line, guint width)
{
  for (guint x = width; x-- > 0;)
    line[x] = (line[x / 8] & 0x80 >> x % 8) != 0 ? 255 : 0;
}

/* libjpeg leaves by a jump; what lives longer is the caller's. */
static gboolean
write_jpeg (struct jpeg_compress_struct *encoder, SeJpegError *handler, FILE *file,
            SePixmap *pixmap, guint resolution, guchar *line)
{
  JSAMPROW row = line;

  if (setjmp (handler->failed) != 0)
    return FALSE;
  jpeg_create_compress (encoder);
  jpeg_stdio_dest (encoder, file);
  set_parameters (encoder, pixmap, resolution);
  jpeg_start_compress (encoder, TRUE);
  while (encoder->next_scanline < encoder->image_height)
    {
      se_pixmap_read_line (pixmap, line);
      if (pixmap->pixels == SE_PIXELS_BILEVEL)
        unpack_bits (line, pixmap->width);
      jpeg_write_scanlines (encoder, &row, 1);
    }
  jpeg_finish_compress (encoder);
  return TRUE;
}

gboolean
se_encode_jpeg (SePixmap *pixmap, const SeEncoding *encoding, int out_fd, GError **error)
{
  g_autofree guchar *line = g_malloc ((gsize)pixmap->width * 3);
  SeJpegError handler;
  struct jpeg_compress_struct encoder = { .err = se_jpeg_error_init (&handler) };
  int copy;
  FILE *file;
  gboolean done;

  if (MAX (pixmap->width, pixmap->height) > JPEG_MAX_DIMENSION)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("it would have %u by %u pixels, and a JPEG holds %d at most"), pixmap->width,
                   pixmap->height, (int)JPEG_MAX_DIMENSION);
      return FALSE;
    }
  copy = dup (out_fd);
  file = copy >= 0 ? fdopen (copy, "w") : NULL;
  done = file != NULL && write_jpeg (&encoder, &handler, file, pixmap, encoding->resolution, line);
  jpeg_destroy_compress (&encoder);
  if (file != NULL)
    done = fclose (file) == 0 && done;
  else if (copy >= 0)
    close (copy);
  if (!done)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("the JPEG cannot be written: %s"),
                 g_strerror (errno));
  return done;
}
