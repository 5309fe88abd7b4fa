/* SPDX-License-Identifier: Apache-2.0 */
#include "common/fault.h"
#include "mail/limit.h"
#include "mail/smtp-private.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <string.h>

/* How an exchange of bytes with the server ended. */
typedef enum
{
  IO_DONE,    /* all bytes are sent */
  IO_REPLY,   /* a reply came: smtp->reply */
  IO_NOTHING, /* nothing to read at the moment */
  IO_CLOSED,  /* the connection is gone */
  IO_GARBAGE, /* what came is no SMTP reply */
  IO_TIMEOUT,
  IO_CANCELLED,
} Io;

gint64
se_smtp_deadline (guint timeout)
{
  return g_get_monotonic_time () + (gint64)timeout * 1000;
}

void
se_smtp_free (SeSmtp *smtp)
{
  if (smtp->multi != NULL && smtp->curl != NULL)
    curl_multi_remove_handle (smtp->multi, smtp->curl);
  curl_easy_cleanup (smtp->curl);
  curl_multi_cleanup (smtp->multi);
  se_reply_parser_free (smtp->parser);
  se_smtp_reply_free (smtp->reply);
  g_free (smtp->block);
  g_free (smtp->host);
  g_free (smtp);
}

guint64
se_smtp_max_size (const SeSmtp *smtp)
{
  return smtp->max_size;
}

/* Waits for events on the socket. A cancel after the dot only sets the limit. */
static Io
wait_for (SeSmtp *smtp, short events, gint64 deadline)
{
  for (;;)
    {
      struct pollfd fds[2] = { { .fd = smtp->socket, .events = events },
                               { .fd = smtp->cancel_fd, .events = POLLIN } };
      gint64 left = MIN (deadline, smtp->limit) - g_get_monotonic_time ();
      int n;

      if (smtp->cancel_mode == SE_CANCEL_IGNORED)
        fds[1].fd = -1;
      n = poll (fds, 2, left <= 0 ? 0 : (int)MIN (left / 1000 + 1, G_MAXINT));
      if (n < 0 && errno != EINTR)
        return IO_CLOSED;
      if (n > 0 && fds[1].revents != 0)
        {
          if (smtp->cancel_mode == SE_CANCEL_NOW)
            return IO_CANCELLED;
          smtp->cancel_mode = SE_CANCEL_IGNORED;
          smtp->limit = se_smtp_deadline (smtp->timeouts.cancelled);
        }
      else if (n > 0)
        return IO_DONE;
      else if (left <= 0)
        return IO_TIMEOUT;
    }
}

/* Reads until there is a reply or nothing more: TLS may hold bytes that poll () does not show. */
static Io
read_reply (SeSmtp *smtp)
{
  for (;;)
    {
      size_t n = 0;
      gsize used;
      CURLcode code;

      if (smtp->used < smtp->filled)
        {
          SeReplyState state = se_reply_parser_feed (smtp->parser, smtp->input + smtp->used,
                                                     smtp->filled - smtp->used, &used);

          smtp->used += used;
          if (state == SE_REPLY_INVALID)
            return IO_GARBAGE;
          if (state == SE_REPLY_COMPLETE)
            {
              se_smtp_reply_free (smtp->reply);
              smtp->reply = se_reply_parser_take (smtp->parser, NULL);
              return IO_REPLY;
            }
        }
      code = curl_easy_recv (smtp->curl, smtp->input, sizeof smtp->input, &n);
      if (code == CURLE_AGAIN)
        return IO_NOTHING;
      if (code != CURLE_OK || n == 0)
        return IO_CLOSED;
      smtp->filled = n;
      smtp->used = 0;
    }
}

static Io
await_reply (SeSmtp *smtp, gint64 deadline)
{
  for (;;)
    {
      Io io = read_reply (smtp);

      if (io == IO_NOTHING)
        io = wait_for (smtp, POLLIN, deadline);
      if (io != IO_DONE)
        return io;
    }
}

/* After a failed send: a server that refuses in the middle of a message says so before it closes.
 */
static Io
read_last_words (SeSmtp *smtp)
{
  Io io = await_reply (smtp, se_smtp_deadline (1000));

  return io == IO_TIMEOUT ? IO_CLOSED : io;
}

/* Sends all bytes, and looks for a reply whenever it has to wait. IO_TIMEOUT: not a byte was
 * accepted for as long as timeout. */
static Io
send_bytes (SeSmtp *smtp, const char *data, gsize length, guint timeout)
{
  gint64 deadline = se_smtp_deadline (timeout);

  while (length > 0)
    {
      size_t n = 0;
      CURLcode code = curl_easy_send (smtp->curl, data, length, &n);
      Io io;

      if (code == CURLE_OK)
        {
          data += n;
          length -= n;
          deadline = se_smtp_deadline (timeout);
          continue;
        }
      if (code != CURLE_AGAIN)
        return read_last_words (smtp);
      /* TLS wants the very same bytes again; nothing else may be sent before them. */
      io = read_reply (smtp);
      if (io == IO_NOTHING && se_reply_parser_is_amid (smtp->parser))
        return await_reply (smtp, deadline);
      if (io == IO_NOTHING)
        io = wait_for (smtp, POLLIN | POLLOUT, deadline);
      if (io != IO_DONE)
        return io;
    }
  return IO_DONE;
}

/* The sentence for an exchange that brought no reply. after_dot: the message may be delivered. */
static void
set_io_error (const SeSmtp *smtp, Io io, gboolean after_dot, const char *during, GError **error)
{
  static const char *const what[] = {
    [IO_CLOSED] = N_ ("closed the connection"),
    [IO_GARBAGE] = N_ ("sent something that is no SMTP reply"),
    [IO_TIMEOUT] = N_ ("did not answer in time"),
    [IO_CANCELLED] = N_ ("was not waited for"),
  };

  if (after_dot)
    g_set_error (error, SE_ERROR, SE_ERROR_IN_DOUBT,
                 _ ("The mail is in doubt: %s %s after the whole message was sent, so it may have "
                    "been delivered"),
                 smtp->host, _ (what[io]));
  else if (io == IO_CANCELLED)
    g_set_error (error, SE_ERROR, SE_ERROR_CANCELLED,
                 _ ("Cancelled; nothing was sent to the recipients"));
  else
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("%s %s during %s"), smtp->host,
                 _ (what[io]), during);
}

/* The one place where a command becomes bytes: printable ASCII only, so that nothing that came from
 * outside can end a line. Returns the line with CRLF. */
static char *
make_command (const char *text, GError **error)
{
  for (const char *c = text; *c != '\0'; c++)
    if (*c < ' ' || *c > '~')
      {
        g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                     _ ("An address holds a character that SMTP does not allow; nothing was sent"));
        return NULL;
      }
  /* RFC 5321, 4.5.3.1.4, and 26 more for SIZE (RFC 1870, 3). */
  if (strlen (text) > 510 + 26)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("An address is too long for SMTP; nothing was sent"));
      return NULL;
    }
  return g_strconcat (text, "\r\n", NULL);
}

/* One command and its reply, in smtp->reply. FALSE: no reply came, the session is over. */
static gboolean command (SeSmtp *smtp, GError **error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

static gboolean
command (SeSmtp *smtp, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  g_autofree char *verb = NULL;
  va_list arguments;
  Io io;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  line = make_command (text, error);
  if (line == NULL)
    return FALSE;
  verb = g_strndup (text, strcspn (text, " "));

  smtp->idle = FALSE;
  io = read_reply (smtp);
  if (io == IO_REPLY)
    {
      /* In lock-step nothing can come now but a farewell; anything else would shift every reply to
       * the command before its own. */
      g_autofree char *words = se_smtp_reply_to_string (smtp->reply);

      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   _ ("%s sent something unexpected before %s: %s"), smtp->host, verb, words);
      return FALSE;
    }
  if (io == IO_NOTHING)
    io = send_bytes (smtp, line, strlen (line), smtp->timeouts.reply);
  if (io == IO_DONE)
    io = await_reply (smtp, se_smtp_deadline (smtp->timeouts.reply));
  if (io != IO_REPLY)
    {
      set_io_error (smtp, io, FALSE, verb, error);
      return FALSE;
    }
  smtp->idle = smtp->reply->code != 421; /* RFC 5321, 3.8: the server closes after it */
  SE_FAULT_POINT (verb);
  return TRUE;
}

/* Forgets a transaction that goes no further, and keeps the reply that decided. */
static void
reset (SeSmtp *smtp)
{
  SeSmtpReply *decided = g_steal_pointer (&smtp->reply);
  g_autoptr (GError) error = NULL;

  if (smtp->idle && smtp->cancel_mode == SE_CANCEL_NOW && !command (smtp, &error, "RSET"))
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
  if (!command (smtp, error, "MAIL FROM:<%s>%s", from, parameter != NULL ? parameter : ""))
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
  /* So many are enough for this transaction. */
  if (smtp->reply->code == 452 && !all_or_nothing
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

      if (!command (smtp, error, "RCPT TO:<%s>", to))
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
static Io
look_around (SeSmtp *smtp)
{
  Io io = wait_for (smtp, POLLIN, 0);

  if (io != IO_TIMEOUT && io != IO_DONE)
    return io;
  io = read_reply (smtp);
  if (io == IO_NOTHING && se_reply_parser_is_amid (smtp->parser))
    return await_reply (smtp, se_smtp_deadline (smtp->timeouts.stalled));
  return io == IO_NOTHING ? IO_DONE : io;
}

/* A failure while the message goes out: nothing is delivered, as the dot is missing. */
static gboolean
fail_upload (SeSmtp *smtp, Io io, guint64 sent, guint64 total, GError **error)
{
  if (io != IO_REPLY)
    {
      g_autofree char *so_far = count (sent);
      g_autofree char *all = count (total);
      g_autofree char *during
          = g_strdup_printf (_ ("the message (%s of %s bytes sent)"), so_far, all);

      set_io_error (smtp, io, FALSE, during, error);
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
      Io io = look_around (smtp);

      if (io != IO_DONE)
        return fail_upload (smtp, io, sent, total, error);
      n = fill_block (smtp, message, error);
      if (n < 0)
        return FALSE;
      if (n == 0)
        break;
      io = send_bytes (smtp, smtp->block, (gsize)n, smtp->timeouts.stalled);
      if (io != IO_DONE)
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
  Io io;

  smtp->cancel_mode = SE_CANCEL_GRACE;
  io = send_bytes (smtp, dot, sizeof dot - 1, smtp->timeouts.stalled);
  SE_FAULT_POINT ("dot-sent");
  if (io == IO_DONE)
    io = await_reply (smtp, se_smtp_deadline (smtp->timeouts.dot));
  SE_FAULT_POINT ("dot-answered");
  smtp->idle = io == IO_REPLY && smtp->reply->code != 421;
  if (io != IO_REPLY)
    set_io_error (smtp, io, TRUE, NULL, error);
  else if (smtp->reply->code / 100 == 2)
    return TRUE;
  else if (smtp->reply->code / 100 == 3)
    set_io_error (smtp, IO_GARBAGE, TRUE, NULL, error);
  else
    se_smtp_set_error (error, smtp->account, SE_SMTP_DATA, smtp->reply,
                       _ ("%s refused the message"), smtp->host);
  return FALSE;
}

static gboolean
send_data (SeSmtp *smtp, SeMessage *message, const SeSmtpEvents *events, GError **error)
{
  if (!command (smtp, error, "DATA"))
    return FALSE;
  if (smtp->reply->code != 354)
    {
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

void
se_smtp_close (SeSmtp *smtp)
{
  if (smtp == NULL)
    return;
  if (smtp->idle)
    {
      static const char quit[] = "QUIT\r\n";
      gint64 deadline = se_smtp_deadline (1000);

      /* A person who cancelled does not wait for a farewell. */
      smtp->limit = MIN (smtp->limit, deadline);
      smtp->cancel_mode = SE_CANCEL_NOW;
      if (send_bytes (smtp, quit, sizeof quit - 1, 1000) == IO_DONE
          && await_reply (smtp, deadline) != IO_REPLY)
        g_debug ("%s did not answer QUIT", smtp->host);
    }
  se_smtp_free (smtp);
}
