/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz/image.h"

#include "common/io.h"

#include <qpdf/qpdf-c.h>

static void
check_pdf (int fd, guint pages)
{
  gsize length;
  g_autofree char *bytes = fuzz_file_contents (fd, &length);
  qpdf_data qpdf = qpdf_init ();

  qpdf_set_suppress_warnings (qpdf, QPDF_TRUE);
  qpdf_set_attempt_recovery (qpdf, QPDF_FALSE);
  g_assert_cmpint (qpdf_read_memory (qpdf, "image", bytes, length, NULL), ==, QPDF_SUCCESS);
  g_assert_cmpint (qpdf_get_num_pages (qpdf), ==, (int)pages);
  g_assert_false (qpdf_more_warnings (qpdf));
  qpdf_cleanup (&qpdf);
}

void
fuzz_image (const uint8_t *data, size_t size, FuzzImageFunc add)
{
  se_autofd int in_fd = fuzz_file (data, size);
  se_autofd int out_fd = fuzz_file ("", 0);
  g_autofree SeReader *reader = g_new (SeReader, 1);
  g_autoptr (SeImagePdf) pdf = se_image_pdf_new (out_fd, 595, 842);
  GError *error = NULL;
  gboolean none = FALSE;
  gboolean good;

  g_assert_true (se_reader_open (reader, in_fd));
  good = add (reader, pdf, &none, &error);
  fuzz_assert_outcome (good, &error);
  if (!good || none)
    return;
  good = se_image_pdf_finish (pdf, &error);
  fuzz_assert_outcome (good, &error);
  if (good)
    check_pdf (out_fd, se_image_pdf_count (pdf));
}
