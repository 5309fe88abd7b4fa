/* SPDX-License-Identifier: Apache-2.0 */
/* GIF images. */
#include "filter/gif.h"
#include "fuzz/image.h"

static gboolean
add (SeReader *reader, SeImagePdf *pdf, gboolean *none, GError **error)
{
  gboolean more;

  return se_gif_add (pdf, reader, &more, error);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (fuzz_is_large (data, size, 6, 8, 2))
    return -1;
  fuzz_image (data, size, add);
  return 0;
}
