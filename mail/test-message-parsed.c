/* SPDX-License-Identifier: Apache-2.0 */
/* What another program's parser, Python's email package, finds in messages. */
#include "mail/test-message-fixture.h"

#define PYTHON "/usr/bin/python3"

/* What each case puts in and what must be found. */
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
} Case;

static const Case cases[] = {
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
write_case (Fixture *fixture, const Case *test, const char *path, GString *expected)
{
  SeAttachment ranges[] = { { test->filename, "application/pdf", test->offset, test->length },
                            { "second.png", "image/png", 10, 20 } };
  g_autoptr (SeMessage) message = NULL;
  g_autoptr (GString) all = NULL;

  fixture->fields.from_name = test->from_name;
  fixture->fields.subject = test->subject;
  fixture->fields.text = test->body;
  fixture->fields.html = test->html;
  message = fixture_compose (fixture, ranges, 2);
  all = fixture_read (fixture, message, 16384);
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
test_cases (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GPtrArray) argv = parser_argv ();
  g_autoptr (GString) expected = g_string_new (NULL);

  if (!have_python ())
    return;
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.eml", i);
      char *path = g_build_filename (fixture->tree.directory, name, NULL);

      g_ptr_array_add (argv, path);
      write_case (fixture, &cases[i], path, expected);
    }
  check_parsed (argv, expected->str);
}

/* Texts and names of many lengths, so that folds and splits fall everywhere. */
static void
test_sweep (Fixture *fixture, gconstpointer unused)
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
        char *path = g_build_filename (fixture->tree.directory, name, NULL);
        Case test = { .offset = length, .length = length };

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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/message-parsed/cases", test_cases);
  ADD ("/message-parsed/sweep", test_sweep);
  return g_test_run ();
}
