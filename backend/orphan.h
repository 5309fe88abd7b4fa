/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "backend/job.h"

G_BEGIN_DECLS

/* A worker whose supervisor was killed and that then fails can tell nobody: cupsd takes the job for
 * done. It leaves what became of it in STATE-DIRECTORY/orphans, one key file a job
 * ([orphan] queue, job, user, title, time in seconds since 1970, message, bundle: the spool's path
 * or nothing), for oauth-setup release to report. */
gboolean se_orphan_leave (const char *state_directory, const SeJob *job, const char *message,
                          const char *bundle, GError **error);

G_END_DECLS
