/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"
#include "mail/journal.h"
#include "mail/smtp-probe.h"

G_BEGIN_DECLS

/* Gives an access token; rejected as in oauth/token.h's se_token_get (which stands behind it: mail/
 * does not include oauth/). SE_ERROR_TOKEN_REJECTED: there is no other than the one that was
 * rejected, so that the server's refusal is the last word. */
typedef char *(*SeTokenFunc) (const char *rejected, gpointer data, GError **error);

/* What the caller does with the steps of a delivery; every member may be NULL. */
typedef struct
{
  void (*connecting) (gpointer data);
  void (*connected) (gpointer data);
  void (*progress) (guint64 sent, guint64 total, gpointer data);
  void (*body_sent) (gpointer data);  /* all but the dot; the journal is next */
  void (*before_dot) (gpointer data); /* it is journalled */
  void (*accepted) (const char *reply, guint left, gpointer data);   /* left: mails still to send */
  void (*waiting) (const GError *why, guint seconds, gpointer data); /* before a further try */
  gpointer data;
} SeDeliveryEvents;

typedef struct
{
  const SeServerConfig *server;
  const SeAccount *account;
  SeTokenFunc get_token;
  gpointer token_data;
  guint64 max_message_size; /* the queue's, bytes; 0: none */
  guint retry_for; /* how long to try again by itself, seconds from the first trouble; 0: never */
  guint resend_after; /* how long a mail in doubt rests, seconds */
  gint64 last_start; /* monotonic time, microseconds, from which on no further mail or try is begun;
                        0: none */
  int cancel_fd;     /* -1: none */
  gboolean attended; /* a person waits for it: pauses of the account are not heeded */
  const SeDeliveryEvents *events;
} SeDelivery;

/* Sends what is left of the journal's fixed mails, in order, through one session: token, session,
 * messages, journal steps; a refused token is refreshed once. A mail goes to those recipients that
 * the server takes; those that it refuses for good are left out (se_journal_refused), those that it
 * puts off are asked for again.
 * SE_ERROR_TEMPORARY and SE_ERROR_THROTTLED, trouble of the host or the account, are waited for
 * here: jittered exponential backoff (from 5 s, 60 s at most) for retry_for seconds.
 * SE_ERROR_DEFERRED, trouble of this mail alone, is tried once more after some seconds, so that
 * other jobs do not wait for it. In doubt: never in the same run; no sooner than resend_after
 * seconds after the dot, unless a person says so; and not by itself once it was sent
 * SE_DELIVERY_SENDS_IN_DOUBT times. One mail is begun in any case; what is left after last_start is
 * SE_ERROR_QUOTA, due at once. TRUE: nobody waits for a mail any more, which is journalled.
 * Errors are those of se_smtp_open, se_smtp_send and the token function; a token refused twice is
 * SE_ERROR_AUTHORIZATION; SE_ERROR_DOCUMENT: nobody can have it; SE_ERROR_TOO_LARGE: over the limit
 * (mail/limit.h), nothing was sent. The time of an accepted mail is noted (mail/activity.h).
 * not_before: when to try again (seconds since 1970), with SE_ERROR_IN_DOUBT (G_MAXINT64: when a
 * person says so) and as se_error_due has it; else 0. */
#define SE_DELIVERY_SENDS_IN_DOUBT 3
gboolean se_delivery_send (const SeDelivery *delivery, SeJournal *journal, gint64 *not_before,
                           GError **error);

/* Whenever a session is opened, by any function of these, the server's SIZE is noted, and all keep
 * within the limits of the account, whoever else sends from it (mail/throttle.h): waits of up to a
 * minute are waited for, longer ones are SE_ERROR_QUOTA. */

/* Connects and authenticates only ("dry login"), with the same one refresh of a refused token. */
gboolean se_delivery_check (const SeDelivery *delivery, GError **error);

/* Looks at the server without a token (mail/smtp-probe.h). */
gboolean se_delivery_probe (const SeDelivery *delivery, const SeSmtpProbe *probe, GError **error);

/* As se_delivery_check (events->connected tells that it is done), and asks whether the account may
 * send as its from-address. */
gboolean se_delivery_try_sender (const SeDelivery *delivery, GError **error);

/* Sends a message that has no job and no journal (a test mail). */
gboolean se_delivery_send_once (const SeDelivery *delivery, const SeEnvelope *envelope,
                                SeMessage *message, SeSmtpReply **reply, GError **error);

G_END_DECLS
