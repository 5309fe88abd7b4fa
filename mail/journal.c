/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/journal-entry.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ENTRY SE_JOURNAL_ENTRY
#define MESSAGE SE_JOURNAL_MESSAGE

enum
{
  SPARE = 4096, /* bytes, for the reply in the entry of an accepted job */
};

struct SeJournal
{
  char *path;
  char *lock_path;
  char *bundle_path;
  int lock;
  GKeyFile *entry;
  SeJournalStep step;
  gboolean in_doubt; /* an earlier try sent the dot and saw no reply */
  char *reply;
  SeAddress *from; /* restored */
  GPtrArray *recipients;
  SeReplacement *reserved; /* room on the disk for the entry of an accepted job */
};

static gboolean
commit (SeJournal *journal, GError **error)
{
  gsize length;
  g_autofree char *text = se_journal_entry_text (journal->entry, journal->step, &length);

  return se_io_replace_file (journal->path, text, length, 0600, error);
}

static gboolean
commit_step (SeJournal *journal, SeJournalStep step, GError **error)
{
  SeJournalStep before = journal->step;

  journal->step = step;
  if (commit (journal, error))
    return TRUE;
  journal->step = before;
  return FALSE;
}

static gboolean
remove_file (const char *path, GError **error)
{
  if (unlink (path) == 0 || errno == ENOENT)
    return TRUE;
  se_error_set_errno (error, errno, "cannot remove %s", path);
  return FALSE;
}

/* Removes what an accepted entry no longer needs; it is in nobody's way if that fails. */
static void
drop_bundle (const SeJournal *journal)
{
  g_autoptr (GError) error = NULL;

  if (!remove_file (journal->bundle_path, &error))
    g_warning ("%s", error->message);
}

static void
set_first (SeJournal *journal)
{
  g_key_file_set_int64 (journal->entry, ENTRY, "first", g_get_real_time () / G_USEC_PER_SEC);
}

static void
start_over (SeJournal *journal)
{
  g_key_file_remove_group (journal->entry, MESSAGE, NULL);
  g_key_file_remove_key (journal->entry, ENTRY, "next-try", NULL);
  g_key_file_remove_key (journal->entry, ENTRY, "reply", NULL);
  set_first (journal);
  g_key_file_set_integer (journal->entry, ENTRY, "attempts", 0);
  g_clear_pointer (&journal->reply, g_free);
  journal->step = SE_JOURNAL_OPEN;
  journal->in_doubt = FALSE;
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
      journal->in_doubt = journal->step == SE_JOURNAL_DOT;
    }
  else if (errno == ENOENT)
    start_entry (journal, key);
  else
    {
      se_error_set_errno (error, errno, "cannot open %s", journal->path);
      return FALSE;
    }

  if (journal->step == SE_JOURNAL_ACCEPTED)
    {
      drop_bundle (journal);
      /* A completion that is not known must not send a mail twice. */
      if (key->completion == 0
          || key->completion == g_key_file_get_int64 (journal->entry, ENTRY, "completion", NULL))
        return TRUE;
      start_over (journal);
    }
  if (!g_key_file_has_key (journal->entry, ENTRY, "first", NULL))
    set_first (journal);
  g_key_file_set_int64 (journal->entry, ENTRY, "completion", key->completion);
  g_key_file_set_integer (journal->entry, ENTRY, "attempts",
                          (int)se_journal_attempts (journal) + 1);
  return commit (journal, error);
}

static char *
make_directory (const char *state_directory, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (state_directory, name, NULL);

  if (g_mkdir_with_parents (path, 0700) == 0)
    return g_steal_pointer (&path);
  se_error_set_errno (error, errno, "cannot make the directory %s", path);
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
  journal->path = g_build_filename (directory, name, NULL);
  journal->lock_path = g_strconcat (journal->path, ".lock", NULL);
  journal->bundle_path = g_build_filename (spool, bundle, NULL);
  journal->lock = se_io_lock (journal->lock_path, -1, cancel_fd, error);
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
  se_io_replace_free (journal->reserved);
  g_clear_pointer (&journal->entry, g_key_file_unref);
  g_clear_pointer (&journal->recipients, g_ptr_array_unref);
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
  return g_key_file_get_int64 (journal->entry, ENTRY, "first", NULL);
}

const char *
se_journal_reply (const SeJournal *journal)
{
  return journal->reply;
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
  return commit (journal, error) && remove_file (journal->bundle_path, error);
}

gboolean
se_journal_reopen (SeJournal *journal, GError **error)
{
  if (journal->step == SE_JOURNAL_ACCEPTED)
    return TRUE;
  g_key_file_remove_key (journal->entry, ENTRY, "first", NULL);
  if (journal->step != SE_JOURNAL_FIXED)
    return commit (journal, error);
  g_key_file_remove_group (journal->entry, MESSAGE, NULL);
  return commit_step (journal, SE_JOURNAL_OPEN, error) && remove_file (journal->bundle_path, error);
}

static gboolean
bundle_size (const SeJournal *journal, gint64 *size, GError **error)
{
  struct stat status;

  if (stat (journal->bundle_path, &status) < 0)
    {
      se_error_set_errno (error, errno, "cannot find the spooled documents %s",
                          journal->bundle_path);
      return FALSE;
    }
  *size = status.st_size;
  return TRUE;
}

gboolean
se_journal_fix (SeJournal *journal, const SeAddress *from, GPtrArray *recipients,
                const SeMessage *message, const SeAttachment *ranges, gsize n_ranges,
                const char *const *sources, GError **error)
{
  const char *const *texts = se_message_texts (message);
  g_autoptr (GPtrArray) addresses = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) numbers = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *sender = se_address_to_string (from);
  gint64 size;

  if (!bundle_size (journal, &size, error))
    return FALSE;
  for (guint i = 0; i < recipients->len; i++)
    g_ptr_array_add (addresses, se_address_to_string (g_ptr_array_index (recipients, i)));
  for (gsize i = 0; i < n_ranges; i++)
    g_ptr_array_add (numbers, g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
                                               ranges[i].offset, ranges[i].length));
  g_key_file_set_string (journal->entry, MESSAGE, "from", sender);
  g_key_file_set_string_list (journal->entry, MESSAGE, "recipients",
                              (const char *const *)addresses->pdata, addresses->len);
  g_key_file_set_string_list (journal->entry, MESSAGE, "sources", sources,
                              g_strv_length ((char **)sources));
  g_key_file_set_int64 (journal->entry, MESSAGE, "bundle-size", size);
  g_key_file_set_string_list (journal->entry, MESSAGE, "texts", texts,
                              g_strv_length ((char **)texts));
  g_key_file_set_string_list (journal->entry, MESSAGE, "ranges",
                              (const char *const *)numbers->pdata, numbers->len);
  return commit_step (journal, SE_JOURNAL_FIXED, error);
}

static gboolean
restore_envelope (SeJournal *journal, GError **error)
{
  g_autofree char *from = g_key_file_get_string (journal->entry, MESSAGE, "from", NULL);
  g_auto (GStrv) list
      = g_key_file_get_string_list (journal->entry, MESSAGE, "recipients", NULL, NULL);

  se_address_free (journal->from);
  journal->from = from != NULL ? se_address_parse (from, NULL) : NULL;
  g_clear_pointer (&journal->recipients, g_ptr_array_unref);
  journal->recipients = g_ptr_array_new_with_free_func ((GDestroyNotify)se_address_free);
  for (char **i = list; i != NULL && *i != NULL; i++)
    {
      SeAddress *address = se_address_parse (*i, NULL);

      if (address == NULL)
        break;
      g_ptr_array_add (journal->recipients, address);
    }
  if (journal->from != NULL && list != NULL && journal->recipients->len > 0
      && journal->recipients->len == g_strv_length (list))
    return TRUE;
  se_journal_entry_set_damaged (error, journal->path, "its envelope cannot be read");
  return FALSE;
}

static SeMessage *
restore_message (const SeJournal *journal, GError **error)
{
  gsize n_texts = 0, n_ranges = 0;
  g_auto (GStrv) texts
      = g_key_file_get_string_list (journal->entry, MESSAGE, "texts", &n_texts, NULL);
  g_auto (GStrv) numbers
      = g_key_file_get_string_list (journal->entry, MESSAGE, "ranges", &n_ranges, NULL);
  g_autofree SeAttachment *ranges = g_new0 (SeAttachment, n_ranges + 1);

  for (gsize i = 0; i < n_ranges; i++)
    {
      char *rest;

      ranges[i].offset = g_ascii_strtoull (numbers[i], &rest, 10);
      ranges[i].length = g_ascii_strtoull (rest, NULL, 10);
    }
  if (texts != NULL && n_texts == n_ranges + 1)
    return se_message_new_from_texts ((const char *const *)texts, ranges, n_ranges, error);
  se_journal_entry_set_damaged (error, journal->path, "its message cannot be read");
  return NULL;
}

gboolean
se_journal_restore (SeJournal *journal, const SeAddress **from, GPtrArray **recipients,
                    SeMessage **message, GError **error)
{
  gint64 size;

  g_return_val_if_fail (journal->step == SE_JOURNAL_FIXED || journal->step == SE_JOURNAL_DOT,
                        FALSE);
  if (!bundle_size (journal, &size, error) || !restore_envelope (journal, error))
    return FALSE;
  if (size != g_key_file_get_int64 (journal->entry, MESSAGE, "bundle-size", NULL))
    {
      g_set_error (
          error, SE_ERROR, SE_ERROR_CONFIG,
          "The spooled documents %s are no longer those of the journal: cancel the job and "
          "print it again",
          journal->bundle_path);
      return FALSE;
    }
  *message = restore_message (journal, error);
  *from = journal->from;
  *recipients = journal->recipients;
  return *message != NULL;
}

gboolean
se_journal_before_dot (SeJournal *journal, GError **error)
{
  gsize length;

  g_free (se_journal_entry_text (journal->entry, journal->step, &length));
  /* A disk that fills up now must not lose the 250. */
  if (journal->reserved == NULL)
    journal->reserved = se_io_replace_begin (journal->path, 0600, length + SPARE, error);
  return journal->reserved != NULL && commit_step (journal, SE_JOURNAL_DOT, error);
}

/* What an accepted entry keeps: who and when, and the sources; not the message. */
static void
strip_message (SeJournal *journal)
{
  static const char *const keys[] = { "from", "recipients", "texts", "ranges", "bundle-size" };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    g_key_file_remove_key (journal->entry, MESSAGE, keys[i], NULL);
  g_key_file_remove_key (journal->entry, ENTRY, "next-try", NULL);
}

gboolean
se_journal_replied (SeJournal *journal, gboolean accepted, const char *reply, GError **error)
{
  g_autofree char *text = NULL;
  gsize length;
  gboolean ok;

  g_free (journal->reply);
  journal->reply = g_utf8_make_valid (reply, -1);
  g_key_file_set_string (journal->entry, ENTRY, "reply", journal->reply);
  if (!accepted)
    {
      g_clear_pointer (&journal->reserved, se_io_replace_free);
      return commit_step (journal, journal->in_doubt ? SE_JOURNAL_DOT : SE_JOURNAL_FIXED, error);
    }
  journal->step = SE_JOURNAL_ACCEPTED;
  strip_message (journal);
  text = se_journal_entry_text (journal->entry, journal->step, &length);
  ok = journal->reserved != NULL ? se_io_replace_commit (journal->reserved, text, length, error)
                                 : se_io_replace_file (journal->path, text, length, 0600, error);
  g_clear_pointer (&journal->reserved, se_io_replace_free);
  if (ok)
    drop_bundle (journal);
  return ok;
}

gboolean
se_journal_defer (SeJournal *journal, gint64 next_try, GError **error)
{
  g_key_file_set_int64 (journal->entry, ENTRY, "next-try", next_try);
  return commit (journal, error);
}

gboolean
se_journal_forget (SeJournal *journal, GError **error)
{
  g_clear_pointer (&journal->reserved, se_io_replace_free);
  return remove_file (journal->path, error) && se_io_sync_parent (journal->path, error)
         && remove_file (journal->bundle_path, error) && remove_file (journal->lock_path, error);
}
