/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/token.h"

#include "common/timestamp.h"
#include "oauth/grant.h"

#include <glib/gi18n-lib.h>

const char *
se_token_status_word (SeTokenStatus status)
{
  switch (status)
    {
    case SE_TOKEN_ACTIVE:
      return N_ ("Active");
    case SE_TOKEN_EXPIRING:
      return N_ ("Expiring");
    case SE_TOKEN_NEEDS_AUTHORIZATION:
      return N_ ("Needs authorization");
    case SE_TOKEN_REVOKED:
      return N_ ("Revoked");
    case SE_TOKEN_UNREACHABLE:
      return N_ ("Unreachable");
    case SE_TOKEN_MISCONFIGURED:
      return N_ ("Misconfigured");
    }
  g_return_val_if_reached ("Misconfigured");
}

void
se_token_report_free (SeTokenReport *report)
{
  g_free (report->hint);
  g_clear_pointer (&report->record, se_token_record_free);
  g_free (report);
}

static gint64
now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

/* What the last refusal means; the access token is no longer good where expired is TRUE. */
static SeTokenStatus
judge_failure (const SeTokenRecord *record, gboolean expired)
{
  SeError fault = SE_ERROR_TEMPORARY;

  if (g_str_equal (record->failure, "invalid_grant"))
    return SE_TOKEN_REVOKED;
  /* What could not be used then may be mended now: the account's files were looked at before. */
  if (!g_str_equal (record->failure, SE_TOKEN_FAILURE_NETWORK)
      && !g_str_equal (record->failure, SE_TOKEN_FAILURE_SETUP))
    fault = se_response_classify (record->failure);
  if (fault == SE_ERROR_AUTHORIZATION)
    return SE_TOKEN_NEEDS_AUTHORIZATION;
  if (fault == SE_ERROR_CONFIG)
    return SE_TOKEN_MISCONFIGURED;
  return expired ? SE_TOKEN_UNREACHABLE : SE_TOKEN_ACTIVE;
}

static void
report_failure (SeTokenReport *report, const SeAccount *account, gboolean expired)
{
  const SeTokenRecord *record = report->record;
  g_autofree char *when = se_timestamp_local (record->failed);

  report->status = judge_failure (record, expired);
  report->hint = g_strdup_printf (
      report->status == SE_TOKEN_REVOKED || report->status == SE_TOKEN_NEEDS_AUTHORIZATION
          ? _ ("the refresh failed at %s (%s); run: oauth-setup login %s")
          : _ ("the refresh failed at %s (%s); to try again and see why, run: oauth-setup refresh "
               "%s"),
      when, record->failure, account->address);
}

/* A record that belongs to the account as it is configured now. */
static void
report_record (SeTokenReport *report, const SeAccount *account)
{
  const SeTokenRecord *record = report->record;
  gboolean expired = now () >= record->expires;

  if (record->failure != NULL)
    report_failure (report, account, expired);
  else if (g_strcmp0 (record->grant, account->grant) != 0)
    {
      report->status = SE_TOKEN_NEEDS_AUTHORIZATION;
      report->hint
          = g_strdup_printf (_ ("grant = %s is configured, but mail still goes by the sign-in of "
                                "grant %s; to switch, run: oauth-setup login %s"),
                             account->grant, record->grant, account->address);
    }
  else if (expired && record->refresh_token == NULL && se_grant_is_attended (record->grant))
    {
      g_autofree char *end = se_timestamp_local (record->expires);

      report->status = SE_TOKEN_NEEDS_AUTHORIZATION;
      report->hint = g_strdup_printf (_ ("the sign-in ran out at %s; run: oauth-setup login %s"),
                                      end, account->address);
    }
}

/* A token that is good for now may have its end in sight. */
static void
report_deadline (SeTokenReport *report, const SeAccount *account)
{
  const SeDeadline *deadline = &report->deadline;
  g_autofree char *when = NULL;

  if (!se_deadline_find (account, report->record, &report->deadline)
      || report->status != SE_TOKEN_ACTIVE || deadline->time - now () >= SE_DEADLINE_NEAR)
    return;
  when = se_timestamp_local (deadline->time);
  report->status = SE_TOKEN_EXPIRING;
  g_free (report->hint);
  /* TRANSLATORS: why (such as "the certificate ends"), a date and time, what to do, and the
   * account, which ends a command. */
  report->hint = g_strdup_printf (_ ("%s at %s; %s %s"), deadline->reason, when, deadline->remedy,
                                  account->address);
}

SeTokenReport *
se_token_report_new (const SeTokenContext *context)
{
  const SeAccount *account = context->account;
  SeTokenReport *report = g_new0 (SeTokenReport, 1);
  g_autoptr (GError) error = NULL;

  if (!se_grant_load_stored (context, &report->record, &error)
      || !se_grant_check_files (account, &error))
    {
      report->status
          = se_error_is (error, SE_ERROR_TEMPORARY) ? SE_TOKEN_UNREACHABLE : SE_TOKEN_MISCONFIGURED;
      report->hint = g_strdup (error->message);
    }
  else if (report->record == NULL)
    {
      report->status = SE_TOKEN_NEEDS_AUTHORIZATION;
      report->hint
          = g_strdup_printf (_ ("not signed in yet; run: oauth-setup login %s"), account->address);
    }
  else if (se_grant_check_record (account, report->record, &error))
    report_record (report, account);
  else
    {
      report->status = se_error_is (error, SE_ERROR_AUTHORIZATION) ? SE_TOKEN_NEEDS_AUTHORIZATION
                                                                   : SE_TOKEN_MISCONFIGURED;
      report->hint = g_strdup (error->message);
    }
  report_deadline (report, account);
  return report;
}
