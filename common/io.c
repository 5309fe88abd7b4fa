/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Bytes that a file is given room for beyond twice what was expected of it. */
#define READ_MIN 4096

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

static void
wipe (char *contents, gsize length)
{
  explicit_bzero (contents, length);
  g_free (contents);
}

/* Makes room for more of a file that has grown since, or has no size, as in /proc. */
static void
grow (char **contents, gsize *room, gsize max)
{
  gsize more = (gsize)MIN (2 * (guint64)*room + READ_MIN, max);
  char *larger = g_malloc (more + 1);

  memcpy (larger, *contents, *room + 1);
  wipe (*contents, *room + 1);
  *contents = larger;
  *room = more;
}

static void
set_too_large (GError **error, const char *path, gsize max)
{
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s is larger than %zu bytes"), path, max);
}

/* Reads fd, which status is of, to its end. It may be a secret: no copy is left behind. */
static char *
read_fd (int fd, const struct stat *status, const char *path, gsize max, gsize *length,
         GError **error)
{
  gsize room = (gsize)status->st_size;
  gsize done = 0;
  char *contents;

  if ((guint64)status->st_size > max)
    {
      set_too_large (error, path, max);
      return NULL;
    }
  contents = g_malloc (room + 1);
  for (;;)
    {
      gssize got = se_io_read_full (fd, contents + done, room + 1 - done, error);

      if (got < 0)
        {
          g_prefix_error (error, "%s: ", path);
          break;
        }
      done += (gsize)got;
      if (done <= room)
        {
          contents[done] = '\0';
          if (length != NULL)
            *length = done;
          return contents;
        }
      if (room == max)
        {
          set_too_large (error, path, max);
          break;
        }
      grow (&contents, &room, max);
    }
  wipe (contents, room + 1);
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
  return read_fd (fd, &status, path, max, length, error);
}

/* Tells whether fd is a file that only the calling user can touch. */
static gboolean
check_secret (int fd, const char *path, struct stat *status, GError **error)
{
  g_autofree char *quoted = g_shell_quote (path);
  uid_t user = geteuid ();

  if (fstat (fd, status) < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot examine %s"), path);
      return FALSE;
    }
  if (!S_ISREG (status->st_mode))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s is not a regular file"), path);
      return FALSE;
    }
  if (status->st_uid != user)
    {
      const struct passwd *entry = getpwuid (user);
      g_autofree char *name
          = entry != NULL ? g_strdup (entry->pw_name) : g_strdup_printf ("%u", (guint)user);

      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s does not belong to the user %s; run: chown %s %s && chmod 0600 %s"), path,
                   name, name, quoted, quoted);
      return FALSE;
    }
  if ((status->st_mode & (S_IRWXG | S_IRWXO | S_ISUID | S_ISGID | S_IXUSR)) != 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s holds a secret but its mode is %04o; run: chmod 0600 %s"), path,
                   (guint)(status->st_mode & 07777), quoted);
      return FALSE;
    }
  return TRUE;
}

char *
se_io_read_secret_file (const char *path, gsize max, gsize *length, GError **error)
{
  /* O_NONBLOCK: a FIFO must be refused, not waited for. */
  se_autofd int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  struct stat status;
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
  if (!check_secret (fd, path, &status, error))
    return NULL;
  contents = read_fd (fd, &status, path, max, &got, error);
  /* se_io_free_secret wipes a string: nothing may stand behind its end. */
  if (contents != NULL && memchr (contents, '\0', got) != NULL)
    {
      wipe (contents, got);
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s is not text: it holds a NUL byte"),
                   path);
      return NULL;
    }
  if (contents != NULL && length != NULL)
    *length = got;
  return contents;
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
