/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* A cupsd that is stopped kills the supervisor's process group at once. The worker leaves it where
 * an answer is on its way that must be kept, and comes back to it afterwards. */
typedef struct
{
  pid_t id;
  gboolean alone; /* the supervisor was dead by then */
} SeGroup;

/* This process's group, as it is now. */
SeGroup se_group_now (void);

/* Out of it, into one of its own. */
void se_group_leave (void);

/* Back to it, if it was left. more: there is more to do than to end. Then the process ends here if
 * its supervisor was killed meanwhile: a cupsd that is back by now could not stop it, and has its
 * next run do the rest. cancel_fd: readable: the supervisor has let it go; -1: none. */
void se_group_return (const SeGroup *group, gboolean more, int cancel_fd);

G_END_DECLS
