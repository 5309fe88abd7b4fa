/* SPDX-License-Identifier: Apache-2.0 */
#include "common/advice.h"

#include <glib.h>

static SeProviderConfig provider = { .name = (char *)"microsoft" };

static const SeAccount account = {
  .address = (char *)"scanner@contoso.com",
  .provider = &provider,
  .tenant = (char *)"",
  .client_id = (char *)"client-1",
  .login_user = (char *)"a\nb\x1b[2J%{tenant}",
  .smtp_user = (char *)"shared@contoso.com",
  .from_address = (char *)"front@contoso.com",
};

static void
test_values (void)
{
  const SeAdvice advice = { SE_ERROR_CONFIG, "%{provider}: %{account} is %{client-id}.",
                            "Take %{smtp-user} for %{from-address} (100 %% of %{tenant})." };
  g_autofree char *text = se_advice_to_string (&advice, &account);

  g_assert_cmpstr (text, ==,
                   "microsoft: scanner@contoso.com is client-1. Take shared@contoso.com for "
                   "front@contoso.com (100 % of (not set)).");
}

/* A value is cleaned, and is no template itself. */
static void
test_hostile (void)
{
  const SeAdvice advice = { SE_ERROR_CONFIG, "Who is %{login-user}?", "Ask." };
  g_autofree char *text = se_advice_to_string (&advice, &account);

  g_assert_cmpstr (text, ==, "Who is a b [2J%{tenant}? Ask.");
}

static void
test_no_provider (void)
{
  static const SeAccount bare = { .address = (char *)"a@b" };
  const SeAdvice advice = { SE_ERROR_CONFIG, "%{provider}.", "%{login-user}." };
  g_autofree char *text = se_advice_to_string (&advice, &bare);

  g_assert_cmpstr (text, ==, "(not set). (not set).");
}

/* A row that names what there is not must not wait for the day that it is needed. */
static void
test_unknown_name (void)
{
  if (g_test_subprocess ())
    {
      const SeAdvice advice = { SE_ERROR_CONFIG, "%{password}.", "No." };

      g_free (se_advice_to_string (&advice, &account));
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*%{password} is no value of an account*");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/advice/values", test_values);
  g_test_add_func ("/advice/hostile", test_hostile);
  g_test_add_func ("/advice/no-provider", test_no_provider);
  g_test_add_func ("/advice/unknown-name", test_unknown_name);
  return g_test_run ();
}
