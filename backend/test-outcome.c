/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/outcome.h"

#include <string.h>

#define NOW G_GINT64_CONSTANT (1800000000)
#define DAY 86400

typedef struct
{
  int error; /* -1: none */
  guint attempts;
  gint64 age; /* seconds since the first attempt */
  gint64 not_before;
  SeExit code;
  const char *lines;
  gint64 next_try;
  gboolean forget;
  const char *says; /* NULL: no ERROR line */
} Case;

/* Every end that is no mail is told of, but for a retry that comes by itself. A hold's reason is
 * the same at every try. */
static void
assert_told (const SeOutcome *outcome, const Case *c)
{
  g_assert_cmpint (outcome->notable, ==, c->code == SE_EXIT_HOLD || c->code == SE_EXIT_CANCEL);
  g_assert_true ((outcome->once != NULL) == (c->code == SE_EXIT_HOLD));
  if (c->code == SE_EXIT_HOLD)
    {
      g_assert_cmpint (outcome->event, ==, SE_NOTICE_JOB_HELD);
      g_assert_null (strstr (outcome->once, "next try"));
    }
  else if (c->code == SE_EXIT_CANCEL)
    g_assert_cmpint (outcome->event, ==,
                     strstr (c->says, "given up") != NULL ? SE_NOTICE_JOB_GIVEN_UP
                                                          : SE_NOTICE_JOB_CANCELED);
}

static const Case cases[] = {
  { -1, 1, 0, 0, SE_EXIT_OK, "", 0, FALSE, NULL },
  { -1, 7, 6 * DAY, 0, SE_EXIT_OK, "", 0, FALSE, NULL },
  { SE_ERROR_DOCUMENT, 1, 0, 0, SE_EXIT_CANCEL, "", 0, TRUE, "the cause" },
  { SE_ERROR_DOCUMENT, 0, 0, 0, SE_EXIT_CANCEL, "", 0, TRUE, "the cause" },
  { SE_ERROR_USAGE, 1, 0, 0, SE_EXIT_CANCEL, "", 0, TRUE, "the cause" },
  { SE_ERROR_CONFIG, 0, 0, 0, SE_EXIT_HOLD, SE_HOLD_AUTHORIZATION, 0, FALSE,
    "the cause; when mended, run 'oauth-setup release'" },
  { SE_ERROR_CONFIG, 3, 6 * DAY, 0, SE_EXIT_HOLD, SE_HOLD_AUTHORIZATION, 0, FALSE,
    "the cause; when mended, run 'oauth-setup release'" },
  { SE_ERROR_AUTHORIZATION, 1, 0, 0, SE_EXIT_HOLD, SE_HOLD_AUTHORIZATION, 0, FALSE,
    "the cause; when mended, run 'oauth-setup release'" },
  { SE_ERROR_TOKEN_REJECTED, 1, 0, 0, SE_EXIT_HOLD, SE_HOLD_AUTHORIZATION, 0, FALSE,
    "the cause; when mended, run 'oauth-setup release'" },
  { SE_ERROR_QUOTA, 1, 0, NOW + 7200, SE_EXIT_HOLD, SE_HOLD_DEFERRED, NOW + 7200, FALSE,
    "the next try is at 2027-01-15 10:00" },
  { SE_ERROR_QUOTA, 2, 0, 0, SE_EXIT_HOLD, SE_HOLD_DEFERRED, NOW + 300, FALSE, "next try" },
  { SE_ERROR_QUOTA, 2, 6 * DAY, 0, SE_EXIT_CANCEL, "", 0, TRUE, "given up after 6 days" },
  { SE_ERROR_TEMPORARY, 1, 600, 0, SE_EXIT_RETRY, SE_RETRY, NOW + 1800, FALSE,
    "the next try is soon" },
  { SE_ERROR_DEFERRED, 1, 600, 0, SE_EXIT_RETRY, SE_RETRY, NOW + 1800, FALSE,
    "the next try is soon" },
  /* Longer from try to try, as far as retry-interval. */
  { SE_ERROR_TEMPORARY, 2, 900, 0, SE_EXIT_HOLD, SE_HOLD_DEFERRED, NOW + 300, FALSE,
    "the next try is at 2027-01-15 08:0" },
  { SE_ERROR_DEFERRED, 3, 900, 0, SE_EXIT_HOLD, SE_HOLD_DEFERRED, NOW + 600, FALSE, "next try" },
  { SE_ERROR_TEMPORARY, 4, 900, 0, SE_EXIT_HOLD, SE_HOLD_DEFERRED, NOW + 1200, FALSE, "next try" },
  { SE_ERROR_TEMPORARY, 5, 900, 0, SE_EXIT_HOLD, SE_HOLD_DEFERRED, NOW + 1800, FALSE, "next try" },
  { SE_ERROR_TEMPORARY, 0, 0, 0, SE_EXIT_HOLD, SE_HOLD_DEFERRED, NOW + 300, FALSE, "next try" },
  { SE_ERROR_TEMPORARY, 900, 5 * DAY - 1, 0, SE_EXIT_HOLD, SE_HOLD_DEFERRED, NOW + 1800, FALSE,
    "next try" },
  { SE_ERROR_TEMPORARY, 9, 5 * DAY, 0, SE_EXIT_CANCEL, "", 0, TRUE, "given up after 5 days" },
  { SE_ERROR_IN_DOUBT, 1, 0, NOW + 900, SE_EXIT_HOLD, SE_HOLD_DEFERRED, NOW + 900, FALSE,
    "the cause; the same mail is sent again; the next try is at 2027-01-15 08:15" },
  { SE_ERROR_IN_DOUBT, 4, 0, G_MAXINT64, SE_EXIT_HOLD, SE_HOLD_DEFERRED, G_MAXINT64, FALSE,
    "sent 3 times without an answer" },
  { SE_ERROR_IN_DOUBT, 4, 5 * DAY, NOW + 900, SE_EXIT_CANCEL, "", 0, TRUE, "given up" },
  { SE_ERROR_CANCELLED, 1, 0, 0, SE_EXIT_RETRY, "", 0, FALSE, NULL },
  { SE_ERROR_CANCELLED, 5, 0, 0, SE_EXIT_RETRY, "", 0, FALSE, NULL },
};

static void
test_table (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const Case *c = &cases[i];
      g_autoptr (GError) error
          = c->error < 0 ? NULL : g_error_new_literal (SE_ERROR, c->error, "the cause");
      SeEnd end = { .error = error,
                    .attempts = c->attempts,
                    .first = NOW - c->age,
                    .now = NOW,
                    .not_before = c->not_before,
                    .doubts = 3,
                    .retry_interval = 1800,
                    .give_up_after = 5 * DAY };
      g_autoptr (SeOutcome) outcome = se_outcome_new (&end);

      g_test_message ("%zu: %s", i, outcome->message);
      g_assert_cmpint (outcome->code, ==, c->code);
      g_assert_cmpstr (outcome->lines, ==, c->lines);
      if (c->code == SE_EXIT_HOLD && c->not_before == 0 && c->next_try > 0) /* with jitter */
        g_assert_true (outcome->next_try >= c->next_try
                       && outcome->next_try <= NOW + (c->next_try - NOW) * 11 / 10);
      else
        g_assert_cmpint (outcome->next_try, ==, c->next_try);
      g_assert_cmpint (outcome->forget, ==, c->forget);
      g_assert_cmpint (outcome->anew, ==, strcmp (c->lines, SE_HOLD_AUTHORIZATION) == 0);
      assert_told (outcome, c);
      if (c->says == NULL)
        g_assert_null (outcome->message);
      else
        g_assert_nonnull (strstr (outcome->message, c->says));
    }
}

static void
test_names_oauth_setup_once (void)
{
  g_autoptr (GError) error
      = g_error_new_literal (SE_ERROR, SE_ERROR_AUTHORIZATION, "gone: run oauth-setup login a@b");
  SeEnd end = { .error = error, .attempts = 1, .now = NOW };
  g_autoptr (SeOutcome) outcome = se_outcome_new (&end);

  g_assert_cmpstr (outcome->message, ==, error->message);
}

static void
test_after_a_question (void)
{
  g_autoptr (GError) error
      = g_error_new_literal (SE_ERROR, SE_ERROR_CONFIG, "unknown key 'x'; did you mean 'y'?");
  SeEnd end = { .error = error, .attempts = 1, .now = NOW };
  g_autoptr (SeOutcome) outcome = se_outcome_new (&end);

  g_assert_cmpstr (outcome->message, ==,
                   "unknown key 'x'; did you mean 'y'? When mended, run 'oauth-setup release'");
}

static void
test_after_a_sentence (void)
{
  g_autoptr (GError) error
      = g_error_new_literal (SE_ERROR, SE_ERROR_TEMPORARY, "The server rests. Wait. [x: busy]");
  SeEnd end = { .error = error, .attempts = 1, .now = NOW, .retry_interval = 60 };
  g_autoptr (SeOutcome) outcome = se_outcome_new (&end);

  g_assert_cmpstr (outcome->message, ==, "The server rests. Wait. [x: busy] The next try is soon");
}

static void
test_hours (void)
{
  g_autoptr (GError) error = g_error_new_literal (SE_ERROR, SE_ERROR_TEMPORARY, "down");
  SeEnd end = { .error = error,
                .attempts = 3,
                .first = NOW - 7200,
                .now = NOW,
                .retry_interval = 60,
                .give_up_after = 7200 };
  g_autoptr (SeOutcome) outcome = se_outcome_new (&end);

  g_assert_cmpint (outcome->code, ==, SE_EXIT_CANCEL);
  g_assert_cmpstr (outcome->message, ==, "down; given up after 2 hours");
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/outcome/table", test_table);
  g_test_add_func ("/outcome/names-oauth-setup-once", test_names_oauth_setup_once);
  g_test_add_func ("/outcome/after-a-question", test_after_a_question);
  g_test_add_func ("/outcome/after-a-sentence", test_after_a_sentence);
  g_test_add_func ("/outcome/hours", test_hours);
  return g_test_run ();
}
