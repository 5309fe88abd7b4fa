/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* What each program that the supervisor starts does first: messages go to cupsd's log, a closed
 * connection is an error and no signal, the OOM killer may take the process, which the supervisor
 * keeps it from, and se_confine_process. */
gboolean se_process_begin (GError **error);

G_END_DECLS
