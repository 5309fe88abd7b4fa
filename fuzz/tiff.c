/* SPDX-License-Identifier: Apache-2.0 */
/* TIFF images. */
#include "filter/tiff.h"
#include "fuzz/image.h"

static gboolean
add (SeReader *reader, SeImagePdf *pdf, gboolean *none, GError **error)
{
  g_autoptr (SeTiff) tiff = se_tiff_new (reader, error);
  gboolean profile_lost, more;

  if (tiff == NULL)
    return FALSE;
  for (;;)
    {
      if (!se_tiff_next (tiff, &more, error))
        return FALSE;
      if (!more)
        return TRUE;
      if (!se_tiff_add (tiff, pdf, &profile_lost, error))
        return FALSE;
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  fuzz_image (data, size, add);
  return 0;
}
