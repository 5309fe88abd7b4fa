/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A time for people, "2027-01-31 14:05" by the clock on the wall; "?" for one that no calendar has.
 * seconds: since 1970. Owned by the caller. */
char *se_timestamp_local (gint64 seconds);

/* The same for programs, "2027-01-31T13:05:00Z" (RFC 3339); NULL for 0 and less, which is no time.
 */
char *se_timestamp_utc (gint64 seconds);

G_END_DECLS
