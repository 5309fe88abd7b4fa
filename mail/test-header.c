/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/header.h"

#include <string.h>

static SeAddress *
address (const char *text)
{
  g_autoptr (GError) error = NULL;
  SeAddress *parsed = se_address_parse (text, &error);

  g_assert_no_error (error);
  return parsed;
}

/* One field: lines of at most 76 columns unless they have no space, only the last without a
 * continuation, nothing but printable ASCII. */
static void
check_lines (const char *field)
{
  g_auto (GStrv) lines = g_strsplit (field, "\r\n", -1);
  guint n = g_strv_length (lines);

  g_assert_cmpuint (n, >=, 2);
  g_assert_cmpstr (lines[n - 1], ==, "");
  for (guint i = 0; i < n - 1; i++)
    {
      const char *content = lines[i] + strspn (lines[i], " ");

      g_assert_cmpint (*content, !=, '\0');
      g_assert_true (i == 0 ? *lines[i] != ' ' : *lines[i] == ' ');
      if (strchr (content, ' ') != NULL)
        g_assert_cmpuint (strlen (lines[i]), <=, 76);
      for (const char *p = lines[i]; *p != '\0'; p++)
        g_assert_true (*p >= 0x20 && *p <= 0x7e);
    }
}

static void
append_decoded (GString *text, const char *word, gsize length)
{
  g_autofree char *inner = g_strndup (word + 10, length - 12);

  if (word[8] == 'B')
    {
      gsize size = 0;
      g_autofree guchar *bytes = g_base64_decode (inner, &size);

      g_string_append_len (text, (char *)bytes, (gssize)size);
      return;
    }
  for (const char *p = inner; *p != '\0'; p++)
    if (*p == '=')
      {
        g_string_append_c (text,
                           (char)(g_ascii_xdigit_value (p[1]) << 4 | g_ascii_xdigit_value (p[2])));
        p += 2;
      }
    else
      g_string_append_c (text, *p == '_' ? ' ' : *p);
}

/* Unfolds and decodes an unstructured field's body as RFC 2047, 6.2 says; each encoded word must be
 * of at most 75 characters and hold whole characters. */
static char *
decode_field (const char *field)
{
  g_autoptr (GString) unfolded = g_string_new (strchr (field, ':') + 2);
  g_autoptr (GString) text = g_string_new (NULL);
  g_auto (GStrv) words = NULL;
  gboolean after_encoded = FALSE;

  g_string_replace (unfolded, "\r\n ", " ", 0);
  g_string_truncate (unfolded, unfolded->len - 2);
  words = g_strsplit (unfolded->str, " ", -1);
  for (char **word = words; *word != NULL; word++)
    {
      gsize length = strlen (*word);
      gboolean encoded = g_str_has_prefix (*word, "=?UTF-8?") && g_str_has_suffix (*word, "?=");

      if (word != words && !(encoded && after_encoded))
        g_string_append_c (text, ' ');
      if (encoded)
        {
          gsize before = text->len;

          g_assert_cmpuint (length, <=, 75);
          append_decoded (text, *word, length);
          g_assert_true (g_utf8_validate (text->str + before, -1, NULL));
        }
      else
        g_string_append (text, *word);
      after_encoded = encoded;
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
check_text (const char *text, const char *expected)
{
  static const char *const names[] = { "Subject", "X-A-Field-With-A-Rather-Long-Name" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GString) block = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      g_autofree char *decoded = NULL;

      se_header_add_text (block, names[i], text, &error);
      g_assert_no_error (error);
      check_lines (block->str);
      decoded = decode_field (block->str);
      g_assert_cmpstr (decoded, ==, expected);
    }
}

static void
test_text (void)
{
  g_autofree char *long_word = g_strnfill (5000, 'x');
  g_autofree char *spaces = g_strnfill (300, ' ');
  g_autofree char *spaced = g_strconcat ("a", spaces, "b", NULL);
  static const char *const texts[] = {
    "x",
    "plain words",
    "two  spaces",
    "\xc3\x9cn\xc3\xaf"
    "code, \"quoted\" title",
    "\xf0\x9f\x93\xa0 fax \xf0\x9f\x93\xa0\xf0\x9f\x93\xa0 "
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
    "\xe6\xbc\xa2\xe5\xad\x97 \xe6\xbc\xa2\xe5\xad\x97  \xe6\xbc\xa2",
    "a \xc3\xbc b \xc3\xbc \xc3\xbc c",
    "=?utf-8?q?x?= looks encoded",
    "?= =? =?=",
    "100% = a_b?",
    ".dot first",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    check_text (texts[i], texts[i]);
  check_text (long_word, long_word);
  check_text (spaced, spaced);
  check_text ("a\r\nBcc: x@y\r\n\r\nbody", "a  Bcc: x@y    body");
  check_text ("tab\tand\x1b\x7f", "tab and");
  check_text ("  outer  ", "outer");
  check_text ("\xff"
              "a\xc3",
              "\xef\xbf\xbd"
              "a\xef\xbf\xbd");
  check_text ("a\xe2\x80\xa8"
              "b\xc2\x85"
              "c",
              "a b c");
}

/* Every length of words of every kind meets every column. */
static void
test_fold_sweep (void)
{
  static const char *const units[]
      = { "x", "\xc3\xbc", "\xe6\xbc\xa2", "\xf0\x9f\x93\xa0", "\xc3\xbcx", "x y" };

  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    for (guint before = 0; before < 80; before++)
      for (guint count = 1; count < 90; count += 1 + count / 4)
        {
          g_autoptr (GString) text = g_string_new (NULL);

          if (before > 0)
            g_string_append_printf (text, "%0*d ", (int)before, 0);
          for (guint j = 0; j < count; j++)
            g_string_append (text, units[i]);
          g_string_append (text, " end");
          check_text (text->str, text->str);
        }
}

static void
test_encoding_choice (void)
{
  g_autoptr (GString) block = g_string_new (NULL);

  g_assert_true (se_header_add_text (block, "Subject",
                                     "\xc3\x9c"
                                     "bergabeprotokoll",
                                     NULL));
  g_assert_cmpstr (block->str, ==, "Subject: =?UTF-8?Q?=C3=9Cbergabeprotokoll?=\r\n");
  g_string_truncate (block, 0);
  g_assert_true (se_header_add_text (block, "Subject", "\xe6\xbc\xa2\xe5\xad\x97", NULL));
  g_assert_cmpstr (block->str, ==, "Subject: =?UTF-8?B?5ryi5a2X?=\r\n");
}

static void
test_empty_text (void)
{
  g_autoptr (GString) block = g_string_new (NULL);

  g_assert_true (se_header_add_text (block, "Subject", " \r\n ", NULL));
  g_assert_cmpstr (block->str, ==, "Subject:\r\n");
}

static void
test_structured (void)
{
  static const char *const refused[]
      = { "a\r\nb", "a\nb", "a\rb", "a\tb", "\xc3\xbc", "a\x7f", "a  b", " a", "a " };
  g_autofree char *overlong = g_strnfill (901, 'x');
  g_autoptr (GString) block = g_string_new ("A: b\r\n");
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GError) why = NULL;

      g_assert_false (se_header_add (block, "X", refused[i], &why));
      g_assert_error (why, SE_ERROR, SE_ERROR_DOCUMENT);
    }
  g_assert_false (se_header_add (block, "X", overlong, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  g_assert_cmpstr (block->str, ==, "A: b\r\n");
  g_assert_true (se_header_add (block, "X", "y z", NULL));
  g_assert_cmpstr (block->str, ==, "A: b\r\nX: y z\r\n");
}

static void
check_mailbox (const char *name, const char *expected)
{
  g_autoptr (SeAddress) joe = address ("joe@example.com");
  g_autoptr (GString) block = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  se_header_add_mailbox (block, "From", name, joe, &error);
  g_assert_no_error (error);
  check_lines (block->str);
  if (expected != NULL)
    g_assert_cmpstr (block->str, ==, expected);
}

static void
test_mailbox (void)
{
  g_autofree char *name = g_strnfill (300, 'x');

  check_mailbox (NULL, "From: joe@example.com\r\n");
  check_mailbox (" \t", "From: joe@example.com\r\n");
  check_mailbox ("Front desk", "From: Front desk <joe@example.com>\r\n");
  check_mailbox ("Doe, Joe", "From: \"Doe, Joe\" <joe@example.com>\r\n");
  check_mailbox ("J. Doe", "From: \"J. Doe\" <joe@example.com>\r\n");
  check_mailbox ("two  spaces", "From: \"two  spaces\" <joe@example.com>\r\n");
  check_mailbox ("a \"b\" \\c", "From: \"a \\\"b\\\" \\\\c\" <joe@example.com>\r\n");
  check_mailbox ("x\" <evil@x>, \"y", "From: \"x\\\" <evil@x>, \\\"y\" <joe@example.com>\r\n");
  check_mailbox ("a\r\nBcc: x@y", "From: \"a  Bcc: x@y\" <joe@example.com>\r\n");
  check_mailbox ("B\xc3\xbcro, 1", "From: =?UTF-8?B?QsO8cm8sIDE=?= <joe@example.com>\r\n");
  check_mailbox ("=?UTF-8?Q?x?=", "From: =?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?= <joe@example.com>\r\n");
  check_mailbox (name, NULL);
}

static void
test_addresses (void)
{
  for (guint n = 1; n < 60; n += 7)
    {
      g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify)se_address_free);
      g_autoptr (GString) block = g_string_new (NULL);
      g_autoptr (GString) expected = g_string_new ("To:");
      g_autoptr (GError) error = NULL;

      for (guint i = 0; i < n; i++)
        {
          g_autofree char *text = g_strdup_printf ("%0*u@example.com", (int)(i % 60 + 1), i % 10);

          g_ptr_array_add (list, address (text));
          g_string_append_printf (expected, "%s %s", i > 0 ? "," : "", text);
        }
      g_string_append (expected, "\r\n");
      se_header_add_addresses (block, "To", list, &error);
      g_assert_no_error (error);
      check_lines (block->str);
      g_string_replace (block, "\r\n ", " ", 0);
      g_assert_cmpstr (block->str, ==, expected->str);
    }
}

/* An address that did not come from the parser still cannot end its line. */
static void
test_forged_address (void)
{
  SeAddress forged = { (char *)"a", (char *)"b\r\nBcc: c@d" };
  g_autoptr (GString) block = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (se_header_add_mailbox (block, "From", NULL, &forged, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  g_assert_cmpstr (block->str, ==, "");
}

static void
check_parameter (const char *text, const char *expected)
{
  g_autoptr (GString) block = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;

  se_header_add_parameter (block, "Content-Disposition", "attachment", "filename", text, &error);
  g_assert_no_error (error);
  check_lines (block->str);
  lines = g_strsplit (block->str, "\r\n", -1);
  for (char **line = lines; *line != NULL; line++)
    g_assert_cmpuint (strlen (*line), <=, 76);
  if (expected != NULL)
    g_assert_cmpstr (block->str, ==, expected);
}

static void
test_parameter (void)
{
#define CD "Content-Disposition: attachment;"
  g_autofree char *name = g_strnfill (300, 'x');

  check_parameter ("a.pdf", CD " filename=\"a.pdf\"\r\n");
  check_parameter ("a b; c.pdf", CD " filename=\"a b; c.pdf\"\r\n");
  check_parameter ("a\"b.pdf", CD " filename*=UTF-8''a%22b.pdf\r\n");
  check_parameter ("a\r\nX: y", CD " filename=\"a  X: y\"\r\n");
  check_parameter ("\xc3\x9cn.pdf", CD " filename*=UTF-8''%C3%9Cn.pdf\r\n");
  check_parameter ("=?x?=", CD " filename*=UTF-8''%3D%3Fx%3F%3D\r\n");
  check_parameter ("\xff", CD " filename*=UTF-8''%EF%BF%BD\r\n");
  check_parameter (name, NULL);
  for (guint n = 1; n < 300; n++)
    {
      g_autoptr (GString) text = g_string_new (NULL);

      for (guint i = 0; i < n; i++)
        g_string_append (text, i % 3 == 0 ? "x" : "\xe6\xbc\xa2");
      check_parameter (text->str, NULL);
    }
}

static void
test_ascii_name (void)
{
  g_autofree char *plain = se_header_ascii_name ("a b.pdf");
  g_autofree char *accents = se_header_ascii_name ("\xc3\x9cn\xc3\xaf"
                                                   "code \"q\".pdf");
  g_autofree char *cjk = se_header_ascii_name ("\xe6\xbc\xa2\xe5\xad\x97.pdf");
  g_autofree char *fullwidth = se_header_ascii_name ("a\xef\xbc\x8f"
                                                     "b.c\xef\xbc\x8f");
  g_autofree char *digits = se_header_ascii_name ("12.pdf");
  g_autofree char *filler = g_strnfill (300, 'x');
  g_autofree char *name = g_strconcat (filler, "-12.pdf", NULL);
  g_autofree char *shortened = se_header_ascii_name (name);

  g_assert_cmpstr (plain, ==, "a b.pdf");
  g_assert_cmpstr (accents, ==, "Unicode _q_.pdf");
  g_assert_cmpstr (cjk, ==, "__.pdf");
  g_assert_cmpstr (fullwidth, ==, "a_b.c_"); /* a slash in ASCII */
  g_assert_cmpstr (digits, ==, "12.pdf");
  g_assert_cmpuint (strlen (shortened), ==, 60);
  g_assert_true (g_str_has_suffix (shortened, "x-12.pdf"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/header/text", test_text);
  g_test_add_func ("/header/fold-sweep", test_fold_sweep);
  g_test_add_func ("/header/encoding-choice", test_encoding_choice);
  g_test_add_func ("/header/empty-text", test_empty_text);
  g_test_add_func ("/header/structured", test_structured);
  g_test_add_func ("/header/mailbox", test_mailbox);
  g_test_add_func ("/header/addresses", test_addresses);
  g_test_add_func ("/header/forged-address", test_forged_address);
  g_test_add_func ("/header/parameter", test_parameter);
  g_test_add_func ("/header/ascii-name", test_ascii_name);
  return g_test_run ();
}
