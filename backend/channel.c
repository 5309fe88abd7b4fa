/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/channel.h"

#include "common/io.h"

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <string.h>

int
se_channel_find (void)
{
  return se_back_channel_is_open (O_WRONLY) && fcntl (SE_FD_BACK_CHANNEL, F_SETFD, FD_CLOEXEC) == 0
             ? SE_FD_BACK_CHANNEL
             : -1;
}

void
se_channel_tell (int fd, const SeTerms *terms)
{
  g_autoptr (GError) error = NULL;

  /* It waits for nobody: a pipe that is empty takes a line, and CUPS's do not block. */
  if (fd >= 0 && !se_terms_send (fd, terms, &error))
    g_info (_ ("The filter cannot be told how large a mail may be: %s"), error->message);
}

gboolean
se_channel_is_heard (int fd)
{
  struct pollfd poll_fd = { .fd = fd };

  return fd >= 0 && poll (&poll_fd, 1, 0) == 0; /* else POLLERR */
}

void
se_channel_taken (int *fd)
{
  static const char line[] = SE_TAKEN "\n";
  g_autoptr (GError) error = NULL;

  if (*fd >= 0 && !se_io_write_all (*fd, line, strlen (line), &error))
    g_debug ("the filter does not hear that it may go: %s", error->message);
  se_io_clear_fd (fd);
}
