/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/outcome.h"

#include <string.h>

#define HOUR 3600
#define DAY (24 * HOUR)

/* One message of two parts, the second beginning with a small letter. */
static char *
join (const char *cause, const char *next)
{
  if (*cause == '\0' || strchr (".?]", cause[strlen (cause) - 1]) == NULL)
    return g_strdup_printf ("%s; %s", cause, next);
  return g_strdup_printf ("%s %c%s", cause, g_ascii_toupper (*next), next + 1);
}

static SeOutcome *
hold_for_person (SeOutcome *outcome, const SeEnd *end)
{
  const char *cause = end->error->message;

  outcome->code = SE_EXIT_HOLD;
  outcome->lines = SE_HOLD_AUTHORIZATION;
  outcome->anew = TRUE;
  /* What to do is in the message; a login that it asks for releases the job, else somebody must.
   */
  outcome->message = strstr (cause, "oauth-setup login") != NULL
                         ? g_strdup (cause)
                         : join (cause, "when mended, run 'oauth-setup release'");
  return outcome;
}

static SeOutcome *
give_up (SeOutcome *outcome, const SeEnd *end)
{
  gint64 age = end->now - end->first;
  g_autofree char *given_up = NULL;

  outcome->code = SE_EXIT_CANCEL;
  outcome->forget = TRUE;
  given_up = age >= 2 * DAY ? g_strdup_printf ("given up after %d days", (int)(age / DAY))
                            : g_strdup_printf ("given up after %d hours", (int)(age / HOUR));
  outcome->message = join (end->error->message, given_up);
  return outcome;
}

/* The cause and what will be done about it. */
static char *
announce (const GError *error, const char *next)
{
  g_autofree char *all = NULL;

  if (!se_error_is (error, SE_ERROR_IN_DOUBT))
    return join (error->message, next);
  all = g_strconcat ("so that the mail is in doubt; the same mail is sent again; ", next, NULL);
  return g_strdup_printf ("%s, %s", error->message, all);
}

/* Lets cupsd run the job again: once in its life, since cupsd gives up after JobRetryLimit. */
static SeOutcome *
retry (SeOutcome *outcome, const SeEnd *end)
{
  outcome->code = SE_EXIT_RETRY;
  outcome->lines = SE_RETRY;
  outcome->next_try = end->now + end->retry_interval;
  outcome->message = announce (end->error, "the next try is soon");
  return outcome;
}

/* Holds the job for oauth-setup release --due. */
static SeOutcome *
defer (SeOutcome *outcome, const SeEnd *end)
{
  gint64 due = end->not_before > end->now ? end->not_before : end->now + end->retry_interval;
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (due);
  g_autofree char *next
      = time != NULL ? g_date_time_format (time, "the next try is at %Y-%m-%d %H:%M") : NULL;

  if (end->give_up_after > 0 && end->first > 0 && end->now - end->first >= end->give_up_after)
    return give_up (outcome, end);
  outcome->code = SE_EXIT_HOLD;
  outcome->lines = SE_HOLD_DEFERRED;
  outcome->next_try = due;
  outcome->message = announce (end->error, next != NULL ? next : "the next try is later");
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
      outcome->message = g_strdup (end->error->message);
      return outcome;
    case SE_ERROR_CONFIG:
    case SE_ERROR_AUTHORIZATION:
    case SE_ERROR_TOKEN_REJECTED:
      return hold_for_person (outcome, end);
    case SE_ERROR_QUOTA:
      return defer (outcome, end);
    case SE_ERROR_IN_DOUBT:
    case SE_ERROR_TEMPORARY:
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
  g_free (outcome);
}
