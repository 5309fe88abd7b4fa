/* SPDX-License-Identifier: Apache-2.0 */
/* BMP images. */
#include "filter/bmp.h"
#include "fuzz/image.h"

static gboolean
add (SeReader *reader, SeImagePdf *pdf, gboolean *none, GError **error)
{
  return se_bmp_add (pdf, reader, error);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (fuzz_is_large (data, size, 18, 22, 4) || fuzz_is_large (data, size, 18, 20, 2))
    return -1;
  fuzz_image (data, size, add);
  return 0;
}
