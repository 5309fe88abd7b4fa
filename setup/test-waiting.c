/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/waiting.h"

/* Of a job that cupsd takes for done: what can be sent without it, and what nobody knows. */
static void
test_lost (void)
{
  static const struct
  {
    SeWaitingState state;
    ipp_jstate_t job; /* 0: cupsd does not know it */
    SeJournalStep step;
    gboolean bundle, damaged, orphan;
    gboolean sendable, unknown;
  } cases[] = {
    { SE_WAITING_LOST, IPP_JSTATE_COMPLETED, SE_JOURNAL_FIXED, TRUE, FALSE, TRUE, TRUE, FALSE },
    { SE_WAITING_LOST, IPP_JSTATE_COMPLETED, SE_JOURNAL_FIXED, TRUE, FALSE, FALSE, TRUE, FALSE },
    /* In doubt: only a worker that told so is believed. */
    { SE_WAITING_LOST, IPP_JSTATE_COMPLETED, SE_JOURNAL_DOT, TRUE, FALSE, TRUE, TRUE, FALSE },
    { SE_WAITING_LOST, IPP_JSTATE_COMPLETED, SE_JOURNAL_DOT, TRUE, FALSE, FALSE, FALSE, TRUE },
    /* Not whole. */
    { SE_WAITING_LOST, IPP_JSTATE_COMPLETED, SE_JOURNAL_OPEN, TRUE, FALSE, TRUE, FALSE, FALSE },
    { SE_WAITING_LOST, IPP_JSTATE_COMPLETED, SE_JOURNAL_FIXED, FALSE, FALSE, TRUE, FALSE, FALSE },
    { SE_WAITING_LOST, IPP_JSTATE_COMPLETED, SE_JOURNAL_FIXED, TRUE, TRUE, TRUE, FALSE, FALSE },
    /* A person may have canceled it, or knows of its end. */
    { SE_WAITING_LOST, 0, SE_JOURNAL_FIXED, TRUE, FALSE, TRUE, FALSE, FALSE },
    { SE_WAITING_LOST, IPP_JSTATE_ABORTED, SE_JOURNAL_FIXED, TRUE, FALSE, TRUE, FALSE, FALSE },
    /* Not lost. */
    { SE_WAITING_SENDING, IPP_JSTATE_COMPLETED, SE_JOURNAL_FIXED, TRUE, FALSE, FALSE, FALSE,
      FALSE },
    { SE_WAITING_TIME, IPP_JSTATE_HELD, SE_JOURNAL_DOT, TRUE, FALSE, FALSE, FALSE, FALSE },
    { SE_WAITING_FORGOTTEN, 0, SE_JOURNAL_DOT, TRUE, FALSE, FALSE, FALSE, FALSE },
    { SE_WAITING_CANCELED, IPP_JSTATE_CANCELED, SE_JOURNAL_FIXED, TRUE, FALSE, TRUE, FALSE, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SePrintJob job = { .state = cases[i].job };
      SeJournalItem entry = { .step = cases[i].step,
                              .bundle = cases[i].bundle ? (char *)"/spool/x.bundle" : NULL,
                              .damage = cases[i].damaged ? (char *)"damaged" : NULL };
      const SeWaiting waiting = { .state = cases[i].state,
                                  .job = cases[i].job != 0 ? &job : NULL,
                                  .entry = &entry,
                                  .orphan = cases[i].orphan ? (char *)"/orphans/x" : NULL };

      g_assert_cmpint (se_waiting_is_sendable (&waiting), ==, cases[i].sendable);
      g_assert_cmpint (se_waiting_is_unknown (&waiting), ==, cases[i].unknown);
    }
}

/* Nothing is fixed, and cupsd does not know better. */
static void
test_repeatable (void)
{
  static const struct
  {
    SeWaitingState state;
    ipp_jstate_t job; /* 0: cupsd does not know it */
    SeJournalStep step;
    gboolean damaged, repeatable;
  } cases[] = {
    { SE_WAITING_LOST, IPP_JSTATE_COMPLETED, SE_JOURNAL_OPEN, FALSE, TRUE },
    { SE_WAITING_LOST, IPP_JSTATE_COMPLETED, SE_JOURNAL_OPEN, TRUE, FALSE },
    { SE_WAITING_LOST, IPP_JSTATE_COMPLETED, SE_JOURNAL_FIXED, FALSE, FALSE },
    { SE_WAITING_LOST, IPP_JSTATE_COMPLETED, SE_JOURNAL_DOT, FALSE, FALSE },
    { SE_WAITING_LOST, IPP_JSTATE_ABORTED, SE_JOURNAL_OPEN, FALSE, FALSE },
    { SE_WAITING_LOST, 0, SE_JOURNAL_OPEN, FALSE, FALSE },
    { SE_WAITING_SENDING, IPP_JSTATE_COMPLETED, SE_JOURNAL_OPEN, FALSE, FALSE },
    { SE_WAITING_CANCELED, IPP_JSTATE_CANCELED, SE_JOURNAL_OPEN, FALSE, FALSE },
    { SE_WAITING_TIME, IPP_JSTATE_HELD, SE_JOURNAL_OPEN, FALSE, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SePrintJob job = { .state = cases[i].job };
      SeJournalItem entry
          = { .step = cases[i].step, .damage = cases[i].damaged ? (char *)"damaged" : NULL };
      const SeWaiting waiting
          = { .state = cases[i].state, .job = cases[i].job != 0 ? &job : NULL, .entry = &entry };

      g_assert_cmpint (se_waiting_is_repeatable (&waiting), ==, cases[i].repeatable);
    }
}

/* What a worker left that could not open its journal. */
static void
test_no_entry (void)
{
  SePrintJob job = { .state = IPP_JSTATE_COMPLETED };
  const SeWaiting waiting
      = { .state = SE_WAITING_LOST, .job = &job, .orphan = (char *)"/orphans/x" };

  g_assert_false (se_waiting_is_sendable (&waiting));
  g_assert_false (se_waiting_is_repeatable (&waiting));
  g_assert_false (se_waiting_is_unknown (&waiting));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/waiting/lost", test_lost);
  g_test_add_func ("/waiting/repeatable", test_repeatable);
  g_test_add_func ("/waiting/no-entry", test_no_entry);
  return g_test_run ();
}
