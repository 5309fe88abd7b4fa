/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/ending.h"

#include "backend/recipients.h"
#include "backend/status.h"
#include "common/log.h"
#include "common/stop.h"
#include "common/timestamp.h"
#include "common/told.h"
#include "mail/report.h"

#include <glib/gi18n-lib.h>

#define SEND_TIME 60 /* seconds */
#define TITLE_MAX 255
#define USER_MAX 255

typedef struct
{
  const char *subject; /* a document follows */
  const char *happened;
  const char *next; /* NULL: it depends */
} Words;

static const Words words[][SE_NOTICE_JOB_PARTLY_REFUSED] = {
  [SE_REACH_NOBODY] = {
    [SE_NOTICE_JOB_CANCELED]
    = { N_ ("Not sent"), N_ ("A document was not mailed, and its job is canceled."),
        N_ ("What to do: mend what is said above, and print the document again.") },
    [SE_NOTICE_JOB_HELD]
    = { N_ ("Not sent yet"), N_ ("A document is not mailed yet, and its job is held."), NULL },
    [SE_NOTICE_JOB_GIVEN_UP]
    = { N_ ("Given up"),
        N_ ("A document could not be mailed for so long that its job is given up."),
        N_ ("What to do: mend what is said above, and print the document again.") },
  },
  [SE_REACH_PARTLY] = {
    [SE_NOTICE_JOB_CANCELED]
    = { N_ ("Not sent in full"),
        N_ ("A document was mailed only in part, and its job is canceled."),
        N_ ("What to do: mend what is said above, and print again what is missing.") },
    [SE_NOTICE_JOB_HELD]
    = { N_ ("Not sent in full yet"),
        N_ ("A document is mailed only in part yet, and its job is held."), NULL },
    [SE_NOTICE_JOB_GIVEN_UP]
    = { N_ ("Given up in part"),
        N_ ("A document could be mailed only in part for so long that its job is given up."),
        N_ ("What to do: mend what is said above, and print again what is missing.") },
  },
  [SE_REACH_UNKNOWN] = {
    [SE_NOTICE_JOB_CANCELED]
    = { N_ ("Perhaps not sent"),
        N_ ("It is not known whether a document was mailed, and its job is canceled."),
        N_ ("What to do: ask a recipient, and print the document again if it did not arrive.") },
    [SE_NOTICE_JOB_HELD]
    = { N_ ("Perhaps not sent yet"),
        N_ ("It is not known yet whether a document was mailed, and its job is held."), NULL },
    [SE_NOTICE_JOB_GIVEN_UP]
    = { N_ ("Given up in doubt"),
        N_ ("It was not known for so long whether a document was mailed that its job is given up."),
        N_ ("What to do: ask a recipient, and print the document again if it did not arrive.") },
  },
};

static const Words partly_refused
    = { N_ ("Not sent to all"), N_ ("A document was mailed, but not to all of its recipients."),
        N_ ("What to do: mend what is said above, and print it again for those alone.") };

static const Words *
words_for (const SeEnding *ending)
{
  return ending->event == SE_NOTICE_JOB_PARTLY_REFUSED ? &partly_refused
                                                       : &words[ending->reach][ending->event];
}

/* As people know it. */
static char *
name_job (const SeJob *job)
{
  return g_strdup_printf ("%s-%d", job->class != NULL ? job->class : job->queue, job->id);
}

static const char *
next_step (const SeEnding *ending)
{
  if (words_for (ending)->next != NULL)
    return _ (words_for (ending)->next);
  return ending->by_itself
             ? _ ("There is nothing to do now: the job is tried again by itself. If that does not "
                  "help, an administrator of the print server has to look at what is said above.")
             : _ (
                 "What to do: an administrator of the print server has to mend what is said above; "
                 "then the job goes on.");
}

static char *
compose_body (const SeEnding *ending, const char *job, const char *title)
{
  g_autofree char *time = se_timestamp_local (g_get_real_time () / G_USEC_PER_SEC);
  g_autofree char *user = se_log_clean (ending->user, USER_MAX);
  g_autofree char *sentence = se_log_clean (ending->sentence, SE_LOG_LINE_MAX);
  g_autofree char *facts
      = g_strdup_printf (_ ("Job: %s\nTitle: %s\nUser: %s\nTime: %s\nPrint server: %s\n"), job,
                         title, user, time, g_get_host_name ());

  return g_strdup_printf ("%s\n\n%s\n%s\n\n%s\n", _ (words_for (ending)->happened), facts, sentence,
                          next_step (ending));
}

SeMessage *
se_ending_compose (const SeEnding *ending, const SeAddress *from, SeAddress *to, GError **error)
{
  g_autoptr (GPtrArray) recipients = g_ptr_array_new ();
  g_autofree char *job = name_job (ending->job);
  g_autofree char *title = se_log_clean (ending->job->title, TITLE_MAX);
  g_autofree char *name
      = se_template_has_title (title) ? g_strdup_printf ("%s (%s)", title, job) : g_strdup (job);
  g_autofree char *subject = g_strdup_printf ("%s: %s", _ (words_for (ending)->subject), name);
  g_autofree char *body = compose_body (ending, job, title);
  const SeMessageFields fields = { .from = from,
                                   .from_name = ending->account->from_name,
                                   .to = recipients,
                                   .subject = subject,
                                   .text = body,
                                   .date = g_get_real_time () / G_USEC_PER_SEC };

  g_ptr_array_add (recipients, to);
  return se_message_new (&fields, NULL, 0, error);
}

/* Composes the report and puts it on disk; returns its path. */
static char *
spool (const SeEnding *ending, const char *job, const char *what, GError **error)
{
  const SeTemplateValues values = { .user = ending->user,
                                    .title = ending->job->title,
                                    .queue = ending->job->queue,
                                    .job = ending->job->id,
                                    .pages = -1,
                                    .format = "",
                                    .time = g_get_real_time () / G_USEC_PER_SEC };
  g_autoptr (SeAddress) from = se_address_parse (ending->account->from_address, error);
  g_autoptr (SeAddress) to = NULL;
  g_autoptr (SeMessage) message = NULL;

  if (from == NULL)
    return NULL;
  to = se_recipients_parse (ending->queue->report_to,
                            _ ("report-to of the queue in scan-email.conf"), &values, error);
  if (to == NULL)
    return NULL;
  message = se_ending_compose (ending, from, to, error);
  if (message == NULL)
    return NULL;
  return se_report_spool (
      ending->server->state_directory, what,
      &(const SeReportContents){ job, ending->account->address, from, to, message }, error);
}

/* Sends it, in bounded time. TRUE: it is sent, or will be. */
static gboolean
send_now (const SeEnding *ending, const char *path, GError **error)
{
  g_auto (SeStop) stop = SE_STOP_INIT;
  g_autoptr (SeReport) report = se_report_open (path, error);
  SeDelivery delivery = *ending->delivery;
  g_autoptr (GError) local = NULL;

  if (report == NULL || !se_stop_begin (&stop, delivery.cancel_fd, SEND_TIME, error))
    return FALSE;
  delivery.cancel_fd = stop.fd;
  delivery.events = NULL; /* what the supervisor is told of is the job's own mail */
  if (se_report_send (report, &delivery, &local))
    return TRUE;
  if (!se_report_is_gone (report))
    {
      g_info (_ ("The report to report-to is sent later: %s"), local->message);
      return TRUE;
    }
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
report (const SeEnding *ending, const char *job, GError **error)
{
  const char *state = ending->server->state_directory;
  g_autofree char *what = g_strdup_printf ("report %s %s", se_notice_event_name (ending->event),
                                           ending->once != NULL ? ending->once : "");
  g_autofree char *path = NULL;

  if (ending->once != NULL && se_told_already (state, job, what))
    return TRUE;
  if (ending->event != SE_NOTICE_JOB_HELD)
    se_report_withdraw (state, job); /* that it was held */
  path = spool (ending, job, what, error);
  if (path == NULL || (ending->once != NULL && !se_told_note (state, job, what, error)))
    return FALSE;
  return ending->delivery == NULL || send_now (ending, path, error);
}

void
se_ending_tell (const SeEnding *ending)
{
  g_autofree char *job = name_job (ending->job);
  const SeNotice notice
      = { .event = ending->event, .sentence = ending->sentence, .once = ending->once };
  g_autoptr (GError) error = NULL;

  se_status_tell (&notice, NULL);
  if (ending->server != NULL && ending->event != SE_NOTICE_JOB_HELD && ending->once == NULL)
    se_ending_forget (ending->server, ending->job);
  if (ending->server == NULL || ending->queue == NULL || ending->queue->report_to == NULL)
    return;
  if (ending->account == NULL)
    g_warning (_ ("There is no account to send a report to report-to from"));
  else if (!report (ending, job, &error))
    g_warning (_ ("The report to report-to: %s"), error->message);
}

void
se_ending_begin (const SeServerConfig *server, const SeJob *job)
{
  g_autofree char *name = name_job (job);
  g_autoptr (GError) error = NULL;

  if (!se_told_forget (server->state_directory, name, &error))
    g_warning ("%s", error->message);
}

void
se_ending_forget (const SeServerConfig *server, const SeJob *job)
{
  g_autofree char *name = name_job (job);

  se_ending_begin (server, job);
  se_report_withdraw (server->state_directory, name);
}
