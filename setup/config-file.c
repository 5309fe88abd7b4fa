/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/config-file.h"

#include "common/atomic-file.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_SIZE (1024 * 1024)
#define MODE 0640

static const char header[]
    = "# scan-email: the mailboxes that mail is sent from, and what may be sent.\n"
      "# See scan-email.conf(5). Comments stand on lines of their own.\n";

static gboolean
give_to_group (const char *path, const struct group *group, GError **error)
{
  if (geteuid () != 0 || chown (path, (uid_t)-1, group->gr_gid) == 0)
    return TRUE;
  se_error_set_errno (error, errno, _ ("Cannot make %s the group %s's"), path, group->gr_name);
  return FALSE;
}

static gboolean
create (const char *path, const struct group *group, GError **error)
{
  if (geteuid () == 0 && group == NULL)
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                   _ ("There is no group \"%s\" that %s could belong to: create it with "
                      "systemd-sysusers, or groupadd --system %s"),
                   SE_SERVICE_GROUP, path, SE_SERVICE_GROUP);
      return FALSE;
    }
  return se_atomic_file_replace (path, header, strlen (header), MODE, error)
         && give_to_group (path, group, error);
}

gboolean
se_config_file_ensure (const char *path, GError **error)
{
  const struct group *group = getgrnam (SE_SERVICE_GROUP);
  struct stat status;

  if (stat (path, &status) != 0)
    return errno == ENOENT ? create (path, group, error) : TRUE;
  if (group != NULL && status.st_uid == 0 && status.st_gid == 0 && (status.st_mode & S_IROTH) == 0)
    return give_to_group (path, group, error);
  return TRUE;
}

gboolean
se_config_file_check_writable (const char *path, GError **error)
{
  char *resolved = realpath (path, NULL);
  g_autofree char *directory = g_path_get_dirname (resolved != NULL ? resolved : path);

  free (resolved);
  if (access (directory, W_OK) == 0)
    return TRUE;
  se_error_set_errno (error, errno, _ ("%s cannot be changed; run oauth-setup as root (%s)"), path,
                      directory);
  return FALSE;
}

gboolean
se_config_file_edit (const char *path, const char *address, GHashTable *keys, gboolean *changed,
                     GError **error)
{
  char *resolved = realpath (path, NULL);
  g_autofree char *real = g_strdup (resolved);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  struct stat status;

  free (resolved);
  *changed = FALSE;
  if (real == NULL || stat (real, &status) != 0)
    {
      se_error_set_errno (error, errno, "%s", path);
      return FALSE;
    }
  before = se_io_read_file (real, MAX_SIZE, NULL, error);
  if (before == NULL)
    return FALSE;
  after = se_config_edit_account (before, address, keys);
  if (g_str_equal (before, after))
    return TRUE;
  *changed = se_atomic_file_replace (real, after, strlen (after), status.st_mode & 07777, error);
  return *changed;
}
