/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

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

/* Whose fault a 3xx, 4xx or 5xx is. hint: what to do, one sentence; NULL: nothing to add. */
SeError se_smtp_classify (SeSmtpPhase phase, const SeSmtpReply *reply, const char **hint);

/* Sets error to "WHAT: 550 5.7.1 words. Hint." with the code that se_smtp_classify gives. */
void se_smtp_set_error (GError **error, SeSmtpPhase phase, const SeSmtpReply *reply,
                        const char *format, ...) G_GNUC_PRINTF (4, 5);

G_END_DECLS
