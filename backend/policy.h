/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "backend/facts.h"
#include "common/configuration.h"
#include "mail/address.h"
#include "mail/journal.h"

G_BEGIN_DECLS

/* Whether a job may become a mail: what cupsd says of it, its recipients and the queue's keys in, a
 * verdict out. It is asked when the mail is composed, in the order of this file: who may not use
 * the queue is told that and nothing about recipients; the rates come last, as only a job that is
 * otherwise in order is counted. A mail that is fixed in the journal was judged before. */

/* allowed-users and allowed-hosts; without a key everybody, or every host, is allowed. A job whose
 * host is not known is not allowed where hosts are named. SE_ERROR_DOCUMENT says which key refuses.
 */
gboolean se_policy_check_sender (const SeFacts *facts, const SeQueueConfig *queue, GError **error);

/* Who the recipients of a job (SeAddress) may be: those of allowed-recipients (without it: of own,
 * the device URI's) but not those of denied-recipients, with only-to-self none but self (else
 * NULL), and max-recipients at most. The part before the '@' may be a way to another domain where
 * it holds '%', '!' or, in quotes, '@': then only a pattern without '*' and '?' allows it.
 * SE_ERROR_DOCUMENT names the first recipient that is not allowed; it is an error too if there are
 * none. SE_ERROR_CONFIG names a pattern that is none. */
gboolean se_policy_check_recipients (const GPtrArray *recipients, const GPtrArray *own,
                                     const SeAddress *self, const SeQueueConfig *queue,
                                     GError **error);

/* A job to be counted; nothing is owned. */
typedef struct
{
  const SeFacts *facts;
  const SeQueueConfig *queue;
  SeJournal *journal; /* tells whether it was counted at an earlier try */
  const char *state_directory;
  int cancel_fd; /* as for se_lock_take */
} SePolicyCase;

/* rate-per-user and rate-per-host: counts the job, for each queue by itself, if it is within both.
 * SE_ERROR_QUOTA: one is reached; nothing is counted, and *not_before is when there may be room
 * (seconds since 1970). Else errors as of se_tally_take. */
gboolean se_policy_count (const SePolicyCase *job, gint64 *not_before, GError **error);

G_END_DECLS
