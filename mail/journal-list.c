/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/journal-list.h"

#include "common/io.h"
#include "mail/journal-entry.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEPT_FOR (30 * 24 * G_GINT64_CONSTANT (3600))

static gboolean
is_old_file (const char *path)
{
  struct stat status;

  return stat (path, &status) == 0 && S_ISREG (status.st_mode)
         && g_get_real_time () / G_USEC_PER_SEC - status.st_mtime >= KEPT_FOR;
}

static void
sweep_file (const char *path)
{
  if (unlink (path) < 0)
    g_warning (_ ("cannot remove the old file %s: %s"), path, g_strerror (errno));
}

/* Removes one entry if it is old, nobody's at the moment, and needed no more: accepted, or of a job
 * that nobody has tried for as long (cancelled while it was held) and that was surely not mailed.
 */
static void
sweep_entry (const char *path)
{
  g_autofree char *lock_path = g_strconcat (path, ".lock", NULL);
  g_autoptr (GKeyFile) entry = NULL;
  SeJournalStep step;
  se_autofd int lock = -1;

  if (!is_old_file (path))
    return;
  lock = se_io_lock (lock_path, 0, -1, NULL);
  if (lock < 0)
    return;
  entry = se_journal_entry_read (path, &step, NULL);
  if (entry == NULL || step == SE_JOURNAL_DOT)
    return;
  sweep_file (path);
  sweep_file (lock_path);
}

/* Tells whether name is a temporary file of the entry own. */
static gboolean
is_temporary_of (const char *name, const char *own)
{
  gsize length = strlen (own);

  return strncmp (name + 1, own, length) == 0 && name[1 + length] == '.';
}

static void
sweep_journal (const char *directory, const char *own)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      if (se_journal_entry_is_name (name))
        sweep_entry (path);
      else if (name[0] == '.' && (is_temporary_of (name, own) || is_old_file (path)))
        sweep_file (path);
    }
}

/* Spooled documents that no entry speaks of. */
static void
sweep_spool (const char *spool, const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (spool, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (spool, name, NULL);
      const char *end = g_strrstr (name, ".bundle");
      g_autofree char *its_name = g_strndup (name, end != NULL ? (gsize)(end - name) : 0);
      g_autofree char *entry = g_build_filename (directory, its_name, NULL);

      if (end != NULL && access (entry, F_OK) < 0 && errno == ENOENT && is_old_file (path))
        sweep_file (path);
    }
}

void
se_journal_sweep (const char *directory, const char *spool, const char *own)
{
  sweep_journal (directory, own);
  sweep_spool (spool, directory);
}

gboolean
se_journal_peek_due (const char *state_directory, const char *queue, int job, gint64 *next_try)
{
  g_autofree char *directory = g_build_filename (state_directory, "journal", NULL);
  g_autofree char *start = se_journal_entry_start (queue, job);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  gint64 newest = -1;
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      g_autofree char *its_queue = NULL;
      g_autoptr (GKeyFile) entry = NULL;
      SeJournalStep step;
      gint64 first;

      if (!g_str_has_prefix (name, start) || !se_journal_entry_is_name (name))
        continue;
      entry = se_journal_entry_read (path, &step, NULL);
      if (entry == NULL || step == SE_JOURNAL_ACCEPTED
          || !g_key_file_has_key (entry, SE_JOURNAL_ENTRY, "next-try", NULL))
        continue;
      its_queue = g_key_file_get_string (entry, SE_JOURNAL_ENTRY, "queue", NULL);
      first = g_key_file_get_int64 (entry, SE_JOURNAL_ENTRY, "first", NULL);
      if (g_strcmp0 (its_queue, queue) != 0 || first <= newest)
        continue;
      newest = first;
      *next_try = g_key_file_get_int64 (entry, SE_JOURNAL_ENTRY, "next-try", NULL);
    }
  return newest >= 0;
}

static void
forget_if_over (const char *path, const char *spool, SeJournalOverFunc over, gpointer data)
{
  g_autofree char *lock_path = g_strconcat (path, ".lock", NULL);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *bundle_name = g_strconcat (name, ".bundle", NULL);
  g_autofree char *bundle = g_build_filename (spool, bundle_name, NULL);
  g_autofree char *queue = NULL;
  g_autoptr (GKeyFile) entry = NULL;
  SeJournalStep step;
  se_autofd int lock = se_io_lock (lock_path, 0, -1, NULL);

  if (lock < 0)
    return;
  entry = se_journal_entry_read (path, &step, NULL);
  if (entry == NULL || step == SE_JOURNAL_ACCEPTED)
    return;
  queue = g_key_file_get_string (entry, SE_JOURNAL_ENTRY, "queue", NULL);
  if (queue == NULL
      || !over (queue, g_key_file_get_integer (entry, SE_JOURNAL_ENTRY, "job", NULL),
                g_key_file_get_int64 (entry, SE_JOURNAL_ENTRY, "creation", NULL), data))
    return;
  sweep_file (path);
  if (access (bundle, F_OK) == 0)
    sweep_file (bundle);
  sweep_file (lock_path);
}

void
se_journal_forget_over (const char *state_directory, SeJournalOverFunc over, gpointer data)
{
  g_autofree char *directory = g_build_filename (state_directory, "journal", NULL);
  g_autofree char *spool = g_build_filename (state_directory, "spool", NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      if (se_journal_entry_is_name (name))
        forget_if_over (path, spool, over, data);
    }
}
