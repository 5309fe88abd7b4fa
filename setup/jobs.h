/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "setup/cupsd.h"

G_BEGIN_DECLS

/* A job as cupsd tells it. se_jobs_completed tells id, queue, state and times alone. The texts are
 * anybody's: se_log_clean before they are shown. */
typedef struct
{
  int id;
  char *queue; /* or the class that it was printed to */
  ipp_jstate_t state;
  char *hold_until;  /* job-hold-until; NULL: none */
  char **reasons;    /* job-printer-state-reasons without "none" */
  char *user;        /* NULL: not told; so are title, uuid and message */
  char *title;       /* job-name */
  char *uuid;        /* job-uuid */
  char *message;     /* job-printer-state-message: the backend's, of the last run */
  gint64 creation;   /* time-at-creation, seconds since 1970; 0: not told */
  gint64 processing; /* time-at-processing: when its last run began; 0: not told */
  gint64 completion; /* time-at-completed; 0: never */
} SePrintJob;

void se_print_job_free (SePrintJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SePrintJob, se_print_job_free)

/* TRUE for a job that the backend held and nobody else: pending-held, no hold time set by a person
 * (NULL, "no-hold"), and a reason of ours. So is one whose backend was killed before it had begun:
 * then the filter made cupsd stop it. */
gboolean se_print_job_is_ours (const SePrintJob *job);

/* TRUE for such a job that waits for a time, not for a person. */
gboolean se_print_job_is_deferred (const SePrintJob *job);

/* All jobs of all queues that are not finished; SePrintJob freed with the array. Errors as
 * se_cupsd_do. */
GPtrArray *se_jobs_unfinished (http_t *http, GError **error);

/* The jobs of all queues that cupsd takes for done since a time (time-at-completed, inclusive) and
 * still knows: IPP_JSTATE_COMPLETED, none that were canceled or aborted. Costs cupsd little,
 * however long its history is. Errors as se_cupsd_do. */
GPtrArray *se_jobs_completed (http_t *http, gint64 since, GError **error);

/* The job of this number, finished or not; NULL: cupsd knows none, or does not tell. */
SePrintJob *se_jobs_find (http_t *http, int id);

/* Lets a job of ours go on. released: FALSE where it was no longer held or stopped when cupsd
 * looked, which is no error. Errors as se_cupsd_do. */
gboolean se_jobs_release (http_t *http, const SePrintJob *job, gboolean *released, GError **error);

/* Has cupsd print a completed job once more. restarted: FALSE where it did not, which is no error;
 * gone: then TRUE if it never will, since it has no longer the job or its documents, and FALSE if
 * somebody else restarted it. Errors as se_cupsd_do. */
gboolean se_jobs_restart (http_t *http, const SePrintJob *job, gboolean *restarted, gboolean *gone,
                          GError **error);

G_END_DECLS
