/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/release.h"

#include "common/alert.h"
#include "common/log.h"
#include "mail/throttle.h"
#include "setup/alerts.h"
#include "setup/audit.h"
#include "setup/lost.h"
#include "setup/reports.h"
#include "setup/service.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

static gboolean
release_job (http_t *http, const SePrintJob *job, GPtrArray *released, GError **error)
{
  gboolean went = FALSE;

  if (!se_jobs_release (http, job, &went, error))
    return FALSE;
  if (went)
    g_ptr_array_add (released, g_strdup_printf ("%s-%d", job->queue, job->id));
  return TRUE;
}

gboolean
se_release_account (http_t *http, const SeConfig *config, const char *account, GPtrArray *released,
                    GError **error)
{
  g_autoptr (GPtrArray) queues = se_queues_list (http, error);
  g_autoptr (GPtrArray) jobs = NULL;

  if (queues == NULL)
    return FALSE;
  for (guint i = 0; i < queues->len; i++)
    if (se_queue_is_of (queues->pdata[i], config, account)
        && !se_queues_clear_reasons (http, queues->pdata[i], error))
      return FALSE;
  jobs = se_jobs_unfinished (http, error);
  for (guint i = 0; jobs != NULL && i < jobs->len; i++)
    {
      const SePrintJob *job = jobs->pdata[i];
      const SeQueue *queue = se_queues_find (queues, job->queue);

      if (se_print_job_is_ours (job)
          && (queue != NULL ? se_queue_is_of (queue, config, account)
                            : se_queues_is_class_of (http, job->queue, queues, config, account))
          && !release_job (http, job, released, error))
        return FALSE;
    }
  return jobs != NULL;
}

/* What there is to do; SeWaiting, not owned. */
typedef struct
{
  GPtrArray *held; /* to be released */
  GPtrArray *unsent;
  GPtrArray *untouched;
  GPtrArray *canceled;
} Tasks;

static gboolean
is_due (const SeWaiting *waiting)
{
  /* Where the journal says nothing, the backend died before it could write a time. */
  return waiting->entry == NULL || waiting->entry->next_try <= g_get_real_time () / G_USEC_PER_SEC;
}

/* A job that nobody can send. Those that can be sent later are silent until then. */
static void
warn_of_lost (const SeWaiting *waiting)
{
  const char *path = waiting->orphan != NULL ? waiting->orphan : waiting->entry->path;
  const char *user = waiting->user != NULL ? waiting->user : "?";
  const char *title = waiting->title != NULL ? waiting->title : "?";

  if (*waiting->queue == '\0')
    se_log_write (_ ("oauth-setup: warning"),
                  _ ("%s should tell of a mail that failed after cupsd took its job for done, but "
                     "it cannot be read: look at it, then remove it"),
                  path);
  else if (se_waiting_is_unknown (waiting))
    se_log_write (_ ("oauth-setup: warning"),
                  _ ("job %s of %s (%s) may have been mailed, its end could not be written down: "
                     "look whether it has arrived; if not, print it again (lp -i %s -H restart); "
                     "if so, remove %s"),
                  waiting->name, user, title, waiting->name, path);
  else
    se_log_write (_ ("oauth-setup: warning"),
                  _ ("job %s of %s (%s) failed after cupsd took it for done: %s; print it again "
                     "(lp -i %s -H restart, as long as cupsd keeps it), then remove %s"),
                  waiting->name, user, title,
                  waiting->message != NULL ? waiting->message
                                           : _ ("the program that sends the mail was killed"),
                  waiting->name, path);
}

static void
add_task (Tasks *tasks, SeWaiting *waiting, gboolean due)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  if ((waiting->state == SE_WAITING_CANCELED || waiting->state == SE_WAITING_MOVED) && due)
    g_ptr_array_add (tasks->canceled, waiting);
  else if (waiting->state == SE_WAITING_TIME && (!due || is_due (waiting)))
    g_ptr_array_add (tasks->held, waiting);
  else if (waiting->state == SE_WAITING_PERSON && !due)
    g_ptr_array_add (tasks->held, waiting);
  else if (waiting->state != SE_WAITING_LOST)
    return;
  else if (se_waiting_is_repeatable (waiting))
    g_ptr_array_add (tasks->untouched, waiting);
  else if (!se_waiting_is_sendable (waiting) || (waiting->give_up > 0 && now >= waiting->give_up))
    warn_of_lost (waiting);
  else if (!due || is_due (waiting))
    g_ptr_array_add (tasks->unsent, waiting);
}

/* What a person who releases jobs knows better. */
typedef struct
{
  const SeServerConfig *server;
  const char *account; /* NULL: none is named */
} Mended;

/* A pause would hold the jobs again. Who names the account says that its login is mended, too. If
 * it is not, the next job tells anew. */
static gboolean
withdraw (SeService *service, gpointer data, GError **error)
{
  const Mended *mended = data;
  const SeNotifier notifier = se_notice_direct (mended->server);

  if (!se_throttle_lift (mended->server->state_directory, mended->account, error))
    return FALSE;
  return mended->account == NULL
         || se_alert_withdraw (mended->server, mended->account, SE_ALERT_LOGIN, &notifier, error);
}

static const char *
take_nothing (const char *const *fields, gpointer data)
{
  return NULL;
}

/* TRUE if nothing is left of the job to be told of. */
static gboolean
is_over (const SeWaiting *waiting)
{
  return waiting->state == SE_WAITING_CANCELED || waiting->state == SE_WAITING_MOVED
         || waiting->state == SE_WAITING_FORGOTTEN;
}

/* What cannot be reported is no reason not to let jobs go on. */
static void
send_reports (const SeSetup *setup, const GPtrArray *all)
{
  g_autoptr (GPtrArray) over = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < all->len; i++)
    if (is_over (all->pdata[i]))
      g_ptr_array_add (over, ((const SeWaiting *)all->pdata[i])->name);
  if (!se_reports_send (setup, over, &error))
    se_log_write (_ ("oauth-setup: warning"), "%s", error->message);
}

/* What was done, names of jobs. */
typedef struct
{
  GPtrArray *released;
  GPtrArray *sent;
  GPtrArray *restarted;
} Done;

static gboolean
settle (const SeSetup *setup, http_t *http, const char *account, gboolean due, const Done *done,
        GError **error)
{
  g_autoptr (GPtrArray) settled = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) all = se_waiting_list (setup, http, settled, error);
  g_autoptr (GPtrArray) held = g_ptr_array_new ();
  g_autoptr (GPtrArray) unsent = g_ptr_array_new ();
  g_autoptr (GPtrArray) untouched = g_ptr_array_new ();
  g_autoptr (GPtrArray) canceled = g_ptr_array_new ();
  Tasks tasks = { held, unsent, untouched, canceled };
  const SeLost lost = { .setup = setup,
                        .http = http,
                        .unsent = unsent,
                        .untouched = untouched,
                        .canceled = canceled,
                        .settled = settled,
                        .sent = done->sent,
                        .restarted = done->restarted };

  if (all == NULL)
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    {
      SeWaiting *waiting = all->pdata[i];

      if (account == NULL
          || (waiting->account != NULL && g_ascii_strcasecmp (waiting->account, account) == 0))
        add_task (&tasks, waiting, due);
    }
  /* Before jobs go on: one that is sent takes its report back. */
  if (due)
    send_reports (setup, all);
  for (guint i = 0; i < held->len; i++)
    if (!release_job (http, ((const SeWaiting *)held->pdata[i])->job, done->released, error))
      return FALSE;
  return se_lost_settle (&lost, error);
}

static void
print_done (const Done *done)
{
  for (guint i = 0; i < done->released->len; i++)
    printf (_ ("Released job %s.\n"), (const char *)done->released->pdata[i]);
  for (guint i = 0; i < done->sent->len; i++)
    printf (_ ("Sent the mail of job %s, which cupsd takes for done.\n"),
            (const char *)done->sent->pdata[i]);
  for (guint i = 0; i < done->restarted->len; i++)
    printf (_ ("Printing job %s again, which cupsd takes for done: nothing of it was sent.\n"),
            (const char *)done->restarted->pdata[i]);
}

static gboolean
run (const SeSetup *setup, const char *account, gboolean due, const Done *done, GError **error)
{
  g_autoptr (http_t) http = se_cupsd_connect (setup->server, error);
  g_autoptr (GError) unaudited = NULL;

  if (http == NULL)
    return FALSE;
  /* What it may not find is no reason not to let the others go on. */
  (void)se_audit_run (setup, http, &unaudited);
  if (!settle (setup, http, account, due, done, error))
    return FALSE;
  if (unaudited == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&unaudited));
  return FALSE;
}

/* account: NULL for none; else one of the configuration's. */
static SeSetup *
load (const char *account, GError **error)
{
  g_autoptr (SeSetup) setup = se_setup_load (error);
  g_autofree char *known = NULL;

  if (setup == NULL || account == NULL)
    return g_steal_pointer (&setup);
  known = se_setup_choose_account (setup, account, error);
  return known != NULL ? g_steal_pointer (&setup) : NULL;
}

SeExit
se_verb_release (int argc, char **argv)
{
  g_autofree char *account = NULL;
  gboolean due = FALSE;
  const GOptionEntry entries[] = {
    { "account", 0, 0, G_OPTION_ARG_STRING, &account, N_ ("only jobs of queues that send from it"),
      N_ ("ACCOUNT") },
    { "due", 0, 0, G_OPTION_ARG_NONE, &due, N_ ("only jobs whose next try is due"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) unsaid = NULL;
  g_auto (GStrv) words = se_setup_parse (argc, argv, "",
                                         N_ ("Lets those held jobs go on that scan-email held "
                                             "itself. Jobs that a person held stay held."),
                                         entries, 0, &error);
  g_autoptr (SeSetup) setup = words != NULL ? load (account, &error) : NULL;
  g_autoptr (GPtrArray) released = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) sent = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) restarted = g_ptr_array_new_with_free_func (g_free);
  const Done done = { released, sent, restarted };
  Mended mended = { setup != NULL ? setup->server : NULL, account };
  /* Whether the queues show how the accounts stand is no reason not to let jobs go on. */
  gboolean carried
      = setup != NULL
        && (due || se_service_run (setup->server, withdraw, take_nothing, &mended, &unsaid))
        && se_alerts_carry (setup, released, &unsaid);
  gboolean good = setup != NULL && run (setup, account, due, &done, &error);

  print_done (&done);
  if (good && !due && released->len + sent->len + restarted->len == 0)
    printf (_ ("There is no job to let go on.\n"));
  if (!good)
    return se_setup_fail (error);
  return carried ? SE_EXIT_DONE : se_setup_fail (unsaid);
}
