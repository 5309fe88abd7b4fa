/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/envelope.h"

#include "common/log.h"

#define WORDS_MAX 300 /* bytes of a reply that are kept of each recipient */

static void
clear_result (gpointer data)
{
  SeRcptResult *result = data;

  g_clear_pointer (&result->words, g_free);
}

GArray *
se_rcpt_results_new (guint n)
{
  GArray *results = g_array_new (FALSE, TRUE, sizeof (SeRcptResult));

  g_array_set_clear_func (results, clear_result);
  return g_array_set_size (results, n);
}

static SeRcptResult *
get (const GArray *results, guint index)
{
  return &g_array_index ((GArray *)results, SeRcptResult, index);
}

void
se_rcpt_results_set (GArray *results, guint index, SeRcptFate fate, const char *words)
{
  SeRcptResult *result = get (results, index);

  g_free (result->words);
  result->fate = fate;
  result->words = se_log_clean (words, WORDS_MAX);
}

SeRcptFate
se_rcpt_results_fate (const GArray *results, guint index)
{
  return get (results, index)->fate;
}

const char *
se_rcpt_results_words (const GArray *results, guint index)
{
  return get (results, index)->words;
}

guint
se_rcpt_results_count (const GArray *results, SeRcptFate fate)
{
  guint n = 0;

  for (guint i = 0; i < results->len; i++)
    n += get (results, i)->fate == fate;
  return n;
}

void
se_rcpt_refusal_free (SeRcptRefusal *refusal)
{
  g_free (refusal->address);
  g_free (refusal->words);
  g_free (refusal);
}

SeRcptRefusal *
se_rcpt_refusal_new (const char *address, const char *words)
{
  SeRcptRefusal *refusal = g_new0 (SeRcptRefusal, 1);

  refusal->address = g_strdup (address);
  refusal->words = g_strdup (words);
  return refusal;
}

char *
se_rcpt_refusals_to_string (const GPtrArray *refusals)
{
  GString *list = g_string_new (NULL);

  for (guint i = 0; i < refusals->len; i++)
    {
      const SeRcptRefusal *refusal = refusals->pdata[i];

      g_string_append_printf (list, "%s%s: %s", i > 0 ? "; " : "", refusal->address,
                              refusal->words);
    }
  return g_string_free (list, FALSE);
}
