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

static guint64
get_u16 (const uint8_t *data, gsize at)
{
  return data[at] | (guint64)data[at + 1] << 8;
}

/* Tells whether the first frame, which follows the screen's palette and the extensions, makes the
 * screen too large to be worth its time. */
static gboolean
is_large (const uint8_t *data, size_t size)
{
  gsize at = 13;

  if (fuzz_is_large (data, size, 6, 8, 2))
    return TRUE;
  if (size > at && (data[10] & 0x80) != 0)
    at += 3 * (gsize)(2 << (data[10] & 7));
  while (at < size && data[at] == '!')
    {
      at += 2;
      while (at < size && data[at] != 0)
        at += 1 + (gsize)data[at];
      at++;
    }
  if (at + 9 > size || data[at] != ',')
    return FALSE;
  return MAX (get_u16 (data, at + 1) + get_u16 (data, at + 5), get_u16 (data, 6))
             * MAX (get_u16 (data, at + 3) + get_u16 (data, at + 7), get_u16 (data, 8))
         > FUZZ_PIXELS_MAX;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (is_large (data, size))
    return -1;
  fuzz_image (data, size, add);
  return 0;
}
