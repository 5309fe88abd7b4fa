/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* A line in which processes are served in the order they came. Who stands in it holds the lock of a
 * file with its number, which dies with it: nobody waits for one that was killed. */
typedef struct SeTurn SeTurn;

/* Stands in line until all who came before have left it. directory: of this line alone; made if
 * need be. timeout_ms: how long to wait; cancel_fd: as for se_lock_take. SE_ERROR_QUOTA when the
 * time is out. */
SeTurn *se_turn_wait (const char *directory, int timeout_ms, int cancel_fd, GError **error);

/* Leaves the line: it is the next one's turn. */
void se_turn_free (SeTurn *turn);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeTurn, se_turn_free)

/* TRUE if anybody stands in line. */
gboolean se_turn_is_awaited (const char *directory);

G_END_DECLS
