/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "backend/phase.h"
#include "common/error.h"
#include "common/notice.h"

G_BEGIN_DECLS

/* What is known at the job's end. */
typedef struct
{
  const GError *error; /* NULL: the server has accepted the mail, now or in an earlier run */
  guint attempts;      /* this run included; 0: the journal could not be opened */
  gint64 first;        /* time of the first attempt, seconds since 1970 */
  gint64 now;
  /* When to try again, of SE_ERROR_QUOTA and SE_ERROR_IN_DOUBT; 0: not known; G_MAXINT64: when a
   * person says so. */
  gint64 not_before;
  guint doubts;         /* how often the mail was sent without an answer */
  guint retry_interval; /* seconds */
  guint give_up_after;  /* seconds; 0: never */
} SeEnd;

/* What becomes of the job. */
typedef struct
{
  SeExit code;
  const char *lines; /* STATE and JOBSTATE lines that go before the ERROR line; "" for none */
  char *message;     /* for the one ERROR line; NULL: none */
  gint64 next_try;   /* journal it for release --due, seconds since 1970; 0: do not */
  gboolean forget;   /* the journal's entry is done with */
  gboolean anew;     /* what was fixed is to be composed again, as the configuration changes */
  gboolean notable;  /* somebody who does not see the ERROR line is to be told of this */
  SeNoticeEvent event;
  char *once; /* the reason of a hold, as of SeNotice */
} SeOutcome;

/* A document's or recipient's fault cancels the job. An account's or the configuration's holds it
 * until oauth-setup releases it. What may pass with time is given to cupsd once (exit code 6) and
 * held from then on for oauth-setup release --due, each time for longer (from 5 minutes to
 * retry_interval, with jitter), until it is given up. A mail in doubt is held at once, since
 * cupsd's own time is too short for it, and in the end for a person. */
SeOutcome *se_outcome_new (const SeEnd *end);
void se_outcome_free (SeOutcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeOutcome, se_outcome_free)

G_END_DECLS
