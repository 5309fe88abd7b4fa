/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

G_BEGIN_DECLS

/* Confines the worker to the files that a job needs: it may write in the state directory alone, and
 * read what its configuration names, with all that lies in the same directories, and what the
 * system's libraries look names and certificates up in. account, queue: those of the job. To be
 * called when the configuration is read and nothing from outside is. */
gboolean se_confinement_enter (const SeServerConfig *server, const SeAccount *account,
                               const SeQueueConfig *queue, GError **error);

/* TRUE if account, read later than se_confinement_enter was called, names a file that is out of
 * this process's reach, and in that of the next. */
gboolean se_confinement_misses (const SeAccount *account);

G_END_DECLS
