/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/group.h"

#include "backend/status.h"
#include "common/io.h"

#include <errno.h>
#include <unistd.h>

SeGroup
se_group_now (void)
{
  return (SeGroup){ .id = getpgrp (), .alone = se_status_is_orphan () };
}

void
se_group_leave (void)
{
  if (setpgid (0, 0) < 0)
    g_debug ("the process stays in its group: %s", g_strerror (errno));
}

void
se_group_return (const SeGroup *group, gboolean more, int cancel_fd)
{
  gboolean alone = se_status_is_orphan ();

  if (group->id == getpgrp ())
    return;
  if (more && alone && !group->alone && !se_io_is_readable (cancel_fd))
    _exit (SE_EXIT_RETRY);
  /* Without the supervisor the group may be another backend's by now. */
  if (!alone && setpgid (0, group->id) < 0)
    g_debug ("the process does not come back to its group: %s", g_strerror (errno));
}
