/* SPDX-License-Identifier: Apache-2.0 */
/* Exif data, of a part of a file. */
#include "common/io.h"
#include "filter/exif.h"
#include "fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput input = fuzz_input (data, size);
  guint64 start = fuzz_take_byte (&input);
  guint64 cut = fuzz_take_byte (&input);
  se_autofd int fd = fuzz_file (input.data, input.left);
  g_autofree SeReader *reader = g_new (SeReader, 1);
  SeExif exif = { .orientation = 1 };

  g_assert_true (se_reader_open (reader, fd));
  start = MIN (start, input.left);
  se_exif_read (reader, start, MAX (start, input.left - MIN (cut, input.left)), &exif);
  g_assert_true (exif.orientation >= 1 && exif.orientation <= 8);
  g_assert_true (exif.resolution.x == 0
                 || (exif.resolution.ratio ? exif.resolution.x > 0
                                           : se_resolution_is_sane (exif.resolution.x)));
  return 0;
}
