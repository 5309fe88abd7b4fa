/* SPDX-License-Identifier: Apache-2.0 */
#include "common/fault.h"
#include "mail/limit.h"
#include "mail/smtp-private.h"

#include <glib/gi18n-lib.h>
#include <poll.h>
#include <string.h>

guint64
se_smtp_max_size (const SeSmtp *smtp)
{
  return smtp->max_size;
}

/* Forgets a transaction that goes no further, and keeps the reply that decided. */
static void
reset (SeSmtp *smtp)
{
  SeSmtpReply *decided = g_steal_pointer (&smtp->reply);
  g_autoptr (GError) error = NULL;

  if (smtp->idle && smtp->cancel_mode == SE_CANCEL_NOW && !se_smtp_command (smtp, &error, "RSET"))
    g_debug ("%s", error->message);
  se_smtp_reply_free (smtp->reply);
  smtp->reply = decided;
}

/* A number for a message. Owned by the caller. */
static char *
count (guint64 bytes)
{
  return g_strdup_printf ("%" G_GUINT64_FORMAT, bytes);
}

static gboolean
check_size (const SeSmtp *smtp, guint64 size, GError **error)
{
  const SeLimit limit
      = { smtp->max_size > 0 ? SE_LIMIT_SERVER : SE_LIMIT_NONE, smtp->max_size, smtp->host };

  return se_limit_check (&limit, size, error);
}

static gboolean
send_mail (SeSmtp *smtp, const SeEnvelope *envelope, guint64 size, GError **error)
{
  g_autofree char *from = se_address_to_string (envelope->from);
  g_autofree char *parameter = NULL;

  if (smtp->max_size > 0 && size > 0)
    parameter = g_strdup_printf (" SIZE=%" G_GUINT64_FORMAT, size);
  if (!se_smtp_command (smtp, error, "MAIL FROM:<%s>%s", from, parameter != NULL ? parameter : ""))
    return FALSE;
  if (smtp->reply->code / 100 == 2)
    return TRUE;
  se_smtp_set_error (error, smtp->account, SE_SMTP_MAIL, smtp->reply,
                     _ ("%s refused a mail from %s"), smtp->host, from);
  return FALSE;
}

/* Whose fault a refused RCPT is: its recipient's, or that of who sends. */
static SeRcptFate
fate_of (const SeAdvice *advice)
{
  switch (advice->error)
    {
    case SE_ERROR_DOCUMENT:
      return SE_RCPT_REFUSED;
    case SE_ERROR_DEFERRED:
      return SE_RCPT_DEFERRED;
    default:
      return SE_RCPT_OPEN;
    }
}

/* Says why a mail goes to nobody. advice: of the refusal that decides. */
static void
set_recipients_error (SeSmtp *smtp, const SeEnvelope *envelope, const GArray *results,
                      const SeAdvice *advice, GError **error)
{
  g_autoptr (GString) list = g_string_new (NULL);
  g_autofree char *all = NULL;
  guint refused = 0;

  for (guint i = 0; i < results->len; i++)
    {
      g_autofree char *to = se_address_to_string (envelope->recipients->pdata[i]);

      if (se_rcpt_results_fate (results, i) == SE_RCPT_ACCEPTED
          || se_rcpt_results_words (results, i) == NULL)
        continue;
      refused++;
      g_string_append_printf (list, "%s%s: %s", list->len > 0 ? "; " : "", to,
                              se_rcpt_results_words (results, i));
    }
  all = g_strdup_printf (_ ("%s refused %u of %u recipients, so the mail was not sent: %s"),
                         smtp->host, refused, results->len, list->str);
  se_smtp_set_advice (error, smtp->account, advice, all);
}

/* What is not a recipient's own fault decides. Else, where the mail must go to all, a refusal for
 * good; where it goes to those who can have it, one that may pass. */
static gboolean
is_graver (const SeAdvice *advice, const SeAdvice *than, gboolean all_or_nothing)
{
  return than == NULL || fate_of (advice) == SE_RCPT_OPEN
         || (fate_of (than) != SE_RCPT_OPEN
             && fate_of (advice) == (all_or_nothing ? SE_RCPT_REFUSED : SE_RCPT_DEFERRED));
}

/* The server has recipients enough for one transaction: RFC 5321, 4.5.3.1.10, which also has a 552
 * of RFC 821 taken so, and RFC 3463, 3.6. What else it may mean, the next transaction tells. */
static gboolean
is_enough (const SeSmtpReply *reply)
{
  return reply->code == 452 || (reply->code == 552 && reply->enhanced == NULL)
         || (reply->enhanced != NULL && g_str_has_suffix (reply->enhanced, ".5.3"));
}

/* Takes the reply for one recipient. *advice: of the gravest refusal so far. FALSE: no more can be
 * asked for. */
static gboolean
take_recipient (SeSmtp *smtp, GArray *results, guint index, gboolean all_or_nothing,
                const SeAdvice **advice)
{
  g_autofree char *words = se_smtp_reply_to_string (smtp->reply);
  const SeAdvice *found;
  SeRcptFate fate;

  if (smtp->reply->code / 100 == 2)
    {
      se_rcpt_results_set (results, index, SE_RCPT_ACCEPTED, words);
      return TRUE;
    }
  if (is_enough (smtp->reply) && !all_or_nothing
      && se_rcpt_results_count (results, SE_RCPT_ACCEPTED) > 0)
    return FALSE;
  found = se_smtp_find_advice (SE_SMTP_RCPT, smtp->reply);
  fate = fate_of (found);
  se_rcpt_results_set (results, index, fate, words);
  if (is_graver (found, *advice, all_or_nothing))
    *advice = found;
  return fate != SE_RCPT_OPEN;
}

/* Every recipient is asked for, so that all that were refused can be told. all_or_nothing: one that
 * is refused keeps the mail back. */
static gboolean
send_recipients (SeSmtp *smtp, const SeEnvelope *envelope, GArray *results, gboolean all_or_nothing,
                 GError **error)
{
  const SeAdvice *advice = NULL;
  gboolean go_on = TRUE;

  for (guint i = 0; i < results->len && go_on; i++)
    {
      g_autofree char *to = se_address_to_string (envelope->recipients->pdata[i]);

      if (!se_smtp_command (smtp, error, "RCPT TO:<%s>", to))
        return FALSE;
      go_on = take_recipient (smtp, results, i, all_or_nothing, &advice);
    }
  if (advice == NULL
      || (!all_or_nothing && fate_of (advice) != SE_RCPT_OPEN
          && se_rcpt_results_count (results, SE_RCPT_ACCEPTED) > 0))
    return TRUE;
  set_recipients_error (smtp, envelope, results, advice, error);
  return FALSE;
}

/* Fills a block, so that TLS records are whole. Returns its length, -1 on error. */
static gssize
fill_block (SeSmtp *smtp, SeMessage *message, GError **error)
{
  gsize length = 0;

  while (length < SE_SMTP_BLOCK)
    {
      gssize n = se_message_read (message, smtp->block + length, SE_SMTP_BLOCK - length, error);

      if (n < 0)
        return -1;
      if (n == 0)
        break;
      length += (gsize)n;
    }
  return (gssize)length;
}

/* Whether the server spoke before it should, or a person wants to stop; without waiting. */
static SeSmtpIo
look_around (SeSmtp *smtp)
{
  SeSmtpIo io = se_smtp_wait_for (smtp, POLLIN, 0);

  if (io != SE_SMTP_IO_TIMEOUT && io != SE_SMTP_IO_DONE)
    return io;
  io = se_smtp_read_reply (smtp);
  if (io == SE_SMTP_IO_NOTHING && se_reply_parser_is_amid (smtp->parser))
    return se_smtp_await_reply (smtp, se_smtp_deadline (smtp->timeouts.stalled));
  return io == SE_SMTP_IO_NOTHING ? SE_SMTP_IO_DONE : io;
}

/* A failure while the message goes out: nothing is delivered, as the dot is missing. */
static gboolean
fail_upload (SeSmtp *smtp, SeSmtpIo io, guint64 sent, guint64 total, GError **error)
{
  if (io != SE_SMTP_IO_REPLY)
    {
      g_autofree char *so_far = count (sent);
      g_autofree char *all = count (total);
      g_autofree char *during
          = g_strdup_printf (_ ("the message (%s of %s bytes sent)"), so_far, all);

      se_smtp_set_io_error (smtp, io, FALSE, during, error);
    }
  else
    se_smtp_set_error (error, smtp->account, SE_SMTP_DATA, smtp->reply,
                       _ ("%s refused the message before its end"), smtp->host);
  return FALSE;
}

static gboolean
upload (SeSmtp *smtp, SeMessage *message, const SeSmtpEvents *events, GError **error)
{
  guint64 total = se_message_size (message);
  guint64 sent = 0;
  g_autofree char *came = NULL;
  g_autofree char *expected = NULL;

  for (;;)
    {
      gssize n;
      SeSmtpIo io = look_around (smtp);

      if (io != SE_SMTP_IO_DONE)
        return fail_upload (smtp, io, sent, total, error);
      n = fill_block (smtp, message, error);
      if (n < 0)
        return FALSE;
      if (n == 0)
        break;
      io = se_smtp_send_bytes (smtp, smtp->block, (gsize)n, smtp->timeouts.stalled);
      if (io != SE_SMTP_IO_DONE)
        return fail_upload (smtp, io, sent, total, error);
      sent += (guint64)n;
      SE_FAULT_POINT ("body");
      if (events != NULL && events->progress != NULL)
        events->progress (sent, total, events->data);
    }
  if (sent == total)
    return TRUE;
  came = count (sent);
  expected = count (total);
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
               _ ("The message came to %s bytes instead of %s: its end was not sent"), came,
               expected);
  return FALSE;
}

/* From the first byte of the dot on, only the server knows what becomes of the message. */
static gboolean
send_dot (SeSmtp *smtp, GError **error)
{
  static const char dot[] = ".\r\n";
  SeSmtpIo io;

  smtp->cancel_mode = SE_CANCEL_GRACE;
  io = se_smtp_send_bytes (smtp, dot, sizeof dot - 1, smtp->timeouts.stalled);
  SE_FAULT_POINT ("dot-sent");
  if (io == SE_SMTP_IO_DONE)
    io = se_smtp_await_reply (smtp, se_smtp_deadline (smtp->timeouts.dot));
  SE_FAULT_POINT ("dot-answered");
  smtp->idle = io == SE_SMTP_IO_REPLY && smtp->reply->code != 421;
  if (io != SE_SMTP_IO_REPLY)
    se_smtp_set_io_error (smtp, io, TRUE, NULL, error);
  else if (smtp->reply->code / 100 == 2)
    return TRUE;
  else if (smtp->reply->code / 100 == 3)
    se_smtp_set_io_error (smtp, SE_SMTP_IO_GARBAGE, TRUE, NULL, error);
  else
    se_smtp_set_error (error, smtp->account, SE_SMTP_DATA, smtp->reply,
                       _ ("%s refused the message"), smtp->host);
  return FALSE;
}

static gboolean
send_data (SeSmtp *smtp, SeMessage *message, const SeSmtpEvents *events, GError **error)
{
  if (!se_smtp_command (smtp, error, "DATA"))
    return FALSE;
  if (smtp->reply->code != 354)
    {
      /* Whoever says another 3xx may take what follows for the message. */
      smtp->idle = smtp->idle && smtp->reply->code / 100 != 3;
      se_smtp_set_error (error, smtp->account, SE_SMTP_DATA, smtp->reply,
                         _ ("%s refused the message"), smtp->host);
      return FALSE;
    }
  /* No command may follow now but the dot: on any failure the connection is just closed. */
  smtp->idle = FALSE;
  g_clear_pointer (&smtp->reply, se_smtp_reply_free);
  if (!upload (smtp, message, events, error))
    return FALSE;
  if (events != NULL && events->before_dot != NULL && !events->before_dot (events->data, error))
    return FALSE;
  return send_dot (smtp, error);
}

gboolean
se_smtp_send (SeSmtp *smtp, const SeEnvelope *envelope, SeMessage *message, int fd,
              const SeSmtpEvents *events, GArray *results, SeSmtpReply **reply, GError **error)
{
  guint64 size = se_message_size (message);
  g_autoptr (GArray) own_results = se_rcpt_results_new (envelope->recipients->len);
  gboolean ok;

  if (!check_size (smtp, size, error))
    return FALSE;
  /* A cancel that waited for the reply to the message before is one of this. */
  smtp->cancel_mode = SE_CANCEL_NOW;
  se_message_rewind (message, fd);
  ok = send_mail (smtp, envelope, size, error);
  if (ok
      && !(send_recipients (smtp, envelope, results != NULL ? results : own_results,
                            results == NULL, error)
           && send_data (smtp, message, events, error)))
    {
      ok = FALSE;
      reset (smtp);
    }
  if (reply != NULL)
    *reply = g_steal_pointer (&smtp->reply);
  return ok;
}

gboolean
se_smtp_try_sender (SeSmtp *smtp, const SeAddress *from, GError **error)
{
  const SeEnvelope envelope = { from, NULL };
  gboolean ok = send_mail (smtp, &envelope, 0, error);

  reset (smtp);
  return ok;
}
