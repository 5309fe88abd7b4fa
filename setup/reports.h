/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "setup/setup.h"

G_BEGIN_DECLS

/* Sends, as the service user, the reports to report-to (mail/report.h) that the backend could not
 * send, within a minute: each once, an account's only until one of them fails. over: names of jobs
 * (char *) that nobody need hear of any more, whose reports are withdrawn; what was told of them
 * (common/told.h) is forgotten. Which were sent is
 * printed; what is refused for good, or fails when it is old, is dropped with a warning. Errors:
 * those of se_service_run. */
gboolean se_reports_send (const SeSetup *setup, const GPtrArray *over, GError **error);

G_END_DECLS
