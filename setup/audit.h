/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/notice.h"
#include "mail/journal-list.h"
#include "setup/jobs.h"
#include "setup/setup.h"

G_BEGIN_DECLS

/* The audit finds the jobs that were lost without a word: cupsd takes a filter and a backend for a
 * success that were killed, and where all of them were killed before the job had its entry in the
 * journal, nobody is left who knows. But every job that was mailed has an entry, made before its
 * first byte was sent and kept for SE_JOURNAL_KEPT_FOR after the last. So a job that is completed
 * and has none was lost, and nobody has got anything of it.
 *
 * What was audited before is remembered in STATE-DIRECTORY/journal/audited: in the folder that it
 * is about, so that a journal that is removed takes it along. A job is looked at once. Jobs from
 * before the first audit of their queue are not: who knows what they were printed to. */

/* A job that has an entry is not lost, but a run of it may be: one that a person made of a job that
 * had been mailed, or the end of one of which some mails are out. Nothing is printed again then,
 * since somebody has got it: it is told, in a warning and to notify-command. */

/* Notes those jobs in the journal, as if their workers had come that far: from then on they are
 * jobs like others that cupsd takes for done (SE_WAITING_LOST), nothing of which is fixed yet.
 * Changes nothing in cupsd. Errors as se_cupsd_do and se_service_run. */
gboolean se_audit_run (const SeSetup *setup, http_t *http, GError **error);

/* The rest is for tests: what the service user does of it. Nothing is owned. */
typedef struct
{
  const char *state_directory;
  const char *const *queues;  /* names of the mailto: queues, and of classes of such queues alone */
  const GPtrArray *completed; /* SePrintJob, as se_jobs_completed tells of those since … */
  gint64 time;                /* just before cupsd was asked for these, seconds since 1970 */
} SeAudit;

/* … this time. */
gboolean se_audit_since (const SeAudit *audit, gint64 *since, GError **error);

/* The end of a job whose entry is accepted, and may know nothing of that end. */
typedef struct
{
  const SePrintJob *job; /* borrowed */
  SeJournalTrace trace;
} SeAuditEnd;

void se_audit_end_free (SeAuditEnd *end);

/* Adds the jobs that were lost since the last audit to lost, borrowed from audit, and SeAuditEnd
 * to ends. Where there are none, all of them are audited. */
gboolean se_audit_look (const SeAudit *audit, GPtrArray *lost, GPtrArray *ends, GError **error);

/* What is to be told of such an end, owned by the caller; NULL: nothing. job: as se_jobs_find tells
 * of it. event: SE_NOTICE_JOB_CANCELED or …_GIVEN_UP. */
char *se_audit_judge (const SePrintJob *job, const SeJournalTrace *trace, SeNoticeEvent *event);

/* Notes jobs in the journal, with their uuid, unless they have an entry by now; then all are
 * audited. cancel_fd: as of se_journal_open. */
gboolean se_audit_note (const SeAudit *audit, const GPtrArray *lost, int cancel_fd, GError **error);

G_END_DECLS
