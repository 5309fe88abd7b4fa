/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "backend/job.h"
#include "common/notice.h"
#include "mail/delivery.h"

G_BEGIN_DECLS

/* Who has what of the job's mails. */
typedef enum
{
  SE_REACH_NOBODY,
  SE_REACH_PARTLY,  /* some of the mails went out, or some recipients have them */
  SE_REACH_UNKNOWN, /* nobody is known to have any, but one is in doubt */
} SeReach;

/* What people are told of a job's end who do not see cupsd's messages: by a notice, and by a report
 * to the queue's report-to. Nothing is owned. */
typedef struct
{
  SeNoticeEvent event;  /* of a job */
  const char *sentence; /* what happened, with the server's words, and what will */
  const char *once;     /* a reason that is told of once; NULL: this ends the job, and is told */
  gboolean by_itself;   /* of a hold: it ends without a person */
  SeReach reach;
  const SeJob *job;
  const char *user;
  const SeServerConfig *server;
  const SeQueueConfig *queue;
  const SeAccount *account;   /* NULL: none is known that a report could be sent from */
  const SeDelivery *delivery; /* NULL: the account does not work now; the report waits */
} SeEnding;

/* Hands the notice to the supervisor; composes the report in the process' language, spools it
 * (mail/report.h) and, where the account works, sends it at once, which takes a minute at most and
 * stops where the delivery's cancel_fd says so. What goes wrong is a warning: nothing about the job
 * depends on it. */
void se_ending_tell (const SeEnding *ending);

/* The job's first try: cupsd may have counted from 1 again, so that whatever was told under its
 * name was of another job. */
void se_ending_begin (const SeServerConfig *server, const SeJob *job);

/* The job has reached its end: what was told of it before is over, and reports on it that were not
 * sent yet are withdrawn. */
void se_ending_forget (const SeServerConfig *server, const SeJob *job);

/* For tests: the report, to and from these addresses. */
SeMessage *se_ending_compose (const SeEnding *ending, const SeAddress *from, SeAddress *to,
                              GError **error);

G_END_DECLS
