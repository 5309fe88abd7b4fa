/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/fields.h"
#include "common/configuration.h"
#include "common/template.h"
#include "mail/address.h"
#include "mail/mailto.h"

G_BEGIN_DECLS

/* Who gets the mail, each mailbox once: the first of To, Cc and Bcc that names it counts. */
typedef struct
{
  GPtrArray *to; /* SeAddress, as in all three */
  GPtrArray *cc;
  GPtrArray *bcc;
} SeRecipients;

/* The job's To replaces the device URI's, its Cc and Bcc add to the URI's. Templates are expanded
 * in the URI alone. Without allowed-recipients only the URI's own recipients are allowed, with it
 * those that it matches; denied-recipients, only-to-self and max-recipients hold for all, see
 * policy.h. SE_ERROR_DOCUMENT: a recipient of the job that is no address or is not allowed, too
 * many, or a user's name that makes no address; SE_ERROR_CONFIG: an address or a pattern of the URI
 * or the configuration that is none. */
SeRecipients *se_recipients_new (const SeMailto *uri, const SeFields *fields,
                                 const SeQueueConfig *queue, const SeTemplateValues *values,
                                 GError **error);
void se_recipients_free (SeRecipients *recipients);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeRecipients, se_recipients_free)

/* All of them for the envelope; the addresses are owned by recipients. */
GPtrArray *se_recipients_all (const SeRecipients *recipients);

/* Where replies go: the job's word, then the URI's, then the queue's, the latter two templates.
 * address: NULL on return TRUE means that nobody said. */
gboolean se_recipients_reply_to (const SeMailto *uri, const SeFields *fields,
                                 const SeQueueConfig *queue, const SeTemplateValues *values,
                                 SeAddress **address, GError **error);

/* An address of the configuration or the URI, a template. where: names it in messages.
 * SE_ERROR_DOCUMENT: the job makes no address of the template; SE_ERROR_CONFIG: it is none itself.
 */
SeAddress *se_recipients_parse (const char *text, const char *where, const SeTemplateValues *values,
                                GError **error);

G_END_DECLS
