/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "backend/job.h"

G_BEGIN_DECLS

/* The job as cupsd itself tells it. Of argv[5] whoever sends the job writes even the names: an
 * attribute that is called "x email-to=a@b y" becomes an option there. */
typedef struct
{
  char *uuid;          /* job-uuid */
  gint64 creation;     /* time-at-creation, seconds since 1970 */
  gint64 completion;   /* time-at-completed of an earlier run; 0: none, or cupsd does not run the
                          job any more: its end is that of a run beside this one */
  gint64 cancel_after; /* job-cancel-after: seconds that cupsd lets a run take; 0: any */
  char *user;          /* job-originating-user-name, UTF-8 */
  char *host;          /* job-originating-host-name, UTF-8; NULL: not known */
  GPtrArray *options;  /* SeOption: the job's attributes, several values joined by commas */
} SeFacts;

/* Asks cupsd at server ("HOST:PORT" or a socket's path; NULL: libcups's default) as the job's
 * owner. It is believed if its job has a job-uuid that argv[5] holds. SE_ERROR_TEMPORARY: cupsd
 * cannot be reached, or does not answer for 10 s; SE_ERROR_CANCELLED: cancel_fd (-1: none) became
 * readable; SE_ERROR_CONFIG: it does not tell, or has another job of that number;
 * SE_ERROR_DOCUMENT: whoever sent the job sent such facts, too.
 *
 * user is whom cupsd authenticated, else whom the client claims to be (RFC 8011, 8.3); host is the
 * connection's other end, but a client on the same machine may name any host instead (cups-lpd does
 * so for those who send to it). */
SeFacts *se_facts_get (const SeJob *job, const char *server, int cancel_fd, GError **error);
void se_facts_free (SeFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeFacts, se_facts_free)

/* TRUE if cupsd says within a second that the job is canceled, aborted or completed: then SIGTERM
 * was a person's cancel and not the end of cupsd. */
gboolean se_facts_is_over (const SeJob *job, const char *server);

G_END_DECLS
