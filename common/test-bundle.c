/* SPDX-License-Identifier: Apache-2.0 */
#include "common/bundle.h"

#include "common/bundle-writer.h"
#include "common/digest.h"
#include "common/io.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SOURCE "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* A file in memory that holds data, at its beginning. */
static int
memory_file (const void *data, gsize length)
{
  int fd = memfd_create ("test-bundle", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_true (se_io_write_all (fd, data, length, NULL));
  g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
  return fd;
}

static GString *
contents_of (int fd)
{
  gsize length = (gsize)lseek (fd, 0, SEEK_END);
  GString *contents = g_string_sized_new (length);

  g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
  g_string_set_size (contents, length);
  g_assert_cmpint (se_io_read_full (fd, contents->str, length, NULL), ==, (gssize)length);
  return contents;
}

static gboolean
add (SeBundleWriter *writer, guint number, const char *name, const char *data, const char *source)
{
  g_autoptr (GError) error = NULL;
  se_autofd int fd = memory_file (data, strlen (data));
  const SeBundleDocument document = { .number = number,
                                      .name = name,
                                      .type = "application/pdf",
                                      .pages = 3,
                                      .fd = fd,
                                      .length = strlen (data),
                                      .source_digest = source };

  return se_bundle_writer_add (writer, &document, &error);
}

/* Two documents in two mails, the second one empty, and a failed one. */
static GString *
make_bundle (void)
{
  se_autofd int fd = memory_file ("", 0);
  g_autoptr (SeBundleWriter) writer = se_bundle_writer_new (fd);

  g_assert_true (add (writer, 1, "a b\n%\xc3\xa4.pdf", "%PDF\n\ncommit 1 x\n", NULL));
  g_assert_true (
      se_bundle_writer_fail (writer, NULL, SE_ERROR_DOCUMENT, "It is not a\nPDF.", NULL));
  g_assert_true (se_bundle_writer_begin_mail (writer, NULL));
  g_assert_true (add (writer, 2, "-", "", SOURCE));
  g_assert_true (se_bundle_writer_commit (writer, NULL));
  return contents_of (fd);
}

static GPtrArray *
spool (const char *data, gsize length, int spool_fd, GError **error)
{
  se_autofd int in = memory_file (data, length);

  return se_bundle_spool (in, spool_fd, "/a/spool", -1, error);
}

/* A bundle of these bytes must be refused as temporary. */
static void
expect_refused (const char *data, gsize length, const char *why)
{
  se_autofd int out = memory_file ("", 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) entries = spool (data, length, out, &error);

  if (entries != NULL)
    g_error ("accepted: %s", why);
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
}

static void
test_round_trip (void)
{
  g_autoptr (GString) bundle = make_bundle ();
  se_autofd int out = memory_file ("", 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) entries = spool (bundle->str, bundle->len, out, &error);
  g_autoptr (GString) spooled = contents_of (out);
  g_autofree char *sum = se_digest_text ("%PDF\n\ncommit 1 x\n");
  const SeBundleEntry *first, *second, *third;

  g_assert_no_error (error);
  g_assert_cmpmem (spooled->str, spooled->len, bundle->str, bundle->len);
  g_assert_cmpuint (entries->len, ==, 3);
  first = entries->pdata[0];
  second = entries->pdata[1];
  third = entries->pdata[2];

  g_assert_false (first->failed);
  g_assert_cmpuint (first->number, ==, 1);
  g_assert_cmpuint (first->mail, ==, 1);
  g_assert_cmpstr (first->name, ==, "a b %\xc3\xa4.pdf");
  g_assert_cmpstr (first->type, ==, "application/pdf");
  g_assert_cmpint (first->pages, ==, 3);
  g_assert_cmpuint (first->length, ==, 17);
  g_assert_cmpmem (spooled->str + first->offset, 17, "%PDF\n\ncommit 1 x\n", 17);
  g_assert_cmpstr (first->digest, ==, sum);
  g_assert_cmpstr (first->source_digest, ==, sum);

  g_assert_true (second->failed);
  g_assert_cmpuint (second->mail, ==, 1);
  g_assert_cmpint (second->fault, ==, SE_ERROR_DOCUMENT);
  g_assert_null (second->name);
  g_assert_cmpstr (second->sentence, ==, "It is not a PDF.");

  g_assert_cmpuint (third->number, ==, 2);
  g_assert_cmpuint (third->mail, ==, 2);
  g_assert_cmpstr (third->name, ==, "-");
  g_assert_cmpuint (third->length, ==, 0);
  g_assert_cmpstr (third->source_digest, ==, SOURCE);
}

/* Wherever the stream is cut, and whatever single byte is changed or doubled, it shows. */
static void
test_every_byte (void)
{
  g_autoptr (GString) bundle = make_bundle ();

  for (gsize i = 0; i < bundle->len; i++)
    {
      g_autofree char *why = g_strdup_printf ("byte %" G_GSIZE_FORMAT, i);
      g_autoptr (GString) longer = g_string_new_len (bundle->str, (gssize)bundle->len);
      char saved = bundle->str[i];

      expect_refused (bundle->str, i, why);
      for (int bit = 0; bit < 8; bit++)
        {
          bundle->str[i] = (char)(saved ^ (1 << bit));
          expect_refused (bundle->str, bundle->len, why);
        }
      bundle->str[i] = saved;
      g_string_insert_c (longer, (gssize)i, saved);
      expect_refused (longer->str, longer->len, why);
    }
}

static void
test_followed (void)
{
  g_autoptr (GString) twice = make_bundle ();
  g_autoptr (GString) bundle = make_bundle ();
  const char tails[] = { '\n', '\0', 'x' };

  g_string_append_len (twice, bundle->str, (gssize)bundle->len);
  expect_refused (twice->str, twice->len, "two bundles in a row");
  for (gsize i = 0; i < G_N_ELEMENTS (tails); i++)
    {
      g_autoptr (GString) longer = g_string_new_len (bundle->str, (gssize)bundle->len);

      g_string_append_c (longer, tails[i]);
      expect_refused (longer->str, longer->len, "a byte after the trailer");
    }
}

/* Lines with a right digest in the trailer that say something wrong. */
static void
test_bad_lines (void)
{
  const char *cases[] = {
    "",
    "document 1 0 1 application/pdf\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 0 1 application/pdf - -\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 -1 1 application/pdf -\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 +0 1 application/pdf -\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 0x0 1 application/pdf -\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 99999999999999999999 1 application/pdf -\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 9223372036854775807 1 application/pdf -\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 0 -2 application/pdf -\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 0 2147483648 application/pdf -\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 0 1 pdf -\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 0 1 application/ -\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 0 1 application/pdf %00\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 0 1 application/pdf %ff\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 0 1 application/pdf %zz\n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 0 1 application/pdf \n\nchecked " SOURCE " " SOURCE "\n",
    "document 1 0 1 application/pdf -\n\nchecked " SOURCE "\n",
    "document 1 0 1 application/pdf -\n\nchecked " SOURCE " x\n",
    "document 1 0 1 application/pdf -\n\n",
    "document 1 0 1 application/pdf -\nchecked " SOURCE " " SOURCE "\n",
    "checked " SOURCE " " SOURCE "\n",
    "document 0 0 1 application/pdf -\n\nchecked " SOURCE " " SOURCE "\n",
    "document 2 0 1 application/pdf -\n\nchecked " SOURCE " " SOURCE "\n",
    "document 0 1 application/pdf -\n\nchecked " SOURCE " " SOURCE "\n",
    "mail\n",
    "document 1 0 1 application/pdf -\n\nchecked " SOURCE " " SOURCE "\nmail\n",
    "document 1 0 1 application/pdf -\n\nchecked " SOURCE " " SOURCE "\nmail\nmail\n",
    "fail document - -\n",
    "fail nobody - x\n",
    "fail document x\n",
    "fail document - x y\n",
    "scan-email-bundle 2\n",
    "\n",
    "commit 0 " SOURCE "\n",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint entries = 0; entries <= 1; entries++)
      {
        g_autofree char *lines = g_strconcat ("scan-email-bundle 2\n", cases[i], NULL);
        g_autoptr (GString) counted = g_string_new (lines);
        g_autofree char *sum = NULL;
        g_autofree char *bundle = NULL;

        /* The newline behind a document's bytes is no line. */
        if (g_str_has_prefix (cases[i], "document"))
          g_string_replace (counted, "\n\n", "\n", 0);
        sum = se_digest_text (counted->str);
        bundle = g_strdup_printf ("%scommit %u %s\n", lines, entries, sum);
        expect_refused (bundle, strlen (bundle), cases[i]);
      }
}

/* The same way of building a bundle by hand, so that the test above does not pass for nothing. */
static void
test_good_lines (void)
{
  const char *lines
      = "scan-email-bundle 2\ndocument 1 0 -1 application/pdf -\nchecked " SOURCE " " SOURCE "\n";
  g_autofree char *sum = se_digest_text (lines);
  g_autofree char *bundle
      = g_strdup_printf ("scan-email-bundle 2\ndocument 1 0 -1 application/pdf -\n\nchecked " SOURCE
                         " " SOURCE "\ncommit 1 %s\n",
                         sum);
  se_autofd int out = memory_file ("", 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) entries = spool (bundle, strlen (bundle), out, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (entries->len, ==, 1);
}

/* It is given up long before it has filled the memory or the spool. */
static void
test_endless_line (void)
{
  g_autofree char *line = g_strnfill (1000000, 'x');
  se_autofd int out = memory_file ("", 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) spooled = NULL;

  g_assert_null (spool (line, 1000000, out, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  spooled = contents_of (out);
  g_assert_cmpuint (spooled->len, <=, 100000);
}

static void
test_shrunk_document (void)
{
  se_autofd int fd = memory_file ("", 0);
  se_autofd int document = memory_file ("12345", 5);
  g_autoptr (SeBundleWriter) writer = se_bundle_writer_new (fd);
  g_autoptr (GString) bundle = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_false (se_bundle_writer_add (
      writer, &(SeBundleDocument){ 1, NULL, "text/plain", -1, document, 6, NULL }, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_clear_error (&error);
  g_assert_true (add (writer, 1, NULL, "x", NULL));
  g_assert_false (se_bundle_writer_commit (writer, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  bundle = contents_of (fd);
  expect_refused (bundle->str, bundle->len, "a bundle without a trailer");
}

/* Whose fault it is arrives as it was written. */
static void
test_faults (void)
{
  static const SeError faults[] = { SE_ERROR_DOCUMENT, SE_ERROR_TOO_LARGE, SE_ERROR_TEMPORARY };

  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      se_autofd int fd = memory_file ("", 0);
      se_autofd int out = memory_file ("", 0);
      g_autoptr (SeBundleWriter) writer = se_bundle_writer_new (fd);
      g_autoptr (GString) bundle = NULL;
      g_autoptr (GPtrArray) entries = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (se_bundle_writer_fail (writer, NULL, faults[i], "So it is.", NULL));
      g_assert_true (se_bundle_writer_commit (writer, NULL));
      bundle = contents_of (fd);
      entries = spool (bundle->str, bundle->len, out, &error);
      g_assert_no_error (error);
      g_assert_cmpint (((SeBundleEntry *)entries->pdata[0])->fault, ==, faults[i]);
    }
}

static void
test_long_texts (void)
{
  se_autofd int fd = memory_file ("", 0);
  se_autofd int out = memory_file ("", 0);
  g_autoptr (SeBundleWriter) writer = se_bundle_writer_new (fd);
  g_autofree char *text = g_strnfill (20000, '\xff');
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) bundle = NULL;
  g_autoptr (GPtrArray) entries = NULL;
  const SeBundleEntry *entry;

  g_assert_true (se_bundle_writer_fail (writer, text, SE_ERROR_TEMPORARY, text, NULL));
  g_assert_true (se_bundle_writer_commit (writer, NULL));
  bundle = contents_of (fd);
  entries = spool (bundle->str, bundle->len, out, &error);
  g_assert_no_error (error);
  entry = entries->pdata[0];
  g_assert_cmpint (entry->fault, ==, SE_ERROR_TEMPORARY);
  g_assert_true (g_utf8_validate (entry->name, -1, NULL));
  g_assert_true (g_str_has_suffix (entry->sentence, "\xe2\x80\xa6"));
}

static gpointer
write_large (gpointer data)
{
  const guint64 length = 5000001;
  int fd = GPOINTER_TO_INT (data);
  g_autofree char *zeros = g_malloc0 (length);
  se_autofd int document = memory_file (zeros, length);
  g_autoptr (SeBundleWriter) writer = se_bundle_writer_new (fd);

  g_assert_true (se_bundle_writer_add (
      writer, &(SeBundleDocument){ 1, "z", "application/pdf", 1, document, length, NULL }, NULL));
  g_assert_true (se_bundle_writer_commit (writer, NULL));
  close (fd);
  return NULL;
}

static void
test_pipe (void)
{
  se_autofd int out = memory_file ("", 0);
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (GError) error = NULL;
  GThread *thread;
  int ends[2], cancel[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (pipe (cancel), ==, 0);
  thread = g_thread_new ("writer", write_large, GINT_TO_POINTER (ends[1]));
  entries = se_bundle_spool (ends[0], out, "/a/spool", cancel[0], &error);
  g_thread_join (thread);
  g_assert_no_error (error);
  g_assert_cmpuint (entries->len, ==, 1);
  g_assert_cmpuint (((SeBundleEntry *)entries->pdata[0])->length, ==, 5000001);
  close (ends[0]);
  close (cancel[0]);
  close (cancel[1]);
}

/* A writer that neither writes nor closes must not keep us from stopping. */
static void
test_cancel (void)
{
  se_autofd int out = memory_file ("", 0);
  g_autoptr (GError) error = NULL;
  int ends[2], cancel[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (pipe (cancel), ==, 0);
  g_assert_cmpint (write (ends[1], "scan-", 5), ==, 5);
  g_assert_cmpint (write (cancel[1], "", 1), ==, 1);
  g_assert_null (se_bundle_spool (ends[0], out, "/a/spool", cancel[0], &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  for (int i = 0; i < 2; i++)
    {
      close (ends[i]);
      close (cancel[i]);
    }
}

static void
test_full_spool (void)
{
  g_autoptr (GString) bundle = make_bundle ();
  se_autofd int full = open ("/dev/full", O_WRONLY | O_CLOEXEC);
  g_autoptr (GError) error = NULL;

  g_assert_null (spool (bundle->str, bundle->len, full, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_nonnull (strstr (error->message, "/a/spool"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bundle/round-trip", test_round_trip);
  g_test_add_func ("/bundle/every-byte", test_every_byte);
  g_test_add_func ("/bundle/followed", test_followed);
  g_test_add_func ("/bundle/bad-lines", test_bad_lines);
  g_test_add_func ("/bundle/good-lines", test_good_lines);
  g_test_add_func ("/bundle/endless-line", test_endless_line);
  g_test_add_func ("/bundle/shrunk-document", test_shrunk_document);
  g_test_add_func ("/bundle/faults", test_faults);
  g_test_add_func ("/bundle/long-texts", test_long_texts);
  g_test_add_func ("/bundle/pipe", test_pipe);
  g_test_add_func ("/bundle/cancel", test_cancel);
  g_test_add_func ("/bundle/full-spool", test_full_spool);
  return g_test_run ();
}
