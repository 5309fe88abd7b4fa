/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/terms.h"

G_BEGIN_DECLS

/* SE_FD_BACK_CHANNEL, closed on exec from now on; -1 where se_back_channel_is_open () says that it
 * is none, as in a worker that was started by hand. */
int se_channel_find (void);

/* Sends the terms (fd -1: nothing is done). The mail does not depend on whether the filter hears
 * them. */
void se_channel_tell (int fd, const SeTerms *terms);

/* The job is done: lets the filter go and closes *fd. */
void se_channel_taken (int *fd);

/* Whether the filter lives, and will fail if it is not let go. */
gboolean se_channel_is_heard (int fd);

G_END_DECLS
