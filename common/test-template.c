/* SPDX-License-Identifier: Apache-2.0 */
#include "common/template.h"

#include <locale.h>
#include <string.h>
#include <time.h>

/* 2026-01-02 03:04:05 UTC */
#define TIME G_GINT64_CONSTANT (1767323045)

static const SeTemplateValues values = {
  .user = "bob",
  .title = "Invoice 7",
  .queue = "scan",
  .host = "copier.example.com",
  .job = 42,
  .pages = -1,
  .format = "pdf",
  .time = TIME,
};

static void
test_expand (void)
{
  const struct
  {
    const char *text, *result;
  } cases[] = {
    { "", "" },
    { "plain", "plain" },
    { "%{user}|%{title}|%{queue}|%{host}|%{job}|%{pages}|%{format}",
      "bob|Invoice 7|scan|copier.example.com|42|?|pdf" },
    { "%{date}", "2026-01-02" },
    { "%{date:%d.%m.%y %H:%M:%S}", "02.01.26 03:04:05" },
    { "%{date:%A %B %%}", "Friday January %" },
    { "100%%", "100%" },
    { "100% sure %", "100% sure %" },
    { "%%{user}", "%{user}" },
    { "%%%{user}", "%bob" },
    { "%%%%{user}", "%%{user}" },
    { "}{user}%", "}{user}%" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *result = se_template_expand (cases[i].text, &values, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (result, ==, cases[i].result);
    }
}

static void
test_bad_template (void)
{
  const char *cases[] = { "%{",       "%{user",     "a %{} b", "%{User}",  "%{ user}",
                          "%{users}", "%{date:%Q}", "%{date:", "%{dates}", "%{password}" };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (se_template_expand (cases[i], &values, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
    }
}

/* What a value brings along is text, never a template. */
static void
test_never_twice (void)
{
  const SeTemplateValues hostile = { .title = "%{user} %% %{nothing} %{", .user = "%{title}" };
  g_autoptr (GError) error = NULL;
  g_autofree char *result = se_template_expand ("%{title}/%{user}/%{queue}", &hostile, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (result, ==, "%{user} %% %{nothing} %{/%{title}/");
}

static void
test_title (void)
{
  const char *none[] = { NULL, "", "Untitled", "(stdin)" };

  for (gsize i = 0; i < G_N_ELEMENTS (none); i++)
    {
      const SeTemplateValues untitled = { .title = none[i], .pages = 3 };
      g_autofree char *result = se_template_expand ("%{title}%{pages}", &untitled, NULL);

      g_assert_false (se_template_has_title (none[i]));
      g_assert_cmpstr (result, ==, "3");
    }
  g_assert_true (se_template_has_title ("untitled"));
}

static void
test_is_template (void)
{
  g_assert_true (se_template_is_template ("a%{b"));
  g_assert_true (se_template_is_template ("100%%"));
  g_assert_false (se_template_is_template ("100% {user}"));
}

static void
test_address (void)
{
  const struct
  {
    const char *text, *user, *result;
  } cases[] = {
    { "%{user}@contoso.com", "bob", "bob@contoso.com" },
    { "%{user}@contoso.com", "CONTOSO\\bob", "bob@contoso.com" },
    { "%{user}@contoso.com", "bob@CONTOSO.COM", "bob@contoso.com" },
    { "%{user}@contoso.com", "CONTOSO\\bob@contoso.com", "bob@contoso.com" },
    { "scan+%{user}.%{job}@contoso.com", "b.o-b_1", "scan+b.o-b_1.42@contoso.com" },
    { "bob@contoso.com", NULL, "bob@contoso.com" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const SeTemplateValues job = { .user = cases[i].user, .job = 42 };
      g_autoptr (GError) error = NULL;
      g_autofree char *result = se_template_expand_address (cases[i].text, &job, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (result, ==, cases[i].result);
    }
}

static void
test_hostile_address (void)
{
  const char *users[] = {
    NULL,
    "",
    "bob,ceo@evil.com",
    "bob,ceo",
    "bob@evil.com,ceo@evil.com",
    "a@b@c",
    "ceo%evil.com",
    "x%{queue}",
    "evil.com!ceo",
    "CONTOSO\\ceo%evil.com@REALM",
    "bob ceo",
    "bob\r\nRCPT TO:<x@y>",
    "bob\n",
    "\"bob\"",
    "bob>",
    "<bob",
    "b(o)b",
    ".bob",
    "bob.",
    "b..b",
    "bob;ceo",
    "bob:",
    "[bob]",
    "A\\B\\bob",
    "A\\",
    "@realm",
    "A\\@realm",
    "b\xc3\xb6"
    "b",
    "bob\x7f",
    "bob\xff",
    "bob\t",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (users); i++)
    {
      const SeTemplateValues job = { .user = users[i] };
      g_autoptr (GError) error = NULL;

      g_assert_null (se_template_expand_address ("%{user}@contoso.com", &job, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      g_assert_nonnull (strstr (error->message, "%{user}"));
      g_assert_null (strchr (error->message, '\n'));
    }
}

/* The domain is the administrator's to name, not the user's. */
static void
test_domain (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (se_template_expand_address ("archive@%{user}", &values, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  tzset ();
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/template/expand", test_expand);
  g_test_add_func ("/template/bad", test_bad_template);
  g_test_add_func ("/template/never-twice", test_never_twice);
  g_test_add_func ("/template/title", test_title);
  g_test_add_func ("/template/is-template", test_is_template);
  g_test_add_func ("/template/address", test_address);
  g_test_add_func ("/template/hostile-address", test_hostile_address);
  g_test_add_func ("/template/domain", test_domain);
  return g_test_run ();
}
