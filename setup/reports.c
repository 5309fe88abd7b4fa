/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/reports.h"

#include "common/log.h"
#include "common/stop.h"
#include "common/told.h"
#include "mail/report.h"
#include "setup/mailbox.h"
#include "setup/service.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

#define SEND_TIME 60 /* seconds, for all of them */

typedef struct
{
  const SeSetup *setup;
  const GPtrArray *over;
} Task;

/* The worker. */

typedef struct
{
  SeService *service;
  const SeSetup *setup;
  int stop;           /* readable when it is time to end */
  GHashTable *broken; /* addresses of accounts that cannot send now */
} Sender;

static void
tell (const Sender *sender, const char *event, const SeReport *report, const char *why)
{
  g_autofree char *to = se_report_to (report);

  se_service_tell (sender->service, event, se_report_job (report), to, why, NULL);
}

static gboolean
send_from (const Sender *sender, const SeAccount *account, SeReport *report, GError **error)
{
  SeTokenContext context = se_mailbox_context (sender->service, sender->setup->server, account);
  SeDelivery delivery = se_mailbox_delivery (&context);

  context.cancel_fd = delivery.cancel_fd = sender->stop;
  return se_report_send (report, &delivery, error);
}

/* FALSE: its account cannot send now. */
static gboolean
try_report (const Sender *sender, SeReport *report)
{
  const char *address = se_report_account (report);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeAccount) account = NULL;

  if (g_hash_table_contains (sender->broken, address))
    return FALSE;
  account = se_config_get_account (sender->setup->config, address, &error);
  if (account != NULL && send_from (sender, account, report, &error))
    tell (sender, "sent", report, "");
  else if (se_report_is_gone (report))
    tell (sender, "dropped", report, error->message);
  else
    {
      g_debug ("%s", error->message);
      g_hash_table_add (sender->broken, g_strdup (address));
      return FALSE;
    }
  return TRUE;
}

/* However old it is, it is tried: this machine may have been off for days. */
static void
send_report (const Sender *sender, SeReport *report)
{
  g_autoptr (GError) error = NULL;

  if (try_report (sender, report) || !se_report_is_old (report))
    return;
  tell (sender, "dropped", report, _ ("it could not be sent for days"));
  if (!se_report_drop (report, &error))
    g_warning ("%s", error->message);
}

/* A job that is over. */
static void
forget (const char *state_directory, const char *job)
{
  g_autoptr (GError) error = NULL;

  se_report_withdraw (state_directory, job);
  if (!se_told_forget (state_directory, job, &error))
    g_warning ("%s", error->message);
}

static gboolean
send_all (SeService *service, gpointer data, GError **error)
{
  const Task *task = data;
  const char *state = task->setup->server->state_directory;
  g_autoptr (GPtrArray) paths = NULL;
  g_autoptr (GHashTable) broken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (SeStop) stop = SE_STOP_INIT;
  Sender sender = { service, task->setup, -1, broken };

  if (!se_stop_begin (&stop, se_service_cancel_fd (service), SEND_TIME, error))
    return FALSE;
  sender.stop = stop.fd;
  for (guint i = 0; i < task->over->len; i++)
    forget (state, task->over->pdata[i]);
  paths = se_report_list (state);
  for (guint i = 0; i < paths->len; i++)
    {
      g_autoptr (GError) local = NULL;
      g_autoptr (SeReport) report = se_report_open (paths->pdata[i], &local);

      if (report != NULL)
        send_report (&sender, report);
      else if (!se_error_is (local, SE_ERROR_TEMPORARY)) /* else a job's worker has it */
        se_service_tell (service, "unreadable", local->message, NULL);
    }
  return TRUE;
}

/* The parent. */

static const char *
take (const char *const *fields, gpointer data)
{
  guint n = g_strv_length ((char **)fields);

  if (g_str_equal (fields[0], "sent") && n >= 3)
    printf (_ ("Sent the report on job %s to %s.\n"), fields[1], fields[2]);
  else if (g_str_equal (fields[0], "dropped") && n == 4)
    se_log_write (_ ("oauth-setup: warning"), _ ("the report on job %s to %s is dropped: %s"),
                  fields[1], fields[2], fields[3]);
  else if (g_str_equal (fields[0], "unreadable") && n == 2)
    se_log_write (_ ("oauth-setup: warning"), "%s", fields[1]);
  return NULL;
}

gboolean
se_reports_send (const SeSetup *setup, const GPtrArray *over, GError **error)
{
  Task task = { setup, over };

  return se_service_run (setup->server, send_all, take, &task, error);
}
