/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* How much happened within the last PERIOD, counted by all processes in one small file: a limit of
 * "so many in a minute" or "in a day". It holds the times and amounts of at most some sixty spans
 * of the period; each counts until a whole period after its last moment, so that the limit is never
 * exceeded. The file is replaced whole under a lock that dies with its holder: who is killed at any
 * moment leaves what was counted before, or that and its own. A file that cannot be read, or one
 * with times that are yet to come (the clock was set back), gives a warning: nobody waits for
 * longer than a period, whatever is in it. */
typedef struct
{
  const char *path;
  guint period;  /* seconds, at least 1 */
  guint64 limit; /* how much may happen within it; 0: not limited, and nothing is counted */
} SeTally;

/* Counts amount if it is within the limit. *due: 0 if it is; else nothing is counted, and it is
 * when there will be room for it if nothing else is counted meanwhile, as g_get_real_time () has
 * it. An amount that is larger than the limit itself needs a period with nothing in it. The
 * directory is made if need be (0700). cancel_fd: as for se_lock_take. */
gboolean se_tally_take (const SeTally *tally, guint64 amount, int cancel_fd, gint64 *due,
                        GError **error);

/* Takes amount back, of what was counted last: it did not happen. */
gboolean se_tally_give_back (const SeTally *tally, guint64 amount, GError **error);

/* What *due of se_tally_take would be, without counting. What is wrong with the file is mended, so
 * that the time does not move on with each look. */
gint64 se_tally_due (const SeTally *tally, guint64 amount);

/* Removes from a directory that holds nothing but tallies of this period those in which nothing
 * counts any more, and what killed processes left. Of the tallies it looks at one in one_of only,
 * each time at others, by chance: there may be as many as somebody invents names. */
gboolean se_tally_sweep (const char *directory, guint period, guint one_of, GError **error);

G_END_DECLS
