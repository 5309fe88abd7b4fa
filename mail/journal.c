/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/journal-private.h"
#include "mail/journal-clock.h"
#include "mail/journal-list.h"

#include "common/io.h"
#include "common/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY SE_JOURNAL_ENTRY
#define MESSAGE SE_JOURNAL_MESSAGE

gboolean
se_journal_commit (SeJournal *journal, GError **error)
{
  gsize length;
  g_autofree char *text = se_journal_entry_text (journal->entry, journal->step, &length);

  return se_atomic_file_replace (journal->path, text, length, 0600, error);
}

gboolean
se_journal_commit_step (SeJournal *journal, SeJournalStep step, GError **error)
{
  SeJournalStep before = journal->step;

  journal->step = step;
  if (se_journal_commit (journal, error))
    return TRUE;
  journal->step = before;
  return FALSE;
}

static gboolean
remove_file (const char *path, GError **error)
{
  if (unlink (path) == 0 || errno == ENOENT)
    return TRUE;
  se_error_set_errno (error, errno, _ ("cannot remove %s"), path);
  return FALSE;
}

void
se_journal_drop_bundle (const SeJournal *journal)
{
  g_autoptr (GError) error = NULL;

  if (!remove_file (journal->bundle_path, &error))
    g_warning ("%s", error->message);
}

gint64
se_journal_now (SeJournal *journal)
{
  se_journal_clock_follow (journal->entry);
  return g_get_real_time () / G_USEC_PER_SEC;
}

static void
set_first (SeJournal *journal)
{
  g_key_file_set_int64 (journal->entry, ENTRY, "first", se_journal_now (journal));
}

static void
start_over (SeJournal *journal)
{
  se_journal_message_remove (journal->entry);
  g_key_file_remove_key (journal->entry, ENTRY, "next-try", NULL);
  g_key_file_remove_key (journal->entry, ENTRY, "dots", NULL);
  g_key_file_remove_key (journal->entry, ENTRY, "reply", NULL);
  g_key_file_remove_key (journal->entry, ENTRY, "counted", NULL);
  g_key_file_remove_key (journal->entry, ENTRY, "ended", NULL);
  set_first (journal);
  g_key_file_set_integer (journal->entry, ENTRY, "attempts", 0);
  g_clear_pointer (&journal->reply, g_free);
  journal->step = SE_JOURNAL_OPEN;
  g_clear_pointer (&journal->positions, g_array_unref);
}

static void
start_entry (SeJournal *journal, const SeJobKey *key)
{
  g_autofree char *queue = g_utf8_make_valid (key->queue, -1);
  g_autofree char *uuid = g_utf8_make_valid (key->uuid != NULL ? key->uuid : "", -1);

  journal->entry = g_key_file_new ();
  g_key_file_set_integer (journal->entry, ENTRY, "version", SE_JOURNAL_VERSION);
  g_key_file_set_string (journal->entry, ENTRY, "queue", queue);
  g_key_file_set_integer (journal->entry, ENTRY, "job", key->job);
  g_key_file_set_string (journal->entry, ENTRY, "uuid", uuid);
  g_key_file_set_int64 (journal->entry, ENTRY, "creation", key->creation);
  start_over (journal);
}

/* When a run came here last: an audit finds those that did not come as far. */
static void
set_opened (SeJournal *journal)
{
  g_key_file_set_int64 (journal->entry, ENTRY, "opened", g_get_real_time () / G_USEC_PER_SEC);
}

/* The entry stays as it is, but for that. */
static void
note_opened (SeJournal *journal)
{
  g_autoptr (GError) error = NULL;

  set_opened (journal);
  if (!se_journal_commit (journal, &error))
    g_warning ("%s", error->message);
}

/* The entry of the key, with this attempt counted and on the disk. */
static gboolean
load_or_start (SeJournal *journal, const SeJobKey *key, GError **error)
{
  if (access (journal->path, F_OK) == 0)
    {
      journal->entry = se_journal_entry_read (journal->path, &journal->step, error);
      if (journal->entry == NULL)
        return FALSE;
      journal->reply = g_key_file_get_string (journal->entry, ENTRY, "reply", NULL);
      journal->settled = g_key_file_get_boolean (journal->entry, ENTRY, "settled", NULL);
    }
  else if (errno == ENOENT)
    start_entry (journal, key);
  else
    {
      se_error_set_errno (error, errno, _ ("cannot open %s"), journal->path);
      return FALSE;
    }

  if (journal->step == SE_JOURNAL_ACCEPTED)
    {
      se_journal_drop_bundle (journal);
      /* A completion that is not known must not send a mail twice. */
      if (key->completion == 0
          || key->completion == g_key_file_get_int64 (journal->entry, ENTRY, "completion", NULL))
        {
          note_opened (journal);
          return TRUE;
        }
      start_over (journal);
    }
  if (!g_key_file_has_key (journal->entry, ENTRY, "first", NULL))
    set_first (journal);
  set_opened (journal);
  g_key_file_remove_key (journal->entry, ENTRY, "settled", NULL);
  if (key->completion != 0)
    g_key_file_set_int64 (journal->entry, ENTRY, "completion", key->completion);
  g_key_file_set_integer (journal->entry, ENTRY, "attempts",
                          (int)se_journal_attempts (journal) + 1);
  return se_journal_commit (journal, error);
}

static char *
make_directory (const char *state_directory, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (state_directory, name, NULL);

  if (g_mkdir_with_parents (path, 0700) == 0)
    return g_steal_pointer (&path);
  se_error_set_errno (error, errno, _ ("cannot make the directory %s"), path);
  return NULL;
}

SeJournal *
se_journal_open (const char *state_directory, const SeJobKey *key, int cancel_fd, GError **error)
{
  g_autofree char *directory = make_directory (state_directory, "journal", error);
  g_autofree char *spool
      = directory != NULL ? make_directory (state_directory, "spool", error) : NULL;
  g_autofree char *name = se_journal_entry_name (key);
  g_autofree char *bundle = g_strconcat (name, ".bundle", NULL);
  g_autoptr (SeJournal) journal = NULL;

  if (spool == NULL)
    return NULL;
  journal = g_new0 (SeJournal, 1);
  journal->put_off = g_hash_table_new (NULL, NULL);
  journal->path = g_build_filename (directory, name, NULL);
  journal->lock_path = g_strconcat (journal->path, ".lock", NULL);
  journal->bundle_path = g_build_filename (spool, bundle, NULL);
  journal->lock = se_lock_take (journal->lock_path, -1, cancel_fd, error);
  if (journal->lock < 0 || !load_or_start (journal, key, error))
    return NULL;
  se_journal_sweep (directory, spool, name);
  return g_steal_pointer (&journal);
}

void
se_journal_close (SeJournal *journal)
{
  if (journal == NULL)
    return;
  se_atomic_file_free (journal->reserved);
  g_clear_pointer (&journal->entry, g_key_file_unref);
  g_clear_pointer (&journal->recipients, g_ptr_array_unref);
  g_clear_pointer (&journal->positions, g_array_unref);
  g_clear_pointer (&journal->named, g_array_unref);
  g_hash_table_unref (journal->put_off);
  se_address_free (journal->from);
  se_io_clear_fd (&journal->lock);
  g_free (journal->reply);
  g_free (journal->path);
  g_free (journal->lock_path);
  g_free (journal->bundle_path);
  g_free (journal);
}

SeJournalStep
se_journal_step (const SeJournal *journal)
{
  return journal->step;
}

guint
se_journal_attempts (const SeJournal *journal)
{
  return (guint)g_key_file_get_integer (journal->entry, ENTRY, "attempts", NULL);
}

gint64
se_journal_first (const SeJournal *journal)
{
  se_journal_clock_follow (journal->entry);
  return g_key_file_get_int64 (journal->entry, ENTRY, "first", NULL);
}

const char *
se_journal_reply (const SeJournal *journal)
{
  return journal->reply;
}

void
se_journal_set_account (SeJournal *journal, const char *address)
{
  g_key_file_set_string (journal->entry, ENTRY, "account", address);
}

char *
se_journal_account (const SeJournal *journal)
{
  return g_key_file_get_string (journal->entry, ENTRY, "account", NULL);
}

gboolean
se_journal_is_counted (const SeJournal *journal)
{
  return g_key_file_get_boolean (journal->entry, ENTRY, "counted", NULL);
}

void
se_journal_set_counted (SeJournal *journal)
{
  g_key_file_set_boolean (journal->entry, ENTRY, "counted", TRUE);
}

const char *
se_journal_bundle_path (const SeJournal *journal)
{
  return journal->bundle_path;
}

gboolean
se_journal_same_sources (const SeJournal *journal, const char *const *sources)
{
  g_auto (GStrv) fixed
      = g_key_file_get_string_list (journal->entry, MESSAGE, "sources", NULL, NULL);

  return fixed != NULL && g_strv_equal ((const char *const *)fixed, sources);
}

gboolean
se_journal_restart (SeJournal *journal, GError **error)
{
  start_over (journal);
  g_key_file_set_integer (journal->entry, ENTRY, "attempts", 1);
  return se_journal_commit (journal, error) && remove_file (journal->bundle_path, error);
}

gboolean
se_journal_reopen (SeJournal *journal, GError **error)
{
  if (journal->step != SE_JOURNAL_FIXED || se_journal_is_begun (journal))
    return TRUE;
  se_journal_message_remove (journal->entry);
  return se_journal_commit_step (journal, SE_JOURNAL_OPEN, error)
         && remove_file (journal->bundle_path, error);
}

gboolean
se_journal_await_person (SeJournal *journal, GError **error)
{
  if (journal->step == SE_JOURNAL_ACCEPTED)
    return TRUE;
  g_key_file_remove_key (journal->entry, ENTRY, "first", NULL);
  g_key_file_set_boolean (journal->entry, ENTRY, "settled", TRUE);
  return se_journal_commit (journal, error) && se_journal_reopen (journal, error);
}

gboolean
se_journal_bundle_size (const SeJournal *journal, gint64 *size, GError **error)
{
  struct stat status;

  if (stat (journal->bundle_path, &status) < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot find the spooled documents %s"),
                          journal->bundle_path);
      return FALSE;
    }
  *size = status.st_size;
  return TRUE;
}

/* The entry, which grows by a reply a mail, must stay one that can be read again. */
static gboolean
check_length (const SeJournal *journal, guint n_mails, GError **error)
{
  gsize length;

  g_free (se_journal_entry_text (journal->entry, SE_JOURNAL_FIXED, &length));
  if (length + (guint64)n_mails * SE_JOURNAL_SPARE <= SE_JOURNAL_ENTRY_MAX)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("The texts of this job's %u mails are too long for the journal: print it in "
                  "parts, or shorten the queue's texts"),
               n_mails);
  return FALSE;
}

gboolean
se_journal_fix (SeJournal *journal, const SeAddress *from, const GPtrArray *recipients,
                const SeJournalMail *mails, guint n_mails, const char *const *sources,
                GError **error)
{
  gint64 size;

  g_return_val_if_fail (n_mails > 0, FALSE);
  if (!se_journal_bundle_size (journal, &size, error))
    return FALSE;
  se_journal_message_set (journal->entry, from, recipients, mails, n_mails, sources);
  g_key_file_set_int64 (journal->entry, MESSAGE, "bundle-size", size);
  return check_length (journal, n_mails, error)
         && se_journal_commit_step (journal, SE_JOURNAL_FIXED, error);
}

gboolean
se_journal_defer (SeJournal *journal, gint64 next_try, GError **error)
{
  (void)se_journal_now (journal);
  g_key_file_set_int64 (journal->entry, ENTRY, "next-try", next_try);
  g_key_file_set_boolean (journal->entry, ENTRY, "settled", TRUE);
  return se_journal_commit (journal, error);
}

static gboolean
forget (SeJournal *journal, GError **error)
{
  g_clear_pointer (&journal->reserved, se_atomic_file_free);
  return remove_file (journal->path, error) && se_io_sync_parent (journal->path, error)
         && remove_file (journal->bundle_path, error) && remove_file (journal->lock_path, error);
}

gboolean
se_journal_end (SeJournal *journal, const char *words, GError **error)
{
  g_autofree char *valid = g_utf8_make_valid (words, -1);

  if (journal->step == SE_JOURNAL_ACCEPTED)
    return TRUE;
  if (!se_journal_is_begun (journal))
    return forget (journal, error);
  g_clear_pointer (&journal->reserved, se_atomic_file_free);
  g_key_file_set_string (journal->entry, ENTRY, "ended", valid);
  g_key_file_remove_key (journal->entry, ENTRY, "dots", NULL);
  g_key_file_remove_key (journal->entry, ENTRY, "next-try", NULL);
  se_journal_message_strip (journal->entry);
  if (!se_journal_commit_step (journal, SE_JOURNAL_ACCEPTED, error))
    return FALSE;
  se_journal_drop_bundle (journal);
  return TRUE;
}

char *
se_journal_ended (const SeJournal *journal)
{
  return g_key_file_get_string (journal->entry, ENTRY, "ended", NULL);
}
