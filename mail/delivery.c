/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/delivery.h"

#include "common/fault.h"
#include "common/io.h"
#include "mail/activity.h"
#include "mail/limit.h"
#include "mail/session.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>

enum
{
  FIRST_WAIT = 5,     /* seconds before the second try */
  LONGEST_WAIT = 60,  /* seconds between tries */
  DEFERRED_TRIES = 2, /* of a mail that the server puts off, in one run */
};

/* One message on its way: what the SMTP session's events need. */
typedef struct
{
  const SeDeliveryEvents *events;
  SeJournal *journal; /* NULL: none */
  GArray *results;    /* for each recipient; NULL: all of them or nothing */
  gboolean at_dot;    /* this try came as far as the dot */
} Passage;

static void
on_progress (guint64 sent, guint64 total, gpointer data)
{
  const Passage *passage = data;

  if (passage->events != NULL && passage->events->progress != NULL)
    passage->events->progress (sent, total, passage->events->data);
}

static gboolean
on_before_dot (gpointer data, GError **error)
{
  Passage *passage = data;

  SE_FAULT_POINT ("dot-unjournalled");
  if (passage->events != NULL && passage->events->body_sent != NULL)
    passage->events->body_sent (passage->events->data);
  if (passage->journal != NULL)
    {
      se_journal_note_recipients (passage->journal, passage->results);
      if (!se_journal_before_dot (passage->journal, error))
        return FALSE;
    }
  SE_FAULT_POINT ("dot-journalled");
  passage->at_dot = TRUE;
  if (passage->events != NULL && passage->events->before_dot != NULL)
    passage->events->before_dot (passage->events->data);
  return TRUE;
}

/* Notes the answer to the dot. The mail's fate is settled whether that can be noted or not. */
static void
note_reply (SeJournal *journal, gboolean accepted, const char *reply)
{
  g_autoptr (GError) error = NULL;

  if (!se_journal_replied (journal, accepted, reply, &error))
    g_warning (_ ("The server's answer (%s) cannot be kept in the journal: %s"), reply,
               error->message);
}

/* A mail that is accepted is accepted, whether its time can be kept or not. */
static void
note_activity (const SeDelivery *delivery)
{
  g_autoptr (GError) error = NULL;

  if (delivery->server != NULL
      && !se_activity_note (delivery->server->state_directory, delivery->account->address, &error))
    g_warning (_ ("The time of the last mail cannot be kept: %s"), error->message);
}

/* Notes what the server said of the recipients where the message was not sent. */
static void
note_refusals (SeJournal *journal, const GArray *results)
{
  g_autoptr (GError) error = NULL;

  se_journal_note_recipients (journal, results);
  if (!se_journal_not_sent (journal, &error))
    g_warning (_ ("The server's answer (%s) cannot be kept in the journal: %s"),
               se_rcpt_results_words (results, 0), error->message);
}

/* TRUE if a refusal for good of all that were asked for is not the job's end: others have it, or
 * wait for it. */
static gboolean
concerns_others (const SeJournal *journal, const GError *failure)
{
  return se_error_is (failure, SE_ERROR_DOCUMENT)
         && (se_journal_sent (journal) > 0
             || se_journal_done (journal) < se_journal_mails (journal));
}

static void
tell_accepted (const SeDelivery *delivery, SeJournal *journal, const char *words)
{
  if (delivery->events != NULL && delivery->events->accepted != NULL)
    delivery->events->accepted (words,
                                journal != NULL && se_journal_step (journal) != SE_JOURNAL_ACCEPTED
                                    ? MAX (1,
                                           se_journal_mails (journal) - se_journal_done (journal))
                                    : 0,
                                delivery->events->data);
}

/* TRUE if the server took no recipient, so that nothing was sent. */
static gboolean
is_refused_to_all (const Passage *passage)
{
  return passage->results != NULL && !passage->at_dot
         && se_rcpt_results_count (passage->results, SE_RCPT_ACCEPTED) == 0
         && se_rcpt_results_words (passage->results, 0) != NULL;
}

/* One message through a session, with the journal's steps where there is a journal. */
static gboolean
pass_message (const SeDelivery *delivery, SeSession *session, SeSmtp *smtp, SeJournal *journal,
              const SeEnvelope *envelope, SeMessage *message, int fd, SeSmtpReply **reply,
              GError **error)
{
  g_autoptr (GArray) results
      = journal != NULL ? se_rcpt_results_new (envelope->recipients->len) : NULL;
  Passage passage = { delivery->events, journal, results, FALSE };
  const SeSmtpEvents events = { on_progress, on_before_dot, &passage };
  g_autoptr (SeSmtpReply) answer = NULL;
  g_autofree char *words = NULL;
  GError *local = NULL;
  gboolean ok = se_smtp_send (smtp, envelope, message, fd, &events, results, &answer, &local);

  words = answer != NULL ? se_smtp_reply_to_string (answer) : g_strdup (_ ("no reply"));
  if (journal != NULL && passage.at_dot && !se_error_is (local, SE_ERROR_IN_DOUBT))
    note_reply (journal, ok, words);
  SE_FAULT_POINT ("answer-journalled");
  se_session_note (session, local);
  if (ok)
    {
      tell_accepted (delivery, journal, words);
      note_activity (delivery);
    }
  else if (is_refused_to_all (&passage))
    {
      note_refusals (journal, results);
      if (concerns_others (journal, local))
        g_clear_error (&local);
      ok = local == NULL;
      if (ok && se_journal_step (journal) == SE_JOURNAL_ACCEPTED)
        tell_accepted (delivery, journal, se_journal_reply (journal));
    }
  if (reply != NULL)
    *reply = g_steal_pointer (&answer);
  if (!ok)
    g_propagate_error (error, local);
  return ok;
}

/* Checks all mails before the first one goes out. What was begun is finished: whether a limit that
 * is smaller by now keeps the rest back, the server says. connected: it has just told its own; what
 * it told before may not hold any more. */
static gboolean
check_limit (const SeDelivery *delivery, const SeJournal *journal, gboolean connected,
             GError **error)
{
  gboolean told = connected && delivery->server != NULL;
  SeLimit limit;
  guint64 size;

  if (se_journal_is_begun (journal))
    return TRUE;
  limit = se_limit_get (told ? delivery->server->state_directory : NULL, delivery->account,
                        delivery->max_message_size);
  return se_journal_largest (journal, &size, error) && se_limit_check (&limit, size, error);
}

static gboolean
send_current (const SeDelivery *delivery, SeSession *session, SeJournal *journal, int fd,
              GError **error)
{
  SeEnvelope envelope = { NULL, NULL };
  g_autoptr (SeMessage) message = NULL;
  SeSmtp *smtp;

  if (!se_journal_restore (journal, &envelope.from, &envelope.recipients, &message, error))
    return FALSE;
  smtp = se_session_prepare (session, envelope.recipients->len, error);
  return smtp != NULL && check_limit (delivery, journal, TRUE, error)
         && pass_message (delivery, session, smtp, journal, &envelope, message, fd, NULL, error);
}

/* After a pass: whoever still waits was put off. Where nobody does, nobody can have it, as an
 * earlier run has found that could not tell. */
static gboolean
check_deferred (const SeJournal *journal, GError **error)
{
  g_autoptr (GPtrArray) deferred = se_journal_deferred (journal);
  g_autoptr (GPtrArray) refused = se_journal_refused (journal);
  g_autofree char *list = se_rcpt_refusals_to_string (deferred->len > 0 ? deferred : refused);

  if (se_journal_step (journal) == SE_JOURNAL_ACCEPTED)
    return TRUE;
  if (deferred->len > 0)
    g_set_error (error, SE_ERROR, SE_ERROR_DEFERRED,
                 _ ("The server does not take the mail for some recipients yet, the others have "
                    "it: %s"),
                 list);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                 _ ("The server does not take the mail for any recipient: %s"), list);
  return FALSE;
}

/* The next run may come at once. */
static void
set_out_of_time (GError **error)
{
  GError *local = g_error_new_literal (
      SE_ERROR, SE_ERROR_QUOTA,
      _ ("this run has taken long enough, so that the rest goes out in a further one"));

  se_error_set_due (local, g_get_real_time () / G_USEC_PER_SEC + 1);
  g_propagate_error (error, local);
}

static gboolean
is_out_of_time (const SeDelivery *delivery)
{
  return delivery->last_start > 0 && g_get_monotonic_time () >= delivery->last_start;
}

/* All that is left of the job, through one session unless it has to wait in between. */
static gboolean
send_rest (const SeDelivery *delivery, SeJournal *journal, int fd, GError **error)
{
  g_autoptr (SeSession) session = se_session_new (delivery);

  if (!check_limit (delivery, journal, FALSE, error))
    return FALSE;
  se_journal_start_pass (journal);
  for (gboolean first = TRUE; se_journal_has_next (journal); first = FALSE)
    {
      if (!first && is_out_of_time (delivery))
        {
          set_out_of_time (error);
          return FALSE;
        }
      if (!send_current (delivery, session, journal, fd, error))
        return FALSE;
    }
  return check_deferred (journal, error);
}

/* What a person has to know besides: what went out before, and what may have. */
static void
tell_what_went_out (const SeJournal *journal, gboolean was_in_doubt, GError **error)
{
  guint sent = se_journal_sent (journal);

  /* They go out in their order. */
  if (sent > 0 && sent < se_journal_mails (journal))
    g_prefix_error (
        error,
        g_dngettext (GETTEXT_PACKAGE, "Of this job's %u mails only number %u went out; mail %u: ",
                     "Of this job's %u mails only numbers 1 to %u went out; mail %u: ", sent),
        se_journal_mails (journal), sent, sent + 1);
  if (was_in_doubt && !se_error_is (*error, SE_ERROR_IN_DOUBT)
      && (se_journal_step (journal) == SE_JOURNAL_DOT || sent == 0))
    g_prefix_error (error, _ ("An earlier try may have delivered the mail; this one: "));
}

static gboolean
send_journalled (const SeDelivery *delivery, SeJournal *journal, GError **error)
{
  const char *path = se_journal_bundle_path (journal);
  gboolean was_in_doubt = se_journal_step (journal) == SE_JOURNAL_DOT;
  se_autofd int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  GError *local = NULL;

  if (fd < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot open the spooled documents %s"), path);
      return FALSE;
    }
  if (send_rest (delivery, journal, fd, &local))
    return TRUE;
  tell_what_went_out (journal, was_in_doubt, &local);
  g_propagate_error (error, local);
  return FALSE;
}

/* Waits, unless cancelled. */
static gboolean
pause_for (const SeDelivery *delivery, gint64 milliseconds, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + milliseconds * 1000;
  gint64 left;

  while ((left = (deadline - g_get_monotonic_time () + 999) / 1000) > 0)
    {
      struct pollfd fd = { .fd = delivery->cancel_fd, .events = POLLIN };

      if (poll (&fd, 1, (int)left) > 0)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_CANCELLED,
                       _ ("Cancelled while waiting to try again"));
          return FALSE;
        }
    }
  return TRUE;
}

/* Exponential, with jitter so that queues whose server comes back do not all call at once. */
static gint64
next_wait (guint try)
{
  gint64 wait = MIN (LONGEST_WAIT, FIRST_WAIT << MIN (try, 8)) * G_GINT64_CONSTANT (1000);

  return wait - g_random_int_range (0, (gint32)(wait / 2));
}

/* When a job that ends so is to go on; 0: as usual. */
static gint64
next_time (const SeJournal *journal, const GError *error)
{
  if (!se_error_is (error, SE_ERROR_IN_DOUBT))
    return se_error_due (error);
  return se_journal_doubts (journal, NULL) < SE_DELIVERY_SENDS_IN_DOUBT
             ? se_journal_next_try (journal)
             : G_MAXINT64;
}

/* A mail that is in doubt rests first, unless somebody has let it go on. */
static gboolean
check_doubt (SeJournal *journal, GError **error)
{
  gint64 since;
  guint doubts = se_journal_doubts (journal, &since);
  gboolean enough = doubts >= SE_DELIVERY_SENDS_IN_DOUBT;
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_local (since);
  g_autofree char *when = g_date_time_format (time, "%Y-%m-%d %H:%M");

  if (se_journal_step (journal) != SE_JOURNAL_DOT)
    return TRUE;
  if (se_journal_is_settled (journal) && enough)
    se_journal_forget_doubts (journal);
  if (se_journal_is_settled (journal)
      || (!enough && g_get_real_time () / G_USEC_PER_SEC >= se_journal_next_try (journal)))
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_IN_DOUBT,
               _ ("The mail is in doubt: the whole of it was sent (%s), and the server's answer is "
                  "not known"),
               when);
  return FALSE;
}

/* TRUE if it is worth while to try once more in this run. tries: before this one. */
static gboolean
may_pass (const GError *error, guint tries)
{
  return se_error_is (error, SE_ERROR_TEMPORARY) || se_error_is (error, SE_ERROR_THROTTLED)
         || (se_error_is (error, SE_ERROR_DEFERRED) && tries + 1 < DEFERRED_TRIES);
}

/* Tries until it is done or not worth while any more. */
static gboolean
send_with_patience (const SeDelivery *delivery, SeJournal *journal, GError **error)
{
  const SeDeliveryEvents *events = delivery->events;
  gint64 deadline = 0; /* monotonic ms, from the first trouble on */

  for (guint try = 0;; try++)
    {
      g_autoptr (GError) local = NULL;
      gint64 now, wait;

      if (send_journalled (delivery, journal, &local))
        return TRUE;
      now = g_get_monotonic_time () / 1000;
      if (try == 0)
        deadline = now + delivery->retry_for * G_GINT64_CONSTANT (1000);
      if (!may_pass (local, try) || now >= deadline || is_out_of_time (delivery))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      wait = MIN (next_wait (try), deadline - now);
      if (events != NULL && events->waiting != NULL)
        events->waiting (local, (guint)((wait + 999) / 1000), events->data);
      if (!pause_for (delivery, wait, error))
        return FALSE;
    }
}

gboolean
se_delivery_send (const SeDelivery *delivery, SeJournal *journal, gint64 *not_before,
                  GError **error)
{
  GError *local = NULL;

  se_journal_resend_after (journal, delivery->resend_after);
  if (check_doubt (journal, &local) && send_with_patience (delivery, journal, &local))
    return TRUE;
  if (not_before != NULL)
    *not_before = next_time (journal, local);
  g_propagate_error (error, local);
  return FALSE;
}

gboolean
se_delivery_check (const SeDelivery *delivery, GError **error)
{
  g_autoptr (SeSession) session = se_session_new (delivery);

  return se_session_prepare (session, 0, error) != NULL;
}

gboolean
se_delivery_probe (const SeDelivery *delivery, const SeSmtpProbe *probe, GError **error)
{
  const SeSmtpOptions options = se_session_options (delivery, NULL);

  return se_smtp_probe (&options, probe, error);
}

gboolean
se_delivery_try_sender (const SeDelivery *delivery, GError **error)
{
  g_autoptr (SeAddress) from = se_address_parse (delivery->account->from_address, error);
  g_autoptr (SeSession) session = se_session_new (delivery);
  SeSmtp *smtp = from == NULL ? NULL : se_session_prepare (session, 0, error);

  return smtp != NULL && se_smtp_try_sender (smtp, from, error);
}

gboolean
se_delivery_send_once (const SeDelivery *delivery, const SeEnvelope *envelope, SeMessage *message,
                       SeSmtpReply **reply, GError **error)
{
  g_autoptr (SeSession) session = se_session_new (delivery);
  SeSmtp *smtp = se_session_prepare (session, envelope->recipients->len, error);

  return smtp != NULL
         && pass_message (delivery, session, smtp, NULL, envelope, message, -1, reply, error);
}
