/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/encode.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <tiffio.h>
#include <unistd.h>

#define STRIP (1024 * 1024) /* bytes of pixels, about */
#define BLOCK 16            /* lines that JPEG takes at a time */
#define LEVEL 4             /* of Deflate: 6 takes three times as long for 3 % less of a scan */

static guint
lines_of_strip (const SePixmap *pixmap)
{
  gsize blocks = STRIP / se_pixmap_line_size (pixmap) / BLOCK;

  return (guint)MAX (blocks, 1) * BLOCK;
}

static gboolean
set_compression (TIFF *tiff, const SePixmap *pixmap, gboolean compact)
{
  gboolean color = pixmap->pixels == SE_PIXELS_COLOR;

  /* Fax programs want black on white, the whole page in one strip. */
  if (pixmap->pixels == SE_PIXELS_BILEVEL)
    return TIFFSetField (tiff, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4) == 1
           && TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE) == 1
           && TIFFSetField (tiff, TIFFTAG_ROWSPERSTRIP, pixmap->height) == 1;
  if (compact)
    return TIFFSetField (tiff, TIFFTAG_COMPRESSION, COMPRESSION_JPEG) == 1
           && TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC,
                            color ? PHOTOMETRIC_YCBCR : PHOTOMETRIC_MINISBLACK)
                  == 1
           && TIFFSetField (tiff, TIFFTAG_JPEGQUALITY, SE_ENCODE_QUALITY) == 1
           && TIFFSetField (tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB) == 1;
  return TIFFSetField (tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE) == 1
         && TIFFSetField (tiff, TIFFTAG_ZIPQUALITY, LEVEL) == 1
         && TIFFSetField (tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL) == 1
         && TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC,
                          color ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK)
                == 1;
}

static gboolean
set_fields (TIFF *tiff, const SePixmap *pixmap, const SeEncoding *encoding)
{
  return TIFFSetField (tiff, TIFFTAG_SUBFILETYPE, FILETYPE_PAGE) == 1
         && TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, pixmap->width) == 1
         && TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, pixmap->height) == 1
         && TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE, pixmap->pixels == SE_PIXELS_BILEVEL ? 1 : 8)
                == 1
         && TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, pixmap->pixels == SE_PIXELS_COLOR ? 3 : 1)
                == 1
         && TIFFSetField (tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG) == 1
         && TIFFSetField (tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT) == 1
         && TIFFSetField (tiff, TIFFTAG_ROWSPERSTRIP, lines_of_strip (pixmap)) == 1
         && TIFFSetField (tiff, TIFFTAG_XRESOLUTION, (double)encoding->resolution) == 1
         && TIFFSetField (tiff, TIFFTAG_YRESOLUTION, (double)encoding->resolution) == 1
         && TIFFSetField (tiff, TIFFTAG_RESOLUTIONUNIT, RESUNIT_INCH) == 1
         && TIFFSetField (tiff, TIFFTAG_PAGENUMBER, encoding->number, encoding->pages) == 1
         && set_compression (tiff, pixmap, encoding->compact);
}

/* One strip, of which libtiff keeps what is compressed. */
static gboolean
write_lines (TIFF *tiff, SePixmap *pixmap)
{
  gsize size = se_pixmap_line_size (pixmap);
  g_autofree guchar *line = g_malloc (size);

  for (guint y = 0; y < pixmap->height; y++)
    {
      se_pixmap_read_line (pixmap, line);
      for (gsize i = 0; i < size; i++)
        line[i] = (guchar)~line[i];
      if (TIFFWriteScanline (tiff, line, y, 0) != 1)
        return FALSE;
    }
  return TRUE;
}

/* Given whole strips, libtiff compresses three times as fast as given lines. */
static gboolean
write_strips (TIFF *tiff, SePixmap *pixmap)
{
  gsize size = se_pixmap_line_size (pixmap);
  guint lines = lines_of_strip (pixmap);
  g_autofree guchar *strip = g_malloc (size * lines);
  guint number = 0;

  for (guint y = 0; y < pixmap->height; y += lines, number++)
    {
      guint count = MIN (lines, pixmap->height - y);

      for (guint i = 0; i < count; i++)
        se_pixmap_read_line (pixmap, strip + i * size);
      if (TIFFWriteEncodedStrip (tiff, number, strip, (tmsize_t)(size * count)) < 0)
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_page (TIFF *tiff, SePixmap *pixmap)
{
  return (pixmap->pixels == SE_PIXELS_BILEVEL ? write_lines (tiff, pixmap)
                                              : write_strips (tiff, pixmap))
         && TIFFWriteDirectory (tiff) == 1;
}

gboolean
se_encode_tiff (SePixmap *pixmap, const SeEncoding *encoding, int out_fd, GError **error)
{
  int copy = dup (out_fd);
  TIFF *tiff = copy >= 0 && lseek (copy, 0, SEEK_SET) == 0
                   ? TIFFFdOpen (copy, "page", encoding->number == 0 ? "w" : "a")
                   : NULL;
  gboolean done = tiff != NULL && set_fields (tiff, pixmap, encoding) && write_page (tiff, pixmap);

  if (!done)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("the TIFF cannot be written: %s"),
                 g_strerror (errno));
  if (tiff != NULL)
    TIFFClose (tiff);
  else if (copy >= 0)
    close (copy);
  return done;
}
