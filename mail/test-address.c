/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/address.h"

#include <string.h>

#define A10 "aaaaaaaaaa"
#define A60 A10 A10 A10 A10 A10 A10

static void
test_accepted (void)
{
  static const struct
  {
    const char *text;
    const char *address;
  } cases[] = {
    { "joe@example.com", "joe@example.com" },
    { "  joe@example.com  ", "joe@example.com" },
    { "Joe.Doe+tag@Example.COM", "Joe.Doe+tag@example.com" },
    { "!#$%&'*+-/=?^_`{|}~@x", "!#$%&'*+-/=?^_`{|}~@x" },
    { "<joe@example.com>", "joe@example.com" },
    { "Joe <joe@example.com>", "joe@example.com" },
    { "J. Doe <joe@example.com>", "joe@example.com" },
    { "\"Doe, Joe <x@y>\" <joe@example.com>", "joe@example.com" },
    { "\"Ünïcode \\\" quoted\" <joe@example.com>", "joe@example.com" },
    { "Müller <joe@example.com>", "joe@example.com" },
    { "\"a b\"@example.com", "\"a b\"@example.com" },
    { "\"a\\\"b\\\\c\"@example.com", "\"a\\\"b\\\\c\"@example.com" },
    { "\"a\\ b\"@example.com", "\"a b\"@example.com" },
    { "\"joe\"@example.com", "joe@example.com" },
    { "\"j\\oe\"@example.com", "joe@example.com" },
    { "\"a@b\"@example.com", "\"a@b\"@example.com" },
    { "\"a<b>,c\"@example.com", "\"a<b>,c\"@example.com" },
    { "\".joe\"@example.com", "\".joe\"@example.com" },
    { "joe@[192.0.2.1]", "joe@[192.0.2.1]" },
    { "joe@[ipv6:2001:DB8:0:0::1]", "joe@[IPv6:2001:db8::1]" },
    { "joe@exämple.test", "joe@xn--exmple-cua.test" },
    { "joe@EXÄMPLE.test", "joe@xn--exmple-cua.test" },
    { "joe@straße.test", "joe@xn--strae-oqa.test" },
    { "joe@XN--exmple-cua.test", "joe@xn--exmple-cua.test" },
    { "joe@例え。テスト", "joe@xn--r8jz45g.xn--zckzah" },
    { "joe@localhost", "joe@localhost" },
    { A60 "aaaa@example.com", A60 "aaaa@example.com" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SeAddress) address = se_address_parse (cases[i].text, &error);
      g_autofree char *string = NULL;

      g_assert_no_error (error);
      string = se_address_to_string (address);
      g_assert_cmpstr (string, ==, cases[i].address);
    }
}

static const struct
{
  const char *text;
  const char *why;
} bad_cases[] = {
  { "", "empty" },
  { "   ", "empty" },
  { "joe", "no '@'" },
  { "@example.com", "nothing stands before" },
  { "\"\"@example.com", "nothing stands before" },
  { "<>", "no '@'" },
  { "joe@", "domain" },
  { "a@b\r\nRCPT TO:<x@y>", "control character" },
  { "a@b\nx", "control character" },
  { "a\t@b", "control character" },
  { "a@b\x7f", "control character" },
  { "\"a\r\n\"@b", "control character" },
  { "a@b\xc2\x85", "control character" },
  { "a@b\xe2\x80\xa8", "control character" },
  { "\xe2\x80\xae"
    "a@b",
    "control character" },
  { "Joe\xe2\x81\xa6 <a@b>", "control character" },
  { "a@\xe2\x80\x8f"
    "b",
    "control character" },
  { "a@b\xff", "not UTF-8" },
  { "a@b,c@d", "more than one address" },
  { "a@b;c@d", "more than one address" },
  { "a,c@d", "more than one address" },
  { "a@b c@d", "more than one '@'" },
  { "a@b@c", "more than one '@'" },
  { "a@b <c@d>", "more than one '@'" },
  { "a, b <c@d>", "more than one address" },
  { "group: a@b;", "groups" },
  { "group:;", "groups" },
  { "undisclosed: <a@b>", "groups" },
  { "a(comment)@b", "comments" },
  { "(comment)a@b", "comments" },
  { "a@b(comment)", "comments" },
  { "Joe (x) <a@b>", "comments" },
  { "<@relay,@other:a@b>", "routes" },
  { "Joe <@relay:a@b>", "routes" },
  { "<a@b> x", "follow" },
  { "<a@b", "follow" },
  { "<a@b><c@d>", "more than one '@'" },
  { "<<a@b>>", "not allowed" },
  { ".joe@example.com", "dot" },
  { "joe.@example.com", "dot" },
  { "jo..e@example.com", "dot" },
  { "joe doe@example.com", "space" },
  { "\"joe@example.com", "not closed" },
  { "\"joe\"x@example.com", "not allowed" },
  { "\"joe <a@b>", "not closed" },
  { "\"j\xc3\xb6\"@example.com", "not allowed" },
  { "j\xc3\xb6@example.com", "SMTPUTF8" },
  { "joe@.example.com", "domain" },
  { "joe@example.com.", "domain" },
  { "joe@example..com", "domain" },
  { "joe@-example.com", "domain" },
  { "joe@example-.com", "domain" },
  { "joe@exa_mple.com", "domain" },
  { "joe@exa mple.com", "domain" },
  { "joe@example.com>", "domain" },
  { "joe@example.com/x", "domain" },
  { "joe@a\xef\xbc\xa0"
    "b",
    "domain" },
  { "joe@a\xe3\x80\x82", "domain" },
  { "joe@[192.0.2.256]", "literal" },
  { "joe@[192.0.2.1", "literal" },
  { "joe@[192.0.2.1]x", "literal" },
  { "joe@[]", "literal" },
  { "joe@[IPv6:fe80::1%eth0]", "literal" },
  { "joe@[2001:db8::1]", "literal" },
  { "joe@[x>\"]", "literal" },
  { A60 "aaaaa@example.com", "64" },
  { "\"" A60 " aa\"@example.com", "64" },
  { "joe@" A60 "aaaa.com", "domain" },
  { A60 "@" A60 "." A60 "." A60 "." A10 "a", "254" },
  { "joe@" A60 "." A60 "." A60 "." A60 "." A60, "domain" },
};

static void
test_refused (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad_cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SeAddress) address = se_address_parse (bad_cases[i].text, &error);

      if (address != NULL)
        g_error ("'%s' was taken", bad_cases[i].text);
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      if (strstr (error->message, bad_cases[i].why) == NULL)
        g_error ("'%s': '%s' does not say '%s'", bad_cases[i].text, error->message,
                 bad_cases[i].why);
      for (const char *p = error->message; *p != '\0'; p++)
        g_assert_false (g_ascii_iscntrl (*p));
    }
}

static void
test_overlong (void)
{
  g_autofree char *text = g_malloc (1 << 20);
  g_autoptr (SeAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  memset (text, '"', (1 << 20) - 1);
  text[(1 << 20) - 1] = '\0';
  address = se_address_parse (text, &error);
  g_assert_null (address);
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  g_assert_cmpuint (strlen (error->message), <, 300);
}

static void
test_list (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) list
      = se_address_parse_list ("a@b, \"x, y\" <c@d>,\"e,f\"@g , <h@i>", &error);
  static const char *const expected[] = { "a@b", "c@d", "\"e,f\"@g", "h@i" };
  static const char *const refused[] = { "",          "a@b,",    ",a@b",
                                         "a@b,,c@d",  "a@b;c@d", "a@b,c\r\n@d",
                                         "\"a@b,c@d", "\xff",    "<a@b,c@d>" };

  g_assert_no_error (error);
  g_assert_cmpuint (list->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < list->len; i++)
    {
      g_autofree char *string = se_address_to_string (list->pdata[i]);

      g_assert_cmpstr (string, ==, expected[i]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GError) why = NULL;

      g_assert_null (se_address_parse_list (refused[i], &why));
      g_assert_error (why, SE_ERROR, SE_ERROR_DOCUMENT);
    }
}

static void
test_long_list (void)
{
  g_autoptr (GString) text = g_string_new ("a@b");
  g_autoptr (GPtrArray) list = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 1; i < 10000; i++)
    g_string_append (text, ",a@b");
  list = se_address_parse_list (text->str, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (list->len, ==, 10000);
  g_string_append (text, ",a@b");
  g_assert_null (se_address_parse_list (text->str, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
}

static void
test_split (void)
{
  g_auto (GStrv) members = se_address_split (" %{user}@x , \"a\\\",b\"@c,,N <d,e> ");
  g_auto (GStrv) open = se_address_split ("\"a,b\\");

  g_assert_cmpuint (g_strv_length (members), ==, 4);
  g_assert_cmpstr (members[0], ==, "%{user}@x");
  g_assert_cmpstr (members[1], ==, "\"a\\\",b\"@c");
  g_assert_cmpstr (members[2], ==, "");
  g_assert_cmpstr (members[3], ==, "N <d,e>");
  g_assert_cmpuint (g_strv_length (open), ==, 1);
}

static void
test_equal (void)
{
  g_autoptr (SeAddress) a = se_address_parse ("Joe@exämple.test", NULL);
  g_autoptr (SeAddress) b = se_address_parse ("\"jOE\"@XN--EXMPLE-CUA.test", NULL);
  g_autoptr (SeAddress) c = se_address_parse ("joe@example.test", NULL);
  g_autoptr (SeAddress) d = se_address_parse ("jo@xn--exmple-cua.test", NULL);

  g_assert_true (se_address_equal (a, b));
  g_assert_false (se_address_equal (a, c));
  g_assert_false (se_address_equal (a, d));
}

static void
test_patterns (void)
{
  static const struct
  {
    const char *address;
    const char *pattern;
    gboolean matches;
  } cases[] = {
    { "joe@contoso.com", "joe@contoso.com", TRUE },
    { "JOE@contoso.com", "Joe@CONTOSO.com", TRUE },
    { "joe@contoso.com", "*@contoso.com", TRUE },
    { "joe@contoso.com", "*", TRUE },
    { "joe@contoso.com", "*@*", TRUE },
    { "joe@contoso.com", "j?e@contoso.???", TRUE },
    { "joe@contoso.com", "j*@c*.com", TRUE },
    { "joe.x@contoso.com", "*.x@contoso.com", TRUE },
    { "joe@a.contoso.com", "*@*.contoso.com", TRUE },
    { "joe@a.b.contoso.com", "*@*.contoso.com", TRUE },
    { "joe@exämple.test", "*@exämple.test", TRUE },
    { "joe@mail.exämple.test", "*@*.EXÄMPLE.test", TRUE },
    { "joe@xn--exmple-cua.test", "joe@exämple.test", TRUE },
    { "\"a@b\"@contoso.com", "*@contoso.com", TRUE },
    { "\"a b\"@contoso.com", "\"a b\"@contoso.com", TRUE },
    { "\"joe\"@contoso.com", "joe@contoso.com", TRUE },
    { "joe@contoso.com", "\"Joe\"@contoso.com", TRUE },
    { "joe@contoso.com", "\"j\\oe\"@contoso.com", TRUE },
    { "\"a b\"@contoso.com", "\"\\a b\"@contoso.com", TRUE },
    { "joe@contoso.com", "\"*\"@contoso.com", TRUE },
    { "joe@[IPv6:2001:db8::1]", "*@[IPv6:2001:0db8::1]", TRUE },
    { "joe@[192.0.2.1]", "*@[192.0.2.1]", TRUE },
    { "joe@contoso.com", "*@*.contoso.com", FALSE },
    { "joe@evilcontoso.com", "*@contoso.com", FALSE },
    { "joe@contoso.com.evil.org", "*@contoso.com", FALSE },
    { "joe@contoso.com", "joe*contoso.com", FALSE },
    { "joe@contoso.com", "joe?contoso.com", FALSE },
    { "joe@contoso.com", "contoso.com", FALSE },
    { "joe@contoso.com", "@contoso.com", FALSE },
    { "joe@contoso.com", "joe@", FALSE },
    { "joe@contoso.com", "", FALSE },
    { "joe@contoso.com", "**", FALSE },
    { "joe@contoso.com", "\"joe@contoso.com", FALSE },
    { "joe@contoso.com", "\"\"joe@contoso.com", FALSE },
    { "\"x@contoso.com\"@evil.org", "*@contoso.com", FALSE },
    { "\"x@contoso.com\"@evil.org", "x@contoso.com*", FALSE },
    { "joe@contoso.com", "jim@contoso.com", FALSE },
    { "joe@contoso.com", "j\xc3\xb6*@contoso.com", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SeAddress) address = se_address_parse (cases[i].address, NULL);

      g_assert_nonnull (address);
      if (se_address_matches (address, cases[i].pattern) != cases[i].matches)
        g_error ("'%s' against '%s'", cases[i].address, cases[i].pattern);
    }
}

static void
test_pattern_check (void)
{
  static const char *const good[] = { "*", "*@*", "joe@contoso.com", "*@*.exämple.test" };
  static const char *const bad[]
      = { "\"\"@a.b", "\"a@b", "joe@a..b",    "*@a.b.",       "*@b\xc3\xb6*.x", "*@a_b.c",
          "",         "**",    "contoso.com", "@contoso.com", "joe@",           "joe@a..b",
          "a b@c",    "a@b c", "a@b,c@d",     "a@b\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (se_address_check_pattern (good[i], &error));
      g_assert_no_error (error);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (se_address_check_pattern (bad[i], &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/address/accepted", test_accepted);
  g_test_add_func ("/address/refused", test_refused);
  g_test_add_func ("/address/overlong", test_overlong);
  g_test_add_func ("/address/list", test_list);
  g_test_add_func ("/address/long-list", test_long_list);
  g_test_add_func ("/address/split", test_split);
  g_test_add_func ("/address/equal", test_equal);
  g_test_add_func ("/address/patterns", test_patterns);
  g_test_add_func ("/address/pattern-check", test_pattern_check);
  return g_test_run ();
}
