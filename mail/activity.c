/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/activity.h"

#include "common/atomic-file.h"
#include "common/io.h"
#include "common/state-path.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define SIZE_FILE_MAX 2048 /* bytes */

gboolean
se_activity_note (const char *state_directory, const char *account, GError **error)
{
  g_autofree char *path = se_state_path (state_directory, "activity", account, "");
  g_autoptr (GDateTime) time = g_date_time_new_now_utc ();
  g_autofree char *text = g_date_time_format (time, "%Y-%m-%dT%H:%M:%SZ\n");

  return se_io_make_parent (path, error)
         && se_atomic_file_replace (path, text, strlen (text), 0600, error);
}

gint64
se_activity_last_mail (const char *state_directory, const char *account)
{
  g_autofree char *path = se_state_path (state_directory, "activity", account, "");
  g_autofree char *text = se_io_read_file (path, 64, NULL, NULL);
  g_autoptr (GDateTime) time
      = text != NULL ? g_date_time_new_from_iso8601 (g_strchomp (text), NULL) : NULL;

  return time != NULL ? g_date_time_to_unix (time) : 0;
}

/* Reads "SIZE SERVER". FALSE: it is not known of this server. */
static gboolean
read_size (const char *path, const char *server, guint64 *size)
{
  g_autofree char *text = se_io_read_file (path, SIZE_FILE_MAX, NULL, NULL);
  char *space = text != NULL ? strchr (g_strchomp (text), ' ') : NULL;

  if (space == NULL || strcmp (space + 1, server) != 0)
    return FALSE;
  *space = '\0';
  return g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, size, NULL);
}

gboolean
se_activity_note_size (const char *state_directory, const char *account, const char *server,
                       guint64 size, GError **error)
{
  g_autofree char *path = se_state_path (state_directory, "size", account, "");
  g_autofree char *text = g_strdup_printf ("%" G_GUINT64_FORMAT " %s\n", size, server);
  guint64 known;

  return (read_size (path, server, &known) && known == size)
         || (se_io_make_parent (path, error)
             && se_atomic_file_replace (path, text, strlen (text), 0600, error));
}

guint64
se_activity_size (const char *state_directory, const char *account, const char *server)
{
  g_autofree char *path = se_state_path (state_directory, "size", account, "");
  guint64 size;

  return read_size (path, server, &size) ? size : 0;
}
