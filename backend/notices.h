/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* The supervisor's notices: libc only. It reads none of what the worker wrote, which chooses the
 * words and never the program. */

/* Runs SE_NOTIFIER if there is something to tell, and waits for its end. records: reading end of
 * the worker's pipe (SE_FD_NOTICE), which does not block. argv: the backend's own. held: the
 * supervisor's sentence where it has held the job itself; else NULL. signals: SIGTERM and SIGCHLD,
 * blocked. cancelled: SIGTERM has come. From a SIGTERM on nobody waits: the notifier then lets go
 * of standard error and goes on alone, for as long as it may take at most. One that cannot be
 * started or fails is a warning. */
void se_notices_announce (int records, char **argv, const char *held, const sigset_t *signals,
                          bool cancelled);

/* For a worker that is left to itself: runs SE_NOTIFIER without waiting for anybody. It tells what
 * there is when the worker has ended, and lets cupsd go at once. */
void se_notices_follow (int records, char **argv);
