/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/test-file.h"

#include "common/io.h"
#include "filter/temp.h"

#include <unistd.h>

int
test_file_new (const void *data, gsize length)
{
  g_autoptr (GError) error = NULL;
  int fd = se_temp_file (&error);

  g_assert_no_error (error);
  g_assert_true (se_io_write_all (fd, data, length, &error));
  return fd;
}

GByteArray *
test_file_read (int fd)
{
  g_autoptr (GError) error = NULL;
  off_t length = lseek (fd, 0, SEEK_END);
  GByteArray *bytes = g_byte_array_new ();

  g_byte_array_set_size (bytes, (guint)length);
  lseek (fd, 0, SEEK_SET);
  g_assert_cmpint (se_io_read_full (fd, bytes->data, bytes->len, &error), ==, length);
  return bytes;
}
