/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/turn.h"

#include "common/io.h"
#include "common/lock.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>

struct SeTurn
{
  char *path;
  int fd; /* holds its lock */
};

void
se_turn_free (SeTurn *turn)
{
  /* Who holds the lock may remove the file; a number that stays is taken for one of the dead. */
  if (g_unlink (turn->path) < 0)
    g_debug ("%s: %s", turn->path, g_strerror (errno));
  se_io_clear_fd (&turn->fd);
  g_free (turn->path);
  g_free (turn);
}

static char *
path_of (const char *directory, guint64 number)
{
  g_autofree char *name = g_strdup_printf ("%" G_GUINT64_FORMAT, number);

  return g_build_filename (directory, name, NULL);
}

/* The largest number below limit that stands in the line's files; 0: none. */
static guint64
find_last (const char *directory, guint64 limit)
{
  g_autoptr (GDir) files = g_dir_open (directory, 0, NULL);
  guint64 number, last = 0;
  const char *name;

  while (files != NULL && (name = g_dir_read_name (files)) != NULL)
    if (g_ascii_string_to_unsigned (name, 10, 1, G_MAXINT64, &number, NULL) && number < limit)
      last = MAX (last, number);
  return last;
}

/* The last one below limit who is alive; 0: nobody is. The files of the dead are removed. error may
 * be NULL. */
static gboolean
find_alive (const char *directory, guint64 limit, guint64 *alive, GError **error)
{
  while ((*alive = find_last (directory, limit)) > 0)
    {
      g_autofree char *path = path_of (directory, *alive);
      se_autofd int fd = -1;

      if (!se_lock_try (path, &fd, error))
        return FALSE;
      if (fd < 0)
        return TRUE;
      if (g_unlink (path) < 0)
        {
          se_error_set_errno (error, errno, _ ("cannot remove %s"), path);
          return FALSE;
        }
    }
  return TRUE;
}

/* Takes the number behind the last one. Of several who take the same the lock lets one have it. */
static SeTurn *
stand_in_line (const char *directory, guint64 *number, GError **error)
{
  for (;;)
    {
      g_autofree char *path = NULL;
      int fd;

      *number = find_last (directory, G_MAXUINT64) + 1;
      path = path_of (directory, *number);
      if (!se_lock_try (path, &fd, error))
        return NULL;
      if (fd >= 0)
        {
          SeTurn *turn = g_new (SeTurn, 1);

          *turn = (SeTurn){ g_steal_pointer (&path), fd };
          return turn;
        }
    }
}

SeTurn *
se_turn_wait (const char *directory, int timeout_ms, int cancel_fd, GError **error)
{
  gint64 end = g_get_monotonic_time () / 1000 + timeout_ms;
  g_autofree char *probe = path_of (directory, 0);
  g_autoptr (SeTurn) turn = NULL;
  guint64 number, ahead;

  if (!se_io_make_parent (probe, error))
    return NULL;
  turn = stand_in_line (directory, &number, error);
  while (turn != NULL)
    {
      g_autofree char *path = NULL;
      g_autoptr (GError) local = NULL;
      se_autofd int fd = -1;

      if (!find_alive (directory, number, &ahead, error))
        return NULL;
      if (ahead == 0)
        return g_steal_pointer (&turn);
      path = path_of (directory, ahead);
      fd = se_lock_take (path, (int)MAX (end - g_get_monotonic_time () / 1000, 0), cancel_fd,
                         &local);
      if (fd >= 0)
        continue;
      if (se_error_is (local, SE_ERROR_TEMPORARY) && g_get_monotonic_time () / 1000 >= end)
        local->code = SE_ERROR_QUOTA;
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  return NULL;
}

gboolean
se_turn_is_awaited (const char *directory)
{
  guint64 alive;

  return find_alive (directory, G_MAXUINT64, &alive, NULL) && alive > 0;
}
