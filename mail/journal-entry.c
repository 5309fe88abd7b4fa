/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/journal-message.h"

#include "common/digest.h"
#include "common/io.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  HASH_DIGITS = 16,
};
#define KEPT_FOR (30 * 24 * G_GINT64_CONSTANT (3600))
#define END_MARK "# end "

/* Queue names hold anything but '/', '#' and blanks; the hash tells those apart that look the same
 * here. */
static char *
name_start (const char *queue, int job)
{
  g_autofree char *safe = g_strndup (queue, 150);

  g_strcanon (safe, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.-", '_');
  return g_strdup_printf ("%s-%d-", safe, job);
}

char *
se_journal_entry_name (const SeJobKey *key)
{
  g_autofree char *start = name_start (key->queue, key->job);
  g_autofree char *facts = g_strdup_printf ("%s\n%d\n%s\n%" G_GINT64_FORMAT, key->queue, key->job,
                                            key->uuid != NULL ? key->uuid : "", key->creation);
  g_autofree char *digest = se_digest_text (facts);

  return g_strdup_printf ("%s%.*s", start, HASH_DIGITS, digest);
}

static const char *const step_names[] = {
  [SE_JOURNAL_OPEN] = "open",
  [SE_JOURNAL_FIXED] = "fixed",
  [SE_JOURNAL_DOT] = "dot",
  [SE_JOURNAL_ACCEPTED] = "accepted",
};

void
se_journal_entry_set_damaged (GError **error, const char *path, const char *what)
{
  g_set_error (
      error, SE_ERROR, SE_ERROR_CONFIG,
      _ ("The journal entry %s is damaged (%s), so whether its job was mailed is not known: if it "
         "was not, remove the file and restart the job; if it was, cancel the job"),
      path, what);
}

/* Entries of an older version are made today's: a package may be upgraded while jobs are held. */
static gboolean
load (GKeyFile *entry, const char *text)
{
  int version;

  if (!g_key_file_load_from_data (entry, text, strlen (text), G_KEY_FILE_NONE, NULL))
    return FALSE;
  version = g_key_file_get_integer (entry, SE_JOURNAL_ENTRY, "version", NULL);
  if (version == 1)
    se_journal_message_upgrade (entry);
  return version == 1 || version == SE_JOURNAL_VERSION;
}

GKeyFile *
se_journal_entry_read (const char *path, SeJournalStep *step, GError **error)
{
  g_autoptr (GKeyFile) entry = g_key_file_new ();
  gsize length;
  g_autofree char *text = se_io_read_file (path, SE_JOURNAL_ENTRY_MAX, &length, error);
  g_autofree char *digest = NULL;
  g_autofree char *name = NULL;
  char *end;

  if (text == NULL)
    return NULL;
  end = g_strrstr_len (text, (gssize)length, "\n" END_MARK);
  if (strlen (text) != length || end == NULL || text[length - 1] != '\n')
    {
      se_journal_entry_set_damaged (error, path, _ ("its end is missing"));
      return NULL;
    }
  text[length - 1] = '\0';
  end[1] = '\0';
  digest = se_digest_text (text);
  if (strcmp (digest, end + 1 + strlen (END_MARK)) != 0)
    {
      se_journal_entry_set_damaged (error, path, _ ("its checksum is wrong"));
      return NULL;
    }
  if (!load (entry, text))
    {
      se_journal_entry_set_damaged (error, path, _ ("another version of scan-email wrote it"));
      return NULL;
    }
  name = g_key_file_get_string (entry, SE_JOURNAL_ENTRY, "step", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (step_names); i++)
    if (g_strcmp0 (name, step_names[i]) == 0)
      {
        *step = (SeJournalStep)i;
        return g_steal_pointer (&entry);
      }
  se_journal_entry_set_damaged (error, path, _ ("its step is unknown"));
  return NULL;
}

char *
se_journal_entry_text (GKeyFile *entry, SeJournalStep step, gsize *length)
{
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;
  char *whole;

  g_key_file_set_string (entry, SE_JOURNAL_ENTRY, "step", step_names[step]);
  text = g_key_file_to_data (entry, NULL, NULL);
  digest = se_digest_text (text);
  whole = g_strconcat (text, END_MARK, digest, "\n", NULL);
  *length = strlen (whole);
  return whole;
}

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

static gboolean
is_entry_name (const char *name)
{
  const char *dash = strrchr (name, '-');

  return name[0] != '.' && dash != NULL && strlen (dash + 1) == HASH_DIGITS
         && strspn (dash + 1, "0123456789abcdef") == HASH_DIGITS;
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

      if (is_entry_name (name))
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
  g_autofree char *start = name_start (queue, job);
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

      if (!g_str_has_prefix (name, start) || strlen (name) != strlen (start) + HASH_DIGITS
          || !is_entry_name (name))
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

      if (is_entry_name (name))
        forget_if_over (path, spool, over, data);
    }
}
