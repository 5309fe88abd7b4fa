/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/orphan.h"

#include "common/atomic-file.h"
#include "common/state-path.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#define FOLDER "orphans"
#define GROUP "orphan"

gboolean
se_orphan_leave (const char *state_directory, const SeJob *job, const char *message,
                 const char *bundle, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *directory = g_build_filename (state_directory, FOLDER, NULL);
  g_autofree char *name = g_strdup_printf ("%s-%d", job->queue, job->id);
  g_autofree char *path = se_state_path (state_directory, FOLDER, name, "");
  g_autofree char *contents = NULL;

  if (g_mkdir (directory, 0700) < 0 && errno != EEXIST)
    {
      se_error_set_errno (error, errno, _ ("Cannot make %s"), directory);
      return FALSE;
    }
  g_key_file_set_string (file, GROUP, "queue", job->queue);
  g_key_file_set_integer (file, GROUP, "job", job->id);
  g_key_file_set_string (file, GROUP, "user", job->user);
  g_key_file_set_string (file, GROUP, "title", job->title);
  g_key_file_set_int64 (file, GROUP, "time", g_get_real_time () / G_USEC_PER_SEC);
  g_key_file_set_string (file, GROUP, "message", message);
  g_key_file_set_string (file, GROUP, "bundle", bundle != NULL ? bundle : "");
  contents = g_key_file_to_data (file, NULL, NULL);
  return se_atomic_file_replace (path, contents, strlen (contents), 0600, error);
}
