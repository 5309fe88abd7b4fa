/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/reasons.h"

/* What the supervisor hands down to the worker, and the bytes by which the worker tells it how far
 * it has come. Both ends include this header; it needs nothing but C. */

/* The queue's PPD, opened as root (0640 root:lp); not open where the queue has none. */
#define SE_FD_PPD 8
/* Writing end of a pipe that takes one of the bytes below. When nobody reads it any more, the
 * supervisor is dead. */
#define SE_FD_PHASE 9

/* Writing end of a pipe that takes notices (common/notice.h), each whole or not at all, and never
 * blocks. The worker may start no program: the supervisor runs SE_NOTIFIER for them at the end. */
#define SE_FD_NOTICE 10

/* Programs below CUPS's directory of programs. */
#define SE_WORKER "daemon/mailto-worker"
#define SE_NOTIFIER "daemon/mailto-notify"

/* What the supervisor sends a worker that does not end soon after SIGTERM, before it ends itself:
 * cupsd takes a job for over, and its printer for idle, once nobody has the pipe open that is our
 * standard error. */
#define SE_SIGNAL_LET_GO SIGHUP

#define SE_PHASE_FIRST_ATTEMPT '1' /* the job's first attempt: exit code 6 is still to be had */
#define SE_PHASE_BEFORE_DOT 'b'    /* no mail is in doubt (again, after a reply) */
#define SE_PHASE_DOT 'd'           /* about to send the final dot: in doubt from here on */
#define SE_PHASE_ACCEPTED 'a'      /* the server has accepted all mails of the job */

/* The lines that go before the ERROR line of a job that is held. Without a JOBSTATE of account-…
 * cupsd sets job-hold-until to "indefinite", as it does for a person, and nobody could tell which
 * jobs we hold; the other account-… keywords only choose another text in error_log. A job has one
 * of our two reasons, never both (a worker that could not be started has cleared none): oauth-setup
 * release goes by it. */
#define SE_HOLD_AUTHORIZATION                                        \
  "STATE: -" SE_REASON_DEFERRED "\nSTATE: +" SE_REASON_AUTHORIZATION \
  "\nJOBSTATE: account-authorization-failed\n"
#define SE_HOLD_DEFERRED                                             \
  "STATE: -" SE_REASON_AUTHORIZATION "\nSTATE: +" SE_REASON_DEFERRED \
  "\nJOBSTATE: account-limit-reached\n"
/* The same for a job that cupsd is to run again by itself: should it be restarted before it does,
 * it has forgotten when, and oauth-setup release --due takes over. */
#define SE_RETRY "STATE: +" SE_REASON_DEFERRED "\n"

/* The only exit codes there are (backend(7)): cupsd takes some others, and death by SIGTERM,
 * SIGKILL or SIGPIPE, for a success or stops the queue for everybody. */
typedef enum
{
  SE_EXIT_OK = 0,
  SE_EXIT_HOLD = 3,
  SE_EXIT_CANCEL = 5,
  SE_EXIT_RETRY = 6,
} SeExit;
