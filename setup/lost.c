/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/lost.h"

#include "common/log.h"
#include "common/notice.h"
#include "mail/report.h"
#include "setup/mailbox.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

static void
remove_file (const char *path)
{
  if (path != NULL && unlink (path) < 0 && errno != ENOENT)
    g_warning (_ ("cannot remove %s: %s"), path, g_strerror (errno));
}

/* The entry as a worker of the finished run would open it. NULL without an error: somebody else has
 * taken it up since it was listed. */
static SeJournal *
open_journal (SeService *service, const SeWaiting *waiting, const char *state_directory,
              GError **error)
{
  g_autoptr (SeJournalItem) item = se_journal_look (waiting->entry->path);
  g_autoptr (SeJournal) journal = NULL;
  SeJobKey key;

  if (item == NULL || item->busy || item->attempts != waiting->entry->attempts)
    return NULL;
  key = (SeJobKey){ .queue = item->queue,
                    .job = item->job,
                    .uuid = item->uuid,
                    .creation = item->creation,
                    .completion = waiting->job->completion };
  journal = se_journal_open (state_directory, &key, se_service_cancel_fd (service), error);
  return journal != NULL && se_journal_step (journal) == waiting->entry->step
                 && se_journal_attempts (journal) == waiting->entry->attempts + 1
             ? g_steal_pointer (&journal)
             : NULL;
}

static gboolean
deliver (SeService *service, const SeLost *lost, const SeWaiting *waiting, SeJournal *journal,
         GError **error)
{
  const SeServerConfig *server = lost->setup->server;
  g_autoptr (SeQueueConfig) policy
      = se_config_get_queue (lost->setup->config, waiting->queue, error);
  g_autoptr (SeAccount) account
      = policy != NULL ? se_config_get_account (lost->setup->config, waiting->account, error)
                       : NULL;
  g_autoptr (GError) failure = NULL;
  g_autoptr (GError) unwritten = NULL;
  SeTokenContext context;
  SeDelivery delivery;
  gint64 next_try = 0;

  if (account == NULL)
    return FALSE;
  context = se_mailbox_context (service, server, account);
  delivery = se_mailbox_delivery (&context);
  delivery.max_message_size = policy->max_message_size;
  delivery.resend_after = policy->in_doubt_interval;
  if (se_delivery_send (&delivery, journal, &next_try, &failure))
    return TRUE;
  if (next_try == 0)
    next_try = g_get_real_time () / G_USEC_PER_SEC + policy->retry_interval;
  if (!se_journal_defer (journal, next_try, &unwritten))
    g_warning ("%s", unwritten->message);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* Who has not got the mail, as the backend would have told. */
static void
tell_refused (const SeServerConfig *server, const SeWaiting *waiting, const char *list)
{
  g_autofree char *sentence = g_strdup_printf (
      _ ("The mail was sent, but not to recipients that the server refuses: %s"), list);
  const SeNotice notice = { .event = SE_NOTICE_JOB_PARTLY_REFUSED,
                            .subject = waiting->name,
                            .sentence = sentence,
                            .user = waiting->user != NULL ? waiting->user : "",
                            .title = waiting->title };

  g_warning ("%s", sentence);
  se_notice_announce (server, &notice);
}

static void
send_mail (SeService *service, const SeLost *lost, const SeWaiting *waiting)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeJournal) journal
      = open_journal (service, waiting, lost->setup->server->state_directory, &error);
  g_autoptr (GPtrArray) refused = NULL;
  g_autofree char *list = NULL;

  if (journal == NULL && error == NULL)
    return;
  if (journal == NULL || !deliver (service, lost, waiting, journal, &error))
    {
      g_warning (_ ("job %s, which cupsd takes for done, could not be sent: %s"), waiting->name,
                 error->message);
      return;
    }
  refused = se_journal_refused (journal);
  list = se_rcpt_refusals_to_string (refused);
  if (refused->len > 0)
    tell_refused (lost->setup->server, waiting, list);
  se_report_withdraw (lost->setup->server->state_directory, waiting->name);
  remove_file (waiting->orphan);
  se_service_tell (service, "sent", waiting->name, NULL);
}

void
se_lost_tell (const SeServerConfig *server, SeNoticeEvent event, const char *name, const char *user,
              const char *title, const char *sentence)
{
  const SeNotice notice = { .event = event,
                            .subject = name,
                            .sentence = sentence,
                            .user = user != NULL ? user : "",
                            .title = title };

  g_warning (_ ("job %s of %s (%s): %s"), name, user != NULL ? user : "?",
             title != NULL ? title : "?", sentence);
  se_notice_announce (server, &notice);
}

/* It ends here: nobody can send it any more, and whoever printed it thinks that it is sent. */
static void
give_up (const SeLost *lost, const SeWaiting *waiting, SeJournal *journal, const char *sentence)
{
  g_autoptr (GError) error = NULL;

  se_lost_tell (lost->setup->server, SE_NOTICE_JOB_GIVEN_UP, waiting->name, waiting->user,
                waiting->title, sentence);
  se_report_withdraw (lost->setup->server->state_directory, waiting->name);
  if (!se_journal_end (journal, sentence, &error))
    g_warning ("%s", error->message);
  remove_file (waiting->orphan);
}

/* Has cupsd print a job once more, while nobody else can: its next run, which waits for the journal
 * as long, belongs to the same end of the job as a worker does that is still about from the one
 * before. */
static gboolean
restart (SeService *service, const SeLost *lost, guint number, SeJournal *journal, GError **error)
{
  const SeWaiting *waiting = lost->untouched->pdata[number];
  g_autofree char *place = g_strdup_printf ("%u", number);
  gboolean possible;

  if (waiting->give_up > 0 && g_get_real_time () / G_USEC_PER_SEC >= waiting->give_up)
    {
      give_up (lost, waiting, journal,
               _ ("The job was lost: the programs that mail it were killed at every try, and it is "
                  "given "
                  "up; nothing of it was sent"));
      return TRUE;
    }
  se_service_tell (service, "untouched", place, NULL);
  if (!se_service_await (service, &possible, error))
    return FALSE;
  if (possible)
    remove_file (waiting->orphan);
  else
    give_up (
        lost, waiting, journal,
        _ ("The job was lost: the programs that mail it were killed, and cupsd no longer has its "
           "documents; nothing of it was sent, so print it again from where it came"));
  return TRUE;
}

static void
print_again (SeService *service, const SeLost *lost, guint number)
{
  const SeWaiting *waiting = lost->untouched->pdata[number];
  g_autoptr (GError) error = NULL;
  g_autoptr (SeJournal) journal
      = open_journal (service, waiting, lost->setup->server->state_directory, &error);

  if (journal == NULL && error == NULL)
    return;
  if (journal == NULL || !restart (service, lost, number, journal, &error))
    g_warning (_ ("job %s, which cupsd takes for done, could not be sent: %s"), waiting->name,
               error->message);
}

static gboolean
work (SeService *service, gpointer data, GError **error)
{
  const SeLost *lost = data;

  for (guint i = 0; i < lost->settled->len; i++)
    remove_file (lost->settled->pdata[i]);
  for (guint i = 0; i < lost->canceled->len; i++)
    {
      const SeWaiting *waiting = lost->canceled->pdata[i];

      if (waiting->entry != NULL)
        se_journal_discard (waiting->entry);
      remove_file (waiting->orphan);
    }
  for (guint i = 0; i < lost->unsent->len; i++)
    send_mail (service, lost, lost->unsent->pdata[i]);
  for (guint i = 0; i < lost->untouched->len; i++)
    print_again (service, lost, i);
  return TRUE;
}

/* The parent. */

/* Answers whether there is hope yet: a cupsd that cannot be asked is asked again. */
static const char *
ask_cupsd (const SeLost *lost, const SeWaiting *waiting)
{
  gboolean restarted = FALSE, gone = FALSE;
  g_autoptr (GError) error = NULL;

  if (!se_jobs_restart (lost->http, waiting->job, &restarted, &gone, &error))
    se_log_write (_ ("oauth-setup: warning"), "%s", error->message);
  else if (restarted)
    g_ptr_array_add (lost->restarted, g_strdup (waiting->name));
  return gone ? "no" : "yes";
}

static const char *
take (const char *const *fields, gpointer data)
{
  const SeLost *lost = data;
  guint64 number;

  if (g_str_equal (fields[0], "sent") && fields[1] != NULL)
    g_ptr_array_add (lost->sent, g_strdup (fields[1]));
  else if (g_str_equal (fields[0], "untouched") && fields[1] != NULL)
    return g_ascii_string_to_unsigned (fields[1], 10, 0, lost->untouched->len - 1, &number, NULL)
               ? ask_cupsd (lost, lost->untouched->pdata[number])
               : "yes";
  return NULL;
}

gboolean
se_lost_settle (const SeLost *lost, GError **error)
{
  return lost->unsent->len + lost->untouched->len + lost->canceled->len + lost->settled->len == 0
         || se_service_run (lost->setup->server, work, take, (gpointer)lost, error);
}
