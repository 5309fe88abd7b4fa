/* SPDX-License-Identifier: Apache-2.0 */
/* mailto-worker: sends one job's mail. The supervisor starts it as the service user. */
#include "backend/worker.h"

#include "backend/channel.h"
#include "backend/compose.h"
#include "backend/confinement.h"
#include "backend/ending.h"
#include "backend/intake.h"
#include "backend/mails.h"
#include "backend/oversize.h"
#include "backend/policy.h"
#include "backend/process.h"
#include "common/fault.h"
#include "common/io.h"
#include "common/language.h"
#include "common/log.h"
#include "common/state-directory.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

static int null_fd = -1; /* for the signal handler alone */

/* Lets cupsd go. Of what this process still says nobody hears but by notices. */
static void
let_go (int number)
{
  int saved_errno = errno;

  (void)dup2 (null_fd, STDERR_FILENO);
  errno = saved_errno;
}

static gboolean
prepare (SeWorker *worker, GError **error)
{
  const struct sigaction action = { .sa_handler = let_go, .sa_flags = SA_RESTART };
  sigset_t term;
  struct stat unused;

  null_fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null_fd < 0 || sigaction (SE_SIGNAL_LET_GO, &action, NULL) < 0)
    {
      se_error_set_errno (error, errno, _ ("Cannot start"));
      return FALSE;
    }
  if (!se_process_begin (SE_CONFINE_NO_PROGRAMS | SE_CONFINE_NO_SERVER, error))
    return FALSE;
  sigemptyset (&term);
  sigaddset (&term, SIGTERM);
  worker->cancel_fd = sigprocmask (SIG_BLOCK, &term, NULL) < 0
                          ? -1
                          : signalfd (-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
  if (worker->cancel_fd < 0)
    {
      se_error_set_errno (error, errno, _ ("Cannot start"));
      return FALSE;
    }
  for (int fd = SE_FD_PPD; fd <= SE_FD_NOTICE; fd++)
    if (fstat (fd, &unused) == 0 && fcntl (fd, F_SETFD, FD_CLOEXEC) < 0)
      {
        se_error_set_errno (error, errno, _ ("Cannot start"));
        return FALSE;
      }
  return TRUE;
}

/* The queue's language, else that of who printed, which cupsd puts into LANG. */
static void
choose_language (const SeQueueConfig *queue)
{
  const char *names = queue->language != NULL ? queue->language : g_getenv ("LANG");

  if (!se_language_use (SE_LOCALE_DIR, names) && queue->language != NULL
      && !se_language_is_english (queue->language))
    g_warning (_ ("There are no messages in the language \"%s\" of the queue: they are English"),
               queue->language);
}

/* Reads the configuration as far as it concerns this queue. */
static gboolean
configure (SeWorker *worker, GError **error)
{
  g_autofree char *path = se_config_path ();
  g_autoptr (SeConfig) config = NULL;
  g_autoptr (SeServerConfig) server = NULL;
  const char *address;

  se_authorization_look (&worker->authorization, path);
  config = se_config_load (path, SE_PRESETS_FILE, error);
  if (config == NULL)
    return FALSE;
  server = se_config_get_server (config, error);
  if (server == NULL || !se_state_directory_check (server, geteuid (), error))
    return FALSE;
  worker->server = g_steal_pointer (&server);
  worker->queue = se_config_get_queue (config, worker->job->queue, error);
  if (worker->queue == NULL)
    return FALSE;
  choose_language (worker->queue);
  worker->uri = se_mailto_parse (worker->job->uri, error);
  if (worker->uri == NULL)
    return FALSE;
  address = worker->uri->from != NULL ? worker->uri->from : worker->queue->account;
  worker->account = se_config_get_account (config, address, error);
  worker->authorization.server = worker->server;
  worker->authorization.account = worker->account;
  worker->authorization.cancel_fd = worker->cancel_fd;
  return worker->account != NULL;
}

static SeTemplateValues
template_values (const SeWorker *worker, int pages)
{
  return (SeTemplateValues){
    .user = worker->facts->user,
    .title = worker->job->title,
    .queue = worker->job->queue,
    .host = worker->facts->host,
    .job = worker->job->id,
    .pages = pages,
    .format = se_format_names[worker->fields != NULL ? worker->fields->format : SE_FORMAT_PDF],
    .time = g_get_real_time () / G_USEC_PER_SEC
  };
}

static SeComposition
composition_for (const SeWorker *worker, const SeTemplateValues *values, const GPtrArray *entries)
{
  return (SeComposition){ .uuid = worker->facts->uuid,
                          .account = worker->account,
                          .uri = worker->uri,
                          .fields = worker->fields,
                          .queue = worker->queue,
                          .values = values,
                          .entries = entries };
}

/* Octets for the attachments of a mail; 0: no limit, or nothing is sent anyway. */
static guint64
find_room (SeWorker *worker)
{
  SeTemplateValues values;
  SeComposition composition;

  if (worker->fields == NULL)
    return 0;
  worker->limit = se_limit_get (worker->server->state_directory, worker->account,
                                worker->queue->max_message_size);
  values = template_values (worker, -1);
  composition = composition_for (worker, &values, NULL);
  return se_mails_room (&composition, &worker->limit);
}

/* Tells the filter the terms, once. It waits for them: so it hears of a job that goes no further,
 * too. */
static void
send_terms (SeWorker *worker)
{
  SeTerms terms = { .room = find_room (worker) };

  if (worker->queue != NULL)
    {
      terms.oversize = se_oversize_parse (worker->queue->oversize);
      terms.language = worker->queue->language;
    }
  se_channel_tell (worker->back_channel, &terms);
}

/* Asks cupsd. An option that cannot be used is told of when the filter has said what it has to. */
static gboolean
ask_facts (SeWorker *worker, GError **error)
{
  worker->facts = se_facts_get (worker->job, worker->server->cups_server, worker->cancel_fd, error);
  if (worker->facts == NULL)
    return FALSE;
  worker->fields = se_fields_new (worker->facts->options, SE_FD_PPD, &worker->fault);
  if (worker->fields != NULL)
    se_fields_warn_of_stray_words (worker->facts->options);
  return TRUE;
}

/* Nothing but the filter's bundle is accepted: bytes of any other queue were never checked. */
static gboolean
check_queue (const SeJob *job, GError **error)
{
  g_autofree char *queue = NULL;

  if (g_strcmp0 (job->content_type, SE_BUNDLE_TYPE) == 0)
    return TRUE;
  queue = se_log_clean (job->queue, 127);
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("The queue %s does not use scan-email's PPD: run 'lpadmin -p %s -m "
                  "drv:///scan-email.drv/scan-email.ppd'"),
               queue, queue);
  return FALSE;
}

static gboolean
open_journal (SeWorker *worker, GError **error)
{
  SeJobKey key = { .job = worker->job->id };

  /* Any printer of a class may get the job at the next try. */
  key.queue = worker->job->class != NULL ? worker->job->class : worker->job->queue;
  key.uuid = worker->facts->uuid;
  key.creation = worker->facts->creation;
  key.completion = worker->facts->completion;
  worker->journal
      = se_journal_open (worker->server->state_directory, &key, worker->cancel_fd, error);
  if (worker->journal == NULL)
    return FALSE;
  SE_FAULT_POINT ("journal-opened");
  if (se_journal_attempts (worker->journal) > 1
      || se_journal_step (worker->journal) == SE_JOURNAL_ACCEPTED)
    return TRUE;
  se_status_phase (SE_PHASE_FIRST_ATTEMPT);
  se_ending_begin (worker->server, worker->job);
  return TRUE;
}

/* Puts the bundle on disk, beside the one that may be fixed already. Returns its entries. */
static GPtrArray *
spool (SeWorker *worker, GError **error)
{
  worker->spool = g_strconcat (se_journal_bundle_path (worker->journal), ".new", NULL);
  return se_intake_spool (worker->spool, worker->cancel_fd, error);
}

/* A document that failed fails the job: no mail has less in it than the job had. */
static gboolean
check_entries (const GPtrArray *entries, GError **error)
{
  for (guint i = 0; i < entries->len; i++)
    {
      const SeBundleEntry *entry = entries->pdata[i];

      if (entry->failed)
        {
          g_set_error (error, SE_ERROR, (int)entry->fault, "%s", entry->sentence);
          return FALSE;
        }
    }
  return TRUE;
}

/* Composes the job's mails and fixes them, so that every later try sends the same bytes. */
static gboolean
fix (SeWorker *worker, const GPtrArray *entries, const char *const *sources, GError **error)
{
  const SeTemplateValues values = template_values (worker, se_mails_pages (entries));
  const SeComposition composition = composition_for (worker, &values, entries);
  const char *path = se_journal_bundle_path (worker->journal);
  const SePolicyCase counting = { worker->facts, worker->queue, worker->journal,
                                  worker->server->state_directory, worker->cancel_fd };
  g_autoptr (GPtrArray) mails = NULL;

  if (!se_policy_check_sender (worker->facts, worker->queue, error))
    return FALSE;
  if (worker->fields == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&worker->fault));
      return FALSE;
    }
  mails = se_mails_compose (&composition, error);
  if (mails == NULL || !se_policy_count (&counting, &worker->not_before, error))
    return FALSE;
  if (g_rename (worker->spool, path) < 0)
    {
      se_error_set_errno (error, errno, _ ("Cannot rename %s"), worker->spool);
      return FALSE;
    }
  g_clear_pointer (&worker->spool, g_free);
  se_journal_set_account (worker->journal, worker->account->address);
  SE_FAULT_POINT ("bundle-renamed");
  return se_io_sync_parent (path, error) && se_mails_fix (mails, worker->journal, sources, error);
}

static SeOversizeCase
oversize_case (const SeWorker *worker)
{
  return (SeOversizeCase){ worker->server, worker->account, worker->queue, worker->journal,
                           worker->limit };
}

/* Half of the time that cupsd gives the run: in the other half a mail that is begun by then can be
 * finished. */
static gint64
last_start (const SeWorker *worker)
{
  gint64 took = g_get_real_time () / G_USEC_PER_SEC - worker->started;

  return worker->facts->cancel_after == 0
             ? 0
             : MAX (g_get_monotonic_time ()
                        + (worker->facts->cancel_after / 2 - took) * G_USEC_PER_SEC,
                    1);
}

static gboolean
deliver (SeWorker *worker, GError **error)
{
  SeDeliveryEvents events = se_status_events (&worker->status);
  SeDelivery delivery = se_worker_delivery (worker);
  g_autoptr (GError) local = NULL;
  gboolean sent;

  worker->status.cancel_fd = worker->cancel_fd;
  delivery.max_message_size = worker->queue->max_message_size;
  /* Another printer of the class may do better. */
  delivery.retry_for = worker->job->class == NULL ? worker->queue->retry_for : 0;
  delivery.resend_after = worker->queue->in_doubt_interval;
  delivery.last_start = last_start (worker);
  delivery.events = &events;

  sent = se_delivery_send (&delivery, worker->journal, &worker->not_before, &local);
  se_status_delivered (&worker->status);
  if (sent)
    {
      se_authorization_works (&worker->authorization);
      return TRUE;
    }
  if (!se_error_is (local, SE_ERROR_IN_DOUBT))
    se_status_phase (SE_PHASE_BEFORE_DOT);
  if (se_error_is (local, SE_ERROR_TOO_LARGE))
    {
      const SeOversizeCase oversize = oversize_case (worker);

      g_propagate_error (error, se_oversize_judge (&oversize, local));
      return FALSE;
    }
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

/* What is begun goes out from the account that it was begun with, whatever the configuration says
 * by now, or whichever printer of a class has the job. What is not begun is composed anew. */
static gboolean
settle_account (SeWorker *worker, GError **error)
{
  g_autofree char *address = se_journal_account (worker->journal);
  g_autofree char *path = se_config_path ();
  g_autoptr (SeConfig) config = NULL;
  SeAccount *account;

  if (se_journal_step (worker->journal) == SE_JOURNAL_OPEN
      || se_journal_step (worker->journal) == SE_JOURNAL_ACCEPTED || address == NULL
      || g_str_equal (address, worker->account->address))
    return TRUE;
  if (!se_journal_is_begun (worker->journal))
    return se_journal_reopen (worker->journal, error);
  config = se_config_load (path, SE_PRESETS_FILE, error);
  account = config != NULL ? se_config_get_account (config, address, error) : NULL;
  if (account == NULL)
    return FALSE;
  se_account_free (worker->account);
  worker->account = account;
  worker->authorization.account = account;
  return TRUE;
}

/* Composes and fixes the mail of these documents, unless it is the one that is fixed already. What
 * is begun stays, whatever the documents look like by now: the entry's key says that it is this
 * job's. */
static gboolean
settle_message (SeWorker *worker, const GPtrArray *entries, GError **error)
{
  g_autofree const char **sources = se_mails_sources (entries);
  gboolean fixed;

  if (!settle_account (worker, error))
    return FALSE;
  fixed = se_journal_step (worker->journal) != SE_JOURNAL_OPEN;
  if (se_journal_is_begun (worker->journal)
      || se_journal_step (worker->journal) == SE_JOURNAL_ACCEPTED
      || (fixed && se_journal_same_sources (worker->journal, sources)))
    return TRUE;
  return (!fixed || se_journal_restart (worker->journal, error))
         && fix (worker, entries, sources, error);
}

/* Takes the bundle in. A document that cannot be converted now does not matter where the mail was
 * fixed before: an entry's key holds cupsd's time of creation, so it is this job's. */
static GPtrArray *
receive (SeWorker *worker, GError **error)
{
  g_autoptr (GPtrArray) entries = spool (worker, error);
  g_autoptr (GError) failure = NULL;

  if (entries == NULL)
    return NULL;
  SE_FAULT_POINT ("spooled");
  if (check_entries (entries, &failure))
    return settle_message (worker, entries, error) ? g_steal_pointer (&entries) : NULL;
  if (se_journal_step (worker->journal) != SE_JOURNAL_OPEN)
    return g_steal_pointer (&entries);
  if (se_error_is (failure, SE_ERROR_TOO_LARGE))
    {
      const SeOversizeCase oversize = oversize_case (worker);
      const SeDelivery delivery = se_worker_delivery (worker);

      g_propagate_error (error, se_oversize_ask (&oversize, &delivery, failure));
    }
  else
    g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

/* Everything from the job's arguments to the server's reply. */
static gboolean
run (SeWorker *worker, GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  gboolean ready;
  int pages;

  /* No bundle comes before the terms: so there is no bundle without an entry. */
  ready = configure (worker, error)
          && se_confinement_enter (worker->server, worker->account, worker->queue, error)
          && check_queue (worker->job, error) && ask_facts (worker, error)
          && open_journal (worker, error);
  send_terms (worker);
  if (!ready)
    return FALSE;
  entries = receive (worker, error);
  if (entries == NULL)
    return FALSE;
  if (se_journal_step (worker->journal) == SE_JOURNAL_ACCEPTED)
    {
      g_autofree char *ended = se_journal_ended (worker->journal);

      if (ended != NULL)
        {
          g_set_error_literal (error, SE_ERROR, SE_ERROR_DOCUMENT, ended);
          return FALSE;
        }
      g_info (_ ("The mail of this job was sent in an earlier run"));
      se_status_phase (SE_PHASE_ACCEPTED);
      return TRUE;
    }
  SE_FAULT_POINT ("fixed");
  if (!se_worker_drop_spool (worker, error) || !deliver (worker, error))
    return FALSE;
  pages = se_mails_pages (entries);
  if (pages > 0)
    se_log_write ("PAGE", "total %d", pages);
  return TRUE;
}

static void
worker_clear (SeWorker *worker)
{
  g_clear_pointer (&worker->journal, se_journal_close);
  g_clear_pointer (&worker->fields, se_fields_free);
  g_clear_error (&worker->fault);
  g_clear_pointer (&worker->facts, se_facts_free);
  g_clear_pointer (&worker->uri, se_mailto_free);
  se_authorization_clear (&worker->authorization);
  g_clear_pointer (&worker->account, se_account_free);
  g_clear_pointer (&worker->queue, se_queue_config_free);
  g_clear_pointer (&worker->server, se_server_config_free);
  g_clear_pointer (&worker->job, se_job_free);
  g_free (worker->spool);
  se_io_clear_fd (&worker->back_channel);
  se_io_clear_fd (&worker->cancel_fd);
}

int
main (int argc, char **argv)
{
  SeWorker worker = { .started = g_get_real_time () / G_USEC_PER_SEC,
                      .cancel_fd = -1,
                      .back_channel = se_channel_find () };
  g_autoptr (GError) error = NULL;
  SeExit code;

  SE_FAULT_POINT ("worker-start");
  if (argc < 6 || argc > 7)
    {
      se_log_write ("ERROR", "Usage: mailto-worker job-id user title copies options [file]");
      return SE_EXIT_CANCEL;
    }
  if (prepare (&worker, &error))
    {
      (void)se_language_use (SE_LOCALE_DIR, g_getenv ("LANG"));
      se_status_write ("STATE: -" SE_REASON_AUTHORIZATION "," SE_REASON_DEFERRED "\n");
      worker.job = se_job_new (argv, &error);
      if (worker.job != NULL && run (&worker, &error))
        se_channel_taken (&worker.back_channel);
      else if (worker.job != NULL)
        se_intake_drain (worker.cancel_fd);
    }
  code = se_worker_finish (&worker, error);
  worker_clear (&worker);
  SE_FAULT_POINT ("worker-exit");
  return code;
}
