/* SPDX-License-Identifier: Apache-2.0 */
#include "common/atomic-file.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Seconds after which nobody is still writing a temporary file. */
#define LEFT_OVER 600

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

struct SeAtomicFile
{
  char *path;
  char *temporary; /* NULL once it has taken path's place */
  mode_t mode;
  gsize reserve;
  int fd;
};

void
se_atomic_file_free (SeAtomicFile *file)
{
  if (file == NULL)
    return;
  se_io_clear_fd (&file->fd);
  if (file->temporary != NULL && unlink (file->temporary) < 0 && errno != ENOENT)
    g_warning (_ ("cannot remove %s: %s"), file->temporary, g_strerror (errno));
  g_free (file->temporary);
  g_free (file->path);
  g_free (file);
}

/* What the names of path's temporary files begin with; cut to leave room for six letters. */
static char *
temporary_start (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);

  return g_strdup_printf (".%.*s.", NAME_MAX - (int)strlen ("..XXXXXX"), name);
}

SeAtomicFile *
se_atomic_file_begin (const char *path, mode_t mode, gsize reserve, GError **error)
{
  g_autoptr (SeAtomicFile) file = g_new0 (SeAtomicFile, 1);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *start = temporary_start (path);
  g_autofree char *temporary = g_strdup_printf ("%s/%sXXXXXX", directory, start);
  int failure = 0;

  file->fd = g_mkstemp_full (temporary, O_WRONLY | O_CLOEXEC, 0600);
  if (file->fd < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot make a file in %s"), directory);
      return NULL;
    }
  file->path = g_strdup (path);
  file->temporary = g_steal_pointer (&temporary);
  file->mode = mode;
  file->reserve = reserve;
  if (reserve > 0)
    failure = posix_fallocate (file->fd, 0, (off_t)reserve);
  if (failure != 0)
    {
      se_error_set_errno (error, failure, _ ("no room for %s"), path);
      return NULL;
    }
  return g_steal_pointer (&file);
}

/* Puts contents into the temporary file and onto the disk. */
static gboolean
fill (const SeAtomicFile *file, const void *contents, gsize length, GError **error)
{
  const char *path = file->path;
  int fd = file->fd;

  g_return_val_if_fail (file->temporary != NULL, FALSE);
  if (!set_owner_and_mode (fd, path, file->mode, error))
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
commit (SeAtomicFile *file, const void *contents, gsize length, GError **error)
{
  const char *path = file->path;

  if (!fill (file, contents, length, error))
    return FALSE;
  if (rename (file->temporary, path) < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot replace %s"), path);
      return FALSE;
    }
  g_clear_pointer (&file->temporary, g_free);
  return se_io_sync_parent (path, error);
}

gboolean
se_atomic_file_commit (SeAtomicFile *file, const void *contents, gsize length, GError **error)
{
  g_autoptr (GError) first = NULL;
  g_autoptr (SeAtomicFile) again = NULL;

  if (commit (file, contents, length, &first))
    return TRUE;
  /* What a fsync that failed has left of a file nobody knows; a new one may be written. */
  if (file->reserve > 0)
    again = se_atomic_file_begin (file->path, file->mode, 0, NULL);
  if (again != NULL && commit (again, contents, length, NULL))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&first));
  return FALSE;
}

gboolean
se_atomic_file_replace (const char *path, const void *contents, gsize length, mode_t mode,
                        GError **error)
{
  g_autoptr (SeAtomicFile) file = se_atomic_file_begin (path, mode, 0, error);

  return file != NULL && se_atomic_file_commit (file, contents, length, error);
}

void
se_atomic_file_clear (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *start = temporary_start (path);
  g_autoptr (GDir) files = g_dir_open (directory, 0, NULL);
  const char *name;

  while (files != NULL && (name = g_dir_read_name (files)) != NULL)
    {
      g_autofree char *left = g_build_filename (directory, name, NULL);

      /* Six letters: not the temporary file of one whose name begins with this one's. */
      if (g_str_has_prefix (name, start) && strchr (name + strlen (start), '.') == NULL
          && unlink (left) < 0 && errno != ENOENT)
        g_warning (_ ("cannot remove %s: %s"), left, g_strerror (errno));
    }
}

gboolean
se_atomic_file_is_temporary (const char *name)
{
  const char *dot = strrchr (name, '.');

  return *name == '.' && dot > name && strlen (dot + 1) == 6;
}

gboolean
se_atomic_file_sweep (const char *directory, GError **error)
{
  g_autoptr (GDir) files = g_dir_open (directory, 0, NULL);
  time_t now = time (NULL);
  const char *name;

  while (files != NULL && (name = g_dir_read_name (files)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      struct stat status;

      if (se_atomic_file_is_temporary (name) && lstat (path, &status) == 0
          && now - status.st_mtime > LEFT_OVER && unlink (path) < 0 && errno != ENOENT)
        {
          se_error_set_errno (error, errno, _ ("cannot remove %s"), path);
          return FALSE;
        }
    }
  return TRUE;
}

gboolean
se_atomic_file_create (const char *path, const void *contents, gsize length, mode_t mode,
                       gboolean *created, GError **error)
{
  g_autoptr (SeAtomicFile) file = se_atomic_file_begin (path, mode, 0, error);

  *created = FALSE;
  if (file == NULL || !fill (file, contents, length, error))
    return FALSE;
  *created = link (file->temporary, path) == 0;
  if (*created)
    return se_io_sync_parent (path, error);
  if (errno == EEXIST)
    return TRUE;
  se_error_set_errno (error, errno, _ ("cannot make %s"), path);
  return FALSE;
}
