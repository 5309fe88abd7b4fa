/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/confine.h"

G_BEGIN_DECLS

/* What each program that the supervisor starts does first: messages go to cupsd's log, a closed
 * connection is an error and no signal, the OOM killer may take the process, which the supervisor
 * keeps it from, and it gives up rights; further: as of se_confine_calls. */
gboolean se_process_begin (SeConfineCalls further, GError **error);

G_END_DECLS
