/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "backend/job.h"

G_BEGIN_DECLS

/* What policy and journal rest on, asked of cupsd itself: argv[5] can be forged. */
typedef struct
{
  gint64 creation;   /* time-at-creation, 0: not known */
  gint64 completion; /* time-at-completed of an earlier run, 0: none */
  char *user;        /* job-originating-user-name */
  char *host;        /* job-originating-host-name; NULL: not known */
} SeFacts;

/* Asks cupsd at server ("HOST:PORT" or a socket's path; NULL: libcups's default) as the job's
 * owner. Where cupsd does not tell or its job has another uuid (another cupsd, a forged option),
 * user is the job's and the rest is not known; a warning says so. SE_ERROR_TEMPORARY: cupsd cannot
 * be reached. */
SeFacts *se_facts_get (const SeJob *job, const char *server, GError **error);
void se_facts_free (SeFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeFacts, se_facts_free)

/* TRUE if cupsd says within a second that the job is canceled, aborted or completed: then SIGTERM
 * was a person's cancel and not the end of cupsd. */
gboolean se_facts_is_over (const SeJob *job, const char *server);

G_END_DECLS
