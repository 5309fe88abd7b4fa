/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tally.h"

#include "common/atomic-file.h"
#include "common/io.h"
#include "common/lock.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>

#define SPANS 60      /* of a period, that are told apart */
#define FILE_MAX 4096 /* bytes: more than SPANS + 1 lines of two numbers */
#define LOCK_MS 10000 /* nobody holds the lock for longer than a write takes */

/* What happened within a span. */
typedef struct
{
  gint64 time; /* its last moment, microseconds since 1970 */
  guint64 amount;
} Span;

static gint64
period_of (const SeTally *tally)
{
  return (gint64)tally->period * G_USEC_PER_SEC;
}

static int
compare_spans (gconstpointer a, gconstpointer b)
{
  gint64 difference = ((const Span *)a)->time - ((const Span *)b)->time;

  return difference < 0 ? -1 : difference > 0;
}

/* Reads "TIME AMOUNT". */
static gboolean
parse_span (const char *line, Span *span)
{
  const char *space = strchr (line, ' ');
  g_autofree char *time = space != NULL ? g_strndup (line, (gsize)(space - line)) : NULL;

  return space != NULL && g_ascii_string_to_signed (time, 10, 0, G_MAXINT64 / 2, &span->time, NULL)
         && g_ascii_string_to_unsigned (space + 1, 10, 0, G_MAXUINT32, &span->amount, NULL);
}

/* Counts amount at time, which is not before the last span's. */
static void
add (const SeTally *tally, GArray *spans, guint64 amount, gint64 time)
{
  gint64 width = MAX (period_of (tally) / SPANS, 1);
  Span *last = spans->len > 0 ? &g_array_index (spans, Span, spans->len - 1) : NULL;
  const Span span = { time, amount };

  if (last != NULL && last->time / width == time / width)
    *last = (Span){ time, last->amount + amount };
  else
    g_array_append_val (spans, span);
}

/* The spans of text that still count, in order. *problem: what is wrong with it, NULL: nothing. */
static GArray *
parse (const SeTally *tally, const char *text, gint64 now, const char **problem)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (Span));
  GArray *spans = g_array_new (FALSE, FALSE, sizeof (Span));
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    {
      Span span;

      if (**line == '\0')
        continue;
      if (!parse_span (*line, &span))
        {
          *problem = _ ("it is damaged, so that what it counted is lost");
          return spans;
        }
      if (span.time > now)
        {
          *problem = _ ("the clock was set back: what it counted after this time counts as now");
          span.time = now;
        }
      if (now - span.time < period_of (tally))
        g_array_append_val (found, span);
    }
  g_array_sort (found, compare_spans);
  for (guint i = 0; i < found->len; i++)
    {
      const Span *span = &g_array_index (found, Span, i);

      add (tally, spans, span->amount, span->time);
    }
  return spans;
}

/* As parse, of the file. One that is missing or empty has no spans. */
static GArray *
read_spans (const SeTally *tally, gint64 now, const char **problem)
{
  g_autofree char *text = NULL;

  if (g_access (tally->path, F_OK) == 0)
    {
      text = se_io_read_file (tally->path, FILE_MAX, NULL, NULL);
      if (text == NULL)
        *problem = _ ("it cannot be read, so that what it counted is lost");
    }
  return parse (tally, text != NULL ? text : "", now, problem);
}

static gboolean
write_spans (const SeTally *tally, const GArray *spans, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < spans->len; i++)
    {
      const Span *span = &g_array_index (spans, Span, i);

      g_string_append_printf (text, "%" G_GINT64_FORMAT " %" G_GUINT64_FORMAT "\n", span->time,
                              span->amount);
    }
  return se_atomic_file_replace (tally->path, text->str, text->len, 0600, error);
}

/* When so many of the oldest spans are over that amount has room; 0: it has. */
static gint64
find_due (const SeTally *tally, const GArray *spans, guint64 amount)
{
  guint64 used = 0;
  gint64 due = 0;

  for (guint i = 0; i < spans->len; i++)
    used += g_array_index (spans, Span, i).amount;
  for (guint i = 0; i < spans->len && used + amount > tally->limit; i++)
    {
      const Span *span = &g_array_index (spans, Span, i);

      used -= span->amount;
      due = span->time + period_of (tally);
    }
  return due;
}

/* The lock is on the file itself: who waits for it sees that it was replaced. Returns its
 * descriptor, and what still counts at now; -1 on error. */
static int
open_tally (const SeTally *tally, int cancel_fd, gint64 *now, GArray **spans, gboolean *mended,
            GError **error)
{
  const char *problem = NULL;
  int fd = se_io_make_parent (tally->path, error)
               ? se_lock_take (tally->path, LOCK_MS, cancel_fd, error)
               : -1;

  if (fd < 0)
    return -1;
  *now = g_get_real_time ();
  *spans = read_spans (tally, *now, &problem);
  *mended = problem != NULL;
  if (*mended)
    g_warning ("%s: %s", tally->path, problem);
  return fd;
}

gboolean
se_tally_take (const SeTally *tally, guint64 amount, int cancel_fd, gint64 *due, GError **error)
{
  se_autofd int fd = -1;
  g_autoptr (GArray) spans = NULL;
  gboolean mended = FALSE;
  gint64 now = 0;

  *due = 0;
  if (tally->limit == 0)
    return TRUE;
  fd = open_tally (tally, cancel_fd, &now, &spans, &mended, error);
  if (fd < 0)
    return FALSE;
  *due = find_due (tally, spans, amount);
  if (*due == 0)
    add (tally, spans, amount, now);
  /* Times that were yet to come must not stay so. */
  return (*due != 0 && !mended) || write_spans (tally, spans, error);
}

gboolean
se_tally_give_back (const SeTally *tally, guint64 amount, GError **error)
{
  se_autofd int fd = -1;
  g_autoptr (GArray) spans = NULL;
  gboolean mended = FALSE;
  gint64 now = 0;

  if (tally->limit == 0)
    return TRUE;
  fd = open_tally (tally, -1, &now, &spans, &mended, error);
  if (fd < 0)
    return FALSE;
  for (guint i = spans->len; i > 0 && amount > 0; i--)
    {
      Span *span = &g_array_index (spans, Span, i - 1);
      guint64 part = MIN (amount, span->amount);

      span->amount -= part;
      amount -= part;
    }
  return write_spans (tally, spans, error);
}

gint64
se_tally_due (const SeTally *tally, guint64 amount)
{
  g_autoptr (GArray) spans = NULL;
  g_autoptr (GArray) mended_spans = NULL;
  g_autoptr (GError) error = NULL;
  const char *problem = NULL;
  gboolean mended;
  se_autofd int fd = -1;
  gint64 now = g_get_real_time ();

  if (tally->limit == 0)
    return 0;
  spans = read_spans (tally, now, &problem);
  if (problem == NULL)
    return find_due (tally, spans, amount);
  /* Else who waits for the time would see it move on at each look. */
  fd = open_tally (tally, -1, &now, &mended_spans, &mended, &error);
  if (fd < 0 || !write_spans (tally, mended_spans, &error))
    g_warning ("%s", error->message);
  return find_due (tally, mended_spans != NULL ? mended_spans : spans, amount);
}

static gboolean
remove_file (const char *path, GError **error)
{
  if (g_unlink (path) == 0 || errno == ENOENT)
    return TRUE;
  se_error_set_errno (error, errno, _ ("cannot remove %s"), path);
  return FALSE;
}

/* Of a tally that is in use at the moment nothing is wanted. */
static gboolean
sweep_tally (const SeTally *tally, GError **error)
{
  g_autoptr (GArray) spans = NULL;
  g_autoptr (GError) busy = NULL;
  const char *problem = NULL;
  se_autofd int fd = se_lock_take (tally->path, 0, -1, &busy);

  if (fd < 0)
    return TRUE;
  spans = read_spans (tally, g_get_real_time (), &problem);
  return spans->len > 0 || remove_file (tally->path, error);
}

gboolean
se_tally_sweep (const char *directory, guint period, guint one_of, GError **error)
{
  g_autoptr (GDir) files = g_dir_open (directory, 0, NULL);
  guint turn = (guint)g_random_int_range (0, (gint32)one_of);
  gboolean good = se_atomic_file_sweep (directory, error);
  const char *name;

  while (good && files != NULL && (name = g_dir_read_name (files)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      const SeTally tally = { .path = path, .period = period };

      good = *name == '.' || g_str_hash (name) % one_of != turn || sweep_tally (&tally, error);
    }
  return good;
}
