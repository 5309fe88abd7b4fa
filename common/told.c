/* SPDX-License-Identifier: Apache-2.0 */
#include "common/told.h"

#include "common/digest.h"
#include "common/atomic-file.h"
#include "common/io.h"
#include "common/state-path.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#define FILE_MAX 16384
#define KEPT_FOR (30 * 24 * G_GINT64_CONSTANT (3600)) /* seconds */

static char *
path_of (const char *state_directory, const char *job)
{
  return se_state_path (state_directory, "told", job, "");
}

/* What was told, a digest a line. A file that cannot be read has none: rather told twice than not
 * at all. */
static char *
read_told (const char *path)
{
  char *text = se_io_read_file (path, FILE_MAX, NULL, NULL);

  return text != NULL ? text : g_strdup ("");
}

gboolean
se_told_already (const char *state_directory, const char *job, const char *what)
{
  g_autofree char *path = path_of (state_directory, job);
  g_autofree char *told = read_told (path);
  g_autofree char *digest = se_digest_text (what);

  return strstr (told, digest) != NULL;
}

/* Nothing depends on it. */
static void
sweep (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *old = g_build_filename (directory, name, NULL);
      GStatBuf status;

      if (g_stat (old, &status) == 0 && now - status.st_mtime >= KEPT_FOR && g_unlink (old) < 0)
        g_debug ("%s: %s", old, g_strerror (errno));
    }
}

gboolean
se_told_note (const char *state_directory, const char *job, const char *what, GError **error)
{
  g_autofree char *path = path_of (state_directory, job);
  g_autofree char *told = read_told (path);
  g_autofree char *digest = se_digest_text (what);
  g_autofree char *text = g_strconcat (told, digest, "\n", NULL);

  if (!se_io_make_parent (path, error)
      || !se_atomic_file_replace (path, text, strlen (text), 0600, error))
    return FALSE;
  sweep (path);
  return TRUE;
}

gboolean
se_told_forget (const char *state_directory, const char *job, GError **error)
{
  g_autofree char *path = path_of (state_directory, job);

  if (g_unlink (path) == 0 || errno == ENOENT)
    return TRUE;
  se_error_set_errno (error, errno, _ ("cannot remove %s"), path);
  return FALSE;
}
