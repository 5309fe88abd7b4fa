/* SPDX-License-Identifier: Apache-2.0 */
#include "common/state-directory.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>

gboolean
se_state_directory_check (const SeServerConfig *server, uid_t uid, GError **error)
{
  const char *path = server->state_directory;
  struct stat status;

  if (stat (path, &status) != 0)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s: %s; run: install -d -m 0700 -o %s %s"),
                 path, g_strerror (errno), server->user, path);
  else if (status.st_uid != uid)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("%s ([server] state-directory) does not belong to the service user %s; if it "
                    "is the right one, run: chown -R %s: %s"),
                 path, server->user, server->user, path);
  else if ((status.st_mode & S_IRWXU) != S_IRWXU)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("%s ([server] state-directory) has the mode %04o, which keeps the service user "
                    "%s out; run: chmod 0700 %s"),
                 path, (guint)(status.st_mode & 07777), server->user, path);
  else
    return TRUE;
  return FALSE;
}
