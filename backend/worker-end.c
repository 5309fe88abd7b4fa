/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/worker.h"

#include "backend/channel.h"
#include "backend/ending.h"
#include "backend/orphan.h"
#include "backend/outcome.h"
#include "common/fault.h"
#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

/* Before the configuration is read. */
#define DEFAULT_RETRY_INTERVAL 1800 /* seconds */

/* So long before the worker cupsd may have begun to count, seconds. */
#define HEAD_START 5

SeDelivery
se_worker_delivery (SeWorker *worker)
{
  return (SeDelivery){ .server = worker->server,
                       .account = worker->account,
                       .get_token = se_authorization_get_token,
                       .token_data = &worker->authorization,
                       .cancel_fd = worker->cancel_fd };
}

gboolean
se_worker_drop_spool (SeWorker *worker, GError **error)
{
  g_autofree char *path = g_steal_pointer (&worker->spool);

  if (path == NULL || g_unlink (path) == 0 || errno == ENOENT)
    return TRUE;
  se_error_set_errno (error, errno, _ ("Cannot remove %s"), path);
  return FALSE;
}

/* TRUE if the job is canceled, and not only this run of it. */
static gboolean
is_canceled (const SeWorker *worker, const GError *failure)
{
  return failure != NULL && worker->job != NULL && worker->server != NULL
         && se_io_is_readable (worker->cancel_fd)
         && se_facts_is_over (worker->job, worker->server->cups_server);
}

/* cupsd cancels a job that takes longer than MaxJobTime just as a person does, but then nobody
 * knows of it. NULL: it was not that. */
static GError *
find_overdue (const SeWorker *worker, const GError *error)
{
  gint64 took = g_get_real_time () / G_USEC_PER_SEC - worker->started;
  gint64 limit = worker->facts != NULL ? worker->facts->cancel_after : 0;

  if (limit == 0 || took < limit - HEAD_START)
    return NULL;
  return g_error_new (SE_ERROR, SE_ERROR_DOCUMENT,
                      _ ("cupsd canceled the job since it took more than %d s (MaxJobTime in "
                         "cupsd.conf): %s"),
                      (int)limit, error->message);
}

/* The job is completed, but for these; NULL: for nobody. One line: cupsd shows the first. */
static char *
describe_refused (const SeJournal *journal)
{
  g_autoptr (GPtrArray) refused = se_journal_refused (journal);
  g_autofree char *list = se_rcpt_refusals_to_string (refused);

  return refused->len == 0
             ? NULL
             : g_strdup_printf (
                 _ ("The mail was sent, but not to recipients that the server refuses: %s"), list);
}

/* TRUE if the supervisor was killed. One that is gone after a cancel has told cupsd what it needs
 * to know, and left the rest to us. */
static gboolean
is_orphan (const SeWorker *worker)
{
  return se_status_is_orphan () && !se_io_is_readable (worker->cancel_fd);
}

/* Journals what was decided. */
static gboolean
settle (SeWorker *worker, const SeOutcome *outcome, const GError *failure, gboolean canceled,
        GError **error)
{
  gboolean over = canceled && se_error_is (failure, SE_ERROR_CANCELLED);

  if (!se_worker_drop_spool (worker, error))
    return FALSE;
  if (worker->server == NULL || failure == NULL)
    return TRUE;
  /* A filter that stands by makes cupsd keep the job. */
  if (is_orphan (worker) && !se_channel_is_heard (worker->back_channel))
    return se_orphan_leave (
        worker->server->state_directory, worker->job, failure->message,
        worker->journal != NULL ? se_journal_bundle_path (worker->journal) : NULL, error);
  if (worker->journal == NULL)
    return TRUE;
  if (over)
    se_ending_forget (worker->server, worker->job);
  if (outcome->forget || over)
    return se_journal_end (worker->journal,
                           outcome->message != NULL ? outcome->message : failure->message, error);
  if (outcome->anew && !se_journal_await_person (worker->journal, error))
    return FALSE;
  return outcome->next_try == 0 || se_journal_defer (worker->journal, outcome->next_try, error);
}

/* TRUE if nothing speaks against a further mail from the account. */
static gboolean
account_works (const GError *error)
{
  return error == NULL || se_error_is (error, SE_ERROR_DOCUMENT)
         || se_error_is (error, SE_ERROR_TOO_LARGE) || se_error_is (error, SE_ERROR_DEFERRED);
}

static SeReach
find_reach (const SeJournal *journal)
{
  if (journal == NULL)
    return SE_REACH_NOBODY;
  if (se_journal_sent (journal) > 0)
    return SE_REACH_PARTLY;
  return se_journal_doubts (journal, NULL) > 0 ? SE_REACH_UNKNOWN : SE_REACH_NOBODY;
}

/* Tells those who do not see cupsd's messages. What an orphan leaves undone is told by oauth-setup.
 */
static void
tell_end (SeWorker *worker, const SeOutcome *outcome, SeReach reach, const GError *error)
{
  const SeDelivery delivery = se_worker_delivery (worker);
  g_autofree char *refused = error == NULL ? describe_refused (worker->journal) : NULL;
  g_autofree char *generation = NULL;
  SeEnding ending = { .event = outcome->event,
                      .sentence = outcome->message,
                      .once = outcome->once,
                      .by_itself = outcome->next_try > 0 && outcome->next_try < G_MAXINT64,
                      .reach = reach,
                      .job = worker->job,
                      .server = worker->server,
                      .queue = worker->queue,
                      .account = worker->account,
                      .delivery = account_works (error) ? &delivery : NULL };

  if (worker->job == NULL || (error != NULL && is_orphan (worker)))
    return;
  ending.user = worker->facts != NULL ? worker->facts->user : worker->job->user;
  if (refused != NULL)
    {
      g_warning ("%s", refused);
      generation
          = g_strdup_printf ("refused %" G_GINT64_FORMAT, se_journal_first (worker->journal));
      ending.event = SE_NOTICE_JOB_PARTLY_REFUSED;
      ending.sentence = refused;
      ending.once = generation;
    }
  if (refused != NULL || outcome->notable)
    se_ending_tell (&ending);
  else if (error == NULL)
    se_ending_forget (worker->server, worker->job);
}

SeExit
se_worker_finish (SeWorker *worker, const GError *failure)
{
  const gboolean canceled = is_canceled (worker, failure);
  g_autoptr (GError) overdue = canceled ? find_overdue (worker, failure) : NULL;
  const GError *error = overdue != NULL ? overdue : failure;
  const SeEnd end = {
    .error = error,
    .attempts = worker->journal != NULL ? se_journal_attempts (worker->journal) : 0,
    .first = worker->journal != NULL ? se_journal_first (worker->journal) : 0,
    .now = g_get_real_time () / G_USEC_PER_SEC,
    .not_before = worker->not_before,
    .doubts = worker->journal != NULL ? se_journal_doubts (worker->journal, NULL) : 0,
    .retry_interval
    = worker->queue != NULL ? worker->queue->retry_interval : DEFAULT_RETRY_INTERVAL,
    .give_up_after = worker->queue != NULL ? worker->queue->give_up_after : 0,
  };
  const SeReach reach
      = find_reach (worker->journal); /* the journal forgets doubts of what is over */
  g_autoptr (SeOutcome) outcome = se_outcome_new (&end);
  g_autoptr (GError) local = NULL;

  /* What cannot be written there does not change what becomes of the job. */
  if (!settle (worker, outcome, error, canceled, &local))
    g_warning ("%s", local->message);
  SE_FAULT_POINT ("outcome-journalled");
  se_status_write (outcome->lines);
  se_authorization_failed (&worker->authorization, error, worker->status.at_login,
                           outcome->message);
  /* A person who has canceled the job knows. */
  if (!canceled || overdue != NULL)
    tell_end (worker, outcome, reach, error);
  if (outcome->message != NULL)
    {
      g_autofree char *one_line = se_log_clean (outcome->message, SE_LOG_LINE_MAX);

      se_log_write ("ERROR", "%s", one_line);
    }
  return outcome->code;
}
