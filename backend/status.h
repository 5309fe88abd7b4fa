/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "backend/group.h"
#include "backend/phase.h"
#include "common/notice.h"
#include "mail/delivery.h"

G_BEGIN_DECLS

/* What the worker tells while it runs: cupsd by lines on standard error (backend(7)), the
 * supervisor by bytes and notices. */
typedef struct
{
  gint64 last_progress; /* monotonic, microseconds */
  gboolean at_login;    /* the mail server has not let the account in yet, at this try */
  SeGroup group;        /* to come back to; 0: it was never left */
  int cancel_fd;        /* as of se_group_return */
} SeStatus;

/* Literal lines that are no messages: "STATE: …\n". */
void se_status_write (const char *lines);

/* Tells the supervisor how far the job is: one of SE_PHASE_…. */
void se_status_phase (char phase);

/* A SeNotifier's tell: hands the notice to the supervisor, which has it announced after the
 * worker's end. One that cannot be handed over is a warning. data: not used. */
void se_status_tell (const SeNotice *notice, gpointer data);

/* TRUE if there was a supervisor and it is dead: nobody will see the exit code. */
gboolean se_status_is_orphan (void);

/* The events of a delivery, told as they happen; between dot and answer, in a group of its own.
 * status is owned by the caller. */
SeDeliveryEvents se_status_events (SeStatus *status);

/* The delivery is over. */
void se_status_delivered (SeStatus *status);

G_END_DECLS
