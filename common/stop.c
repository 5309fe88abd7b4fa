/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stop.h"

#include "common/io.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

static gboolean
watch (const SeStop *stop, int fd)
{
  struct epoll_event event = { .events = EPOLLIN };

  return epoll_ctl (stop->fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

gboolean
se_stop_begin (SeStop *stop, int other, guint seconds, GError **error)
{
  const struct itimerspec time = { .it_value = { .tv_sec = seconds } };

  stop->fd = epoll_create1 (EPOLL_CLOEXEC);
  stop->timer = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  if (stop->fd >= 0 && stop->timer >= 0 && timerfd_settime (stop->timer, 0, &time, NULL) == 0
      && watch (stop, stop->timer) && (other < 0 || watch (stop, other)))
    return TRUE;
  se_error_set_errno (error, errno, _ ("cannot watch the time"));
  se_stop_clear (stop);
  return FALSE;
}

void
se_stop_clear (SeStop *stop)
{
  se_io_clear_fd (&stop->fd);
  se_io_clear_fd (&stop->timer);
}
