/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

G_BEGIN_DECLS

/* Keeps an account within what its server allows, across all queues and processes: so many
 * connections at once, mails a minute and recipients a day ([provider] max-connections, max-rate,
 * max-recipients-per-day), and pauses that the server asked for. Those who wait are served in the
 * order they came. What is counted and held is in STATE-DIRECTORY/throttle/ADDRESS; nobody holds
 * anything beyond its own life. */
typedef struct
{
  const char *state_directory; /* NULL: nothing is limited */
  const SeAccount *account;
  int cancel_fd;      /* -1: none */
  gboolean attended;  /* a person wants to see whether it works: pauses are not heeded */
  guint longest_wait; /* milliseconds, for each thing that is waited for; 0: a minute */
} SeThrottle;

/* The right to one connection, and to one mail through it. */
typedef struct SePermit SePermit;

/* Waits until the account may connect and, unless recipients is 0, send a mail to so many; the mail
 * is counted. Each wait, for its turn, for the end of a pause or for a limit, and for a connection,
 * is told by g_info. SE_ERROR_QUOTA: it would take longer than longest_wait; se_error_due says when
 * to come again. SE_ERROR_CANCELLED. */
SePermit *se_throttle_enter (const SeThrottle *throttle, guint recipients, GError **error);

/* For a further mail through the same connection, without waiting. *may: FALSE if others wait or a
 * limit is reached: then end the connection, free the permit and enter again. */
gboolean se_permit_next (SePermit *permit, guint recipients, gboolean *may, GError **error);

/* The server has accepted the mail, or may have: its recipients count. Those of a mail that was not
 * sent are taken back when the permit is freed or the next mail is asked for. */
void se_permit_keep (SePermit *permit);

/* Call when the connection has ended. */
void se_permit_free (SePermit *permit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SePermit, se_permit_free)

/* The server, for the reason in why, wants the account to wait: until se_error_due (why) if that is
 * known, else for longer each time (mail/pause.h). */
gboolean se_throttle_pause (const SeThrottle *throttle, const GError *why, GError **error);

/* The server has accepted a mail: pauses are short ones again. */
gboolean se_throttle_ease (const SeThrottle *throttle, GError **error);

/* A person says that an account may go on: ends its pause. address: the account's; NULL: of all. */
gboolean se_throttle_lift (const char *state_directory, const char *address, GError **error);

/* When the account may next send a mail to so many recipients (0: connect), as g_get_real_time ()
 * has it, connections aside; 0: now. *why: the reason in one sentence, owned by the caller, where
 * there is one; why may be NULL. */
gint64 se_throttle_due (const SeThrottle *throttle, guint recipients, char **why);

G_END_DECLS
