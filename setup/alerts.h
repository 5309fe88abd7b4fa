/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "setup/setup.h"

G_BEGIN_DECLS

/* Carries what common/alert.h knows of the accounts to their queues, idle ones too, which only root
 * may change: an alert that is raised sets our printer-state-reason and its sentence on every queue
 * of the account that does not have the reason; one that is withdrawn takes the reason off all of
 * them and lets the account's held jobs go on (their names are added to released), and is then
 * forgotten. To be called as often as one likes. Errors: those of se_service_run and of
 * setup/queues.h; what was not carried over then is when it is called again. */
gboolean se_alerts_carry (const SeSetup *setup, GPtrArray *released, GError **error);

/* For verbs whose own work is done whatever becomes of the queues: tells an error as a warning, and
 * prints what was released. */
void se_alerts_carry_or_warn (const SeSetup *setup);

G_END_DECLS
