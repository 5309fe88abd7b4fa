/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/delivery.h"

G_BEGIN_DECLS

/* Reports: short mails to a person about a job. Each is one file in STATE-DIRECTORY/reports until
 * the server has accepted it, whole as it is to be sent, so that it goes out once however often
 * that is tried. A report is never reported about. */

/* How long a report is kept that cannot be sent, seconds; the try after that is its last. */
#define SE_REPORT_MAX_AGE (5 * 24 * 60 * 60)

/* What a report is made of; nothing is owned. */
typedef struct
{
  const char *job;     /* as people and files name it: "QUEUE-ID" */
  const char *account; /* the address of the account that sends it */
  const SeAddress *from;
  const SeAddress *to;
  const SeMessage *message; /* without attachments */
} SeReportContents;

/* Puts a report on disk. what: tells it apart from others on the same job; one that is there
 * already stays. Returns its path, owned by the caller. */
char *se_report_spool (const char *state_directory, const char *what,
                       const SeReportContents *contents, GError **error);

/* Paths of all reports, to be freed with the array. */
GPtrArray *se_report_list (const char *state_directory);

/* A report that is to be sent now, by this process alone. */
typedef struct SeReport SeReport;

/* SE_ERROR_TEMPORARY: another process has it; SE_ERROR_CONFIG: it is gone, or damaged. */
SeReport *se_report_open (const char *path, GError **error);
void se_report_close (SeReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeReport, se_report_close)

const char *se_report_job (const SeReport *report);
const char *se_report_account (const SeReport *report);
char *se_report_to (const SeReport *report); /* owned by the caller */

/* TRUE if it is so old that no further try is worth while. */
gboolean se_report_is_old (const SeReport *report);

/* Sends it by se_delivery_send_once; delivery: its account's. Accepted, or refused for good
 * (SE_ERROR_DOCUMENT, SE_ERROR_TOO_LARGE), it is gone from the disk, and so is one that was in
 * doubt three times. With any other error it stays, to be sent later. */
gboolean se_report_send (SeReport *report, const SeDelivery *delivery, GError **error);

/* TRUE if it is no more on the disk. */
gboolean se_report_is_gone (const SeReport *report);

/* Takes it from the disk. */
gboolean se_report_drop (SeReport *report, GError **error);

/* Takes back what was not sent yet of a job: something else has become of it. */
void se_report_withdraw (const char *state_directory, const char *job);

G_END_DECLS
