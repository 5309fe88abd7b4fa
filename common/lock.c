/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lock.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>

/* flock cannot be awaited together with a descriptor and a time, so it is asked again this often.
 */
#define LOCK_POLL_MS 20

/* Returns 1 if the lock was taken, 0 if another holds it or the file was replaced meanwhile (then
 * *fd is open on the new one or closed), -1 on error. */
static int
try_lock (const char *path, int *fd, GError **error)
{
  struct stat opened, named;

  if (*fd < 0)
    *fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (*fd < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot open the lock file %s"), path);
      return -1;
    }
  if (flock (*fd, LOCK_EX | LOCK_NB) < 0)
    {
      if (errno == EWOULDBLOCK || errno == EINTR)
        return 0;
      se_error_set_errno (error, errno, _ ("cannot lock %s"), path);
      return -1;
    }
  /* A lock on a file that was removed meanwhile keeps nobody out. */
  if (fstat (*fd, &opened) == 0 && stat (path, &named) == 0 && opened.st_dev == named.st_dev
      && opened.st_ino == named.st_ino)
    return 1;
  se_io_clear_fd (fd);
  return 0;
}

gboolean
se_lock_try (const char *path, int *fd, GError **error)
{
  se_autofd int tried = -1;
  int locked = try_lock (path, &tried, error);

  *fd = locked > 0 ? se_io_steal_fd (&tried) : -1;
  return locked >= 0;
}

int
se_lock_take (const char *path, int timeout_ms, int cancel_fd, GError **error)
{
  gint64 start = g_get_monotonic_time ();
  struct pollfd cancel = { .fd = cancel_fd, .events = POLLIN };
  se_autofd int fd = -1;

  for (;;)
    {
      int locked = try_lock (path, &fd, error);
      gint64 left = timeout_ms - (g_get_monotonic_time () - start) / 1000;

      if (locked < 0)
        return -1;
      if (locked > 0)
        return se_io_steal_fd (&fd);
      if (timeout_ms >= 0 && left <= 0)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                       _ ("%s is still locked by another process after %d ms"), path, timeout_ms);
          return -1;
        }
      if (poll (&cancel, 1, timeout_ms < 0 ? LOCK_POLL_MS : (int)MIN (left, LOCK_POLL_MS)) > 0)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_CANCELLED, _ ("cancelled while waiting for %s"),
                       path);
          return -1;
        }
    }
}

gboolean
se_lock_is_held (const char *path)
{
  se_autofd int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  return fd >= 0 && flock (fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}
