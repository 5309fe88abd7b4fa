/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/smtp-private.h"

#include "common/fault.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <string.h>

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

SeSmtpIo
se_smtp_wait_for (SeSmtp *smtp, short events, gint64 deadline)
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
        return SE_SMTP_IO_CLOSED;
      if (n > 0 && fds[1].revents != 0)
        {
          if (smtp->cancel_mode == SE_CANCEL_NOW)
            return SE_SMTP_IO_CANCELLED;
          smtp->cancel_mode = SE_CANCEL_IGNORED;
          smtp->limit = se_smtp_deadline (smtp->timeouts.cancelled);
        }
      else if (n > 0)
        return SE_SMTP_IO_DONE;
      else if (left <= 0)
        return SE_SMTP_IO_TIMEOUT;
    }
}

SeSmtpIo
se_smtp_read_reply (SeSmtp *smtp)
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
            return SE_SMTP_IO_GARBAGE;
          if (state == SE_REPLY_COMPLETE)
            {
              se_smtp_reply_free (smtp->reply);
              smtp->reply = se_reply_parser_take (smtp->parser, NULL);
              return SE_SMTP_IO_REPLY;
            }
        }
      code = curl_easy_recv (smtp->curl, smtp->input, sizeof smtp->input, &n);
      if (code == CURLE_AGAIN)
        return SE_SMTP_IO_NOTHING;
      if (code != CURLE_OK || n == 0)
        return SE_SMTP_IO_CLOSED;
      smtp->filled = n;
      smtp->used = 0;
    }
}

SeSmtpIo
se_smtp_await_reply (SeSmtp *smtp, gint64 deadline)
{
  for (;;)
    {
      SeSmtpIo io = se_smtp_read_reply (smtp);

      if (io == SE_SMTP_IO_NOTHING)
        io = se_smtp_wait_for (smtp, POLLIN, deadline);
      if (io != SE_SMTP_IO_DONE)
        return io;
    }
}

/* After a failed send: a server that refuses in the middle of a message says so before it closes.
 */
static SeSmtpIo
read_last_words (SeSmtp *smtp)
{
  SeSmtpIo io = se_smtp_await_reply (smtp, se_smtp_deadline (1000));

  return io == SE_SMTP_IO_TIMEOUT ? SE_SMTP_IO_CLOSED : io;
}

SeSmtpIo
se_smtp_send_bytes (SeSmtp *smtp, const char *data, gsize length, guint timeout)
{
  gint64 deadline = se_smtp_deadline (timeout);

  while (length > 0)
    {
      size_t n = 0;
      CURLcode code = curl_easy_send (smtp->curl, data, length, &n);
      SeSmtpIo io;

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
      io = se_smtp_read_reply (smtp);
      if (io == SE_SMTP_IO_NOTHING && se_reply_parser_is_amid (smtp->parser))
        return se_smtp_await_reply (smtp, deadline);
      if (io == SE_SMTP_IO_NOTHING)
        io = se_smtp_wait_for (smtp, POLLIN | POLLOUT, deadline);
      if (io != SE_SMTP_IO_DONE)
        return io;
    }
  return SE_SMTP_IO_DONE;
}

void
se_smtp_set_io_error (const SeSmtp *smtp, SeSmtpIo io, gboolean after_dot, const char *during,
                      GError **error)
{
  static const char *const what[] = {
    [SE_SMTP_IO_CLOSED] = N_ ("closed the connection"),
    [SE_SMTP_IO_GARBAGE] = N_ ("sent something that is no SMTP reply"),
    [SE_SMTP_IO_TIMEOUT] = N_ ("did not answer in time"),
    [SE_SMTP_IO_CANCELLED] = N_ ("was not waited for"),
  };

  if (after_dot)
    g_set_error (error, SE_ERROR, SE_ERROR_IN_DOUBT,
                 _ ("The mail is in doubt: %s %s after the whole message was sent, so it may have "
                    "been delivered"),
                 smtp->host, _ (what[io]));
  else if (io == SE_SMTP_IO_CANCELLED)
    g_set_error (error, SE_ERROR, SE_ERROR_CANCELLED,
                 _ ("Cancelled; nothing was sent to the recipients"));
  else
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("%s %s during %s"), smtp->host,
                 _ (what[io]), during);
}

/* The one place where a command becomes bytes: printable ASCII only, so that nothing that came from
 * outside can end a line, however it got into an address. Returns the line with CRLF. */
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

gboolean
se_smtp_command (SeSmtp *smtp, GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;
  g_autofree char *verb = NULL;
  va_list arguments;
  SeSmtpIo io;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  line = make_command (text, error);
  if (line == NULL)
    return FALSE;
  verb = g_strndup (text, strcspn (text, " "));
  /* A reply that comes too late would be taken for that to this command. */
  if (!smtp->idle)
    {
      se_smtp_set_io_error (smtp, SE_SMTP_IO_CLOSED, FALSE, verb, error);
      return FALSE;
    }

  smtp->idle = FALSE;
  io = se_smtp_read_reply (smtp);
  if (io == SE_SMTP_IO_REPLY)
    {
      /* In lock-step nothing can come now but a farewell; anything else would shift every reply to
       * the command before its own. */
      g_autofree char *words = se_smtp_reply_to_string (smtp->reply);

      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   _ ("%s sent something unexpected before %s: %s"), smtp->host, verb, words);
      return FALSE;
    }
  if (io == SE_SMTP_IO_NOTHING)
    io = se_smtp_send_bytes (smtp, line, strlen (line), smtp->timeouts.reply);
  if (io == SE_SMTP_IO_DONE)
    io = se_smtp_await_reply (smtp, se_smtp_deadline (smtp->timeouts.reply));
  if (io != SE_SMTP_IO_REPLY)
    {
      se_smtp_set_io_error (smtp, io, FALSE, verb, error);
      return FALSE;
    }
  smtp->idle = smtp->reply->code != 421; /* RFC 5321, 3.8: the server closes after it */
  SE_FAULT_POINT (verb);
  return TRUE;
}

void
se_smtp_close (SeSmtp *smtp)
{
  if (smtp == NULL)
    return;
  if (smtp->idle)
    {
      g_autofree char *quit = make_command ("QUIT", NULL);
      gint64 deadline = se_smtp_deadline (1000);

      /* A person who cancelled does not wait for a farewell. */
      smtp->limit = MIN (smtp->limit, deadline);
      smtp->cancel_mode = SE_CANCEL_NOW;
      if (se_smtp_send_bytes (smtp, quit, strlen (quit), 1000) == SE_SMTP_IO_DONE
          && se_smtp_await_reply (smtp, deadline) != SE_SMTP_IO_REPLY)
        g_debug ("%s did not answer QUIT", smtp->host);
    }
  se_smtp_free (smtp);
}
