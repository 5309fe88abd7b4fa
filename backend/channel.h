/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/terms.h"

G_BEGIN_DECLS

/* CUPS's back channel, by which the filter is told the terms: SE_FD_BACK_CHANNEL, closed on exec;
 * -1 where it is not a pipe to write to, as in a worker that was started by hand. To be called
 * before anything is opened, which would take the number. */
int se_channel_find (void);

/* Sends the terms and closes *fd (-1: nothing is done). The mail does not depend on whether the
 * filter hears them. */
void se_channel_tell (int *fd, const SeTerms *terms);

G_END_DECLS
