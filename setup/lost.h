/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/notice.h"
#include "setup/waiting.h"

G_BEGIN_DECLS

/* What the service user has to do about jobs that cupsd has done with. All lists are borrowed. */
typedef struct
{
  const SeSetup *setup;
  http_t *http;
  const GPtrArray *unsent;    /* SeWaiting, sendable: their mails are to be sent */
  const GPtrArray *untouched; /* SeWaiting, repeatable: they are to be printed again */
  const GPtrArray *canceled;  /* SeWaiting: what is kept of them is to be removed */
  const GPtrArray *settled;   /* paths of orphans' files to be removed */
  GPtrArray *sent;            /* names of the jobs that were sent are added */
  GPtrArray *restarted;       /* and of those that are printed again */
} SeLost;

/* Does it. A mail is sent as its journal has it, under the journal's lock, and never twice: one
 * that goes out belongs to cupsd's finished run, so that the restart of a person who did not know
 * sends nothing. A failure is told in a warning, and tried again after retry-interval. A job that
 * cupsd cannot print again, or that was killed at every try for give-up-after, is announced
 * (SE_NOTICE_JOB_GIVEN_UP) and forgotten. Errors as se_service_run. */
gboolean se_lost_settle (const SeLost *lost, GError **error);

/* Tells of the end of a job that cupsd takes for done, in a warning and to notify-command. name,
 * sentence: UTF-8. user, title: NULL: not known. In the process that se_service_run starts. */
void se_lost_tell (const SeServerConfig *server, SeNoticeEvent event, const char *name,
                   const char *user, const char *title, const char *sentence);

G_END_DECLS
