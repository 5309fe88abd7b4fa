/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* flock cannot be awaited together with a descriptor and a time, so it is asked again this often.
 */
#define LOCK_POLL_MS 20

/* Seconds after which nobody is still writing a temporary file. */
#define LEFT_OVER 600

void
se_io_clear_fd (int *fd)
{
  int saved_errno = errno;

  if (*fd >= 0)
    close (*fd);
  *fd = -1;
  errno = saved_errno;
}

int
se_io_steal_fd (int *fd)
{
  int stolen = *fd;

  *fd = -1;
  return stolen;
}

gboolean
se_io_write_all (int fd, const void *data, gsize length, GError **error)
{
  const char *next = data;

  while (length > 0)
    {
      ssize_t written = write (fd, next, MIN (length, G_MAXSSIZE));

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        {
          se_error_set_errno (error, errno, _ ("cannot write"));
          return FALSE;
        }
      next += written;
      length -= (gsize)written;
    }
  return TRUE;
}

gssize
se_io_read_full (int fd, void *data, gsize length, GError **error)
{
  gsize done = 0;

  g_return_val_if_fail (length <= G_MAXSSIZE, -1);
  while (done < length)
    {
      ssize_t got = read (fd, (char *)data + done, length - done);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        {
          se_error_set_errno (error, errno, _ ("cannot read"));
          return -1;
        }
      if (got == 0)
        break;
      done += (gsize)got;
    }
  return (gssize)done;
}

/* Reads fd to its end into one buffer that is never moved, so that a secret leaves no copies. */
static char *
read_fd (int fd, const char *path, gsize max, gsize *length, GError **error)
{
  char *contents = g_malloc (max + 1);
  gssize got = se_io_read_full (fd, contents, max + 1, error);

  if (got >= 0 && (gsize)got <= max)
    {
      contents[got] = '\0';
      if (length != NULL)
        *length = (gsize)got;
      return contents;
    }
  if (got < 0)
    g_prefix_error (error, "%s: ", path);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s is larger than %zu bytes"), path, max);
  explicit_bzero (contents, max + 1);
  g_free (contents);
  return NULL;
}

/* A file that cannot be opened: where rights are the reason, whose rights. */
static void
set_open_error (GError **error, int saved_errno, const char *path)
{
  const struct passwd *user = saved_errno == EACCES ? getpwuid (geteuid ()) : NULL;

  if (user != NULL)
    se_error_set_errno (error, saved_errno, _ ("the user %s cannot open %s"), user->pw_name, path);
  else
    se_error_set_errno (error, saved_errno, _ ("cannot open %s"), path);
}

/* The same for a secret, which may be its own and out of reach all the same. */
static void
set_secret_error (GError **error, int saved_errno, const char *path)
{
  const struct passwd *user = saved_errno == EACCES ? getpwuid (geteuid ()) : NULL;
  g_autofree char *name = user != NULL ? g_strdup (user->pw_name) : NULL;
  g_autofree char *quoted = g_shell_quote (path);
  g_autoptr (GError) local = NULL;

  set_open_error (&local, saved_errno, path);
  if (name != NULL)
    g_set_error (error, local->domain, local->code,
                 _ ("%s; run: chown %s %s && chmod 0600 %s; every directory above it must let %s "
                    "pass (chmod a+x); see \"Files with secrets\" in scan-email-providers(7)"),
                 local->message, name, quoted, quoted, name);
  else
    g_propagate_error (error, g_steal_pointer (&local));
}

char *
se_io_read_file (const char *path, gsize max, gsize *length, GError **error)
{
  /* O_NONBLOCK: a FIFO must not be waited for. */
  se_autofd int fd = open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  struct stat status;

  if (fd < 0 || fstat (fd, &status) < 0)
    {
      set_open_error (error, errno, path);
      return NULL;
    }
  if (!S_ISREG (status.st_mode))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s is not a regular file"), path);
      return NULL;
    }
  return read_fd (fd, path, max, length, error);
}

/* Tells whether fd is a file that only the calling user can touch. */
static gboolean
check_secret (int fd, const char *path, GError **error)
{
  g_autofree char *quoted = g_shell_quote (path);
  uid_t user = geteuid ();
  struct stat status;

  if (fstat (fd, &status) < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot examine %s"), path);
      return FALSE;
    }
  if (!S_ISREG (status.st_mode))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s is not a regular file"), path);
      return FALSE;
    }
  if (status.st_uid != user)
    {
      const struct passwd *entry = getpwuid (user);
      g_autofree char *name
          = entry != NULL ? g_strdup (entry->pw_name) : g_strdup_printf ("%u", (guint)user);

      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s does not belong to the user %s; run: chown %s %s && chmod 0600 %s"), path,
                   name, name, quoted, quoted);
      return FALSE;
    }
  if ((status.st_mode & (S_IRWXG | S_IRWXO | S_ISUID | S_ISGID | S_IXUSR)) != 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s holds a secret but its mode is %04o; run: chmod 0600 %s"), path,
                   (guint)(status.st_mode & 07777), quoted);
      return FALSE;
    }
  return TRUE;
}

char *
se_io_read_secret_file (const char *path, gsize max, gsize *length, GError **error)
{
  /* O_NONBLOCK: a FIFO must be refused, not waited for. */
  se_autofd int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  char *contents = NULL;
  gsize got = 0;

  if (fd < 0)
    {
      if (errno == ELOOP)
        g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                     _ ("%s is a symbolic link; a secret must be a regular file"), path);
      else
        set_secret_error (error, errno, path);
      return NULL;
    }
  if (!check_secret (fd, path, error))
    return NULL;
  contents = read_fd (fd, path, max, &got, error);
  /* se_io_free_secret wipes a string: nothing may stand behind its end. */
  if (contents != NULL && memchr (contents, '\0', got) != NULL)
    {
      explicit_bzero (contents, got);
      g_free (contents);
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s is not text: it holds a NUL byte"),
                   path);
      return NULL;
    }
  if (contents != NULL && length != NULL)
    *length = got;
  return contents;
}

/* Gives the new file mode, and the owner and group of the file that it is to replace. */
static gboolean
set_owner_and_mode (int fd, const char *path, mode_t mode, GError **error)
{
  struct stat old, new;

  if (fstat (fd, &new) < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot examine the new %s"), path);
      return FALSE;
    }
  if (stat (path, &old) == 0 && (old.st_uid != new.st_uid || old.st_gid != new.st_gid)
      && fchown (fd, old.st_uid, old.st_gid) < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot keep owner and group of %s"), path);
      return FALSE;
    }
  if (fchmod (fd, mode) < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot set the mode of %s"), path);
      return FALSE;
    }
  return TRUE;
}

struct SeReplacement
{
  char *path;
  char *temporary; /* NULL once it has taken path's place */
  mode_t mode;
  gsize reserve;
  int fd;
};

void
se_io_replace_free (SeReplacement *replacement)
{
  if (replacement == NULL)
    return;
  se_io_clear_fd (&replacement->fd);
  if (replacement->temporary != NULL && unlink (replacement->temporary) < 0 && errno != ENOENT)
    g_warning (_ ("cannot remove %s: %s"), replacement->temporary, g_strerror (errno));
  g_free (replacement->temporary);
  g_free (replacement->path);
  g_free (replacement);
}

SeReplacement *
se_io_replace_begin (const char *path, mode_t mode, gsize reserve, GError **error)
{
  g_autoptr (SeReplacement) replacement = g_new0 (SeReplacement, 1);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *temporary = g_strdup_printf ("%s/.%s.XXXXXX", directory, name);
  int failure = 0;

  replacement->fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0600);
  if (replacement->fd < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot make a file in %s"), directory);
      return NULL;
    }
  replacement->path = g_strdup (path);
  replacement->temporary = g_steal_pointer (&temporary);
  replacement->mode = mode;
  replacement->reserve = reserve;
  if (reserve > 0)
    failure = posix_fallocate (replacement->fd, 0, (off_t)reserve);
  if (failure != 0)
    {
      se_error_set_errno (error, failure, _ ("no room for %s"), path);
      return NULL;
    }
  return g_steal_pointer (&replacement);
}

/* Puts contents into the temporary file and onto the disk. */
static gboolean
fill (const SeReplacement *replacement, const void *contents, gsize length, GError **error)
{
  const char *path = replacement->path;
  int fd = replacement->fd;

  g_return_val_if_fail (replacement->temporary != NULL, FALSE);
  if (!set_owner_and_mode (fd, path, replacement->mode, error))
    return FALSE;
  if (!se_io_write_all (fd, contents, length, error))
    {
      g_prefix_error (error, "%s: ", path);
      return FALSE;
    }
  if (ftruncate (fd, (off_t)length) == 0 && fsync (fd) == 0)
    return TRUE;
  se_error_set_errno (error, errno, _ ("cannot write %s"), path);
  return FALSE;
}

static gboolean
commit (SeReplacement *replacement, const void *contents, gsize length, GError **error)
{
  const char *path = replacement->path;

  if (!fill (replacement, contents, length, error))
    return FALSE;
  if (rename (replacement->temporary, path) < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot replace %s"), path);
      return FALSE;
    }
  g_clear_pointer (&replacement->temporary, g_free);
  return se_io_sync_parent (path, error);
}

gboolean
se_io_replace_commit (SeReplacement *replacement, const void *contents, gsize length,
                      GError **error)
{
  g_autoptr (GError) first = NULL;
  g_autoptr (SeReplacement) again = NULL;

  if (commit (replacement, contents, length, &first))
    return TRUE;
  /* What a fsync that failed has left of a file nobody knows; a new one may be written. */
  if (replacement->reserve > 0)
    again = se_io_replace_begin (replacement->path, replacement->mode, 0, NULL);
  if (again != NULL && commit (again, contents, length, NULL))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

gboolean
se_io_replace_file (const char *path, const void *contents, gsize length, mode_t mode,
                    GError **error)
{
  g_autoptr (SeReplacement) replacement = se_io_replace_begin (path, mode, 0, error);

  return replacement != NULL && se_io_replace_commit (replacement, contents, length, error);
}

gboolean
se_io_sweep (const char *directory, GError **error)
{
  g_autoptr (GDir) files = g_dir_open (directory, 0, NULL);
  time_t now = time (NULL);
  const char *name;

  while (files != NULL && (name = g_dir_read_name (files)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      struct stat status;

      if (*name == '.' && lstat (path, &status) == 0 && now - status.st_mtime > LEFT_OVER
          && unlink (path) < 0 && errno != ENOENT)
        {
          se_error_set_errno (error, errno, _ ("cannot remove %s"), path);
          return FALSE;
        }
    }
  return TRUE;
}

gboolean
se_io_create_file (const char *path, const void *contents, gsize length, mode_t mode,
                   gboolean *created, GError **error)
{
  g_autoptr (SeReplacement) new_file = se_io_replace_begin (path, mode, 0, error);

  *created = FALSE;
  if (new_file == NULL || !fill (new_file, contents, length, error))
    return FALSE;
  *created = link (new_file->temporary, path) == 0;
  if (*created)
    return se_io_sync_parent (path, error);
  if (errno == EEXIST)
    return TRUE;
  se_error_set_errno (error, errno, _ ("cannot make %s"), path);
  return FALSE;
}

gboolean
se_io_make_parent (const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);

  if (g_mkdir_with_parents (directory, 0700) == 0)
    return TRUE;
  se_error_set_errno (error, errno, _ ("cannot make the directory %s"), directory);
  return FALSE;
}

gboolean
se_io_sync_parent (const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  se_autofd int fd = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0 || fsync (fd) < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot sync the directory %s"), directory);
      return FALSE;
    }
  return TRUE;
}

gboolean
se_io_is_readable (int fd)
{
  struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

  return poll (&poll_fd, 1, 0) > 0;
}

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
se_io_try_lock (const char *path, int *fd, GError **error)
{
  se_autofd int tried = -1;
  int locked = try_lock (path, &tried, error);

  *fd = locked > 0 ? se_io_steal_fd (&tried) : -1;
  return locked >= 0;
}

int
se_io_lock (const char *path, int timeout_ms, int cancel_fd, GError **error)
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
se_io_is_locked (const char *path)
{
  se_autofd int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  return fd >= 0 && flock (fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

void
se_io_free_secret (char *secret)
{
  if (secret != NULL)
    explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

void
se_io_clear_secret (char **secret)
{
  se_io_free_secret (*secret);
  *secret = NULL;
}
