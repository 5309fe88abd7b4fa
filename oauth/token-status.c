/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/token.h"

#include "oauth/client-auth.h"
#include "oauth/grant.h"

const char *
se_token_status_word (SeTokenStatus status)
{
  switch (status)
    {
    case SE_TOKEN_ACTIVE:
      return "Active";
    case SE_TOKEN_NEEDS_AUTHORIZATION:
      return "Needs authorization";
    case SE_TOKEN_REVOKED:
      return "Revoked";
    case SE_TOKEN_UNREACHABLE:
      return "Unreachable";
    case SE_TOKEN_MISCONFIGURED:
      return "Misconfigured";
    }
  g_return_val_if_reached ("Misconfigured");
}

static char *
show_time (gint64 seconds)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (seconds);

  return time == NULL ? g_strdup ("?") : g_date_time_format (time, "%Y-%m-%d %H:%M");
}

/* What the last refusal means; the access token is no longer good where expired is TRUE. */
static SeTokenStatus
judge_failure (const SeTokenRecord *record, gboolean expired)
{
  SeError fault = SE_ERROR_TEMPORARY;

  if (g_str_equal (record->failure, "invalid_grant"))
    return SE_TOKEN_REVOKED;
  if (g_str_equal (record->failure, SE_TOKEN_FAILURE_SETUP))
    return SE_TOKEN_MISCONFIGURED;
  if (!g_str_equal (record->failure, SE_TOKEN_FAILURE_NETWORK))
    fault = se_response_classify (record->failure);
  if (fault == SE_ERROR_AUTHORIZATION)
    return SE_TOKEN_NEEDS_AUTHORIZATION;
  if (fault == SE_ERROR_CONFIG)
    return SE_TOKEN_MISCONFIGURED;
  return expired ? SE_TOKEN_UNREACHABLE : SE_TOKEN_ACTIVE;
}

static SeTokenStatus
judge_record (const SeAccount *account, const SeTokenRecord *record, char **reason)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gboolean expired = now >= record->expires;
  g_autofree char *until = show_time (record->expires);

  if (record->failure != NULL)
    {
      g_autofree char *when = show_time (record->failed);
      SeTokenStatus status = judge_failure (record, expired);
      const char *advice = status == SE_TOKEN_REVOKED || status == SE_TOKEN_NEEDS_AUTHORIZATION
                               ? "run: oauth-setup login"
                               : "to try again and see why, run: oauth-setup refresh";

      *reason = g_strdup_printf ("the refresh failed at %s (%s); %s %s", when, record->failure,
                                 advice, account->address);
      return status;
    }
  if (record->refresh_token == NULL && expired)
    {
      *reason = g_strdup_printf ("the sign-in ran out at %s; run: oauth-setup login %s", until,
                                 account->address);
      return SE_TOKEN_NEEDS_AUTHORIZATION;
    }
  *reason = g_strdup_printf (expired ? "the access token ended at %s and is renewed at the next use"
                                     : "the access token is good until %s",
                             until);
  return SE_TOKEN_ACTIVE;
}

SeTokenStatus
se_token_status (const SeTokenContext *context, SeTokenRecord **record, char **reason)
{
  const SeAccount *account = context->account;
  g_autoptr (GError) error = NULL;
  g_autoptr (SeStore) store = se_store_open (context->server, account, &error);
  g_autoptr (SeTokenRecord) stored = NULL;
  SeTokenStatus status = SE_TOKEN_MISCONFIGURED;

  if (record != NULL)
    *record = NULL;
  if (store == NULL || !se_store_load (store, &stored, &error)
      || !se_client_auth_check (account, &error))
    {
      *reason = g_strdup (error->message);
      return SE_TOKEN_MISCONFIGURED;
    }
  if (stored == NULL)
    {
      *reason = g_strdup_printf ("not signed in yet; run: oauth-setup login %s", account->address);
      return SE_TOKEN_NEEDS_AUTHORIZATION;
    }
  if (se_grant_check_record (account, stored, &error))
    status = judge_record (account, stored, reason);
  else
    {
      *reason = g_strdup (error->message);
      if (se_error_is (error, SE_ERROR_AUTHORIZATION))
        status = SE_TOKEN_NEEDS_AUTHORIZATION;
    }
  if (record != NULL)
    *record = g_steal_pointer (&stored);
  return status;
}
