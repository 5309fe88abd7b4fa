/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/image-pdf.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/pdf.h"
#include "filter/test-file.h"

#include <qpdf/qpdf-c.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WIDTH 37
#define HEIGHT 11

static SeImage
make_image (guint bits, guint components)
{
  return (SeImage){
    .width = WIDTH, .height = HEIGHT, .bits = bits, .components = components, .orientation = 1
  };
}

/* Several pages, of data in pieces; a file that became shorter gives no PDF. */
static void
test_data (void)
{
  const SeRange pieces[] = { { .offset = 0, .length = 4 },
                             { .bytes = (const guchar *)"__", .length = 2 },
                             { .offset = 6, .length = 2, .reversed = TRUE } };
  g_autoptr (GArray) data = g_array_new (FALSE, FALSE, sizeof (SeRange));
  g_autoptr (GByteArray) written = NULL;
  g_autoptr (SeImagePdf) pdf = NULL;
  g_autoptr (GError) error = NULL;
  se_autofd int fd = test_file_new ("1234xx\x01\x5c", 8);
  se_autofd int out_fd = test_file_new ("", 0);
  SeImage image = make_image (8, 1);
  SePdf facts;

  image.filter = "DCTDecode";
  image.data = data;
  image.width = 20000;
  image.height = 100;
  image.resolution = (SeResolution){ .x = 72, .y = 72 };
  image.orientation = 6;
  image.key = "7 9";
  g_array_append_vals (data, pieces, G_N_ELEMENTS (pieces));
  pdf = se_image_pdf_new (out_fd, 595, 842);
  for (int i = 0; i < 3; i++)
    g_assert_true (se_image_pdf_add (pdf, fd, &image, &error));
  g_assert_true (se_image_pdf_finish (pdf, &error));
  g_assert_true (se_pdf_check (out_fd, &facts, &error));
  g_assert_false (facts.recovered);
  g_assert_cmpint (facts.pages, ==, 3);
  g_assert_cmpint (facts.width, ==, 50); /* turned, in units of 2 points */
  g_assert_cmpint (facts.height, ==, 10000);
  written = test_file_read (out_fd);
  g_assert_nonnull (memmem (written->data, written->len, "stream\n1234__\x80\x3a\nendstream", 25));
  g_assert_nonnull (memmem (written->data, written->len, "/Mask [7 9]", 11));
  g_assert_nonnull (memmem (written->data, written->len, "/UserUnit 2", 11));
  g_assert_cmpint (ftruncate (fd, 7), ==, 0);
  g_assert_false (se_image_pdf_add (pdf, fd, &image, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
}

/* Fills a row of length bytes with what has slopes, noise and repetitions; bits of the last byte
 * are left 0. */
static void
fill_row (guchar *row, gsize length, guint y, guint unused)
{
  for (gsize i = 0; i < length; i++)
    row[i] = y < 3   ? (guchar)(i * 5 + y)
             : y < 5 ? (guchar)((i * i + y * 77) * 2654435761U >> 9)
             : y < 7 ? (guchar)(row[i] + 1)
                     : (guchar)(i * (i + y * 9) * y / 32);
  row[length - 1] = (guchar)(row[length - 1] & (0xffU << unused));
}

/* Compares the decoded stream of the object with rows made in the same way. */
static void
check_stream (qpdf_data qpdf, qpdf_oh stream, guint bits)
{
  guint unused = (8 - WIDTH * bits % 8) % 8;
  gsize size = (WIDTH * bits + 7) / 8, length;
  g_autofree guchar *row = g_malloc0 (size);
  unsigned char *data;

  g_assert_cmpint (
      qpdf_oh_get_stream_data (qpdf, stream, qpdf_dl_generalized, NULL, &data, &length), ==, 0);
  g_assert_cmpuint (length, ==, size * HEIGHT);
  for (guint y = 0; y < HEIGHT; y++)
    {
      fill_row (row, size, y, unused);
      g_assert_cmpmem (data + y * size, size, row, size);
    }
  free (data);
}

/* Writes a page of such an image; mixed: its rows of opacity among the others, else behind them. */
static void
write_rows (SeImagePdf *pdf, const SeImage *image, gboolean mixed, gboolean opaque)
{
  guint bits = image->bits * image->components;
  gsize size = (WIDTH * bits + 7) / 8, alpha_size = WIDTH * image->alpha / 8;
  g_autofree guchar *row = g_malloc0 (size);
  g_autofree guchar *alpha = g_malloc0 (alpha_size + 1);

  g_assert_true (se_image_pdf_begin (pdf, -1, image, NULL));
  memset (alpha, 0xff, alpha_size);
  for (guint pass = 0; pass < 2; pass++)
    for (guint y = 0; y < HEIGHT; y++)
      {
        if (pass == 0)
          {
            fill_row (row, size, y, (8 - WIDTH * bits % 8) % 8);
            g_assert_true (se_image_pdf_add_row (pdf, row, NULL));
          }
        if (image->alpha == 0 || mixed != (pass == 0))
          continue;
        if (y == 0 && !opaque)
          memset (alpha, 0, alpha_size);
        if (!opaque)
          fill_row (alpha, alpha_size, y, 0);
        g_assert_true (se_image_pdf_add_alpha (pdf, alpha, NULL));
      }
  g_assert_true (se_image_pdf_end (pdf, NULL));
}

static const struct
{
  guint bits, components, alpha;
  gboolean opaque;
} rows_cases[]
    = { { 1, 1, 0, FALSE }, { 2, 1, 8, FALSE },   { 4, 1, 0, FALSE }, { 8, 1, 8, TRUE },
        { 8, 3, 8, FALSE }, { 16, 1, 16, FALSE }, { 8, 4, 0, FALSE }, { 16, 3, 16, FALSE } };

/* Rows come out of the PDF as they went in. */
static void
test_rows (void)
{
  g_autoptr (GByteArray) written = NULL;
  se_autofd int out_fd = test_file_new ("", 0);
  g_autoptr (SeImagePdf) pdf = se_image_pdf_new (out_fd, 595, 842);
  qpdf_data qpdf = qpdf_init ();

  for (gsize i = 0; i < G_N_ELEMENTS (rows_cases); i++)
    {
      SeImage image = make_image (rows_cases[i].bits, rows_cases[i].components);

      image.alpha = rows_cases[i].alpha;
      write_rows (pdf, &image, i % 2 == 0, rows_cases[i].opaque);
    }
  g_assert_true (se_image_pdf_finish (pdf, NULL));
  written = test_file_read (out_fd);
  g_assert_cmpint (qpdf_read_memory (qpdf, "rows", (const char *)written->data, written->len, NULL),
                   ==, 0);
  g_assert_cmpint (qpdf_get_num_pages (qpdf), ==, G_N_ELEMENTS (rows_cases));
  for (gsize i = 0; i < G_N_ELEMENTS (rows_cases); i++)
    {
      qpdf_oh resources = qpdf_oh_get_key (qpdf, qpdf_get_page_n (qpdf, i), "/Resources");
      qpdf_oh image = qpdf_oh_get_key (qpdf, qpdf_oh_get_key (qpdf, resources, "/XObject"), "/Im");
      qpdf_oh mask = qpdf_oh_get_key (qpdf, qpdf_oh_get_dict (qpdf, image), "/SMask");

      check_stream (qpdf, image, rows_cases[i].bits * rows_cases[i].components);
      g_assert_cmpint (qpdf_oh_is_null (qpdf, mask), ==,
                       rows_cases[i].alpha == 0 || rows_cases[i].opaque);
      if (!qpdf_oh_is_null (qpdf, mask))
        check_stream (qpdf, mask, rows_cases[i].alpha);
    }
  g_assert_false (qpdf_more_warnings (qpdf));
  qpdf_cleanup (&qpdf);
}

/* Rows of pixels that are data already may have opacity all the same; without a file nothing is
 * written. */
static void
test_alpha_of_data (void)
{
  const SeRange range = { .bytes = (const guchar *)"0123456789", .length = 10 };
  g_autoptr (GArray) data = g_array_new (FALSE, FALSE, sizeof (SeRange));
  g_autoptr (GByteArray) written = NULL;
  se_autofd int out_fd = test_file_new ("", 0);
  g_autoptr (SeImagePdf) nowhere = se_image_pdf_new (-1, 595, 842);
  g_autoptr (SeImagePdf) pdf = se_image_pdf_new (out_fd, 595, 842);
  SeImage image = make_image (8, 1);
  SePdf facts;

  g_array_append_val (data, range);
  image.data = data;
  image.filter = "DCTDecode";
  image.alpha = 8;
  for (int i = 0; i < 2; i++)
    {
      g_assert_true (se_image_pdf_begin (i == 0 ? pdf : nowhere, -1, &image, NULL));
      for (guint y = 0; y < HEIGHT; y++)
        {
          guchar row[WIDTH] = { (guchar)y };

          g_assert_true (se_image_pdf_add_alpha (i == 0 ? pdf : nowhere, row, NULL));
        }
      g_assert_true (se_image_pdf_end (i == 0 ? pdf : nowhere, NULL));
      g_assert_true (se_image_pdf_finish (i == 0 ? pdf : nowhere, NULL));
    }
  g_assert_true (se_pdf_check (out_fd, &facts, NULL));
  g_assert_false (facts.recovered);
  written = test_file_read (out_fd);
  g_assert_nonnull (memmem (written->data, written->len, "/SMask 4 0 R", 12));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  se_child_take_signals ();
  g_test_add_func ("/image-pdf/data", test_data);
  g_test_add_func ("/image-pdf/rows", test_rows);
  g_test_add_func ("/image-pdf/alpha-of-data", test_alpha_of_data);
  return g_test_run ();
}
