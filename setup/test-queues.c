/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/queues.h"

#define ACCOUNT(address) "[account " address "]\nprovider = intranet\nclient-id = x\n"
#define PROVIDER                                                                          \
  "[provider intranet]\nissuer = https://id.example.com\nscope = openid offline_access\n" \
  "smtp-server = smtp://mail.example.com\n"

static void
assert_account (const char *accounts, const char *uri, const char *expected)
{
  g_autofree char *text = g_strconcat (PROVIDER, accounts, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeConfig) config = se_config_parse ("test.conf", text, NULL, &error);
  SeQueue queue = { (char *)"scan", (char *)uri, NULL };
  g_autofree char *account = NULL;

  g_assert_no_error (error);
  account = se_queue_account (&queue, config);
  g_assert_cmpstr (account, ==, expected);
}

static void
test_account (void)
{
  const char *two = ACCOUNT ("a@x.org") ACCOUNT ("b@x.org");
  const char *policy = ACCOUNT ("a@x.org") ACCOUNT ("b@x.org") "[queue *]\naccount = a@x.org\n"
                                                               "[queue scan]\naccount = b@x.org\n";

  assert_account (ACCOUNT ("a@x.org"), "mailto:to%40x.org", "a@x.org");
  assert_account (two, "mailto:to%40x.org?from=b%40x.org", "b@x.org");
  assert_account (two, "mailto:to%40x.org", NULL);
  assert_account (policy, "mailto:to%40x.org", "b@x.org");
  assert_account (policy, "mailto:to%40x.org?subject=x&from=a%40x.org", "a@x.org");
  /* What cupsd leaves of mailto:to@x.org?from=… */
  assert_account (two, "mailto:x.org?from=a%40x.org", "a@x.org");
  assert_account (two, "mailto:x.org?from=", NULL);
}

static void
test_address (void)
{
  static const char *const good[]
      = { "a@b.org", "%{user}@contoso.com", "\"a b\"@x.org", "archiv@bücher.example" };
  static const char *const bad[]
      = { "",   "nonsense",        "a@b.org, c@d.org", "a@b.org\n", "%{usr}@x.org", "%{user@x.org",
          "a@", "a@b.org\r\nRCPT", "undisclosed:;" };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (se_queues_check_address (good[i], &error));
      g_assert_no_error (error);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (se_queues_check_address (bad[i], &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_USAGE);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/queues/account", test_account);
  g_test_add_func ("/queues/address", test_address);
  return g_test_run ();
}
