/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* What was last seen of an account: when its server accepted a mail, and which SIZE it stated. One
 * small file an account in STATE-DIRECTORY/activity and in STATE-DIRECTORY/size, replaced whole, so
 * that nobody waits for anybody. */

/* Notes that it is now. account: its address. */
gboolean se_activity_note (const char *state_directory, const char *account, GError **error);

/* Seconds since 1970; 0: never, or it is not known. */
gint64 se_activity_last_mail (const char *state_directory, const char *account);

/* Notes the SIZE (RFC 1870, octets; 0: none stated) that server, as [provider] smtp-server names
 * it, has stated to the account. Nothing is written where it is known already. */
gboolean se_activity_note_size (const char *state_directory, const char *account,
                                const char *server, guint64 size, GError **error);

/* 0: none was stated, or none is known of this server. */
guint64 se_activity_size (const char *state_directory, const char *account, const char *server);

G_END_DECLS
