/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/smtp-error.h"

#include "common/log.h"

#include <string.h>

/* So much of a server's words that the advice behind them fits one log line, too. */
#define WHAT_MAX 1200

/* ASCII only, so that the locale cannot change a classification. */
static gboolean
has_words (const char *text, const char *words)
{
  gsize length = strlen (words);

  for (; *text != '\0'; text++)
    if (g_ascii_strncasecmp (text, words, length) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
has_enhanced (const char *code, const char *wanted)
{
  return g_str_has_suffix (wanted, ".") ? code != NULL && g_str_has_prefix (code, wanted)
                                        : g_strcmp0 (wanted, code) == 0;
}

static gboolean
fits (const SeSmtpErrorRow *row, SeSmtpPhase phase, const SeSmtpReply *reply)
{
  return (row->phases & (int)phase) != 0
         && (row->code == 0 || row->code == reply->code || row->code == reply->code / 100)
         && (row->enhanced == NULL || has_enhanced (reply->enhanced, row->enhanced))
         && (row->words == NULL || has_words (reply->text, row->words));
}

const SeAdvice *
se_smtp_find_advice (SeSmtpPhase phase, const SeSmtpReply *reply)
{
  gsize i = 0;

  while (i < se_smtp_error_rows_length - 1 && !fits (&se_smtp_error_rows[i], phase, reply))
    i++;
  return &se_smtp_error_rows[i].advice;
}

void
se_smtp_set_advice (GError **error, const SeAccount *account, const SeAdvice *advice,
                    const char *what)
{
  g_autofree char *sentences = se_advice_to_string (advice, account);
  g_autofree char *shown = se_log_clean (what, WHAT_MAX);

  g_set_error (error, SE_ERROR, (int)advice->error, "%s%s %s", shown,
               g_str_has_suffix (shown, ".") ? "" : ".", sentences);
}

void
se_smtp_set_error (GError **error, const SeAccount *account, SeSmtpPhase phase,
                   const SeSmtpReply *reply, const char *format, ...)
{
  g_autofree char *words = se_smtp_reply_to_string (reply);
  g_autofree char *what = NULL;
  g_autofree char *all = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  all = g_strconcat (what, ": ", words, NULL);
  se_smtp_set_advice (error, account, se_smtp_find_advice (phase, reply), all);
}
