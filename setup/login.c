/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/login.h"

#include "common/alert.h"
#include "setup/alerts.h"
#include "setup/config-file.h"
#include "setup/console.h"
#include "setup/exchange.h"
#include "setup/release.h"

#include <glib/gi18n-lib.h>
#include <unistd.h>

static gboolean
check_port (const SeLoginOptions *options, const SeAccount *account, GError **error)
{
  if (options->port == 0 || g_str_equal (account->grant, "code"))
    return TRUE;
  g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE,
               _ ("--port is of use with the grant code only, and %s has %s"), account->address,
               account->grant);
  return FALSE;
}

/* Before the person signs in: what would fail afterwards. */
static gboolean
check_queue (const SeLoginOptions *options, const SeSetup *setup, GError **error)
{
  g_autoptr (http_t) http = NULL;

  if (options->queue == NULL)
    return TRUE;
  if (!se_queues_check_address (options->to, error))
    return FALSE;
  http = se_cupsd_connect (setup->server, error);
  return http != NULL && se_queues_check_name (http, options->queue, error);
}

/* The worker. */

typedef struct
{
  SeSignIn wanted;
  SeLoginReport *report;
  const SeLoginOptions *options;
  const SeSetup *setup;
  GError *error; /* of writing the configuration */
} Worker;

static gboolean
work (SeService *service, gpointer data, GError **error)
{
  const Worker *worker = data;
  const SeSignIn *wanted = &worker->wanted;
  const SeNotifier notifier = se_notice_direct (wanted->server);
  g_autoptr (GError) local = NULL;

  if (!se_sign_in (service, wanted, error))
    return FALSE;
  if (!se_alert_withdraw (wanted->server, wanted->account->address, SE_ALERT_TOKEN, &notifier,
                          &local)
      || !se_alert_withdraw (wanted->server, wanted->account->address, SE_ALERT_LOGIN, &notifier,
                             &local)
      || !se_alert_expiring (wanted->server, wanted->account->address, 0, NULL, &notifier, &local))
    g_warning ("%s", local->message);
  return TRUE;
}

static gboolean
write_account (Worker *worker)
{
  gboolean changed = FALSE;

  if (!se_config_file_edit (worker->setup->path, worker->options->address, worker->options->keys,
                            &changed, &worker->error))
    return FALSE;
  if (changed)
    worker->report->config_file = g_strdup (worker->setup->path);
  return TRUE;
}

static const char *
event (const char *const *fields, gpointer data)
{
  Worker *worker = data;

  /* The token belongs to these keys. */
  if (g_str_equal (fields[0], "stored") && !write_account (worker))
    return "no";
  if (g_str_equal (fields[0], "stored"))
    {
      (void)se_login_report_event (worker->report, fields);
      return "yes";
    }
  return se_login_report_event (worker->report, fields);
}

static gboolean
sign_in (const SeLoginOptions *options, const SeSetup *setup, const SeAccount *account,
         SeLoginReport *report, GError **error)
{
  g_autoptr (SeAccount) before = se_config_get_account (setup->config, options->address, NULL);
  g_auto (GStrv) lines = se_exchange_lines (account);
  gboolean may_paste = !options->json && se_console_can_ask ();
  Worker worker = { .wanted = { .server = setup->server,
                                .account = account,
                                .before = before,
                                .port = options->port,
                                .may_paste = may_paste,
                                .send_test = !options->no_test_mail },
                    .report = report,
                    .options = options,
                    .setup = setup };
  const SeAccount *const accounts[] = { account, before, NULL };
  const SeServiceNeeds needs = { .input = may_paste ? STDIN_FILENO : -1, .accounts = accounts };
  GError *local = NULL;
  gboolean good;

  if (options->no_test_mail)
    report->test_mail = SE_STEP_SKIPPED;
  if (lines != NULL)
    se_login_report_exchange (report, lines);
  good = se_service_run_with (setup->server, &needs, work, event, &worker, &local);
  if (worker.error != NULL)
    {
      /* The worker only knows that it was so. */
      g_clear_error (&local);
      local = worker.error;
    }
  if (local != NULL)
    g_propagate_error (error, local);
  return good;
}

/* Afterwards. */

/* Queue and held jobs. Without a queue to create, a cupsd that is down is no failure. */
static gboolean
tell_cups (const SeLoginOptions *options, SeLoginReport *report, GError **error)
{
  g_autoptr (SeSetup) setup = se_setup_load (error);
  g_autoptr (GError) local = NULL;
  g_autoptr (http_t) http = NULL;

  if (setup == NULL)
    return FALSE;
  http = se_cupsd_connect (setup->server, &local);
  if (http != NULL && options->queue != NULL)
    {
      if (!se_queues_create (http, options->queue, options->to, options->address, error))
        return FALSE;
      report->queue = g_strdup (options->queue);
    }
  if (http != NULL
      && se_release_account (http, setup->config, options->address, report->released, &local)
      && se_alerts_carry (setup, report->released, &local))
    return TRUE;
  if (options->queue != NULL && report->queue == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  se_login_report_warn (report, _ ("held jobs were not released: %s; later: oauth-setup release"),
                        local->message);
  return TRUE;
}

static gboolean
login (SeLoginOptions *options, gboolean bare, SeLoginReport *report, SeAccount **account,
       GError **error)
{
  g_autofree char *path = se_config_path ();
  g_autoptr (SeSetup) setup = NULL;

  if (!se_config_file_ensure (path, error))
    return FALSE;
  setup = se_setup_load (error);
  if (setup == NULL || !se_login_ask (options, setup, bare, error))
    return FALSE;
  *account = se_config_make_account (setup->config, options->address, options->keys, error);
  report->account = *account;
  if (*account == NULL || !check_port (options, *account, error)
      || !check_queue (options, setup, error))
    return FALSE;
  if (g_hash_table_size (options->keys) > 0 && !se_config_file_check_writable (setup->path, error))
    return FALSE;
  return sign_in (options, setup, *account, report, error) && tell_cups (options, report, error);
}

SeExit
se_verb_login (int argc, char **argv)
{
  g_auto (SeLoginOptions) options = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeLoginReport) report = NULL;
  g_autoptr (SeAccount) account = NULL;
  gboolean bare = argc <= 1;

  if (!se_login_options_parse (&options, argc, argv, &error))
    return se_setup_fail (error);
  report = se_login_report_new (options.json);
  (void)login (&options, bare, report, &account, &error);
  report->address = options.address;
  se_login_report_end (report, error);
  return error == NULL ? SE_EXIT_DONE : se_setup_fail (error);
}
