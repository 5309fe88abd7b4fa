/* SPDX-License-Identifier: Apache-2.0 */
/* PNG images; chunks get the checksums they should have. */
#include "filter/png.h"
#include "fuzz/image.h"

#include <string.h>
#include <zlib.h>

#define SIGNATURE 8
#define AROUND 12 /* length, type and checksum of a chunk */

static gboolean
add (SeReader *reader, SeImagePdf *pdf, gboolean *none, GError **error)
{
  g_autofree SePng *png = g_new0 (SePng, 1);
  gboolean done = se_png_read (reader, png, error) && se_png_add (pdf, reader, png, error);

  se_png_clear (png);
  return done;
}

static void
mend_checksums (guchar *bytes, gsize size)
{
  for (gsize place = SIGNATURE; place + AROUND <= size;)
    {
      guint32 length, sum;

      memcpy (&length, bytes + place, sizeof length);
      length = GUINT32_FROM_BE (length);
      if (length > size - place - AROUND)
        return;
      sum = (guint32)crc32 (0, bytes + place + 4, length + 4);
      sum = GUINT32_TO_BE (sum);
      memcpy (bytes + place + 8 + length, &sum, sizeof sum);
      place += AROUND + length;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree guchar *mended = g_memdup2 (data, size);

  mend_checksums (mended, size);
  fuzz_image (data, size, add);
  fuzz_image (mended, size, add);
  return 0;
}
