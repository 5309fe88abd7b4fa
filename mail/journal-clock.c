/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/journal-clock.h"

#include "common/io.h"
#include "mail/journal-entry.h"

#include <string.h>
#include <time.h>

#define ENTRY SE_JOURNAL_ENTRY
#define CLOCK "clock"
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_MAX 64  /* bytes */
#define LEAST_CHANGE 60 /* seconds; less is the clock being kept right */

/* How clocks stand. */
typedef struct
{
  char *boot;  /* of this run of the system; "": not known */
  gint64 wall; /* seconds since 1970 */
  gint64 up;   /* seconds since the system's start, those asleep included */
} Clock;

static void
clock_clear (Clock *clock)
{
  g_free (clock->boot);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Clock, clock_clear)

static Clock
look (void)
{
  char *boot = se_io_read_file (BOOT_ID_FILE, BOOT_ID_MAX, NULL, NULL);
  struct timespec up = { 0 };

  (void)clock_gettime (CLOCK_BOOTTIME, &up);
  return (Clock){ .boot = boot != NULL ? g_strchomp (boot) : g_strdup (""),
                  .wall = g_get_real_time () / G_USEC_PER_SEC,
                  .up = up.tv_sec };
}

/* What was noted; FALSE: nothing. */
static gboolean
recall (GKeyFile *entry, Clock *then)
{
  gsize n = 0;
  g_auto (GStrv) noted = g_key_file_get_string_list (entry, ENTRY, CLOCK, &n, NULL);

  if (noted == NULL || n != 3)
    return FALSE;
  *then = (Clock){ .boot = g_strdup (noted[0]),
                   .wall = g_ascii_strtoll (noted[1], NULL, 10),
                   .up = g_ascii_strtoll (noted[2], NULL, 10) };
  return TRUE;
}

static void
note (GKeyFile *entry, const Clock *now)
{
  g_autofree char *wall = g_strdup_printf ("%" G_GINT64_FORMAT, now->wall);
  g_autofree char *up = g_strdup_printf ("%" G_GINT64_FORMAT, now->up);
  const char *const texts[] = { now->boot, wall, up };

  g_key_file_set_string_list (entry, ENTRY, CLOCK, texts, G_N_ELEMENTS (texts));
}

/* By how many seconds the clock was set. */
static gint64
change (const Clock *then, const Clock *now)
{
  gint64 went = now->wall - then->wall;

  if (*now->boot != '\0' && g_str_equal (now->boot, then->boot))
    return went - (now->up - then->up);
  return MIN (went, 0);
}

static void
move_time (GKeyFile *entry, const char *key, gint64 seconds)
{
  gint64 time = g_key_file_get_int64 (entry, ENTRY, key, NULL);

  if (time > 0 && time < G_MAXINT64)
    g_key_file_set_int64 (entry, ENTRY, key, MAX (time + seconds, 1));
}

static void
move_dots (GKeyFile *entry, gint64 seconds)
{
  g_auto (GStrv) dots = g_key_file_get_string_list (entry, ENTRY, "dots", NULL, NULL);
  g_autoptr (GString) moved = g_string_new (NULL);

  for (char **dot = dots; dot != NULL && *dot != NULL; dot++)
    g_string_append_printf (moved, "%" G_GINT64_FORMAT ";",
                            g_ascii_strtoll (*dot, NULL, 10) + seconds);
  if (dots != NULL)
    g_key_file_set_value (entry, ENTRY, "dots", moved->str);
}

void
se_journal_clock_follow (GKeyFile *entry)
{
  g_auto (Clock) now = look ();
  g_auto (Clock) then = { 0 };
  gint64 seconds = recall (entry, &then) ? change (&then, &now) : 0;

  if (ABS (seconds) >= LEAST_CHANGE)
    {
      move_time (entry, "first", seconds);
      move_time (entry, "next-try", seconds);
      move_dots (entry, seconds);
    }
  note (entry, &now);
}
