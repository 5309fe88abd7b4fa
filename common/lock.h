/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* Locks between processes (flock): a lock dies with its holder. */

/* Takes an exclusive lock on the file at path, made with mode 0600 if it is missing.
 * timeout_ms: how long to wait, 0 = not at all, -1 = for ever. cancel_fd: gives up with
 * SE_ERROR_CANCELLED as soon as it is readable; -1 for none.
 * Returns the descriptor that holds the lock (close it to let go); -1 with SE_ERROR_TEMPORARY when
 * the time is out. The file may be removed by who holds the lock. */
int se_lock_take (const char *path, int timeout_ms, int cancel_fd, GError **error);

/* Takes the lock if it is free. *fd: as above; -1 without an error: another process has it. The two
 * are never to be told apart by an error's code: a full disk is SE_ERROR_TEMPORARY, too. */
gboolean se_lock_try (const char *path, int *fd, GError **error);

/* TRUE if a process holds that lock. Makes no file, and keeps nobody from taking the lock but for
 * an instant. */
gboolean se_lock_is_held (const char *path);

G_END_DECLS
