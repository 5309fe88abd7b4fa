/* SPDX-License-Identifier: Apache-2.0 */
#include "common/alert.h"
#include "common/log.h"
#include "oauth/grant.h"
#include "setup/alerts.h"
#include "setup/mailbox.h"
#include "setup/setup.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  const SeSetup *setup;
  const char *const *addresses;
  gboolean all;
  SeExit exit_status; /* the parent's: the worst so far */
} Refresh;

/* An end that is known beforehand is told before users notice it, above all where no refresh comes
 * through. An account that is lost already has its alert. */
static void
tell_deadline (const SeTokenContext *context)
{
  g_autoptr (SeTokenReport) report = se_token_report_new (context);
  gboolean lives = report->status == SE_TOKEN_ACTIVE || report->status == SE_TOKEN_EXPIRING
                   || report->status == SE_TOKEN_UNREACHABLE;
  const SeNotifier notifier = se_notice_direct (context->server);
  g_autoptr (GError) error = NULL;

  if (!se_alert_expiring (context->server, context->account->address,
                          lives ? report->deadline.time : 0, report->hint, &notifier, &error))
    g_warning ("%s", error->message);
}

/* How the account stands now. That it cannot be noted changes nothing about it. */
static void
note (const SeServerConfig *server, const char *address, const GError *failure)
{
  const SeNotifier notifier = se_notice_direct (server);
  g_autoptr (GError) error = NULL;
  gboolean good = TRUE;

  if (failure == NULL)
    good = se_alert_withdraw (server, address, SE_ALERT_TOKEN, &notifier, &error);
  else if (se_error_is (failure, SE_ERROR_AUTHORIZATION) || se_error_is (failure, SE_ERROR_CONFIG))
    good = se_alert_raise (server, address, SE_ALERT_TOKEN, failure->message, &notifier, &error);
  if (!good)
    g_warning ("%s", error->message);
}

/* Nobody has signed in yet, or the admin has revoked it: known, and nothing to renew. */
static gboolean
has_no_record (const SeTokenContext *context)
{
  g_autoptr (SeTokenRecord) record = NULL;

  return se_grant_load_stored (context, &record, NULL) && record == NULL;
}

/* *missing: TRUE for one of all accounts that has no tokens, which is then left alone. */
static gboolean
refresh_account (SeService *service, const Refresh *refresh, const char *address, gboolean *missing,
                 GError **error)
{
  const SeSetup *setup = refresh->setup;
  g_autoptr (GError) failure = NULL;
  g_autoptr (SeAccount) account = se_config_get_account (setup->config, address, &failure);
  SeTokenContext context = se_mailbox_context (service, setup->server, account);

  *missing = account != NULL && refresh->all && has_no_record (&context);
  if (*missing)
    return TRUE;
  if (account != NULL)
    (void)se_token_refresh (&context, &failure);
  note (setup->server, address, failure);
  if (!se_error_is (failure, SE_ERROR_CANCELLED) && !se_error_is (failure, SE_ERROR_CONFIG))
    tell_deadline (&context);
  if (failure == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* One account's trouble does not keep the others from being refreshed. */
static gboolean
refresh_all (SeService *service, gpointer data, GError **error)
{
  const Refresh *refresh = data;
  const char *const *address;

  for (address = refresh->addresses; *address != NULL; address++)
    {
      g_autoptr (GError) local = NULL;
      gboolean missing = FALSE;

      (void)refresh_account (service, refresh, *address, &missing, &local);
      if (missing)
        {
          se_service_tell (service, "unauthorized", *address, NULL);
          continue;
        }
      if (local == NULL)
        se_service_tell (service, "refreshed", *address, NULL);
      else if (se_error_is (local, SE_ERROR_CANCELLED))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      else
        {
          g_autofree char *status = g_strdup_printf ("%d", (int)se_setup_exit_status (local));

          se_service_tell (service, "trouble", *address, status, local->message, NULL);
        }
    }
  return TRUE;
}

static const char *
report (const char *const *fields, gpointer data)
{
  Refresh *refresh = data;
  guint n = g_strv_length ((char **)fields);

  if (g_str_equal (fields[0], "refreshed") && n == 2)
    printf (_ ("%s: refreshed.\n"), fields[1]);
  else if (g_str_equal (fields[0], "unauthorized") && n == 2)
    printf (_ ("%s: not authorized yet; oauth-setup login %s\n"), fields[1], fields[1]);
  else if (g_str_equal (fields[0], "trouble") && n == 4)
    {
      SeExit status = atoi (fields[2]) == SE_EXIT_PERSON ? SE_EXIT_PERSON : SE_EXIT_FAILED;

      fflush (stdout);
      if (strstr (fields[3], fields[1]) != NULL)
        se_log_write ("oauth-setup", "%s", fields[3]);
      else
        se_log_write ("oauth-setup", "%s: %s", fields[1], fields[3]);
      refresh->exit_status = se_setup_worse (refresh->exit_status, status);
    }
  return NULL;
}

static char **
choose (const SeSetup *setup, const char *word, gboolean all, GError **error)
{
  g_autofree char *address = NULL;
  char *chosen[] = { NULL, NULL };

  if (all)
    return se_config_list_accounts (setup->config);
  address = se_setup_choose_account (setup, word, error);
  chosen[0] = address;
  return address != NULL ? g_strdupv (chosen) : NULL;
}

SeExit
se_verb_refresh (int argc, char **argv)
{
  gboolean all = FALSE;
  const GOptionEntry entries[] = {
    { "all", 0, 0, G_OPTION_ARG_NONE, &all, N_ ("every account"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) words = se_setup_parse (argc, argv, N_ ("[ACCOUNT]"),
                                         N_ ("Renews an account's tokens whatever time is left, so "
                                             "that a mailbox that is rarely used stays\n"
                                             "authorized."),
                                         entries, 1, &error);
  g_autoptr (SeSetup) setup = NULL;
  g_auto (GStrv) addresses = NULL;
  Refresh refresh = { NULL };

  if (words != NULL && all && words[0] != NULL)
    g_set_error_literal (&error, SE_ERROR, (int)SE_ERROR_USAGE,
                         _ ("Name one account or give --all, not both"));
  if (words != NULL && error == NULL)
    setup = se_setup_load (&error);
  if (setup != NULL)
    addresses = choose (setup, words[0], all, &error);
  if (addresses == NULL)
    return se_setup_fail (error);
  refresh = (Refresh){ setup, (const char *const *)addresses, all, SE_EXIT_DONE };
  if (!se_service_run (setup->server, refresh_all, report, &refresh, &error))
    return se_setup_fail (error);
  se_alerts_carry_or_warn (setup);
  return refresh.exit_status;
}
