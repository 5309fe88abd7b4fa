/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/source.h"

#include "common/digest.h"
#include "common/io.h"
#include "filter/child.h"
#include "filter/paper.h"
#include "filter/temp.h"
#include "filter/text.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static char *path; /* of the document under test */

static void
put (const void *data, gsize length)
{
  g_assert_true (g_file_set_contents (path, data, (gssize)length, NULL));
}

static void
put_gzip (const char *text, gsize missing)
{
  gzFile file = gzopen (path, "wb");
  g_autofree char *data = NULL;
  gsize length;

  g_assert_cmpint (gzwrite (file, text, (guint)strlen (text)), ==, (int)strlen (text));
  g_assert_cmpint (gzclose (file), ==, Z_OK);
  g_assert_true (g_file_get_contents (path, &data, &length, NULL));
  put (data, length - missing);
}

static void
assert_opens (const char *hint, const char *mime, const char *contents)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *expected = se_digest_text (contents);
  SeSource source;

  g_assert_true (se_source_open (&source, path, hint, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (source.type->mime, ==, mime);
  g_assert_cmpuint (source.length, ==, strlen (contents));
  digest = se_source_digest (&source, &error);
  g_assert_cmpstr (digest, ==, expected);
  se_source_clear (&source);
}

static void
assert_refused (const char *hint, SeError code, const char *words)
{
  g_autoptr (GError) error = NULL;
  SeSource source;

  g_assert_false (se_source_open (&source, path, hint, &error));
  g_assert_error (error, SE_ERROR, (int)code);
  g_assert_nonnull (strstr (error->message, words));
  se_source_clear (&source);
}

static void
assert_unknown (const char *hint, const char *mime)
{
  g_autoptr (GError) error = NULL;
  SeSource source;

  g_assert_true (se_source_open (&source, path, hint, &error));
  g_assert_no_error (error);
  g_assert_null (source.type);
  g_assert_cmpstr (source.mime, ==, mime);
  se_source_clear (&source);
}

static void
test_plain (void)
{
  put ("hello\n", 6);
  assert_opens ("text/plain", "text/plain", "hello\n");
  assert_opens (NULL, "text/plain", "hello\n");
  put ("", 0);
  assert_refused ("application/pdf", SE_ERROR_DOCUMENT, "empty");
  put ("\x01\x02", 2);
  assert_unknown ("applica\ntion/x", "application/octet-stream");
  assert_unknown ("application/x", "application/x");
  g_assert_cmpint (g_unlink (path), ==, 0);
  assert_refused (NULL, SE_ERROR_TEMPORARY, "cannot be opened");
  put ("", 0);
}

static void
test_gzip (void)
{
  put_gzip ("hello\n", 0);
  assert_opens ("text/plain", "text/plain", "hello\n");
  for (gsize missing = 1; missing < 18; missing++)
    {
      put_gzip ("hello, this is a text of some length\n", missing);
      assert_refused ("text/plain", SE_ERROR_DOCUMENT, "damaged or incomplete");
    }
  put_gzip ("", 0);
  assert_refused ("text/plain", SE_ERROR_DOCUMENT, "empty");
}

static void
assert_utf8 (const char *data, gsize length, const char *charset, const char *utf8)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *result = g_malloc0 (1 << 20);
  se_autofd int in_fd = se_temp_file (NULL);
  se_autofd int out_fd = -1;

  g_assert_true (se_io_write_all (in_fd, data, length, NULL));
  out_fd = se_text_to_utf8 (in_fd, charset, &error);
  if (utf8 == NULL)
    {
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpint (pread (out_fd, result, (1 << 20) - 1, 0), ==, (gssize)strlen (utf8));
  g_assert_cmpstr (result, ==, utf8);
}

#define ASSERT_UTF8(data, charset, utf8) assert_utf8 ((data), sizeof (data) - 1, (charset), (utf8))

static void
test_text (void)
{
  ASSERT_UTF8 ("Gr\xc3\xbc\xc3\x9f"
               "e",
               "utf-8",
               "Gr\xc3\xbc\xc3\x9f"
               "e");
  ASSERT_UTF8 ("\xef\xbb\xbfx", "utf-8", "x");
  ASSERT_UTF8 ("Gr\xfc\xdf"
               "e",
               "utf-8",
               "Gr\xc3\xbc\xc3\x9f"
               "e");
  ASSERT_UTF8 ("5 \x80", NULL, "5 \xe2\x82\xac");
  ASSERT_UTF8 ("\x81!", NULL, "\xef\xbf\xbd!");
  ASSERT_UTF8 ("5 \xa4", "iso-8859-15", "5 \xe2\x82\xac");
  ASSERT_UTF8 ("5 \xa4", "no-such-set", "5 \xc2\xa4");
  ASSERT_UTF8 ("\xff\xfeH\0\xe9\0", NULL, "H\xc3\xa9");
  ASSERT_UTF8 ("\xfe\xff\0H\0\xe9", NULL, "H\xc3\xa9");
  ASSERT_UTF8 ("a\0b", NULL, NULL);
  ASSERT_UTF8 ("end \xc3", "utf-8", "end \xc3\x83");
}

/* A character on each border of a chunk. */
static void
test_long_text (void)
{
  for (gsize shift = 0; shift < 4; shift++)
    {
      g_autoptr (GString) text = g_string_new (NULL);

      for (gsize i = 0; i < shift; i++)
        g_string_append_c (text, 'a');
      while (text->len < 200000)
        g_string_append (text, "\xe2\x82\xac");
      assert_utf8 (text->str, text->len, "utf-8", text->str);
    }
}

static void
assert_paper (const char *text, int width, int height)
{
  g_autoptr (GPtrArray) options = se_option_list_parse (text);
  int w, h;

  se_paper_find (options, &w, &h);
  g_assert_cmpint (w, ==, width);
  g_assert_cmpint (h, ==, height);
}

static void
test_paper (void)
{
  static const char ppd[] = "*DefaultPageSize: Letter\n*PaperDimension A5/A5: \"420 595\"\n"
                            "*PaperDimension Letter/US Letter: \"612 792\"\n"
                            "*PaperDimension Bad/Bad: \"0 nan\"\n";

  g_unsetenv ("PPD");
  assert_paper ("PageSize=A5", 595, 842);
  put (ppd, sizeof ppd - 1);
  g_setenv ("PPD", path, TRUE);
  assert_paper ("", 612, 792);
  assert_paper ("PageSize=A5", 420, 595);
  assert_paper ("PageSize=A7", 612, 792);
  assert_paper ("PageSize=Bad", 612, 792);
  assert_paper ("PageSize=Custom.100x200", 100, 200);
  assert_paper ("PageSize=Custom.10x20cm", 283, 567);
  assert_paper ("PageSize=Custom.1e9x5", 612, 792);
  g_unsetenv ("PPD");
}

int
main (int argc, char **argv)
{
  g_autofree char *directory = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  se_child_take_signals ();
  directory = g_dir_make_tmp ("test-source-XXXXXX", NULL);
  path = g_build_filename (directory, "document", NULL);
  g_test_add_func ("/source/plain", test_plain);
  g_test_add_func ("/source/gzip", test_gzip);
  g_test_add_func ("/source/text", test_text);
  g_test_add_func ("/source/long-text", test_long_text);
  g_test_add_func ("/source/paper", test_paper);
  result = g_test_run ();
  se_temp_remove_directory (directory);
  g_free (path);
  return result;
}
