/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/jobs.h"

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
    { IPP_JSTATE_STOPPED, "no-hold", { "cups-mailto-deferred-report" }, TRUE },
    { IPP_JSTATE_STOPPED, "no-hold", { NULL }, FALSE },
    /* Not held. */
    { IPP_JSTATE_PENDING, "no-hold", { "cups-mailto-deferred-report" }, FALSE },
    { IPP_JSTATE_PROCESSING, "no-hold", { "cups-mailto-deferred-report" }, FALSE },
    { IPP_JSTATE_COMPLETED, "no-hold", { "cups-mailto-deferred-report" }, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const SePrintJob job = { .state = cases[i].state,
                               .hold_until = (char *)cases[i].hold_until,
                               .reasons = (char **)cases[i].reasons };

      g_assert_cmpint (se_print_job_is_ours (&job), ==, cases[i].ours);
    }
}

static void
test_is_deferred (void)
{
  static const char *const deferred[] = { "cups-mailto-deferred-report", NULL };
  static const char *const both[]
      = { "cups-mailto-deferred-report", "oauth-authorization-required-error", NULL };
  SePrintJob job = { .state = IPP_JSTATE_HELD, .reasons = (char **)deferred };

  g_assert_true (se_print_job_is_deferred (&job));
  job.reasons = (char **)both;
  g_assert_false (se_print_job_is_deferred (&job));
  job.reasons = (char **)deferred;
  job.hold_until = (char *)"indefinite";
  g_assert_false (se_print_job_is_deferred (&job));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/jobs/is-ours", test_is_ours);
  g_test_add_func ("/jobs/is-deferred", test_is_deferred);
  return g_test_run ();
}
