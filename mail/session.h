/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/delivery.h"

G_BEGIN_DECLS

/* An account's connection to its server, signed in, within the account's limits (mail/throttle.h).
 * Nobody has a connection that does not use it: it is opened when it is needed, and closed to wait.
 */
typedef struct SeSession SeSession;

/* Not connected yet. delivery: borrowed. */
SeSession *se_session_new (const SeDelivery *delivery);
void se_session_free (SeSession *session); /* says QUIT */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeSession, se_session_free)

/* Before each mail, with the number of its recipients; 0: to sign in alone. Connects, or connects
 * anew after a wait where the account's limits or other jobs want that. Errors are those of
 * se_throttle_enter, the token function and se_smtp_open; a token refused twice is
 * SE_ERROR_AUTHORIZATION. */
SeSmtp *se_session_prepare (SeSession *session, guint recipients, GError **error);

/* After each mail, with what came of it; NULL: it was accepted. If the server asks to slow down,
 * all jobs of the account pause, and failure gets the time (se_error_due). */
void se_session_note (SeSession *session, GError *failure);

/* How to reach the account's server. token: borrowed; NULL: without. */
SeSmtpOptions se_session_options (const SeDelivery *delivery, const char *token);

G_END_DECLS
