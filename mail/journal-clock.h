/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The times of a journal entry are the wall clock's, which may be set while a job waits: a machine
 * that keeps no time while it is off begins with an old one. Then neither may a job be given up
 * days too early, nor wait for a time that does not come. */

/* Moves the times of [entry] (first, next-try, dots) by as much as the clock was set since this was
 * last called for the entry, and notes in its key clock how clocks stand now. To be called before
 * such a time is read or written. Within one run of the system that is known to the second; after a
 * start of the system only that the clock stands before what was noted, and then it was set back by
 * at least as much. */
void se_journal_clock_follow (GKeyFile *entry);

G_END_DECLS
