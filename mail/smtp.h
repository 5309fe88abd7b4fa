/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"
#include "mail/envelope.h"
#include "mail/message.h"

G_BEGIN_DECLS

/* A message submission session (RFC 6409) with STARTTLS or TLS and XOAUTH2 or OAUTHBEARER
 * (RFC 7628). libcurl connects, checks the certificate and authenticates; from MAIL FROM on the
 * session is ours. The program ignores SIGPIPE. */
typedef struct SeSmtp SeSmtp;

/* How long is waited, in milliseconds; 0: what is said here. */
typedef struct
{
  guint connect;   /* name lookup and TCP connection: 30 s */
  guint session;   /* everything up to the 235: 300 s */
  guint reply;     /* a reply to a command: 300 s */
  guint stalled;   /* upload without a byte accepted: 120 s */
  guint dot;       /* the reply after the final dot: 600 s */
  guint cancelled; /* the same after a cancel: 25 s */
} SeSmtpTimeouts;

typedef struct
{
  /* Whose values stand in messages; borrowed as long as the session lives. */
  const SeAccount *account;
  const char *server;    /* smtp://HOST[:PORT] (587) or smtps://HOST[:PORT] (465) */
  const char *ca_file;   /* replaces the system's store; NULL: the system's */
  const char *proxy;     /* URL; NULL: none */
  const char *helo_name; /* NULL: the host's FQDN or address literal */
  const char *sasl;      /* "xoauth2" or "oauthbearer" */
  const char *user;      /* SASL user= */
  const char *access_token;
  int cancel_fd;                  /* readable: stop; -1: none */
  const SeSmtpTimeouts *timeouts; /* NULL: those of RFC 5321, 4.5.3.2, as stated above */
} SeSmtpOptions;

/* A server's reply, RFC 5321, 4.2. */
typedef struct
{
  int code;       /* 0: none came */
  char *enhanced; /* RFC 3463 "5.7.139"; NULL: none */
  char *text;     /* all lines joined by spaces, cleaned for messages */
} SeSmtpReply;

void se_smtp_reply_free (SeSmtpReply *reply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeSmtpReply, se_smtp_reply_free)

/* "550 5.1.1 text", owned by the caller. */
char *se_smtp_reply_to_string (const SeSmtpReply *reply);

/* Connects and authenticates. Errors, each with its own sentence and the server's words:
 * SE_ERROR_CONFIG: certificate (wrong CA, expired, other host; one that is not yet valid is
 * SE_ERROR_TEMPORARY: the clock is not set yet), no STARTTLS, no AUTH, mechanism not
 * offered, 235 never given, SMTP AUTH switched off (5.7.139), unknown 5xx;
 * SE_ERROR_TOKEN_REJECTED: 334 with JSON (decoded), 535 or 501 about the token;
 * SE_ERROR_TEMPORARY: name, connect, time-out, 4xx; SE_ERROR_CANCELLED.
 * No token goes out but over verified TLS. */
SeSmtp *se_smtp_open (const SeSmtpOptions *options, GError **error);

/* SIZE as the server states it in octets (RFC 1870); 0: none stated. */
guint64 se_smtp_max_size (const SeSmtp *smtp);

/* What a caller is told while a message goes out; every member may be NULL. before_dot returning
 * FALSE (with error set) ends the session without the dot: nothing is delivered. */
typedef struct
{
  void (*progress) (guint64 sent, guint64 total, gpointer data);
  gboolean (*before_dot) (gpointer data, GError **error);
  gpointer data;
} SeSmtpEvents;

/* Sends one message: MAIL, one RCPT a recipient, DATA, the message from fd, the final dot.
 * results: of se_rcpt_results_new, gets the reply for each recipient before before_dot is called.
 * The mail goes to those that are accepted; where the server has enough recipients for one
 * transaction (452, 552 or X.5.3 after one was accepted; RFC 5321, 4.5.3.1.10) the rest stays OPEN.
 * NULL: all of them or nothing. None accepted: DATA is not sent; SE_ERROR_DOCUMENT if all are
 * refused for good, SE_ERROR_DEFERRED if some are only for now, with the server's words for each.
 * SIZE is compared before MAIL (SE_ERROR_TOO_LARGE, mail/limit.h). An early reply during DATA is
 * final. 4xx to the message: SE_ERROR_DEFERRED. Connection lost or time-out after the dot:
 * SE_ERROR_IN_DOUBT; before it: SE_ERROR_TEMPORARY. Cancelled before the dot: RSET/QUIT where
 * possible, SE_ERROR_CANCELLED; after it: waits for the reply, 25 s at most. reply: the reply that
 * decided, owned by the caller; may be NULL. 5xx to MAIL FROM and SendAsDenied, to a recipient or
 * after the data: SE_ERROR_CONFIG; sending limits (Gmail 550 5.4.5, Exchange
 * SubmissionQuotaExceeded): SE_ERROR_QUOTA; other 5xx: SE_ERROR_DOCUMENT. */
gboolean se_smtp_send (SeSmtp *smtp, const SeEnvelope *envelope, SeMessage *message, int fd,
                       const SeSmtpEvents *events, GArray *results, SeSmtpReply **reply,
                       GError **error);

/* Asks by MAIL and RSET whether the server lets the account send as from. It may still refuse a
 * message (Exchange does, after the data). Errors as se_smtp_send. */
gboolean se_smtp_try_sender (SeSmtp *smtp, const SeAddress *from, GError **error);

/* QUIT (its reply is awaited for a second at most) and close. */
void se_smtp_close (SeSmtp *smtp);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeSmtp, se_smtp_close)

G_END_DECLS
