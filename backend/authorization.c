/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/authorization.h"

#include "backend/confinement.h"
#include "backend/group.h"
#include "backend/status.h"
#include "common/alert.h"
#include "oauth/token.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* The refresh token that comes for the one that this may spend is to be stored. */
static SeHttpReply *
perform_apart (const char *url, const char *form, const SeHttpOptions *options, gboolean *timed_out,
               GError **error)
{
  se_group_leave ();
  return se_http_perform (url, form, options, timed_out, error);
}

static SeTokenContext
token_context (const SeAuthorization *authorization, int cancel_fd)
{
  const SeAccount *now = authorization->account_now;

  return (SeTokenContext){ .server = authorization->server,
                           .account = now != NULL ? now : authorization->account,
                           .http = perform_apart,
                           .cancel_fd = cancel_fd };
}

static char *
get_token (const SeAuthorization *authorization, const char *rejected, GError **error)
{
  const SeTokenContext context = token_context (authorization, authorization->cancel_fd);
  const SeGroup group = se_group_now ();
  char *token = se_token_get (&context, rejected, error);

  se_group_return (&group, TRUE, authorization->cancel_fd);
  return token;
}

void
se_authorization_look (SeAuthorization *authorization, const char *path)
{
  if (g_stat (path, &authorization->seen) < 0)
    memset (&authorization->seen, 0, sizeof authorization->seen);
}

/* Returns FALSE if the configuration has not changed, or the account cannot be had from it now. */
static gboolean
read_again (SeAuthorization *authorization)
{
  g_autofree char *path = se_config_path ();
  const SeTokenContext context = token_context (authorization, authorization->cancel_fd);
  const GStatBuf before = authorization->seen;
  const GStatBuf *now = &authorization->seen;
  g_autoptr (SeConfig) config = NULL;
  g_autoptr (GError) error = NULL;
  SeAccount *account = NULL;

  /* A login may be about to write it. */
  if (!se_token_wait (&context, &error))
    g_debug ("%s", error->message);
  se_authorization_look (authorization, path);
  if (now->st_ino == before.st_ino && now->st_mtim.tv_sec == before.st_mtim.tv_sec
      && now->st_mtim.tv_nsec == before.st_mtim.tv_nsec)
    return FALSE;
  config = se_config_load (path, SE_PRESETS_FILE, NULL);
  if (config != NULL)
    account = se_config_get_account (config, authorization->account->address, NULL);
  if (account == NULL)
    return FALSE;
  g_clear_pointer (&authorization->account_now, se_account_free);
  authorization->account_now = account;
  return TRUE;
}

char *
se_authorization_get_token (const char *rejected, gpointer data, GError **error)
{
  SeAuthorization *authorization = data;
  g_autoptr (GError) failure = NULL;
  char *token = get_token (authorization, rejected, &failure);

  if (token == NULL
      && (se_error_is (failure, SE_ERROR_AUTHORIZATION) || se_error_is (failure, SE_ERROR_CONFIG))
      && read_again (authorization))
    {
      g_clear_error (&failure);
      token = get_token (authorization, rejected, &failure);
    }
  if (token == NULL && authorization->account_now != NULL
      && se_confinement_misses (authorization->account_now))
    {
      g_clear_error (&failure);
      g_set_error_literal (&failure, SE_ERROR, SE_ERROR_TEMPORARY,
                           _ ("scan-email.conf has been changed while the job was under way, and "
                              "names a file that only the job's next try can read"));
    }
  authorization->no_token = token == NULL;
  if (token == NULL)
    g_propagate_error (error, g_steal_pointer (&failure));
  return token;
}

/* TRUE if the next token is to be had as well: after a revocation an access token is good for up to
 * an hour more. */
static gboolean
has_good_token (const SeAuthorization *authorization)
{
  const SeTokenContext context = token_context (authorization, -1);
  g_autoptr (SeTokenReport) report = se_token_report_new (&context);

  return report->status == SE_TOKEN_ACTIVE || report->status == SE_TOKEN_EXPIRING;
}

/* A worker whose supervisor is dead can have nobody told: whoever sees it next announces it. */
static const SeNotifier notifier = { se_status_tell, NULL };

/* That this cannot be noted changes nothing about the mail. */
void
se_authorization_works (const SeAuthorization *authorization)
{
  const char *address = authorization->account->address;
  g_autoptr (SeAlert) alert = se_alert_get (authorization->server, address);
  g_autoptr (GError) error = NULL;

  if (alert != NULL && !se_status_is_orphan ()
      && (alert->cause == SE_ALERT_LOGIN || has_good_token (authorization))
      && !se_alert_withdraw (authorization->server, address, alert->cause, &notifier, &error))
    g_warning ("%s", error->message);
}

void
se_authorization_failed (const SeAuthorization *authorization, const GError *failure,
                         gboolean at_login, const char *sentence)
{
  g_autoptr (GError) error = NULL;
  gboolean lost
      = se_error_is (failure, SE_ERROR_AUTHORIZATION)
        || (se_error_is (failure, SE_ERROR_CONFIG) && (authorization->no_token || at_login));

  if (lost && authorization->account != NULL && sentence != NULL && !se_status_is_orphan ()
      && !se_alert_raise (authorization->server, authorization->account->address,
                          authorization->no_token ? SE_ALERT_TOKEN : SE_ALERT_LOGIN, sentence,
                          &notifier, &error))
    g_warning ("%s", error->message);
}

void
se_authorization_clear (SeAuthorization *authorization)
{
  g_clear_pointer (&authorization->account_now, se_account_free);
}
