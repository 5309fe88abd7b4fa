/* SPDX-License-Identifier: Apache-2.0 */
/* Portable bitmaps, graymaps and pixmaps. */
#include "filter/pnm.h"
#include "fuzz/image.h"

static gboolean
add (SeReader *reader, SeImagePdf *pdf, gboolean *none, GError **error)
{
  gboolean more;

  return se_pnm_add (pdf, reader, &more, error);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  fuzz_image (data, size, add);
  return 0;
}
