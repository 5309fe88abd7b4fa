/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/journal-private.h"

#include "mail/journal-clock.h"

#include <glib/gi18n-lib.h>

#define ENTRY SE_JOURNAL_ENTRY
#define MESSAGE SE_JOURNAL_MESSAGE

guint
se_journal_mails (const SeJournal *journal)
{
  return se_journal_message_mails (journal->entry);
}

guint
se_journal_done (const SeJournal *journal)
{
  return se_journal_message_done (journal->entry);
}

guint
se_journal_sent (const SeJournal *journal)
{
  return se_journal_message_sent (journal->entry);
}

gboolean
se_journal_is_begun (const SeJournal *journal)
{
  return journal->step == SE_JOURNAL_DOT || se_journal_message_sent (journal->entry) > 0;
}

GPtrArray *
se_journal_refused (const SeJournal *journal)
{
  return se_journal_message_refusals (journal->entry, TRUE);
}

GPtrArray *
se_journal_deferred (const SeJournal *journal)
{
  return se_journal_message_refusals (journal->entry, FALSE);
}

/* Times of the final dots that nobody answered. */
static gint64 *
get_dots (const SeJournal *journal, gsize *n)
{
  g_auto (GStrv) texts = g_key_file_get_string_list (journal->entry, ENTRY, "dots", n, NULL);
  gint64 *dots;

  if (texts == NULL)
    *n = 0;
  dots = g_new0 (gint64, *n + 1);
  for (gsize i = 0; i < *n; i++)
    dots[i] = g_ascii_strtoll (texts[i], NULL, 10);
  return dots;
}

static void
set_dots (SeJournal *journal, const gint64 *dots, gsize n)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (gsize i = 0; i < n; i++)
    g_string_append_printf (text, "%" G_GINT64_FORMAT ";", dots[i]);
  if (n > 0)
    g_key_file_set_value (journal->entry, ENTRY, "dots", text->str);
  else
    g_key_file_remove_key (journal->entry, ENTRY, "dots", NULL);
}

guint
se_journal_doubts (const SeJournal *journal, gint64 *since)
{
  gsize n;
  g_autofree gint64 *dots = get_dots (journal, &n);

  if (since != NULL)
    *since = dots[0];
  return (guint)n;
}

void
se_journal_forget_doubts (SeJournal *journal)
{
  gsize n;
  g_autofree gint64 *dots = get_dots (journal, &n);

  set_dots (journal, dots, MIN (n, 1));
}

gint64
se_journal_next_try (const SeJournal *journal)
{
  se_journal_clock_follow (journal->entry);
  return g_key_file_get_int64 (journal->entry, ENTRY, "next-try", NULL);
}

gboolean
se_journal_is_settled (const SeJournal *journal)
{
  return journal->settled;
}

void
se_journal_resend_after (SeJournal *journal, guint seconds)
{
  journal->resend_after = seconds;
}

/* Those that a mail in doubt was sent to and that can still be asked for. */
static GArray *
find_doubtful (const SeJournal *journal, guint mail)
{
  g_autoptr (GArray) sent_to = se_journal_message_dot (journal->entry, mail);
  g_autoptr (GArray) pending = se_journal_message_pending (journal->entry, mail);
  GArray *positions = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = 0; i < sent_to->len; i++)
    for (guint j = 0; j < pending->len; j++)
      if (g_array_index (sent_to, guint, i) == g_array_index (pending, guint, j))
        g_array_append_val (positions, g_array_index (pending, guint, j));
  return positions;
}

/* Whom the mail is to be sent to now: of a mail in doubt those that may have it already, so that
 * what is sent is the same. */
static GArray *
find_positions (const SeJournal *journal, guint mail)
{
  g_autoptr (GArray) pending = se_journal_message_pending (journal->entry, mail);
  GArray *positions;

  if (journal->step == SE_JOURNAL_DOT)
    {
      positions = find_doubtful (journal, mail);
      if (positions->len > 0)
        return positions;
      g_array_unref (positions);
    }
  positions = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < pending->len; i++)
    {
      guint position = g_array_index (pending, guint, i);

      if (!g_hash_table_contains (journal->put_off, GUINT_TO_POINTER (position)))
        g_array_append_val (positions, position);
    }
  return positions;
}

/* The mail to be sent next; 0: none in this pass. */
static guint
find_mail (const SeJournal *journal)
{
  guint mails = se_journal_mails (journal);

  if (journal->step == SE_JOURNAL_DOT)
    return se_journal_message_dot_mail (journal->entry);
  for (guint mail = 1; mail <= mails; mail++)
    {
      g_autoptr (GArray) positions = find_positions (journal, mail);

      if (positions->len > 0)
        return mail;
    }
  return 0;
}

void
se_journal_start_pass (SeJournal *journal)
{
  g_hash_table_remove_all (journal->put_off);
}

gboolean
se_journal_has_next (const SeJournal *journal)
{
  return journal->step != SE_JOURNAL_ACCEPTED && find_mail (journal) != 0;
}

gboolean
se_journal_largest (const SeJournal *journal, guint64 *size, GError **error)
{
  guint mails = se_journal_mails (journal);

  *size = 0;
  for (guint mail = 1; mail <= mails && journal->step != SE_JOURNAL_ACCEPTED; mail++)
    {
      g_autoptr (GArray) pending = se_journal_message_pending (journal->entry, mail);
      g_autoptr (SeMessage) message = NULL;

      if (pending->len == 0)
        continue;
      message = se_journal_message_get (journal->entry, journal->path, mail, error);
      if (message == NULL)
        return FALSE;
      *size = MAX (*size, se_message_size (message));
    }
  return TRUE;
}

/* Keeps those of all recipients that are at positions. */
static GPtrArray *
choose (GPtrArray *all, const GArray *positions)
{
  GPtrArray *chosen = g_ptr_array_new_with_free_func ((GDestroyNotify)se_address_free);

  for (guint i = 0; i < positions->len; i++)
    {
      guint position = g_array_index (positions, guint, i);

      if (position < all->len)
        g_ptr_array_add (chosen, g_steal_pointer (&all->pdata[position]));
    }
  return chosen;
}

static gboolean
restore_envelope (SeJournal *journal, GError **error)
{
  g_autoptr (GPtrArray) all = NULL;

  g_clear_pointer (&journal->from, se_address_free);
  g_clear_pointer (&journal->recipients, g_ptr_array_unref);
  g_clear_pointer (&journal->positions, g_array_unref);
  g_clear_pointer (&journal->named, g_array_unref);
  journal->current = find_mail (journal);
  if (!se_journal_message_envelope (journal->entry, journal->path, &journal->from, &all, error))
    return FALSE;
  journal->positions = find_positions (journal, journal->current);
  journal->recipients = choose (all, journal->positions);
  if (journal->current > 0 && journal->recipients->len == journal->positions->len)
    return TRUE;
  se_journal_entry_set_damaged (error, journal->path, _ ("its envelope cannot be read"));
  return FALSE;
}

gboolean
se_journal_restore (SeJournal *journal, const SeAddress **from, GPtrArray **recipients,
                    SeMessage **message, GError **error)
{
  gint64 size;

  g_return_val_if_fail (journal->step == SE_JOURNAL_FIXED || journal->step == SE_JOURNAL_DOT,
                        FALSE);
  if (!se_journal_bundle_size (journal, &size, error) || !restore_envelope (journal, error))
    return FALSE;
  if (size != g_key_file_get_int64 (journal->entry, MESSAGE, "bundle-size", NULL))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("The spooled documents %s are no longer those of the journal: cancel the job "
                      "and print it again"),
                   journal->bundle_path);
      return FALSE;
    }
  *message = se_journal_message_get (journal->entry, journal->path, journal->current, error);
  *from = journal->from;
  *recipients = journal->recipients;
  return *message != NULL;
}

/* Notes that a recipient is refused. One that is refused for good may have the mail all the same
 * where it is in doubt. */
static void
refuse (SeJournal *journal, const SeAddress *recipient, gboolean for_good, const char *words)
{
  g_autofree char *doubt
      = for_good && journal->step == SE_JOURNAL_DOT
            ? g_strdup_printf (_ ("%s (an earlier try may have delivered the mail)"), words)
            : NULL;

  se_journal_message_refuse (journal->entry, recipient, for_good, doubt != NULL ? doubt : words);
}

void
se_journal_note_recipients (SeJournal *journal, const GArray *results)
{
  g_clear_pointer (&journal->named, g_array_unref);
  journal->named = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint i = 0; i < results->len; i++)
    {
      guint position = g_array_index (journal->positions, guint, i);
      SeRcptFate fate = se_rcpt_results_fate (results, i);

      if (fate == SE_RCPT_ACCEPTED)
        g_array_append_val (journal->named, position);
      else if (fate != SE_RCPT_OPEN)
        refuse (journal, journal->recipients->pdata[i], fate == SE_RCPT_REFUSED,
                se_rcpt_results_words (results, i));
      if (fate == SE_RCPT_DEFERRED)
        g_hash_table_add (journal->put_off, GUINT_TO_POINTER (position));
    }
}

/* Without se_journal_restore before, as in tests: the next mail, for all who wait for it. */
static const GArray *
get_named (SeJournal *journal)
{
  if (journal->positions == NULL)
    {
      journal->current = find_mail (journal);
      journal->positions = find_positions (journal, journal->current);
    }
  return journal->named != NULL ? journal->named : journal->positions;
}

gboolean
se_journal_before_dot (SeJournal *journal, GError **error)
{
  const GArray *named = get_named (journal);
  gint64 now = se_journal_now (journal);
  gsize n, length;
  g_autofree gint64 *dots = get_dots (journal, &n);

  dots[n] = now; /* get_dots leaves room for it */
  set_dots (journal, dots, n + 1);
  se_journal_message_set_dot (journal->entry, journal->current, named);
  g_key_file_set_int64 (journal->entry, ENTRY, "next-try", now + journal->resend_after);
  g_free (se_journal_entry_text (journal->entry, journal->step, &length));
  /* A disk that fills up now must not lose the 250. */
  if (journal->reserved == NULL)
    journal->reserved
        = se_atomic_file_begin (journal->path, 0600, length + SE_JOURNAL_SPARE, error);
  if (journal->reserved != NULL && se_journal_commit_step (journal, SE_JOURNAL_DOT, error))
    return TRUE;
  set_dots (journal, dots, n); /* it is not sent */
  return FALSE;
}

/* TRUE once nobody waits for a mail any more. */
static gboolean
is_done (const SeJournal *journal)
{
  return se_journal_message_sent (journal->entry) > 0
         && se_journal_done (journal) == se_journal_mails (journal);
}

/* To what step the entry has come when nothing is under way. */
static void
rest (SeJournal *journal)
{
  journal->step = SE_JOURNAL_FIXED;
  if (!is_done (journal))
    return;
  journal->step = SE_JOURNAL_ACCEPTED;
  se_journal_message_strip (journal->entry);
  g_key_file_remove_key (journal->entry, ENTRY, "next-try", NULL);
}

/* TRUE if some of those that the mail in doubt was sent to can still be asked for. */
static gboolean
may_resend (const SeJournal *journal)
{
  guint mail = se_journal_message_dot_mail (journal->entry);
  g_autoptr (GArray) doubtful = find_doubtful (journal, mail);

  return doubtful->len > 0;
}

gboolean
se_journal_not_sent (SeJournal *journal, GError **error)
{
  if (journal->step != SE_JOURNAL_DOT || !may_resend (journal))
    {
      set_dots (journal, NULL, 0);
      rest (journal);
    }
  if (!se_journal_commit (journal, error))
    return FALSE;
  if (journal->step == SE_JOURNAL_ACCEPTED)
    se_journal_drop_bundle (journal);
  return TRUE;
}

/* The last dot was answered: not by a 250, and what was in doubt before it still is. */
static gboolean
take_back (SeJournal *journal, GError **error)
{
  gsize n;
  g_autofree gint64 *dots = get_dots (journal, &n);

  g_clear_pointer (&journal->reserved, se_atomic_file_free);
  set_dots (journal, dots, n > 0 ? n - 1 : 0);
  journal->step = n > 1 ? SE_JOURNAL_DOT : SE_JOURNAL_FIXED;
  return se_journal_commit (journal, error);
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
    return take_back (journal, error);
  set_dots (journal, NULL, 0);
  se_journal_message_accept (journal->entry, journal->current, get_named (journal), journal->reply);
  g_clear_pointer (&journal->positions, g_array_unref);
  g_clear_pointer (&journal->named, g_array_unref);
  rest (journal);
  text = se_journal_entry_text (journal->entry, journal->step, &length);
  ok = journal->reserved != NULL
           ? se_atomic_file_commit (journal->reserved, text, length, error)
           : se_atomic_file_replace (journal->path, text, length, 0600, error);
  g_clear_pointer (&journal->reserved, se_atomic_file_free);
  if (ok && journal->step == SE_JOURNAL_ACCEPTED)
    se_journal_drop_bundle (journal);
  return ok;
}
