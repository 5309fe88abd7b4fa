/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define FULL_BELOW (64 * 1024) /* bytes free */
#define SCARCE_BELOW (32 * 1024 * 1024)

char *
se_temp_base (void)
{
  const char *directory = g_getenv ("TMPDIR");
  const char *spool = g_getenv ("CUPS_REQUESTROOT");

  if (directory != NULL && directory[0] == '/')
    return g_strdup (directory);
  if (spool != NULL && spool[0] == '/')
    return g_build_filename (spool, "tmp", NULL);
  return g_strdup ("/tmp");
}

int
se_temp_file (GError **error)
{
  g_autofree char *base = se_temp_base ();
  g_autofree char *path = NULL;
  int fd = open (base, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  if (fd >= 0)
    return fd;
  /* Not every file system has files without a name. */
  path = g_build_filename (base, "scan-email-XXXXXX", NULL);
  fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("cannot make a temporary file in %s: %s"),
                 base, g_strerror (errno));
  else if (g_unlink (path) < 0)
    g_warning (_ ("cannot remove %s: %s"), path, g_strerror (errno));
  return fd;
}

char *
se_temp_make_directory (GError **error)
{
  g_autofree char *base = se_temp_base ();
  g_autofree char *path = g_build_filename (base, "scan-email-XXXXXX", NULL);

  if (g_mkdtemp_full (path, 0700) == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   _ ("cannot make a temporary directory in %s: %s"), base, g_strerror (errno));
      return NULL;
    }
  return g_steal_pointer (&path);
}

static int
remove_one (const char *path, const struct stat *status, int kind, struct FTW *walk)
{
  if (remove (path) < 0)
    g_warning (_ ("cannot remove %s: %s"), path, g_strerror (errno));
  return 0;
}

void
se_temp_remove_directory (const char *path)
{
  if (nftw (path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) < 0)
    g_warning (_ ("cannot remove %s: %s"), path, g_strerror (errno));
}

static gboolean
has_bytes_free (guint64 bytes, GError **error)
{
  g_autofree char *base = se_temp_base ();
  struct statvfs space;

  if (statvfs (base, &space) < 0 || (guint64)space.f_bavail * space.f_frsize >= bytes)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("there is too little space left in %s"),
               base);
  return FALSE;
}

gboolean
se_temp_has_space (GError **error)
{
  return has_bytes_free (FULL_BELOW, error);
}

void
se_temp_blame_space (GError **error)
{
  g_autoptr (GError) scarce = NULL;

  if (error == NULL || !se_error_is (*error, SE_ERROR_DOCUMENT)
      || has_bytes_free (SCARCE_BELOW, &scarce))
    return;
  g_clear_error (error);
  g_propagate_error (error, g_steal_pointer (&scarce));
}
