/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/journal-list.h"

#include "common/atomic-file.h"
#include "common/io.h"
#include "common/lock.h"
#include "mail/journal-message.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
is_old_file (const char *path)
{
  struct stat status;

  return stat (path, &status) == 0 && S_ISREG (status.st_mode)
         && g_get_real_time () / G_USEC_PER_SEC - status.st_mtime >= SE_JOURNAL_KEPT_FOR;
}

static void
sweep_file (const char *path)
{
  if (unlink (path) < 0)
    g_warning (_ ("cannot remove the old file %s: %s"), path, g_strerror (errno));
}

/* Removes one entry if it is old, nobody's at the moment, and needed no more: accepted, or of a job
 * that nobody has tried for as long (cancelled while it was held) and that nobody has a mail of. */
static void
sweep_entry (const char *path)
{
  g_autofree char *lock_path = g_strconcat (path, ".lock", NULL);
  g_autoptr (GKeyFile) entry = NULL;
  SeJournalStep step;
  se_autofd int lock = -1;

  if (!is_old_file (path))
    return;
  lock = se_lock_take (lock_path, 0, -1, NULL);
  if (lock < 0)
    return;
  entry = se_journal_entry_read (path, &step, NULL);
  if (entry == NULL || step == SE_JOURNAL_DOT
      || (step == SE_JOURNAL_FIXED && se_journal_message_sent (entry) > 0))
    return;
  sweep_file (path);
  sweep_file (lock_path);
}

static void
sweep_journal (const char *directory, const char *own)
{
  g_autofree char *own_path = g_build_filename (directory, own, NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  se_atomic_file_clear (own_path);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);

      if (se_journal_entry_is_name (name))
        sweep_entry (path);
      else if (se_atomic_file_is_temporary (name) && is_old_file (path))
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

SeJournalRecipient *
se_journal_recipient_new (const char *address, const char *state, const char *words)
{
  SeJournalRecipient *recipient = g_new0 (SeJournalRecipient, 1);

  recipient->address = g_strdup (address);
  recipient->state = g_strdup (state);
  recipient->words = g_strdup (words);
  return recipient;
}

void
se_journal_recipient_free (SeJournalRecipient *recipient)
{
  g_free (recipient->address);
  g_free (recipient->state);
  g_free (recipient->words);
  g_free (recipient);
}

void
se_journal_item_free (SeJournalItem *item)
{
  g_free (item->path);
  g_free (item->damage);
  g_free (item->queue);
  g_free (item->bundle);
  g_free (item->uuid);
  g_free (item->reply);
  g_free (item->account);
  g_clear_pointer (&item->recipients, g_ptr_array_unref);
  g_free (item);
}

/* The words for address in a list of refusals; NULL: it is not in there. */
static const char *
words_for (const GPtrArray *refusals, const char *address)
{
  for (guint i = 0; i < refusals->len; i++)
    {
      const SeRcptRefusal *refusal = refusals->pdata[i];

      if (strcmp (refusal->address, address) == 0)
        return refusal->words;
    }
  return NULL;
}

/* Which of n recipients, by position, still wait for one of the mails. */
static gboolean *
pending_of (GKeyFile *entry, guint n)
{
  gboolean *waits = g_new0 (gboolean, n + 1);
  guint mails = se_journal_message_mails (entry);

  for (guint mail = 1; mail <= mails; mail++)
    {
      g_autoptr (GArray) pending = se_journal_message_pending (entry, mail);

      for (guint i = 0; i < pending->len; i++)
        waits[g_array_index (pending, guint, i)] = TRUE;
    }
  return waits;
}

static GPtrArray *
recipients_of (GKeyFile *entry)
{
  g_auto (GStrv) list
      = g_key_file_get_string_list (entry, SE_JOURNAL_MESSAGE, "recipients", NULL, NULL);
  g_autoptr (GPtrArray) refused = se_journal_message_refusals (entry, TRUE);
  g_autoptr (GPtrArray) deferred = se_journal_message_refusals (entry, FALSE);
  g_autofree gboolean *waits = pending_of (entry, list != NULL ? g_strv_length (list) : 0);
  GPtrArray *recipients
      = g_ptr_array_new_with_free_func ((GDestroyNotify)se_journal_recipient_free);

  for (guint i = 0; list != NULL && list[i] != NULL; i++)
    {
      const char *state = N_ ("refused");
      const char *words = words_for (refused, list[i]);

      if (words == NULL && (words = words_for (deferred, list[i])) != NULL)
        state = N_ ("deferred");
      else if (words == NULL)
        state = waits[i] ? N_ ("pending") : N_ ("accepted");
      g_ptr_array_add (recipients, se_journal_recipient_new (list[i], state, words));
    }
  return recipients;
}

/* As in mail/journal-passage.c: the times of the final dots that nobody answered. */
static void
read_doubts (SeJournalItem *item, GKeyFile *entry)
{
  gsize n = 0;
  g_auto (GStrv) dots = g_key_file_get_string_list (entry, SE_JOURNAL_ENTRY, "dots", &n, NULL);

  item->doubts = (guint)n;
  item->in_doubt_since = n > 0 ? g_ascii_strtoll (dots[0], NULL, 10) : 0;
}

static void
read_facts (SeJournalItem *item, GKeyFile *entry)
{
  item->queue = g_key_file_get_string (entry, SE_JOURNAL_ENTRY, "queue", NULL);
  item->job = g_key_file_get_integer (entry, SE_JOURNAL_ENTRY, "job", NULL);
  item->uuid = g_key_file_get_string (entry, SE_JOURNAL_ENTRY, "uuid", NULL);
  item->creation = g_key_file_get_int64 (entry, SE_JOURNAL_ENTRY, "creation", NULL);
  item->attempts = (guint)g_key_file_get_integer (entry, SE_JOURNAL_ENTRY, "attempts", NULL);
  item->first = g_key_file_get_int64 (entry, SE_JOURNAL_ENTRY, "first", NULL);
  item->next_try = g_key_file_get_int64 (entry, SE_JOURNAL_ENTRY, "next-try", NULL);
  item->reply = g_key_file_get_string (entry, SE_JOURNAL_ENTRY, "reply", NULL);
  item->account = g_key_file_get_string (entry, SE_JOURNAL_ENTRY, "account", NULL);
  read_doubts (item, entry);
  item->mails = se_journal_message_mails (entry);
  item->done = se_journal_message_done (entry);
  item->recipients = recipients_of (entry);
}

/* What the name of an entry's file, "QUEUE-JOB-HASH", tells. queue: owned by the caller. */
static int
read_name (const char *name, char **queue)
{
  char *start = *queue = g_strndup (name, (gsize)(strrchr (name, '-') - name));
  char *dash = strrchr (start, '-');

  if (dash == NULL)
    return 0;
  *dash = '\0';
  return (int)g_ascii_strtoll (dash + 1, NULL, 10);
}

/* Where the documents of an entry are spooled. */
static char *
bundle_path_of (const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *state_directory = g_path_get_dirname (directory);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *bundle_name = g_strconcat (name, ".bundle", NULL);

  return g_build_filename (state_directory, "spool", bundle_name, NULL);
}

SeJournalItem *
se_journal_look (const char *path)
{
  g_autoptr (SeJournalItem) item = g_new0 (SeJournalItem, 1);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *lock_path = g_strconcat (path, ".lock", NULL);
  g_autofree char *bundle = bundle_path_of (path);
  g_autoptr (GError) damage = NULL;
  g_autoptr (GKeyFile) entry = se_journal_entry_read (path, &item->step, &damage);
  struct stat status;

  if (entry != NULL && item->step == SE_JOURNAL_ACCEPTED)
    return NULL;
  if (entry != NULL)
    read_facts (item, entry);
  else if (access (path, F_OK) < 0 && errno == ENOENT)
    return NULL;
  else
    item->job = read_name (name, &item->queue);
  item->damage = damage != NULL ? g_strdup (damage->message) : NULL;
  item->busy = se_lock_is_held (lock_path);
  item->path = g_strdup (path);
  if (stat (bundle, &status) == 0)
    {
      item->length = (guint64)status.st_size;
      item->bundle = g_steal_pointer (&bundle);
    }
  return g_steal_pointer (&item);
}

/* NULL without an error: there is no journal yet. */
static GDir *
open_directory (const char *path, GError **error)
{
  GDir *dir = g_dir_open (path, 0, NULL);

  if (dir == NULL && (access (path, R_OK) == 0 || errno != ENOENT))
    se_error_set_errno (error, errno, _ ("cannot open %s"), path);
  return dir;
}

static gint
compare_items (gconstpointer a, gconstpointer b)
{
  const SeJournalItem *one = *(SeJournalItem *const *)a, *other = *(SeJournalItem *const *)b;
  int order = g_strcmp0 (one->queue, other->queue);

  return order != 0 ? order : (one->job > other->job) - (one->job < other->job);
}

GPtrArray *
se_journal_list (const char *state_directory, GError **error)
{
  g_autofree char *directory = g_build_filename (state_directory, "journal", NULL);
  g_autoptr (GPtrArray) items
      = g_ptr_array_new_with_free_func ((GDestroyNotify)se_journal_item_free);
  g_autoptr (GError) local = NULL;
  g_autoptr (GDir) dir = open_directory (directory, &local);
  const char *name;

  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (directory, name, NULL);
      SeJournalItem *item = se_journal_entry_is_name (name) ? se_journal_look (path) : NULL;

      if (item != NULL)
        g_ptr_array_add (items, item);
    }
  g_ptr_array_sort (items, compare_items);
  return g_steal_pointer (&items);
}

void
se_journal_trace_clear (SeJournalTrace *trace)
{
  g_clear_pointer (&trace->ended, g_free);
}

static gboolean
is_entry_of (GKeyFile *entry, const SeJobKey *key)
{
  g_autofree char *queue = g_key_file_get_string (entry, SE_JOURNAL_ENTRY, "queue", NULL);
  g_autofree char *wanted = g_utf8_make_valid (key->queue, -1);

  return g_strcmp0 (queue, wanted) == 0
         && g_key_file_get_int64 (entry, SE_JOURNAL_ENTRY, "creation", NULL) == key->creation;
}

/* TRUE if the file is an entry of the job, as far as can be read. */
static gboolean
is_of_job (const char *directory, const char *name, const SeJobKey *key, SeJournalTrace *trace)
{
  g_autofree char *named = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GKeyFile) entry = NULL;
  SeJournalStep step;

  if (!se_journal_entry_is_name (name) || read_name (name, &named) != key->job)
    return FALSE;
  path = g_build_filename (directory, name, NULL);
  entry = se_journal_entry_read (path, &step, NULL);
  if (entry == NULL)
    return TRUE;
  if (!is_entry_of (entry, key))
    return FALSE;
  if (trace != NULL && step == SE_JOURNAL_ACCEPTED)
    {
      trace->opened = g_key_file_get_int64 (entry, SE_JOURNAL_ENTRY, "opened", NULL);
      trace->ended = g_key_file_get_string (entry, SE_JOURNAL_ENTRY, "ended", NULL);
    }
  return TRUE;
}

gboolean
se_journal_has (const char *state_directory, const SeJobKey *key, gboolean *has,
                SeJournalTrace *trace, GError **error)
{
  g_autofree char *directory = g_build_filename (state_directory, "journal", NULL);
  g_autoptr (GError) local = NULL;
  g_autoptr (GDir) dir = open_directory (directory, &local);
  const char *name;

  *has = FALSE;
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  while (dir != NULL && !*has && (name = g_dir_read_name (dir)) != NULL)
    *has = is_of_job (directory, name, key, trace);
  return TRUE;
}

gboolean
se_journal_is_accepted (const char *bundle_path)
{
  g_autofree char *spool = g_path_get_dirname (bundle_path);
  g_autofree char *state_directory = g_path_get_dirname (spool);
  g_autofree char *name = g_path_get_basename (bundle_path);
  g_autofree char *path = NULL;
  g_autoptr (GKeyFile) entry = NULL;
  SeJournalStep step;

  if (!g_str_has_suffix (name, ".bundle"))
    return FALSE;
  name[strlen (name) - strlen (".bundle")] = '\0';
  path = g_build_filename (state_directory, "journal", name, NULL);
  entry = se_journal_entry_read (path, &step, NULL);
  return entry != NULL && step == SE_JOURNAL_ACCEPTED;
}

void
se_journal_discard (const SeJournalItem *item)
{
  g_autofree char *lock_path = g_strconcat (item->path, ".lock", NULL);
  g_autofree char *bundle = bundle_path_of (item->path);
  se_autofd int lock = access (item->path, F_OK) == 0 ? se_lock_take (lock_path, 0, -1, NULL) : -1;
  g_autoptr (SeJournalItem) now = lock >= 0 ? se_journal_look (item->path) : NULL;

  if (now == NULL || now->damage != NULL || now->attempts != item->attempts)
    return;
  sweep_file (item->path);
  if (access (bundle, F_OK) == 0)
    sweep_file (bundle);
  sweep_file (lock_path);
}
