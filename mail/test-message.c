/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/message.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PYTHON "/usr/bin/python3"
#define DOCUMENTS (3 << 20) /* bytes in the file that attachments are taken from */

typedef struct
{
  char *directory;
  char *path; /* of the file with the documents */
  guint8 *bytes;
  int fd;
  SeAddress *from;
  GPtrArray *to;
  SeMessageFields fields;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->directory = g_dir_make_tmp ("test-message-XXXXXX", NULL);
  g_assert_nonnull (fixture->directory);
  fixture->path = g_build_filename (fixture->directory, "documents", NULL);
  fixture->bytes = g_malloc (DOCUMENTS);
  for (gsize i = 0; i < DOCUMENTS; i++)
    fixture->bytes[i] = (guint8)g_test_rand_int ();
  g_assert_true (g_file_set_contents (fixture->path, (char *)fixture->bytes, DOCUMENTS, NULL));
  fixture->fd = g_open (fixture->path, O_RDONLY, 0);
  g_assert_cmpint (fixture->fd, >=, 0);
  fixture->from = se_address_parse ("scanner@contoso.com", NULL);
  fixture->to = se_address_parse_list ("archive@contoso.com", NULL);
  fixture->fields = (SeMessageFields){ .from = fixture->from,
                                       .to = fixture->to,
                                       .subject = "Scan",
                                       .text = "See attachment.",
                                       .date = 1700000000,
                                       .message_id = "1@contoso.com",
                                       .boundary = "=_0123456789" };
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GDir) directory = g_dir_open (fixture->directory, 0, NULL);
  const char *name;

  close (fixture->fd);
  while ((name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->directory, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_free (fixture->directory);
  g_free (fixture->path);
  g_free (fixture->bytes);
  se_address_free (fixture->from);
  g_ptr_array_unref (fixture->to);
}

static SeMessage *
compose (const Fixture *fixture, const SeAttachment *attachments, gsize n_attachments)
{
  g_autoptr (GError) error = NULL;
  SeMessage *message = se_message_new (&fixture->fields, attachments, n_attachments, &error);

  g_assert_no_error (error);
  return message;
}

/* The whole stream, read in pieces of size octets. */
static GString *
read_all (SeMessage *message, int fd, gsize size)
{
  g_autofree char *buffer = g_malloc (size + 1);
  g_autoptr (GError) error = NULL;
  GString *all = g_string_new (NULL);
  gssize got = 0;

  se_message_rewind (message, fd);
  do
    {
      buffer[size] = 'X';
      got = se_message_read (message, buffer, size, &error);
      g_assert_no_error (error);
      g_assert_cmpint (got, >=, 0);
      g_assert_cmpint (buffer[size], ==, 'X');
      g_string_append_len (all, buffer, got);
    }
  while (got > 0);
  g_assert_cmpint (se_message_read (message, buffer, size, NULL), ==, 0);
  g_assert_cmpuint (all->len, ==, se_message_size (message));
  return all;
}

/* What the encoder must write: g_base64_encode's text in lines of 76. */
static char *
reference_base64 (const guint8 *bytes, gsize length)
{
  g_autofree char *plain = g_base64_encode (bytes, length);
  GString *lines = g_string_new (NULL);

  for (const char *p = plain; *p != '\0'; p += strnlen (p, 76))
    {
      g_string_append_len (lines, p, (gssize)strnlen (p, 76));
      g_string_append (lines, "\r\n");
    }
  return g_string_free (lines, FALSE);
}

static void
test_base64 (Fixture *fixture, gconstpointer unused)
{
  static const guint64 lengths[]
      = { 0, 1, 2, 3, 4, 55, 56, 57, 58, 113, 114, 115, 29183, 29184, 29185, (1 << 20) - 1 };
  static const guint64 offsets[] = { 0, 1, 7, 4097, (1 << 20) + 1 };
  static const gsize sizes[] = { 1, 2, 3, 77, 78, 79, 155, 156, 157, 4096, 16384, 100003, 4 << 20 };

  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (offsets); j++)
      {
        SeAttachment range = { "a.pdf", "application/pdf", offsets[j], lengths[i] };
        g_autoptr (SeMessage) message = compose (fixture, &range, 1);
        const char *const *texts = se_message_texts (message);
        g_autofree char *base64 = reference_base64 (fixture->bytes + offsets[j], lengths[i]);
        g_autofree char *expected = g_strconcat (texts[0], base64, texts[1], NULL);

        for (gsize k = 0; k < G_N_ELEMENTS (sizes); k++)
          {
            /* a system call a line: enough for two of the long ones */
            if (sizes[k] < 4096 && lengths[i] > 30000 && j > 1)
              continue;
            g_autoptr (GString) all = read_all (message, fixture->fd, sizes[k]);

            g_assert_true (strcmp (all->str, expected) == 0);
          }
      }
}

static void
test_texts_round_trip (Fixture *fixture, gconstpointer unused)
{
  SeAttachment ranges[] = { { "\xc3\x9cn\xc3\xaf"
                              "code.pdf",
                              "application/pdf", 3, 1000 },
                            { "b.tiff", "image/tiff", 5000, 0 },
                            { "c.png", "image/png", 9, 12345 } };
  SeAttachment bare[]
      = { { NULL, NULL, 3, 1000 }, { NULL, NULL, 5000, 0 }, { NULL, NULL, 9, 12345 } };
  g_autoptr (SeMessage) message = compose (fixture, ranges, 3);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeMessage) again
      = se_message_new_from_texts (se_message_texts (message), bare, 3, &error);
  g_autoptr (GString) first = NULL;
  g_autoptr (GString) second = NULL;
  g_autoptr (GString) third = NULL;

  g_assert_no_error (error);
  first = read_all (message, fixture->fd, 1000);
  second = read_all (again, fixture->fd, 65536);
  third = read_all (again, fixture->fd, 7);
  g_assert_true (g_string_equal (first, second));
  g_assert_true (g_string_equal (first, third));
}

static void
test_bad_texts (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *line = g_strnfill (999, 'x');
  g_autofree char *overlong = g_strconcat (line, "\r\n", NULL);
  const char *const bad[]
      = { ".\r\n",        "a\r\n.\r\n", "a\r\n..b\r\n", "a",      "a\n", "a\rb\r\n",
          "\xc3\xbc\r\n", "a\x1b\r\n",  "a\r\n.",       overlong, "\r" };
  SeAttachment range = { NULL, NULL, 0, 1 };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *const texts[] = { "a: b\r\n\r\n", bad[i], NULL };
      g_autoptr (GError) error = NULL;

      g_assert_null (se_message_new_from_texts (texts, &range, 1, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
      g_clear_error (&error);
      g_assert_null (se_message_new_from_texts (texts, &range, 2, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
    }
}

static void
test_early_end (Fixture *fixture, gconstpointer unused)
{
  SeAttachment range = { "a.pdf", "application/pdf", DOCUMENTS - 1000, 1001 };
  g_autoptr (SeMessage) message = compose (fixture, &range, 1);
  static const gsize sizes[] = { 1, 100, 16384, 1 << 20 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *buffer = g_malloc (sizes[i]);
      g_autoptr (GError) error = NULL;
      gssize got = 1;

      se_message_rewind (message, fixture->fd);
      while (got > 0)
        got = se_message_read (message, buffer, sizes[i], &error);
      g_assert_cmpint (got, ==, -1);
      g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
    }
}

static void
test_bad_descriptor (Fixture *fixture, gconstpointer unused)
{
  SeAttachment range = { "a.pdf", "application/pdf", 0, 10 };
  g_autoptr (SeMessage) message = compose (fixture, &range, 1);
  char buffer[10000];
  g_autoptr (GError) error = NULL;

  se_message_rewind (message, -1);
  g_assert_cmpint (se_message_read (message, buffer, sizeof buffer, &error), ==, -1);
  g_assert_nonnull (error);
}

static void
check_refused (const Fixture *fixture, const SeMessageFields *fields, const char *type,
               SeError code)
{
  SeAttachment range = { "a.pdf", type, 0, 10 };
  g_autoptr (GError) error = NULL;

  g_assert_null (se_message_new (fields, &range, 1, &error));
  g_assert_error (error, SE_ERROR, (int)code);
}

static void
test_bad_fields (Fixture *fixture, gconstpointer unused)
{
  static const char *const ids[]
      = { "", "a", "@b", "a@", "a@b@c", "<a@b>", "a b@c", "a@b\r\nX: y", "a@b\xc3\xbc", "\"a\"@b" };
  static const char *const boundaries[]
      = { "",           "a b",
          "a\"b",       "a\r\nb",
          "attachment", "01234567890123456789012345678901234567890123456789012345678901234567890" };
  static const char *const types[] = {
    "", "pdf", "/pdf", "application/", "application/pdf; x=y", "a/b\r\nX: y", "a/b/c", "a b/c"
  };
  SeMessageFields fields = fixture->fields;

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    check_refused (fixture, &fields, types[i], SE_ERROR_DOCUMENT);
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      fields.message_id = ids[i];
      check_refused (fixture, &fields, "a/b", SE_ERROR_CONFIG);
    }
  fields = fixture->fields;
  for (gsize i = 0; i < G_N_ELEMENTS (boundaries); i++)
    {
      fields.boundary = boundaries[i];
      check_refused (fixture, &fields, "a/b", SE_ERROR_CONFIG);
    }
}

/* The whole message to the octet. */
static void
test_layout (Fixture *fixture, gconstpointer unused)
{
  SeAttachment range = { "\xc3\x9cn.pdf", "application/pdf", 0, 3 };
  g_autofree char *base64 = g_base64_encode (fixture->bytes, 3);
  g_autoptr (GPtrArray) cc = se_address_parse_list ("a@b.example,c@d.example", NULL);
  g_autoptr (SeMessage) message = NULL;
  g_autoptr (GString) all = NULL;
  g_autofree char *expected
      = g_strdup_printf ("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
                         "From: Front desk <scanner@contoso.com>\r\n"
                         "Reply-To: scanner@contoso.com\r\n"
                         "To: archive@contoso.com\r\n"
                         "Cc: a@b.example, c@d.example\r\n"
                         "Subject: Scan\r\n"
                         "Message-ID: <1@contoso.com>\r\n"
                         "Auto-Submitted: auto-generated\r\n"
                         "X-Auto-Response-Suppress: All\r\n"
                         "MIME-Version: 1.0\r\n"
                         "Content-Type: multipart/mixed; boundary=\"=_0123456789\"\r\n"
                         "\r\n"
                         "This is a message in MIME format.\r\n"
                         "\r\n"
                         "--=_0123456789\r\n"
                         "Content-Type: text/plain; charset=UTF-8\r\n"
                         "Content-Transfer-Encoding: 7bit\r\n"
                         "\r\n"
                         "See attachment.\r\n"
                         "\r\n"
                         "--=_0123456789\r\n"
                         "Content-Type: application/pdf; name=\"Un.pdf\"\r\n"
                         "Content-Transfer-Encoding: base64\r\n"
                         "Content-Disposition: attachment; filename*=UTF-8''%%C3%%9Cn.pdf\r\n"
                         "\r\n"
                         "%s\r\n"
                         "\r\n"
                         "--=_0123456789--\r\n",
                         base64);

  fixture->fields.from_name = "Front desk";
  fixture->fields.reply_to = fixture->from;
  fixture->fields.cc = cc;
  message = compose (fixture, &range, 1);
  all = read_all (message, fixture->fd, 4096);
  g_assert_cmpstr (all->str, ==, expected);
}

/* The value of the first boundary parameter from text on; *end: behind it. */
static char *
next_boundary (const char *text, const char **end)
{
  const char *start = strstr (text, "boundary=\"");

  g_assert_nonnull (start);
  start += strlen ("boundary=\"");
  *end = strchr (start, '"');
  return g_strndup (start, (gsize)(*end - start));
}

/* Some readers compare the beginnings of delimiter lines alone (RFC 2046, 5.1.2). */
static void
test_boundaries (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *longest = g_strnfill (68, 'b');
  g_autoptr (SeMessage) message = NULL;
  g_autofree char *outer = NULL;
  g_autofree char *inner = NULL;
  const char *rest;

  fixture->fields.html = "<p>x</p>";
  fixture->fields.boundary = longest;
  message = compose (fixture, NULL, 0);
  outer = next_boundary (se_message_texts (message)[0], &rest);
  inner = next_boundary (rest, &rest);
  g_assert_cmpstr (outer, ==, longest);
  g_assert_cmpuint (strlen (inner), <=, 70);
  g_assert_false (g_str_has_prefix (inner, outer));
  g_assert_false (g_str_has_prefix (outer, inner));
}

static void
test_no_recipient_shown (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeMessage) message = NULL;

  fixture->fields.to = NULL;
  message = compose (fixture, NULL, 0);
  g_assert_nonnull (strstr (se_message_texts (message)[0], "\r\nTo: undisclosed-recipients:;\r\n"));
}

/* What each case puts in and what Python's email package must find. */
typedef struct
{
  const char *from_name;
  const char *subject;
  const char *body;
  const char *filename;
  guint64 offset;
  guint64 length;
  const char *seen_subject;
  const char *seen_body; /* newlines as '|' */
  const char *html;
  const char *seen_html;
} ParseCase;

static const ParseCase parse_cases[] = {
  { NULL, "Scan", "Plain text.", "a.pdf", 0, 10, NULL, "Plain text.|" },
  { "Front desk",
    "\xc3\x9cn\xc3\xaf"
    "code, \"quoted\" title",
    "Gr\xc3\xbc\xc3\x9f"
    "e\n",
    "\xc3\x9cn\xc3\xaf"
    "code \"quoted\".pdf",
    1, 1000, NULL,
    "Gr\xc3\xbc\xc3\x9f"
    "e|" },
  { "B\xc3\xbcro, \"1\" \\ \xe6\xbc\xa2\xe5\xad\x97 <evil@example.org>",
    "\xf0\x9f\x93\xa0 fax \xf0\x9f\x93\xa0\xf0\x9f\x93\xa0 from "
    "\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad"
    "\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97\xe6\xbc\xa2\xe5\xad\x97",
    ".\n..\n.dots first\nFrom here\n", "\xe6\xbc\xa2\xe5\xad\x97.pdf", 2, 1, NULL,
    ".|..|.dots first|From here|" },
  { "Doe, J.", "a\r\nBcc: x@example.org\r\n\r\nbody", "one\r\ntwo\rthree\n\n", "a;b=c'd%41.pdf", 3,
    0, "a  Bcc: x@example.org    body", "one|two|three||" },
  { "=?UTF-8?Q?x?=", "=?utf-8?q?looks=20encoded?=", "trailing \n=41 equals=3D\n", "=?x?=.pdf", 4,
    57, NULL, "trailing |=41 equals=3D|" },
  { NULL, "", "", "a.pdf", 5, 100000, NULL, "" },
  { NULL, "Scan", "Plain text.", "a.pdf", 0, 10, NULL, "Plain text.|",
    "<!DOCTYPE html>\n<p class=\"x\">Gr\xc3\xbc\xc3\x9f"
    "e &amp; mehr</p>\n.dot\nFrom \n",
    "<!DOCTYPE html>|<p class=\"x\">Gr\xc3\xbc\xc3\x9f"
    "e &amp; mehr</p>|.dot|From |" },
  { NULL, "Scan", "--=-=_\n", "a.pdf", 0, 10, NULL, "--=-=_|", "--=-=_\n--=-\n--=_--\n",
    "--=-=_|--=-|--=_--|" },
  { NULL, "--=_0123456789x", "--=_\n--\ntab\there\x1b[0m\n", "--.pdf", 6, 58, NULL,
    "--=_|--|tab here [0m|" },
};

static void
write_case (Fixture *fixture, const ParseCase *test, const char *path, GString *expected)
{
  SeAttachment ranges[] = { { test->filename, "application/pdf", test->offset, test->length },
                            { "second.png", "image/png", 10, 20 } };
  g_autoptr (SeMessage) message = NULL;
  g_autoptr (GString) all = NULL;

  fixture->fields.from_name = test->from_name;
  fixture->fields.subject = test->subject;
  fixture->fields.text = test->body;
  fixture->fields.html = test->html;
  message = compose (fixture, ranges, 2);
  all = read_all (message, fixture->fd, 16384);
  g_assert_true (g_file_set_contents (path, all->str, (gssize)all->len, NULL));
  g_string_append_printf (expected, "From: %s <scanner@contoso.com>\nTo:  <archive@contoso.com>\n",
                          test->from_name != NULL ? test->from_name : "");
  g_string_append_printf (expected, "Subject: %s\nAuto-Submitted: auto-generated\n",
                          test->seen_subject != NULL ? test->seen_subject : test->subject);
  g_string_append_printf (expected, "structure: mixed(%s application/pdf image/png)\ntext: %s\n",
                          test->html != NULL ? "alternative(text/plain text/html)" : "text/plain",
                          test->seen_body);
  if (test->html != NULL)
    g_string_append_printf (expected, "html: %s\n", test->seen_html);
  for (gsize i = 0; i < G_N_ELEMENTS (ranges); i++)
    {
      g_autofree char *digest = g_compute_checksum_for_data (
          G_CHECKSUM_SHA256, fixture->bytes + ranges[i].offset, ranges[i].length);

      g_string_append_printf (expected, "attachment: %s %s %" G_GUINT64_FORMAT " %s\n",
                              ranges[i].type, ranges[i].filename, ranges[i].length, digest);
    }
  g_string_append (expected, "end\n");
}

/* Runs the parser over the files in argv, which gets its end, and compares what it says. */
static void
check_parsed (GPtrArray *argv, const char *expected)
{
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) environment = g_environ_setenv (g_get_environ (), "PYTHONUTF8", "1", TRUE);
  int status = -1;

  g_ptr_array_add (argv, NULL);
  g_spawn_sync (NULL, (char **)argv->pdata, environment, G_SPAWN_DEFAULT, NULL, NULL, &output,
                &errors, &status, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (errors, ==, "");
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpstr (output, ==, expected);
}

static GPtrArray *
parser_argv (void)
{
  GPtrArray *argv = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (argv, g_strdup (PYTHON));
  g_ptr_array_add (argv, g_test_build_filename (G_TEST_DIST, "mail", "parse-message.py", NULL));
  return argv;
}

static gboolean
have_python (void)
{
  if (g_file_test (PYTHON, G_FILE_TEST_IS_EXECUTABLE))
    return TRUE;
  g_test_skip ("there is no " PYTHON);
  return FALSE;
}

static void
test_parsed (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GPtrArray) argv = parser_argv ();
  g_autoptr (GString) expected = g_string_new (NULL);

  if (!have_python ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (parse_cases); i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.eml", i);
      char *path = g_build_filename (fixture->directory, name, NULL);

      g_ptr_array_add (argv, path);
      write_case (fixture, &parse_cases[i], path, expected);
    }
  check_parsed (argv, expected->str);
}

/* Texts and names of many lengths, so that folds and splits fall everywhere. */
static void
test_parsed_sweep (Fixture *fixture, gconstpointer unused)
{
  static const char *const units[]
      = { "x", "\xc3\xbc", "\xe6\xbc\xa2", "\xf0\x9f\x93\xa0", "x\xc3\xbc y " };
  g_autoptr (GPtrArray) argv = parser_argv ();
  g_autoptr (GString) expected = g_string_new (NULL);

  if (!have_python ())
    return;
  for (guint length = 1; length <= 300; length += length < 100 ? 3 : 50)
    for (guint i = 0; i < G_N_ELEMENTS (units); i++)
      {
        g_autoptr (GString) text = g_string_new (NULL);
        g_autofree char *name = g_strdup_printf ("%u-%u.eml", length, i);
        g_autofree char *body = NULL;
        char *path = g_build_filename (fixture->directory, name, NULL);
        ParseCase test = { .offset = length, .length = length };

        for (guint j = 0; j < length; j++)
          g_string_append (text, units[i]);
        g_string_append_c (text, 'z');
        body = g_strconcat (text->str, "|", NULL);
        test.from_name = test.subject = test.body = test.filename = text->str;
        test.seen_body = body;
        g_ptr_array_add (argv, path);
        write_case (fixture, &test, path, expected);
      }
  check_parsed (argv, expected->str);
}

static void
test_filename (void)
{
  static const struct
  {
    const char *name;
    const char *tail;
    const char *safe;
  } cases[] = {
    { "report", ".pdf", "report.pdf" },
    { "report.pdf", ".pdf", "report.pdf.pdf" },
    { "invoice.pdf   .exe", ".pdf", "invoice.pdf .exe.pdf" },
    { "report", "-2.pdf", "report-2.pdf" },
    { "report.docx", "", "report.docx" },
    { "../../etc/passwd", ".pdf", "_.._etc_passwd.pdf" },
    { "C:\\x\\y", ".pdf", "C__x_y.pdf" },
    { "a<b>c:d\"e/f\\g|h?i*j", ".pdf", "a_b_c_d_e_f_g_h_i_j.pdf" },
    { "a\r\nb\tc\x7f", ".pdf", "a b c_.pdf" },
    { "a\xc2\xa0 \xe3\x80\x80z", ".pdf", "a z.pdf" }, /* no-break and ideographic space */
    { "a\xe2\x80\xa8z", ".pdf", "a z.pdf" },          /* line separator */
    { "invoice\xe2\x80\xae"
      "fdp.exe",
      ".pdf", "invoice_fdp.exe.pdf" },
    /* zero width space, word joiner, soft hyphen, byte order mark, tag */
    { "a\xe2\x80\x8b\xe2\x81\xa0\xc2\xad\xef\xbb\xbf\xf3\xa0\x81\x81z", ".pdf", "az.pdf" },
    { "a\xef\xbf\xbfz", ".pdf", "a_z.pdf" }, /* U+FFFF */
    { "A\xcc\x88", ".pdf", "\xc3\x84.pdf" }, /* A and a diaeresis: NFC */
    { " . name . ", ".pdf", "name.pdf" },
    { "name\xe2\x80\x8b. ", "", "name" },
    { "-rf", ".pdf", "rf.pdf" },
    { "~$letter", ".pdf", "$letter.pdf" },
    { "--", ".pdf", "document.pdf" },
    { "", ".pdf", "document.pdf" },
    { "...", ".pdf", "document.pdf" },
    { "con", ".pdf", "_con.pdf" },
    { "-con", ".pdf", "_con.pdf" },
    { "c\xe2\x80\x8bon", ".pdf", "_con.pdf" },
    { "NUL.txt", ".pdf", "_NUL.txt.pdf" },
    { "com1", "", "_com1" },
    { "LPT9 .x", ".pdf", "_LPT9 .x.pdf" },
    { "COM\xc2\xb9", ".pdf", "_COM\xc2\xb9.pdf" },
    { "conout$", ".pdf", "_conout$.pdf" },
    { "com", ".pdf", "com.pdf" },
    { "com12", ".pdf", "com12.pdf" },
    { "console", ".pdf", "console.pdf" },
    { "\xc3\x9cn\xc3\xaf"
      "code, title",
      ".pdf",
      "\xc3\x9cn\xc3\xaf"
      "code, title.pdf" },
    { "a\xff"
      "b",
      ".pdf",
      "a\xef\xbf\xbd"
      "b.pdf" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *safe = se_message_filename (cases[i].name, cases[i].tail);

      g_assert_cmpstr (safe, ==, cases[i].safe);
    }
}

static void
test_long_filename (void)
{
  g_autofree char *ascii = g_strnfill (300, 'x');
  g_autofree char *dots = g_strnfill (300, '.');
  g_autofree char *dotted = g_strconcat ("a", dots, "b", NULL);
  g_autoptr (GString) cjk = g_string_new (NULL);
  g_autofree char *from_ascii = se_message_filename (ascii, ".pdf");
  g_autofree char *from_dots = se_message_filename (dotted, ".pdf");
  g_autofree char *from_cjk = NULL;

  for (guint i = 0; i < 300; i++)
    g_string_append (cjk, "\xe6\xbc\xa2");
  from_cjk = se_message_filename (cjk->str, "-07.pdf");
  g_assert_cmpuint (strlen (from_ascii), ==, 120);
  g_assert_true (g_str_has_suffix (from_ascii, "x.pdf"));
  g_assert_cmpstr (from_dots, ==, "a.pdf");
  g_assert_true (g_utf8_validate (from_cjk, -1, NULL));
  g_assert_true (g_str_has_suffix (from_cjk, "\xa2-07.pdf"));
  g_assert_cmpuint (strlen (from_cjk), ==, 3 * 82 + 7);
}

int
main (int argc, char **argv)
{
  /* Dates are written in local time. */
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)
  ADD ("/message/base64", test_base64);
  ADD ("/message/texts-round-trip", test_texts_round_trip);
  ADD ("/message/bad-texts", test_bad_texts);
  ADD ("/message/early-end", test_early_end);
  ADD ("/message/bad-descriptor", test_bad_descriptor);
  ADD ("/message/bad-fields", test_bad_fields);
  ADD ("/message/layout", test_layout);
  ADD ("/message/boundaries", test_boundaries);
  ADD ("/message/no-recipient-shown", test_no_recipient_shown);
  ADD ("/message/parsed", test_parsed);
  ADD ("/message/parsed-sweep", test_parsed_sweep);
  g_test_add_func ("/message/filename", test_filename);
  g_test_add_func ("/message/long-filename", test_long_filename);
  return g_test_run ();
}
