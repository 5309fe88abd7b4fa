/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log.h"

#include <string.h>

static void
test_one_line (void)
{
  const struct
  {
    const char *text, *line;
  } cases[] = {
    { "", "ERROR: \n" },
    { "plain \xc3\xa4", "ERROR: plain \xc3\xa4\n" },
    { "a\nSTATE: paused\rPPD: x=y", "ERROR: a STATE: paused PPD: x=y\n" },
    { "\x01\x1f\x7f\t\x0b", "ERROR:      \n" },
    { "c1 \xc2\x85 \xc2\x80 \xc2\x9f \xc2\xa0.", "ERROR: c1       \xc2\xa0.\n" },
    { "ls \xe2\x80\xa8 ps \xe2\x80\xa9.", "ERROR: ls   ps  .\n" },
    { "evil\xe2\x80\xae"
      "moc.tfosorcim@x\xe2\x81\xa6.",
      "ERROR: evil moc.tfosorcim@x .\n" },
    { "bad \xff\xc3", "ERROR: bad \xef\xbf\xbd\xef\xbf\xbd\n" },
    { "cut \xe2\x82\n", "ERROR: cut \xef\xbf\xbd\xef\xbf\xbd \n" },
    { "overlong \xc0\x8aSTATE", "ERROR: overlong \xef\xbf\xbd\xef\xbf\xbdSTATE\n" },
    { "surrogate \xed\xa0\x80", "ERROR: surrogate \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *line = se_log_line ("ERROR", cases[i].text);

      g_assert_cmpstr (line, ==, cases[i].line);
    }
}

/* Whatever character stands at the border, the line ends in one newline, is valid UTF-8, is never
 * longer than the limit, and never more than one character short of it. */
static void
test_limit (void)
{
  const char *characters[] = { "x", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x93\xa0", "\xff", "\n" };

  for (gsize c = 0; c < G_N_ELEMENTS (characters); c++)
    for (gsize lead = 2030; lead < 2050; lead++)
      {
        g_autoptr (GString) text = g_string_new (NULL);
        g_autofree char *line = NULL;
        gsize length;

        while (text->len < lead)
          g_string_append_c (text, 'a');
        for (int i = 0; i < 30; i++)
          g_string_append (text, characters[c]);
        line = se_log_line ("DEBUG", text->str);
        length = strlen (line);
        g_assert_true (g_utf8_validate (line, -1, NULL));
        g_assert_true (strchr (line, '\n') == line + length - 1);
        g_assert_cmpuint (length, <=, SE_LOG_LINE_MAX);
        g_assert_cmpuint (length, >, SE_LOG_LINE_MAX - 4);
      }
}

static void
test_exact_fit (void)
{
  g_autofree char *text = g_strnfill (SE_LOG_LINE_MAX - strlen ("INFO: \n"), 'x');
  g_autofree char *line = se_log_line ("INFO", text);

  g_assert_cmpuint (strlen (line), ==, SE_LOG_LINE_MAX);
}

static void
test_clean (void)
{
  const struct
  {
    const char *text;
    gsize max;
    const char *clean;
  } cases[] = {
    { NULL, 10, "" },
    { "", 0, "" },
    { "abc", 0, "" },
    { "abc", 3, "abc" },
    { "abcd", 3, "\xe2\x80\xa6" },
    { "abcd", 2, "ab" },
    { "abcdefgh", 6, "abc\xe2\x80\xa6" },
    { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f", 7, "\xc3\xa4\xc3\xb6\xe2\x80\xa6" },
    { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f", 8, "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f" },
    { "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"
      "a",
      8, "\xc3\xa4\xc3\xb6\xe2\x80\xa6" },
    { "550 no\r\nRCPT TO:<x@y>", 100, "550 no  RCPT TO:<x@y>" },
    { "\xff", 2, "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *clean = se_log_clean (cases[i].text, cases[i].max);

      g_assert_cmpstr (clean, ==, cases[i].clean);
      g_assert_cmpuint (strlen (clean), <=, cases[i].max);
    }
}

static void
write_lines (void)
{
  g_log_set_writer_func (se_log_writer, NULL, NULL);
  se_log_write ("STATE", "+%s", "a\nb");
  g_debug ("debug\nSTATE: paused");
  g_info ("info");
  g_message ("message");
  g_warning ("warning");
  g_critical ("critical");
}

static void
test_writer (void)
{
  if (g_test_subprocess ())
    {
      g_log_set_always_fatal (G_LOG_LEVEL_ERROR);
      write_lines ();
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("STATE: +a b\n"
                             "DEBUG: debug STATE: paused\n"
                             "INFO: info\n"
                             "INFO: message\n"
                             "WARNING: warning\n"
                             "ERROR: critical\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/log/one-line", test_one_line);
  g_test_add_func ("/log/limit", test_limit);
  g_test_add_func ("/log/exact-fit", test_exact_fit);
  g_test_add_func ("/log/clean", test_clean);
  g_test_add_func ("/log/writer", test_writer);
  return g_test_run ();
}
