/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* What people were told of a job that is not over yet, so that a job that is held at every try is
 * told of once. One file a job in STATE-DIRECTORY/told, which holds digests alone. job: "QUEUE-ID";
 * what: any text. Only one process at a time works for a job. */

/* TRUE if this was told. */
gboolean se_told_already (const char *state_directory, const char *job, const char *what);

/* Notes that it was. Also removes what was noted of jobs that nobody tried for 30 days: those that
 * a person cancelled while they were held. */
gboolean se_told_note (const char *state_directory, const char *job, const char *what,
                       GError **error);

/* The job is over: whatever is told of one of that name from now on is news. */
gboolean se_told_forget (const char *state_directory, const char *job, GError **error);

G_END_DECLS
