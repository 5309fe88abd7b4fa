/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/journal-message.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MESSAGE SE_JOURNAL_MESSAGE
#define MAIL_PREFIX "mail "

static char *
mail_group (guint mail)
{
  return g_strdup_printf (MAIL_PREFIX "%u", mail);
}

static void
set_strings (GKeyFile *entry, const char *group, const char *key, const GPtrArray *strings)
{
  g_key_file_set_string_list (entry, group, key, (const char *const *)strings->pdata, strings->len);
}

static void
set_mail (GKeyFile *entry, guint number, const SeJournalMail *mail)
{
  g_autofree char *group = mail_group (number);
  const char *const *texts = se_message_texts (mail->message);
  g_autoptr (GPtrArray) ranges = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < mail->n_ranges; i++)
    g_ptr_array_add (ranges, g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT,
                                              mail->ranges[i].offset, mail->ranges[i].length));
  g_key_file_set_string_list (entry, group, "texts", texts, g_strv_length ((char **)texts));
  set_strings (entry, group, "ranges", ranges);
}

void
se_journal_message_set (GKeyFile *entry, const SeAddress *from, const GPtrArray *recipients,
                        const SeJournalMail *mails, guint n_mails, const char *const *sources)
{
  g_autoptr (GPtrArray) addresses = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *sender = se_address_to_string (from);

  se_journal_message_remove (entry);
  for (guint i = 0; i < recipients->len; i++)
    g_ptr_array_add (addresses, se_address_to_string (recipients->pdata[i]));
  g_key_file_set_string (entry, MESSAGE, "from", sender);
  set_strings (entry, MESSAGE, "recipients", addresses);
  g_key_file_set_string_list (entry, MESSAGE, "sources", sources, g_strv_length ((char **)sources));
  g_key_file_set_integer (entry, MESSAGE, "mails", (int)n_mails);
  for (guint i = 0; i < n_mails; i++)
    set_mail (entry, i + 1, &mails[i]);
}

static guint
get_number (GKeyFile *entry, const char *key)
{
  return (guint)MAX (0, g_key_file_get_integer (entry, MESSAGE, key, NULL));
}

guint
se_journal_message_mails (GKeyFile *entry)
{
  return get_number (entry, "mails");
}

/* Addresses of [message] and, beside them, the server's words. */
#define REFUSED "refused"
#define REFUSED_WORDS "refused-words"
#define DEFERRED "deferred"
#define DEFERRED_WORDS "deferred-words"

static char **
get_strings (GKeyFile *entry, const char *key)
{
  char **strings = g_key_file_get_string_list (entry, MESSAGE, key, NULL, NULL);

  return strings != NULL ? strings : g_new0 (char *, 1);
}

/* A list of positions, which are counted from 1 in the file. */
static GArray *
get_positions (GKeyFile *entry, guint mail, const char *key)
{
  g_autofree char *group = mail_group (mail);
  gsize n = 0;
  g_autofree int *numbers = g_key_file_get_integer_list (entry, group, key, &n, NULL);
  GArray *positions = g_array_new (FALSE, FALSE, sizeof (guint));

  for (gsize i = 0; i < n; i++)
    if (numbers[i] > 0)
      {
        guint position = (guint)numbers[i] - 1;

        g_array_append_val (positions, position);
      }
  return positions;
}

static void
set_positions (GKeyFile *entry, guint mail, const char *key, const GArray *positions)
{
  g_autofree char *group = mail_group (mail);
  g_autofree int *numbers = g_new (int, positions->len + 1);

  for (guint i = 0; i < positions->len; i++)
    numbers[i] = (int)g_array_index (positions, guint, i) + 1;
  g_key_file_set_integer_list (entry, group, key, numbers, positions->len);
}

static gboolean
holds (const GArray *positions, guint position)
{
  for (guint i = 0; i < positions->len; i++)
    if (g_array_index (positions, guint, i) == position)
      return TRUE;
  return FALSE;
}

GArray *
se_journal_message_pending (GKeyFile *entry, guint mail)
{
  g_auto (GStrv) recipients = get_strings (entry, "recipients");
  g_auto (GStrv) refused = get_strings (entry, REFUSED);
  g_autoptr (GArray) accepted = get_positions (entry, mail, "accepted");
  GArray *pending = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = 0; recipients[i] != NULL; i++)
    if (!g_strv_contains ((const char *const *)refused, recipients[i]) && !holds (accepted, i))
      g_array_append_val (pending, i);
  return pending;
}

guint
se_journal_message_done (GKeyFile *entry)
{
  guint mails = se_journal_message_mails (entry);
  guint done = 0;

  if (!g_key_file_has_key (entry, MESSAGE, "recipients", NULL))
    return mails; /* all of them: what was of use to nobody any more is gone */
  for (guint mail = 1; mail <= mails; mail++)
    {
      g_autoptr (GArray) pending = se_journal_message_pending (entry, mail);

      done += pending->len == 0;
    }
  return done;
}

guint
se_journal_message_sent (GKeyFile *entry)
{
  guint mails = se_journal_message_mails (entry);
  guint sent = 0;

  for (guint mail = 1; mail <= mails; mail++)
    {
      g_autoptr (GArray) accepted = get_positions (entry, mail, "accepted");

      sent += accepted->len > 0;
    }
  return sent;
}

void
se_journal_message_set_dot (GKeyFile *entry, guint mail, const GArray *recipients)
{
  g_key_file_set_integer (entry, MESSAGE, "current", (int)mail);
  set_positions (entry, mail, "dot", recipients);
}

guint
se_journal_message_dot_mail (GKeyFile *entry)
{
  return get_number (entry, "current");
}

GArray *
se_journal_message_dot (GKeyFile *entry, guint mail)
{
  return get_positions (entry, mail, "dot");
}

static void
take_out (GKeyFile *entry, const char *key, const char *words_key, const char *address)
{
  g_auto (GStrv) addresses = get_strings (entry, key);
  g_auto (GStrv) words = get_strings (entry, words_key);
  g_autoptr (GPtrArray) kept = g_ptr_array_new ();
  g_autoptr (GPtrArray) kept_words = g_ptr_array_new ();

  for (guint i = 0; addresses[i] != NULL && words[i] != NULL; i++)
    if (strcmp (addresses[i], address) != 0)
      {
        g_ptr_array_add (kept, addresses[i]);
        g_ptr_array_add (kept_words, words[i]);
      }
  if (kept->len > 0)
    {
      set_strings (entry, MESSAGE, key, kept);
      set_strings (entry, MESSAGE, words_key, kept_words);
      return;
    }
  g_key_file_remove_key (entry, MESSAGE, key, NULL);
  g_key_file_remove_key (entry, MESSAGE, words_key, NULL);
}

/* Whoever has one of the mails is no longer put off. */
static void
take_out_accepted (GKeyFile *entry, const GArray *recipients)
{
  g_auto (GStrv) addresses = get_strings (entry, "recipients");
  guint n = g_strv_length (addresses);

  for (guint i = 0; i < recipients->len; i++)
    if (g_array_index (recipients, guint, i) < n)
      take_out (entry, DEFERRED, DEFERRED_WORDS, addresses[g_array_index (recipients, guint, i)]);
}

void
se_journal_message_accept (GKeyFile *entry, guint mail, const GArray *recipients, const char *reply)
{
  g_autofree char *group = mail_group (mail);
  g_autoptr (GArray) accepted = get_positions (entry, mail, "accepted");

  g_array_append_vals (accepted, recipients->data, recipients->len);
  set_positions (entry, mail, "accepted", accepted);
  take_out_accepted (entry, recipients);
  g_key_file_remove_key (entry, group, "dot", NULL);
  g_key_file_set_string (entry, group, "reply", reply);
}

static void
append (GKeyFile *entry, const char *key, const char *text)
{
  g_auto (GStrv) old = get_strings (entry, key);
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  for (char **i = old; *i != NULL; i++)
    g_ptr_array_add (all, *i);
  g_ptr_array_add (all, (gpointer)text);
  set_strings (entry, MESSAGE, key, all);
}

void
se_journal_message_refuse (GKeyFile *entry, const SeAddress *recipient, gboolean for_good,
                           const char *words)
{
  g_autofree char *address = se_address_to_string (recipient);
  const char *key = for_good ? REFUSED : DEFERRED;
  const char *words_key = for_good ? REFUSED_WORDS : DEFERRED_WORDS;

  take_out (entry, DEFERRED, DEFERRED_WORDS, address);
  take_out (entry, key, words_key, address);
  append (entry, key, address);
  append (entry, words_key, words);
}

GPtrArray *
se_journal_message_refusals (GKeyFile *entry, gboolean for_good)
{
  g_auto (GStrv) addresses = get_strings (entry, for_good ? REFUSED : DEFERRED);
  g_auto (GStrv) words = get_strings (entry, for_good ? REFUSED_WORDS : DEFERRED_WORDS);
  GPtrArray *refusals = g_ptr_array_new_with_free_func ((GDestroyNotify)se_rcpt_refusal_free);

  for (guint i = 0; addresses[i] != NULL && words[i] != NULL; i++)
    g_ptr_array_add (refusals, se_rcpt_refusal_new (addresses[i], words[i]));
  return refusals;
}

gboolean
se_journal_message_envelope (GKeyFile *entry, const char *path, SeAddress **from,
                             GPtrArray **recipients, GError **error)
{
  g_autofree char *sender = g_key_file_get_string (entry, MESSAGE, "from", NULL);
  g_auto (GStrv) list = g_key_file_get_string_list (entry, MESSAGE, "recipients", NULL, NULL);
  g_autoptr (SeAddress) address = sender != NULL ? se_address_parse (sender, NULL) : NULL;
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify)se_address_free);

  for (char **i = list; i != NULL && *i != NULL; i++)
    {
      SeAddress *recipient = se_address_parse (*i, NULL);

      if (recipient == NULL)
        break;
      g_ptr_array_add (all, recipient);
    }
  if (address == NULL || list == NULL || all->len == 0 || all->len != g_strv_length (list))
    {
      se_journal_entry_set_damaged (error, path, _ ("its envelope cannot be read"));
      return FALSE;
    }
  *from = g_steal_pointer (&address);
  *recipients = g_steal_pointer (&all);
  return TRUE;
}

SeMessage *
se_journal_message_get (GKeyFile *entry, const char *path, guint mail, GError **error)
{
  g_autofree char *group = mail_group (mail);
  gsize n_texts = 0, n_ranges = 0;
  g_auto (GStrv) texts = g_key_file_get_string_list (entry, group, "texts", &n_texts, NULL);
  g_auto (GStrv) numbers = g_key_file_get_string_list (entry, group, "ranges", &n_ranges, NULL);
  g_autofree SeAttachment *ranges = g_new0 (SeAttachment, n_ranges + 1);

  for (gsize i = 0; i < n_ranges; i++)
    {
      char *rest;

      ranges[i].offset = g_ascii_strtoull (numbers[i], &rest, 10);
      ranges[i].length = g_ascii_strtoull (rest, NULL, 10);
    }
  if (texts != NULL && n_texts == n_ranges + 1)
    return se_message_new_from_texts ((const char *const *)texts, ranges, n_ranges, error);
  se_journal_entry_set_damaged (error, path, _ ("its message cannot be read"));
  return NULL;
}

/* Calls each for every group [mail N]. */
static void
for_each_mail (GKeyFile *entry, void (*each) (GKeyFile *entry, const char *group))
{
  g_auto (GStrv) groups = g_key_file_get_groups (entry, NULL);

  for (char **group = groups; *group != NULL; group++)
    if (g_str_has_prefix (*group, MAIL_PREFIX))
      each (entry, *group);
}

static void
strip_mail (GKeyFile *entry, const char *group)
{
  g_key_file_remove_key (entry, group, "texts", NULL);
  g_key_file_remove_key (entry, group, "ranges", NULL);
}

static void
remove_mail (GKeyFile *entry, const char *group)
{
  g_key_file_remove_group (entry, group, NULL);
}

void
se_journal_message_strip (GKeyFile *entry)
{
  g_key_file_remove_key (entry, MESSAGE, "from", NULL);
  g_key_file_remove_key (entry, MESSAGE, "recipients", NULL);
  g_key_file_remove_key (entry, MESSAGE, "bundle-size", NULL);
  g_key_file_remove_key (entry, MESSAGE, DEFERRED, NULL);
  g_key_file_remove_key (entry, MESSAGE, DEFERRED_WORDS, NULL);
  for_each_mail (entry, strip_mail);
}

void
se_journal_message_remove (GKeyFile *entry)
{
  g_key_file_remove_group (entry, MESSAGE, NULL);
  for_each_mail (entry, remove_mail);
}

static void
move_key (GKeyFile *entry, const char *key, const char *group)
{
  g_autofree char *value = g_key_file_get_value (entry, MESSAGE, key, NULL);

  if (value != NULL)
    g_key_file_set_value (entry, group, key, value);
  g_key_file_remove_key (entry, MESSAGE, key, NULL);
}

static GArray *
all_positions (GKeyFile *entry)
{
  g_auto (GStrv) recipients = get_strings (entry, "recipients");
  GArray *all = g_array_new (FALSE, FALSE, sizeof (guint));

  for (guint i = 0; recipients[i] != NULL; i++)
    g_array_append_val (all, i);
  return all;
}

static void
upgrade_version_1 (GKeyFile *entry)
{
  g_autofree char *group = mail_group (1);

  if (!g_key_file_has_key (entry, MESSAGE, "texts", NULL))
    return;
  move_key (entry, "texts", group);
  move_key (entry, "ranges", group);
  g_key_file_set_integer (entry, MESSAGE, "mails", 1);
}

void
se_journal_message_upgrade (GKeyFile *entry, SeJournalStep step)
{
  g_autoptr (GArray) all = all_positions (entry);
  guint accepted;

  upgrade_version_1 (entry);
  accepted = get_number (entry, "accepted");
  g_key_file_remove_key (entry, MESSAGE, "accepted", NULL);
  if (all->len > 0)
    for (guint mail = 1; mail <= accepted; mail++)
      set_positions (entry, mail, "accepted", all);
  if (step == SE_JOURNAL_DOT)
    {
      gint64 first = g_key_file_get_int64 (entry, SE_JOURNAL_ENTRY, "first", NULL);

      se_journal_message_set_dot (entry, accepted + 1, all);
      g_key_file_set_int64 (entry, SE_JOURNAL_ENTRY, "dots", first);
    }
  g_key_file_set_integer (entry, SE_JOURNAL_ENTRY, "version", SE_JOURNAL_VERSION);
}
