/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/tiff-fax.h"

#include "common/io.h"
#include "filter/packer.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TIFF, se_tiff_file_close)

static TIFF *
create (SeTiffFile *file, const SeTiffLayout *layout, int out_fd)
{
  TIFF *tiff = se_tiff_file_create (file, out_fd);

  if (tiff != NULL
      && (!TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, layout->width)
          || !TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, layout->height)
          || !TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE, 1)
          || !TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, 1)
          || !TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISWHITE)
          || !TIFFSetField (tiff, TIFFTAG_COMPRESSION, COMPRESSION_CCITTFAX4)
          || !TIFFSetField (tiff, TIFFTAG_FILLORDER, FILLORDER_MSB2LSB)
          || !TIFFSetField (tiff, TIFFTAG_ROWSPERSTRIP, layout->height)))
    g_clear_pointer (&tiff, se_tiff_file_close);
  return tiff;
}

static gboolean
fail (const SeTiffFile *file, GError **error)
{
  if (file->write_error != 0)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("a temporary file cannot be written: %s"),
                 g_strerror (file->write_error));
  else
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("it is damaged or incomplete"));
  return FALSE;
}

gboolean
se_tiff_fax_encode (SeTiffFile *file, SeTiffRows *rows, const SeTiffLayout *layout, int out_fd,
                    SeRange *range, GError **error)
{
  gsize size = se_tiff_rows_size (rows);
  g_autofree guchar *row = g_malloc (size);
  g_autoptr (TIFF) fax = create (file, layout, out_fd);
  /* what Deflate makes of it is only measured */
  se_autofd int null_fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  g_autoptr (SePacker) packer = se_packer_new (null_fd, layout->width, 1, FALSE);
  guint64 packed;

  if (null_fd < 0)
    {
      se_error_set_errno (error, errno, "/dev/null");
      return FALSE;
    }
  if (fax == NULL)
    return fail (file, error);
  for (guint32 y = 0; y < layout->height; y++)
    {
      if (!se_tiff_rows_next (rows, row, NULL))
        return fail (file, error);
      if (!se_packer_add (packer, row, error))
        return FALSE;
      for (gsize i = 0; !layout->inverted && i < size; i++)
        row[i] ^= 0xff;
      if (TIFFWriteScanline (fax, row, y, 0) < 0)
        return fail (file, error);
    }
  if (!se_packer_finish (packer, &packed, error))
    return FALSE;
  if (!TIFFFlushData (fax))
    return fail (file, error);
  *range = (SeRange){ .offset = TIFFGetStrileOffset (fax, 0),
                      .length = TIFFGetStrileByteCount (fax, 0) };
  if (packed < range->length)
    range->length = 0;
  return TRUE;
}
