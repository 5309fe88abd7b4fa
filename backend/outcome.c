/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/outcome.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define HOUR 3600
#define FIRST_REST (5 * 60) /* seconds */
#define DAY (24 * HOUR)

/* One message of two parts, the second beginning with a small letter, in whatever language. */
static char *
join (const char *cause, const char *next)
{
  char capital[7];

  if (*cause == '\0' || strchr (".?]", cause[strlen (cause) - 1]) == NULL)
    return g_strdup_printf ("%s; %s", cause, next);
  capital[g_unichar_to_utf8 (g_unichar_toupper (g_utf8_get_char (next)), capital)] = '\0';
  return g_strdup_printf ("%s %s%s", cause, capital, g_utf8_next_char (next));
}

/* A hold is told of once for each reason, which has no times in it. */
static void
tell (SeOutcome *outcome, SeNoticeEvent event, char *once)
{
  outcome->notable = TRUE;
  outcome->event = event;
  outcome->once = once;
}

static SeOutcome *
hold_for_person (SeOutcome *outcome, const SeEnd *end)
{
  const char *cause = end->error->message;

  outcome->code = SE_EXIT_HOLD;
  outcome->lines = SE_HOLD_AUTHORIZATION;
  outcome->anew = TRUE;
  tell (outcome, SE_NOTICE_JOB_HELD, g_strdup (cause));
  /* What to do is in the message; a login that it asks for releases the job, else somebody must.
   */
  outcome->message = strstr (cause, "oauth-setup login") != NULL
                         ? g_strdup (cause)
                         : join (cause, _ ("when mended, run 'oauth-setup release'"));
  return outcome;
}

static SeOutcome *
give_up (SeOutcome *outcome, const SeEnd *end)
{
  gint64 age = end->now - end->first;
  gulong number = (gulong)(age >= 2 * DAY ? age / DAY : age / HOUR);
  g_autofree char *given_up = NULL;

  outcome->code = SE_EXIT_CANCEL;
  outcome->forget = TRUE;
  tell (outcome, SE_NOTICE_JOB_GIVEN_UP, NULL);
  if (age >= 2 * DAY)
    given_up = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "given up after %d day",
                                             "given up after %d days", number),
                                (int)number);
  else
    given_up = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "given up after %d hour",
                                             "given up after %d hours", number),
                                (int)number);
  outcome->message = join (end->error->message, given_up);
  return outcome;
}

/* The cause and what will be done about it. */
static char *
announce (const GError *error, const char *next)
{
  if (!se_error_is (error, SE_ERROR_IN_DOUBT))
    return join (error->message, next);
  /* TRANSLATORS: "The mail is in doubt: …", and when the next try is. */
  return g_strdup_printf (_ ("%s; the same mail is sent again; %s"), error->message, next);
}

/* Lets cupsd run the job again: once in its life, since cupsd gives up after JobRetryLimit. */
static SeOutcome *
retry (SeOutcome *outcome, const SeEnd *end)
{
  outcome->code = SE_EXIT_RETRY;
  outcome->lines = SE_RETRY;
  outcome->next_try = end->now + end->retry_interval;
  outcome->message = announce (end->error, _ ("the next try is soon"));
  return outcome;
}

/* How long the job rests. The jitter keeps jobs apart that failed together. */
static gint64
next_rest (const SeEnd *end)
{
  guint doublings = end->attempts > 2 ? MIN (end->attempts - 2, 16) : 0;
  guint rest = (guint)MIN (end->retry_interval, (guint64)FIRST_REST << doublings);

  return rest + (rest >= 10 ? g_random_int_range (0, (gint32)(rest / 10)) : 0);
}

/* Holds a job whose mail may have arrived several times by now: a person can look. */
static SeOutcome *
hold_in_doubt (SeOutcome *outcome, const SeEnd *end)
{
  outcome->code = SE_EXIT_HOLD;
  outcome->lines = SE_HOLD_DEFERRED;
  outcome->next_try = G_MAXINT64;
  tell (outcome, SE_NOTICE_JOB_HELD, g_strdup ("in doubt"));
  outcome->message = g_strdup_printf (
      _ ("%s; it was sent %u times without an answer and is not sent again by itself: look whether "
         "it has arrived, then cancel the job, or let the same mail be sent again by 'oauth-setup "
         "release'"),
      end->error->message, end->doubts);
  return outcome;
}

/* Holds the job for oauth-setup release --due. */
static SeOutcome *
defer (SeOutcome *outcome, const SeEnd *end)
{
  gint64 due = end->not_before > end->now ? end->not_before : end->now + next_rest (end);
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (due);
  g_autofree char *when = time != NULL ? g_date_time_format (time, "%Y-%m-%d %H:%M") : NULL;
  g_autofree char *next = when != NULL ? g_strdup_printf (_ ("the next try is at %s"), when) : NULL;

  if (end->give_up_after > 0 && end->first > 0 && end->now - end->first >= end->give_up_after)
    return give_up (outcome, end);
  outcome->code = SE_EXIT_HOLD;
  outcome->lines = SE_HOLD_DEFERRED;
  outcome->next_try = due;
  tell (outcome, SE_NOTICE_JOB_HELD, g_strdup_printf ("error %d", end->error->code));
  outcome->message = announce (end->error, next != NULL ? next : _ ("the next try is later"));
  return outcome;
}

SeOutcome *
se_outcome_new (const SeEnd *end)
{
  SeOutcome *outcome = g_new0 (SeOutcome, 1);

  outcome->lines = "";
  if (end->error == NULL)
    return outcome;
  switch ((SeError)end->error->code)
    {
    case SE_ERROR_USAGE:
    case SE_ERROR_DOCUMENT:
    case SE_ERROR_TOO_LARGE:
      outcome->code = SE_EXIT_CANCEL;
      outcome->forget = TRUE;
      tell (outcome, SE_NOTICE_JOB_CANCELED, NULL);
      outcome->message = g_strdup (end->error->message);
      return outcome;
    case SE_ERROR_CONFIG:
    case SE_ERROR_AUTHORIZATION:
    case SE_ERROR_TOKEN_REJECTED:
      return hold_for_person (outcome, end);
    case SE_ERROR_QUOTA:
      return defer (outcome, end);
    case SE_ERROR_IN_DOUBT:
      return end->not_before == G_MAXINT64 ? hold_in_doubt (outcome, end) : defer (outcome, end);
    case SE_ERROR_THROTTLED:
    case SE_ERROR_TEMPORARY:
    case SE_ERROR_DEFERRED:
      return end->attempts == 1 ? retry (outcome, end) : defer (outcome, end);
    case SE_ERROR_CANCELLED:
      /* cupsd ignores it after a person's cancel, and runs the job again where it was not one. */
      outcome->code = SE_EXIT_RETRY;
      return outcome;
    }
  g_assert_not_reached ();
}

void
se_outcome_free (SeOutcome *outcome)
{
  g_free (outcome->message);
  g_free (outcome->once);
  g_free (outcome);
}
