/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/advice.h"
#include "mail/smtp.h"

G_BEGIN_DECLS

/* What a refusal means: RFC 5321 and 3463, and what Exchange Online and Gmail are known to say. */

/* Where in the session a reply came. */
typedef enum
{
  SE_SMTP_GREETING = 1 << 0, /* greeting, EHLO, STARTTLS */
  SE_SMTP_AUTH = 1 << 1,
  SE_SMTP_MAIL = 1 << 2,
  SE_SMTP_RCPT = 1 << 3,
  SE_SMTP_DATA = 1 << 4, /* DATA, and the reply to the message */
} SeSmtpPhase;

/* A row of mail/smtp-error-table.c; the first that fits decides, and the last fits everything. Each
 * has a recorded reply in mail/test-replies.json. */
typedef struct
{
  int phases;           /* of SeSmtpPhase */
  int code;             /* a whole reply code, or its first digit; 0: any */
  const char *enhanced; /* RFC 3463, its beginning where it ends in a dot; NULL: any */
  const char *words;    /* in the text, without regard to ASCII case; NULL: any */
  SeAdvice advice;
} SeSmtpErrorRow;

extern const SeSmtpErrorRow se_smtp_error_rows[];
extern const gsize se_smtp_error_rows_length;

/* Whose fault a 3xx, 4xx or 5xx is, what it means and what to do. */
const SeAdvice *se_smtp_find_advice (SeSmtpPhase phase, const SeSmtpReply *reply);

/* Sets error to "WHAT: 550 5.7.1 words. CAUSE REMEDY" by se_smtp_find_advice, with the account's
 * values. */
void se_smtp_set_error (GError **error, const SeAccount *account, SeSmtpPhase phase,
                        const SeSmtpReply *reply, const char *format, ...) G_GNUC_PRINTF (5, 6);

/* The same with another row's advice, for several replies in one. */
void se_smtp_set_advice (GError **error, const SeAccount *account, const SeAdvice *advice,
                         const char *what);

G_END_DECLS
