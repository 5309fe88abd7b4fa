/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "backend/authorization.h"
#include "backend/facts.h"
#include "backend/phase.h"
#include "backend/status.h"
#include "common/fields.h"
#include "mail/limit.h"
#include "mail/mailto.h"

G_BEGIN_DECLS

/* What the worker knows of its job; what it has not learned yet is NULL. */
typedef struct
{
  gint64 started;   /* seconds since 1970, as cupsd counts */
  int cancel_fd;    /* readable once SIGTERM has come */
  int back_channel; /* -1: none, or the terms were sent */
  SeJob *job;
  SeServerConfig *server;
  SeQueueConfig *queue;
  SeAccount *account;
  SeMailto *uri;
  SeFacts *facts;
  SeFields *fields; /* NULL: an option of the job cannot be used, or not read yet */
  GError *fault;    /* of the fields */
  SeLimit limit;    /* that the filter was told of */
  SeJournal *journal;
  char *spool; /* where this run's bundle is until it is fixed; NULL: nowhere */
  gint64 not_before;
  SeStatus status;
  SeAuthorization authorization;
} SeWorker;

/* By the job's account; of whatever mail. */
SeDelivery se_worker_delivery (SeWorker *worker);

/* Removes this run's bundle: it is not needed, or not any more. */
gboolean se_worker_drop_spool (SeWorker *worker, GError **error);

/* The job's end; failure: NULL if the server has accepted its mail. Decides (backend/outcome.h),
 * journals, tells whom it concerns, and says the one ERROR line last. */
SeExit se_worker_finish (SeWorker *worker, const GError *failure);

G_END_DECLS
