/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/intake.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <unistd.h>

GPtrArray *
se_intake_spool (const char *path, int cancel_fd, GError **error)
{
  g_autoptr (GPtrArray) entries = NULL;
  se_autofd int fd = g_open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

  if (fd < 0)
    {
      se_error_set_errno (error, errno, _ ("Cannot spool the job in %s"), path);
      return NULL;
    }
  entries = se_bundle_spool (STDIN_FILENO, fd, path, cancel_fd, error);
  if (entries == NULL)
    return NULL;
  if (fsync (fd) < 0)
    {
      se_error_set_errno (error, errno, _ ("Cannot spool the job in %s"), path);
      return NULL;
    }
  return g_steal_pointer (&entries);
}

void
se_intake_drain (int cancel_fd)
{
  char buffer[65536];
  struct pollfd fds[]
      = { { .fd = STDIN_FILENO, .events = POLLIN }, { .fd = cancel_fd, .events = POLLIN } };

  for (;;)
    {
      gssize n;

      if (poll (fds, G_N_ELEMENTS (fds), -1) < 0 && errno != EINTR)
        return;
      if (fds[1].revents != 0)
        return;
      n = read (STDIN_FILENO, buffer, sizeof buffer);
      if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        return;
    }
}
