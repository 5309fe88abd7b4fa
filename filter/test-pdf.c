/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pdf.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/pages.h"
#include "filter/temp.h"
#include "filter/test-file.h"
#include "filter/test-pdf-file.h"

#include <string.h>
#include <unistd.h>

static gboolean
check (const void *data, gsize length, SePdf *pdf)
{
  g_autoptr (GError) error = NULL;
  se_autofd int fd = test_file_new (data, length);
  gboolean sound = se_pdf_check (fd, pdf, &error);

  if (!sound)
    g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  return sound;
}

static void
test_sound (void)
{
  g_autoptr (GString) text = test_pdf_new (3, 0, NULL);
  SePdf pdf;

  g_assert_true (check (text->str, text->len, &pdf));
  g_assert_cmpint (pdf.pages, ==, 3);
  g_assert_cmpint (pdf.width, ==, 200); /* turned */
  g_assert_cmpint (pdf.height, ==, 101);
  g_assert_false (pdf.recovered);
  g_assert_false (pdf.password);
}

static void
test_damaged_but_whole (void)
{
  g_autoptr (GString) text = test_pdf_new (3, 3, NULL);
  SePdf pdf;

  g_assert_true (check (text->str, text->len, &pdf));
  g_assert_true (pdf.recovered);
  g_assert_cmpint (pdf.pages, ==, 3);
  /* the end has to be near the end */
  g_string_append_len (text, (char[1200]){ 0 }, 1200);
  g_assert_false (check (text->str, text->len, &pdf));
}

static void
test_cut (void)
{
  g_autoptr (GString) text = test_pdf_new (5, 0, NULL);
  SePdf pdf;

  for (gsize percent = 1; percent < 100; percent += 7)
    g_assert_false (check (text->str, text->len * percent / 100, &pdf));
  g_assert_false (check (text->str, text->len - 8, &pdf)); /* in startxref's number */
  g_assert_false (check ("", 0, &pdf));
  g_assert_false (check ("%PDF-1.4 garbage %%EOF", 22, &pdf));
}

static void
test_no_page (void)
{
  g_autoptr (GString) text = test_pdf_new (0, 0, NULL);
  SePdf pdf;

  g_assert_false (check (text->str, text->len, &pdf));
}

/* By qpdf with a user password. */
static void
test_password (void)
{
  g_autofree char *qpdf = g_find_program_in_path ("qpdf");
  g_autoptr (GString) text = test_pdf_new (1, 0, NULL);
  g_autoptr (GError) error = NULL;
  se_autofd int in_fd = test_file_new (text->str, text->len);
  se_autofd int out_fd = se_temp_file (&error);
  const char *const arguments[]
      = { qpdf, "--encrypt", "user", "owner", "256", "--", "/dev/fd/0", "-", NULL };
  const char *const environment[] = { NULL };
  SePdf pdf;

  if (qpdf == NULL)
    {
      g_test_skip ("qpdf is missing");
      return;
    }
  g_assert_true (
      se_child_run (arguments, environment, in_fd, out_fd, &se_child_limits, NULL, NULL, &error));
  g_assert_true (se_pdf_check (out_fd, &pdf, &error));
  g_assert_no_error (error);
  g_assert_true (pdf.password);
  g_assert_cmpint (pdf.pages, ==, -1);
}

static void
assert_selection (const char *text, int taken, int width)
{
  g_autoptr (GPtrArray) options = se_option_list_parse (text);
  g_autoptr (GString) source = test_pdf_new (9, 0, NULL);
  g_autoptr (GError) error = NULL;
  se_autofd int in_fd = test_file_new (source->str, source->len);
  se_autofd int out_fd = se_temp_file (&error);
  int found;
  SePdf pdf;

  g_assert_true (se_pages_select (in_fd, out_fd, options, &found, &error));
  g_assert_no_error (error);
  g_assert_cmpint (found, ==, taken);
  if (taken == 0)
    {
      g_assert_cmpint (lseek (out_fd, 0, SEEK_END), ==, 0);
      return;
    }
  g_assert_true (se_pdf_check (out_fd, &pdf, &error));
  g_assert_no_error (error);
  g_assert_cmpint (pdf.pages, ==, taken);
  g_assert_cmpint (pdf.height, ==, width);
}

static void
test_select (void)
{
  assert_selection ("page-ranges=2", 1, 102);
  assert_selection ("page-ranges=4-", 6, 104);
  assert_selection ("page-set=even", 4, 102);
  assert_selection ("page-ranges=10-20", 0, 0);
}

/* The layers' state comes along; what was left out does not. */
static void
test_select_contents (void)
{
  g_autoptr (GPtrArray) options = se_option_list_parse ("page-ranges=3");
  g_autoptr (GString) source = test_pdf_new (4, 0, NULL);
  g_autoptr (GError) error = NULL;
  se_autofd int in_fd = test_file_new (source->str, source->len);
  se_autofd int out_fd = se_temp_file (&error);
  char result[4096] = "";
  int taken;

  g_assert_true (se_pages_select (in_fd, out_fd, options, &taken, &error));
  g_assert_cmpint (pread (out_fd, result, sizeof result, 0), >, 0);
  g_assert_nonnull (memmem (result, sizeof result, "/OCProperties", 13));
  g_assert_null (memmem (result, sizeof result, "[ 0 0 102 200 ]", 15));
  g_assert_nonnull (memmem (result, sizeof result, "[ 0 0 103 200 ]", 15));
}

static void
test_join (void)
{
  g_autoptr (GArray) lengths = g_array_new (FALSE, FALSE, sizeof (gsize));
  g_autoptr (GString) all = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  se_autofd int in_fd = -1;
  se_autofd int out_fd = se_temp_file (&error);
  SePdf pdf;

  for (int pages = 1; pages <= 3; pages++)
    {
      g_autoptr (GString) part = test_pdf_new (pages, 0, NULL);

      g_string_append_len (all, part->str, (gssize)part->len);
      g_array_append_val (lengths, part->len);
    }
  in_fd = test_file_new (all->str, all->len);
  g_assert_true (se_pages_join (in_fd, lengths, out_fd, &error));
  g_assert_no_error (error);
  g_assert_true (se_pdf_check (out_fd, &pdf, &error));
  g_assert_cmpint (pdf.pages, ==, 6);

  /* one part that is cut */
  g_array_index (lengths, gsize, 2) -= 30;
  g_assert_false (se_pages_join (in_fd, lengths, out_fd, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  se_child_take_signals ();
  g_test_add_func ("/pdf/sound", test_sound);
  g_test_add_func ("/pdf/damaged-but-whole", test_damaged_but_whole);
  g_test_add_func ("/pdf/cut", test_cut);
  g_test_add_func ("/pdf/no-page", test_no_page);
  g_test_add_func ("/pdf/password", test_password);
  g_test_add_func ("/pdf/select", test_select);
  g_test_add_func ("/pdf/select-contents", test_select_contents);
  g_test_add_func ("/pdf/join", test_join);
  return g_test_run ();
}
