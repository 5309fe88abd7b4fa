/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/delivery.h"
#include "mail/limit.h"

G_BEGIN_DECLS

/* A job with a mail that is over the limit all the same. */
typedef struct
{
  const SeServerConfig *server;
  const SeAccount *account;
  const SeQueueConfig *queue;
  SeJournal *journal;
  SeLimit told; /* that the filter made the mails for */
} SeOversizeCase;

/* What becomes of the job, from error (SE_ERROR_TOO_LARGE): a new one, with what to do or what will
 * be done in it. SE_ERROR_TEMPORARY, and the journal reopened: the filter puts the documents into
 * smaller mails at the next try, since it was not told of this limit, or, as far as can be known,
 * did not hear. Else SE_ERROR_TOO_LARGE: that is not wanted, did not help, or some mails are out.
 */
GError *se_oversize_judge (const SeOversizeCase *oversize, const GError *error);

/* The same for a document that the filter could not make small enough. If it was the server's limit
 * that it was told of, the server is asked anew, by delivery. SE_ERROR_TEMPORARY: it takes larger
 * mails by now. Else error itself, or that of se_delivery_check: it cannot be known. */
GError *se_oversize_ask (const SeOversizeCase *oversize, const SeDelivery *delivery,
                         const GError *error);

G_END_DECLS
