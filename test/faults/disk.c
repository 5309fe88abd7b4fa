/* SPDX-License-Identifier: Apache-2.0 */
/* For LD_PRELOAD: lets the calls that change files below a directory fail, the n-th of a kind or
 * all from the n-th on, or counts them.
 *
 *   DISK_ROOT   the directory
 *   DISK_FAULT  "KIND N ERRNO once" or "… on", such as "write 3 28 once"; missing: none
 *   DISK_LOG    file that gets a line "KIND PATH" for each of these calls; missing: none
 *
 * Kinds: open (that makes a file), write, fsync, rename, link, truncate, allocate, mkdir. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct
{
  char root[256];
  char log[256];
  char kind[16];
  int n;
  int error;
  bool on;
  int count; /* of calls of the kind */
} disk;

__attribute__ ((constructor)) static void
configure (void)
{
  const char *root = getenv ("DISK_ROOT");
  const char *log = getenv ("DISK_LOG");
  const char *fault = getenv ("DISK_FAULT");
  char mode[8] = "";

  snprintf (disk.root, sizeof disk.root, "%s/", root != NULL ? root : "");
  snprintf (disk.log, sizeof disk.log, "%s", log != NULL ? log : "");
  if (fault != NULL && sscanf (fault, "%15s %d %d %7s", disk.kind, &disk.n, &disk.error, mode) != 4)
    abort ();
  disk.on = strcmp (mode, "on") == 0;
}

/* By system calls of its own, which count for nothing. */
static void
note (const char *kind, const char *path)
{
  char line[4200];
  int n = snprintf (line, sizeof line, "%s %s\n", kind, path);
  int fd = (int)syscall (SYS_openat, AT_FDCWD, disk.log, O_WRONLY | O_CREAT | O_APPEND, 0600);

  if (fd < 0)
    return;
  (void)!syscall (SYS_write, fd, line, n);
  syscall (SYS_close, fd);
}

/* TRUE if this call is to fail; errno says how. */
static bool
fails (const char *kind, const char *path)
{
  if (disk.root[1] == '\0' || strncmp (path, disk.root, strlen (disk.root)) != 0)
    return false;
  if (disk.log[0] != '\0')
    note (kind, path);
  if (strcmp (kind, disk.kind) != 0)
    return false;
  disk.count++;
  if (disk.count != disk.n && (!disk.on || disk.count < disk.n))
    return false;
  errno = disk.error;
  return true;
}

static bool
fails_on (const char *kind, int fd)
{
  int saved_errno = errno;
  char link[64], path[4096];
  ssize_t n;

  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  n = readlink (link, path, sizeof path - 2);
  errno = saved_errno;
  if (n <= 0)
    return false;
  path[n] = '\0';
  strcat (path, "/"); /* the directory itself is below itself */
  return fails (kind, path);
}

#define NEXT(name) ((__typeof__ (&name))dlsym (RTLD_NEXT, #name))

ssize_t
write (int fd, const void *data, size_t length)
{
  return fails_on ("write", fd) ? -1 : NEXT (write) (fd, data, length);
}

ssize_t
pwrite64 (int fd, const void *data, size_t length, off64_t offset)
{
  return fails_on ("write", fd) ? -1 : NEXT (pwrite64) (fd, data, length, offset);
}

int
fsync (int fd)
{
  return fails_on ("fsync", fd) ? -1 : NEXT (fsync) (fd);
}

int
fdatasync (int fd)
{
  return fails_on ("fsync", fd) ? -1 : NEXT (fdatasync) (fd);
}

int
ftruncate64 (int fd, off64_t length)
{
  return fails_on ("truncate", fd) ? -1 : NEXT (ftruncate64) (fd, length);
}

int
ftruncate (int fd, off_t length)
{
  return fails_on ("truncate", fd) ? -1 : NEXT (ftruncate) (fd, length);
}

int
posix_fallocate64 (int fd, off64_t offset, off64_t length)
{
  return fails_on ("allocate", fd) ? errno : NEXT (posix_fallocate64) (fd, offset, length);
}

int
posix_fallocate (int fd, off_t offset, off_t length)
{
  return fails_on ("allocate", fd) ? errno : NEXT (posix_fallocate) (fd, offset, length);
}

int
rename (const char *from, const char *to)
{
  return fails ("rename", to) ? -1 : NEXT (rename) (from, to);
}

int
link (const char *from, const char *to)
{
  return fails ("link", to) ? -1 : NEXT (link) (from, to);
}

int
mkdir (const char *path, mode_t mode)
{
  return fails ("mkdir", path) ? -1 : NEXT (mkdir) (path, mode);
}

static mode_t
mode_of (int flags, va_list arguments)
{
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? (mode_t)va_arg (arguments, int) : 0;
}

static int
open_any (const char *path, int flags, mode_t mode)
{
  if ((flags & O_CREAT) != 0 && fails ("open", path))
    return -1;
  return (int)syscall (SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int
open (const char *path, int flags, ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = mode_of (flags, arguments);
  va_end (arguments);
  return open_any (path, flags, mode);
}

int
open64 (const char *path, int flags, ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = mode_of (flags, arguments);
  va_end (arguments);
  return open_any (path, flags, mode);
}
