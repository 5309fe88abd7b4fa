/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* The longest that a notify-command may take, seconds. */
#define SE_NOTIFY_TIME 30

/* Runs a program and waits for its end, seconds at most: then it is killed with all of its process
 * group. command: its absolute path and first arguments; arguments: what is added to them. Both
 * NULL-terminated; no shell sees them. The program runs as the calling user, in a session of its
 * own, in the directory "/", with PATH and LANG alone for an environment, with /dev/null for
 * standard input and no other descriptor; what it prints goes to the debug log. SE_ERROR_CONFIG: it
 * cannot be started, failed or took too long. */
gboolean se_notify_run (const char *const *command, const char *const *arguments, guint seconds,
                        GError **error);

/* Writes a line to the system log as scan-email, facility LOG_LPR. priority: as in syslog(3). A
 * system log that takes nothing in is waited for no longer than some seconds; that is a warning. */
void se_notify_system_log (int priority, const char *line);

G_END_DECLS
