/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/lost.h"

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
 * taken it up. */
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
  return journal != NULL
                 && (se_journal_step (journal) == SE_JOURNAL_FIXED
                     || se_journal_step (journal) == SE_JOURNAL_DOT)
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
  return TRUE;
}

static const char *
take (const char *const *fields, gpointer data)
{
  const SeLost *lost = data;

  if (g_str_equal (fields[0], "sent") && fields[1] != NULL)
    g_ptr_array_add (lost->sent, g_strdup (fields[1]));
  return NULL;
}

gboolean
se_lost_settle (const SeLost *lost, GError **error)
{
  return lost->unsent->len + lost->canceled->len + lost->settled->len == 0
         || se_service_run (lost->setup->server, work, take, (gpointer)lost, error);
}
