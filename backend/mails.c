/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/mails.h"

/* What a message may have above the one that is measured: numbers are longer than there. */
#define SLACK 1024
#define MANY 99999 /* mails of a job */
/* Where none can be composed, so that nothing is sent anyway. */
#define ASSUMED_OVERHEAD 8192

/* Octets of a mail besides its attachments: one is composed with an attachment of no bytes. */
static guint64
measure_overhead (const SeComposition *composition)
{
  SeBundleEntry empty = { .number = 1,
                          .type = (char *)"application/octet-stream",
                          .pages = -1,
                          .source_digest = (char *)"" };
  g_autoptr (GPtrArray) entries = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  SeComposition one = *composition;
  g_autoptr (SeMail) mail = NULL;

  g_ptr_array_add (entries, &empty);
  one.entries = entries;
  one.mail = one.mails = MANY;
  empty.mail = MANY;
  mail = se_compose (&one, &error);
  if (mail == NULL)
    g_debug ("the size of a mail's texts is assumed: %s", error->message);
  return mail != NULL ? se_message_size (mail->message) : ASSUMED_OVERHEAD;
}

guint64
se_mails_room (const SeComposition *composition, const SeLimit *limit)
{
  guint64 overhead;

  if (limit->owner == SE_LIMIT_NONE)
    return 0;
  overhead = measure_overhead (composition) + SLACK;
  return limit->size > overhead ? limit->size - overhead : 1;
}

GPtrArray *
se_mails_compose (const SeComposition *composition, GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify)se_mail_free);
  const GPtrArray *entries = composition->entries;
  SeComposition one = *composition;

  one.mails = entries->len > 0 ? ((SeBundleEntry *)entries->pdata[entries->len - 1])->mail : 1;
  for (one.mail = 1; one.mail <= one.mails; one.mail++)
    {
      SeMail *mail = se_compose (&one, error);

      if (mail == NULL)
        return NULL;
      g_ptr_array_add (all, mail);
    }
  return g_steal_pointer (&all);
}

gboolean
se_mails_fix (const GPtrArray *mails, SeJournal *journal, const char *const *sources,
              GError **error)
{
  const SeMail *first = mails->pdata[0];
  g_autoptr (GPtrArray) recipients = se_recipients_all (first->recipients);
  g_autofree SeJournalMail *fixed = g_new0 (SeJournalMail, mails->len);

  for (guint i = 0; i < mails->len; i++)
    {
      const SeMail *mail = mails->pdata[i];

      fixed[i] = (SeJournalMail){ mail->message, mail->attachments, mail->n_attachments };
    }
  return se_journal_fix (journal, first->from, recipients, fixed, mails->len, sources, error);
}

const char **
se_mails_sources (const GPtrArray *entries)
{
  g_autoptr (GPtrArray) sources = g_ptr_array_new ();
  guint number = 0;

  for (guint i = 0; i < entries->len; i++)
    {
      const SeBundleEntry *entry = entries->pdata[i];

      if (entry->number == number && number > 0)
        continue;
      number = entry->number;
      g_ptr_array_add (sources, entry->source_digest);
    }
  g_ptr_array_add (sources, NULL);
  return (const char **)g_ptr_array_free (g_steal_pointer (&sources), FALSE);
}

int
se_mails_pages (const GPtrArray *entries)
{
  int pages = 0;

  for (guint i = 0; i < entries->len; i++)
    {
      const SeBundleEntry *entry = entries->pdata[i];

      if (entry->failed || entry->pages < 0)
        return -1;
      pages += entry->pages;
    }
  return pages;
}
