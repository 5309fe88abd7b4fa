/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/pause.h"

#include "common/atomic-file.h"
#include "common/io.h"
#include "common/lock.h"
#include "common/log.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#define GROUP "pause"
#define FILE_MAX 8192
#define REASON_MAX 1000
#define LOCK_MS 10000

enum
{
  SHORTEST = 5, /* seconds */
  LONGEST = 30 * 60,
  LONGEST_ASKED = 24 * 60 * 60,
  FRESH = 60 * 60, /* how long after its end a pause that was in vain makes the next one longer */
};

typedef struct
{
  gint64 since, until; /* seconds since 1970 */
  gint64 length;       /* seconds before jitter; 0: the server said it */
  char *reason;
} Pause;

static void
pause_clear (Pause *pause)
{
  g_free (pause->reason);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Pause, pause_clear)

static gint64
now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

/* All zero for a file that is missing or empty, as one that was only locked; with a warning for one
 * that is damaged or of a time that is yet to come. */
static void
read_pause (const char *path, Pause *pause)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *text = se_io_read_file (path, FILE_MAX, NULL, NULL);
  gint64 since, until;

  memset (pause, 0, sizeof *pause);
  if (text == NULL || *text == '\0')
    return;
  (void)g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, NULL);
  since = g_key_file_get_int64 (file, GROUP, "since", NULL);
  until = g_key_file_get_int64 (file, GROUP, "until", NULL);
  if (since <= 0 || until <= 0 || since > now () || until > since + LONGEST_ASKED)
    {
      g_warning (_ ("%s is damaged, or the clock was set back: it is not heeded"), path);
      return;
    }
  pause->since = since;
  pause->until = until;
  pause->length = CLAMP (g_key_file_get_int64 (file, GROUP, "length", NULL), 0, LONGEST);
  pause->reason = g_key_file_get_string (file, GROUP, "reason", NULL);
}

static gboolean
write_pause (const char *path, const Pause *pause, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *text = NULL;
  gsize length;

  g_key_file_set_int64 (file, GROUP, "since", pause->since);
  g_key_file_set_int64 (file, GROUP, "until", pause->until);
  g_key_file_set_int64 (file, GROUP, "length", pause->length);
  g_key_file_set_string (file, GROUP, "reason", pause->reason);
  text = g_key_file_to_data (file, &length, NULL);
  return se_atomic_file_replace (path, text, length, 0600, error);
}

/* The pause that comes after old, which is over. */
static Pause
next_pause (const Pause *old, gint64 until, const char *reason)
{
  Pause pause = { .since = now (), .reason = se_log_clean (reason, REASON_MAX) };

  if (until > 0)
    pause.until = MIN (until, pause.since + LONGEST_ASKED);
  else
    {
      pause.length = old->length > 0 && pause.since < old->until + FRESH
                         ? MIN (old->length * 2, LONGEST)
                         : SHORTEST;
      pause.until
          = pause.since + pause.length - g_random_int_range (0, (gint32)(pause.length / 4) + 1);
    }
  return pause;
}

gboolean
se_pause_begin (const char *path, gint64 until, const char *reason, GError **error)
{
  se_autofd int fd = -1;
  g_auto (Pause) old = { 0 };
  g_auto (Pause) next = { 0 };

  fd = se_io_make_parent (path, error) ? se_lock_take (path, LOCK_MS, -1, error) : -1;
  if (fd < 0)
    return FALSE;
  read_pause (path, &old);
  if (old.until > now () && until <= old.until)
    return TRUE;
  next = next_pause (&old, until, reason);
  return write_pause (path, &next, error);
}

gint64
se_pause_until (const char *path, char **reason)
{
  g_auto (Pause) pause = { 0 };

  read_pause (path, &pause);
  if (pause.until <= now ())
    return 0;
  if (reason != NULL)
    *reason = pause.reason != NULL ? g_steal_pointer (&pause.reason) : g_strdup ("");
  return pause.until;
}

gboolean
se_pause_lift (const char *path, GError **error)
{
  if (g_unlink (path) == 0 || errno == ENOENT)
    return TRUE;
  se_error_set_errno (error, errno, _ ("cannot remove %s"), path);
  return FALSE;
}

gboolean
se_pause_forget (const char *path, GError **error)
{
  return g_access (path, F_OK) < 0 || se_pause_until (path, NULL) > 0
         || se_pause_lift (path, error);
}
