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
  g_key_file_set_integer (entry, MESSAGE, "accepted", 0);
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

guint
se_journal_message_accepted (GKeyFile *entry)
{
  return get_number (entry, "accepted");
}

void
se_journal_message_accept (GKeyFile *entry, const char *reply)
{
  guint mail = se_journal_message_accepted (entry) + 1;
  g_autofree char *group = mail_group (mail);

  g_key_file_set_string (entry, group, "reply", reply);
  g_key_file_set_integer (entry, MESSAGE, "accepted", (int)mail);
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

void
se_journal_message_upgrade (GKeyFile *entry)
{
  if (g_key_file_has_key (entry, MESSAGE, "texts", NULL))
    {
      g_autofree char *group = mail_group (1);

      move_key (entry, "texts", group);
      move_key (entry, "ranges", group);
      g_key_file_set_integer (entry, MESSAGE, "mails", 1);
      g_key_file_set_integer (entry, MESSAGE, "accepted", 0);
    }
  g_key_file_set_integer (entry, SE_JOURNAL_ENTRY, "version", SE_JOURNAL_VERSION);
}
