/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* A pause that a server asked for, in a file of its own that all processes share. */

/* Begins a pause. until: its end as the server says it, seconds since 1970, a day from now at most;
 * 0: not said: then it is five seconds, twice as long as the last one if that was in vain, half an
 * hour at most, and up to a quarter less, so that those who wait do not all come back at once. A
 * pause that goes on already is only made longer, by until. reason: one sentence for a person. */
gboolean se_pause_begin (const char *path, gint64 until, const char *reason, GError **error);

/* The end of the pause that goes on, seconds since 1970, and its reason, owned by the caller (NULL:
 * not asked for); 0: none goes on. A file that cannot be read, or from a time that is yet to come
 * (the clock was set back), is none. */
gint64 se_pause_until (const char *path, char **reason);

/* The server has taken a mail: the next pause will be a short one. One that goes on stays. */
gboolean se_pause_forget (const char *path, GError **error);

/* Ends a pause. */
gboolean se_pause_lift (const char *path, GError **error);

G_END_DECLS
