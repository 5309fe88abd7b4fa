/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

#include <sys/types.h>

G_BEGIN_DECLS

/* TRUE if the service user, of that id, can work in [server] state-directory: it is there, that
 * user's own, and not closed to it. SE_ERROR_CONFIG: the command that mends it. A chown of too
 * much, a backup that was put back, or an installation before there is the user leave another. */
gboolean se_state_directory_check (const SeServerConfig *server, uid_t uid, GError **error);

G_END_DECLS
