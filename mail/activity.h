/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* When a server last accepted a mail of an account: one small file an account in
 * STATE-DIRECTORY/activity, replaced whole, so that nobody waits for anybody. */

/* Notes that it is now. account: its address. */
gboolean se_activity_note (const char *state_directory, const char *account, GError **error);

/* Seconds since 1970; 0: never, or it is not known. */
gint64 se_activity_last_mail (const char *state_directory, const char *account);

G_END_DECLS
