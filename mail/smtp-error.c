/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/smtp-error.h"

#include <string.h>

#define ANY (SE_SMTP_GREETING | SE_SMTP_AUTH | SE_SMTP_MAIL | SE_SMTP_RCPT | SE_SMTP_DATA)
#define MESSAGE (SE_SMTP_MAIL | SE_SMTP_RCPT | SE_SMTP_DATA)

#define HINT_SENDER                                                                                \
  "The account may not send as this address: set from-address to the mailbox itself, or give the " \
  "account the right to send as it"

typedef struct
{
  int phases;
  int code;             /* a whole reply code, or its first digit; 0: any */
  const char *enhanced; /* NULL: any */
  const char *words;    /* in the text, without regard to case; NULL: any */
  SeError error;
  const char *hint;
} Rule;

/* The first rule that fits decides. */
static const Rule rules[] = {
  /* Who is sending: said by Exchange after the data, by Postfix at RCPT. */
  { ANY, 5, "5.7.60", NULL, SE_ERROR_CONFIG, HINT_SENDER },
  { ANY, 5, NULL, "SendAsDenied", SE_ERROR_CONFIG, HINT_SENDER },
  { ANY, 5, NULL, "permissions to send as this sender", SE_ERROR_CONFIG, HINT_SENDER },
  { MESSAGE, 5, NULL, "not owned by user", SE_ERROR_CONFIG, HINT_SENDER },
  { ANY, 5, "5.1.8", NULL, SE_ERROR_CONFIG,
    "The mailbox is blocked from sending: its administrator must unblock it" },

  /* Sending limits. */
  { MESSAGE, 5, "5.4.5", NULL, SE_ERROR_QUOTA, NULL },
  { ANY, 0, NULL, "SubmissionQuotaExceeded", SE_ERROR_QUOTA, NULL },

  /* Authentication. */
  { ANY, 5, "5.7.139", NULL, SE_ERROR_CONFIG,
    "An administrator must allow authenticated SMTP for this mailbox (Set-CASMailbox "
    "-SmtpClientAuthenticationDisabled $false), or exempt it from the security defaults" },
  { ANY, 5, "5.7.57", NULL, SE_ERROR_CONFIG, "The server does not take us as authenticated" },
  { ANY, 530, NULL, NULL, SE_ERROR_CONFIG, "The server does not take us as authenticated" },
  { SE_SMTP_AUTH, 501, "5.5.124", NULL, SE_ERROR_CONFIG,
    "Check smtp-user: it must be the mailbox's own address" },
  { SE_SMTP_AUTH, 501, "5.5.127", NULL, SE_ERROR_TOKEN_REJECTED, NULL },
  { SE_SMTP_AUTH, 501, NULL, "token", SE_ERROR_TOKEN_REJECTED, NULL },
  { SE_SMTP_AUTH, 334, NULL, NULL, SE_ERROR_TOKEN_REJECTED, NULL },
  { SE_SMTP_AUTH, 535, NULL, NULL, SE_ERROR_TOKEN_REJECTED, NULL },
  { SE_SMTP_AUTH, 534, NULL, NULL, SE_ERROR_CONFIG,
    "The provider wants a person to sign in to this mailbox first" },

  /* Size. */
  { MESSAGE, 552, NULL, NULL, SE_ERROR_DOCUMENT, NULL },
  { MESSAGE, 5, "5.3.4", NULL, SE_ERROR_DOCUMENT, "The message is larger than the server takes" },

  /* Several connections from one mailbox at once (Exchange allows three). */
  { ANY, 4, "4.3.2", NULL, SE_ERROR_TEMPORARY, NULL },

  /* RFC 5321, 4.2.1, by the first digit. */
  { ANY, 4, NULL, NULL, SE_ERROR_TEMPORARY, NULL },
  { SE_SMTP_GREETING | SE_SMTP_AUTH | SE_SMTP_MAIL, 5, NULL, NULL, SE_ERROR_CONFIG, NULL },
  { SE_SMTP_RCPT | SE_SMTP_DATA, 5, NULL, NULL, SE_ERROR_DOCUMENT, NULL },
};

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
fits (const Rule *rule, SeSmtpPhase phase, const SeSmtpReply *reply)
{
  return (rule->phases & (int)phase) != 0
         && (rule->code == 0 || rule->code == reply->code || rule->code == reply->code / 100)
         && (rule->enhanced == NULL || g_strcmp0 (rule->enhanced, reply->enhanced) == 0)
         && (rule->words == NULL || has_words (reply->text, rule->words));
}

SeError
se_smtp_classify (SeSmtpPhase phase, const SeSmtpReply *reply, const char **hint)
{
  for (gsize i = 0; i < G_N_ELEMENTS (rules); i++)
    if (fits (&rules[i], phase, reply))
      {
        if (hint != NULL)
          *hint = rules[i].hint;
        return rules[i].error;
      }
  /* A 2xx or 3xx where none belongs: out of step with the server; a new session may do. */
  if (hint != NULL)
    *hint = NULL;
  return SE_ERROR_TEMPORARY;
}

void
se_smtp_set_error (GError **error, SeSmtpPhase phase, const SeSmtpReply *reply, const char *format,
                   ...)
{
  const char *hint;
  SeError code = se_smtp_classify (phase, reply, &hint);
  g_autofree char *words = se_smtp_reply_to_string (reply);
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (hint == NULL)
    hint = "";
  g_set_error (error, SE_ERROR, (int)code, "%s: %s%s%s", what, words,
               *hint == '\0'                   ? ""
               : g_str_has_suffix (words, ".") ? " "
                                               : ". ",
               hint);
}
