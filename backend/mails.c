/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/mails.h"

/* What a message may have above the one that is measured: numbers are longer than there. */
#define SLACK 1024
/* Where none can be composed, so that nothing is sent anyway. */
#define ASSUMED_OVERHEAD 8192

/* Octets of a mail besides its attachments: one is composed with an attachment of no bytes. */
static guint64
measure_overhead (const SeComposition *composition)
{
  SeBundleEntry empty = { .number = 1,
                          .mail = 1,
                          .type = (char *)"application/octet-stream",
                          .pages = -1,
                          .source_digest = (char *)"" };
  g_autoptr (GPtrArray) entries = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  SeComposition one = *composition;
  g_autoptr (SeMail) mail = NULL;

  g_ptr_array_add (entries, &empty);
  one.entries = entries;
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
