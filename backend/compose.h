/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "backend/recipients.h"
#include "common/bundle.h"
#include "mail/message.h"

G_BEGIN_DECLS

/* What a mail is made of; nothing is owned. */
typedef struct
{
  const char *uuid; /* job-uuid */
  const SeAccount *account;
  const SeMailto *uri;
  const SeFields *fields;
  const SeQueueConfig *queue;
  const SeTemplateValues *values;
  const GPtrArray *entries; /* SeBundleEntry of the whole job, none of them failed */
  guint mail;               /* the one of these to compose, from 1 */
  guint mails;              /* how many there are; 0 or 1: all entries go into one */
} SeComposition;

/* A mail that is ready to be fixed in the journal. */
typedef struct
{
  SeAddress *from;
  SeRecipients *recipients;
  SeMessage *message;
  SeAttachment *attachments; /* one an entry of the mail; names and types are owned by filenames and
                                entries */
  gsize n_attachments;
  char **filenames; /* of all entries of the job */
} SeMail;

/* Composes the mail and checks its recipients against the queue's policy. Texts come from the job's
 * field, else the device URI, else the queue, else a default; only the latter three are templates.
 * Errors: those of recipients.h and policy.h; SE_ERROR_CONFIG: a template or from-address that
 * cannot be used. */
SeMail *se_compose (const SeComposition *composition, GError **error);
void se_mail_free (SeMail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeMail, se_mail_free)

/* TRUE if the entry goes into the mail that is composed. */
gboolean se_compose_includes (const SeComposition *composition, const SeBundleEntry *entry);

/* The parts, for tests. Owned by the caller; SE_ERROR_CONFIG: a template that cannot be expanded.
 */
char *se_compose_subject (const SeComposition *composition, GError **error);
/* A name for each entry, no two alike. */
char **se_compose_filenames (const SeComposition *composition, GError **error);

G_END_DECLS
