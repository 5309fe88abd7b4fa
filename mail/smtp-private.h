/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/reply.h"
#include "mail/smtp-error.h"
#include "mail/smtp-probe.h"

#include <curl/curl.h>

G_BEGIN_DECLS

/* Shared by smtp-connect.c (up to the 235), smtp.c (from MAIL FROM on) and smtp-io.c (bytes,
 * commands and replies). */

/* As much as is sent and received at once. */
#define SE_SMTP_BLOCK (64 * 1024)

/* What a cancel means at the moment. */
typedef enum
{
  SE_CANCEL_NOW,     /* stop at once */
  SE_CANCEL_GRACE,   /* the dot is on its way: wait a little for the reply */
  SE_CANCEL_IGNORED, /* seen; the limit is set */
} SeCancelMode;

struct SeSmtp
{
  CURLM *multi; /* the handle stays in it as long as the connection is used */
  CURL *curl;
  curl_socket_t socket;
  char *host;
  const SeAccount *account;
  SeSmtpTimeouts timeouts; /* none of them 0 */
  int cancel_fd;
  SeCancelMode cancel_mode;
  gint64 limit; /* monotonic time that no wait goes beyond */

  guint64 max_size; /* SIZE, 0: none stated */
  gboolean idle;    /* no command and no message under way: QUIT makes sense */
  SeReplyParser *parser;
  SeSmtpReply *reply; /* the last one that the session read */
  char *block;        /* SE_SMTP_BLOCK bytes of the message */
  gsize filled, used; /* of input */
  char input[4096];
};

/* Monotonic time in microseconds, timeout milliseconds from now. */
gint64 se_smtp_deadline (guint timeout);

/* Frees without a word to the server. */
void se_smtp_free (SeSmtp *smtp);

/* How an exchange of bytes with the server ended. */
typedef enum
{
  SE_SMTP_IO_DONE,    /* all bytes are sent */
  SE_SMTP_IO_REPLY,   /* a reply came: smtp->reply */
  SE_SMTP_IO_NOTHING, /* nothing to read at the moment */
  SE_SMTP_IO_CLOSED,  /* the connection is gone */
  SE_SMTP_IO_GARBAGE, /* what came is no SMTP reply */
  SE_SMTP_IO_TIMEOUT,
  SE_SMTP_IO_CANCELLED,
} SeSmtpIo;

/* Waits for events on the socket. A cancel after the dot only sets the limit. */
SeSmtpIo se_smtp_wait_for (SeSmtp *smtp, short events, gint64 deadline);

/* Reads until there is a reply or nothing more: TLS may hold bytes that poll () does not show. */
SeSmtpIo se_smtp_read_reply (SeSmtp *smtp);
SeSmtpIo se_smtp_await_reply (SeSmtp *smtp, gint64 deadline);

/* Sends all bytes, and looks for a reply whenever it has to wait. SE_SMTP_IO_TIMEOUT: not a byte
 * was accepted for as long as timeout, milliseconds. */
SeSmtpIo se_smtp_send_bytes (SeSmtp *smtp, const char *data, gsize length, guint timeout);

/* The sentence for an exchange that brought no reply. after_dot: the message may be delivered. */
void se_smtp_set_io_error (const SeSmtp *smtp, SeSmtpIo io, gboolean after_dot, const char *during,
                           GError **error);

/* One command and its reply, in smtp->reply. FALSE: no reply came, the session is over. */
gboolean se_smtp_command (SeSmtp *smtp, GError **error, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* Looks host up and tells its addresses. SE_ERROR_TEMPORARY: it has none. */
gboolean se_smtp_probe_resolve (const SeSmtpProbe *probe, const char *host, GError **error);

/* Tells of TLS. Returns FALSE as long as there is none. */
gboolean se_smtp_probe_tls (const SeSmtpProbe *probe, CURL *curl);

G_END_DECLS
