/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/queues.h"

#define ACCOUNT(address) "[account " address "]\nprovider = intranet\nclient-id = x\n"
#define PROVIDER                                                                          \
  "[provider intranet]\nissuer = https://id.example.com\nscope = openid offline_access\n" \
  "smtp-server = smtp://mail.example.com\n"

static void
test_is_ours (void)
{
  static const struct
  {
    ipp_jstate_t state;
    const char *hold_until;
    const char *reasons[3];
    gboolean ours;
  } cases[] = {
    { IPP_JSTATE_HELD, "no-hold", { "oauth-authorization-required-error" }, TRUE },
    { IPP_JSTATE_HELD, NULL, { "cups-mailto-deferred-report" }, TRUE },
    { IPP_JSTATE_HELD, "no-hold", { "toner-low-warning", "cups-mailto-deferred-report" }, TRUE },
    /* A person's hold, of every kind. */
    { IPP_JSTATE_HELD, "indefinite", { "cups-mailto-deferred-report" }, FALSE },
    { IPP_JSTATE_HELD, "night", { "cups-mailto-deferred-report" }, FALSE },
    { IPP_JSTATE_HELD, "23:15:00", { "oauth-authorization-required-error" }, FALSE },
    { IPP_JSTATE_HELD, "", { "oauth-authorization-required-error" }, FALSE },
    /* Somebody else's reason, or none, or nearly ours. */
    { IPP_JSTATE_HELD, "no-hold", { "offline-report" }, FALSE },
    { IPP_JSTATE_HELD, "no-hold", { NULL }, FALSE },
    { IPP_JSTATE_HELD, "no-hold", { "cups-mailto-deferred" }, FALSE },
    { IPP_JSTATE_HELD, "no-hold", { "cups-mailto-deferred-report-x" }, FALSE },
    /* Not held. */
    { IPP_JSTATE_PENDING, "no-hold", { "cups-mailto-deferred-report" }, FALSE },
    { IPP_JSTATE_PROCESSING, "no-hold", { "cups-mailto-deferred-report" }, FALSE },
    { IPP_JSTATE_COMPLETED, "no-hold", { "cups-mailto-deferred-report" }, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (se_queues_is_ours (cases[i].state, cases[i].hold_until, cases[i].reasons), ==,
                     cases[i].ours);
}

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
  g_test_add_func ("/queues/is-ours", test_is_ours);
  g_test_add_func ("/queues/account", test_account);
  g_test_add_func ("/queues/address", test_address);
  return g_test_run ();
}
