/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/activity.h"

#include "common/io.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

static char *
path_of (const char *state_directory, const char *account)
{
  g_autofree char *name = g_uri_escape_string (account, NULL, FALSE);

  return g_build_filename (state_directory, "activity", name, NULL);
}

gboolean
se_activity_note (const char *state_directory, const char *account, GError **error)
{
  g_autofree char *path = path_of (state_directory, account);
  g_autoptr (GDateTime) time = g_date_time_new_now_utc ();
  g_autofree char *text = g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ\n");

  return se_io_make_parent (path, error)
         && se_io_replace_file (path, text, strlen (text), 0600, error);
}

gint64
se_activity_last_mail (const char *state_directory, const char *account)
{
  g_autofree char *path = path_of (state_directory, account);
  g_autofree char *text = se_io_read_file (path, 64, NULL, NULL);
  g_autoptr (GDateTime) time
      = text != NULL ? g_date_time_new_from_iso8601 (g_strchomp (text), NULL) : NULL;

  return time != NULL ? g_date_time_to_unix (time) : 0;
}
