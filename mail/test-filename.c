/* SPDX-License-Identifier: Apache-2.0 */
/* Names for attachments that are safe with every receiver. */
#include "mail/message.h"

#include <string.h>

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

static void
test_cases (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *safe = se_message_filename (cases[i].name, cases[i].tail);

      g_assert_cmpstr (safe, ==, cases[i].safe);
    }
}

static void
test_long (void)
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
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/filename/cases", test_cases);
  g_test_add_func ("/filename/long", test_long);
  return g_test_run ();
}
