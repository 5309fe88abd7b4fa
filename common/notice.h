/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

G_BEGIN_DECLS

/* What the system log and notify-command are told, for whom cupsd's messages do not reach. */
typedef enum
{
  SE_NOTICE_AUTHORIZATION_LOST,
  SE_NOTICE_AUTHORIZATION_RESTORED,
  SE_NOTICE_AUTHORIZATION_EXPIRING,
  /* Of jobs, from here on. */
  SE_NOTICE_JOB_CANCELED, /* through a fault of its own */
  SE_NOTICE_JOB_HELD,
  SE_NOTICE_JOB_GIVEN_UP,
  SE_NOTICE_JOB_PARTLY_REFUSED, /* sent, but not to all of its recipients */
} SeNoticeEvent;

/* All texts are UTF-8 and may be hostile. */
typedef struct
{
  SeNoticeEvent event;
  const char *subject;  /* an account; or a job, as "QUEUE-ID" */
  const char *sentence; /* for a person */
  const char *user;     /* of a job; NULL: there is none */
  const char *title;
  const char *once; /* a reason that the job is told of once; "" or NULL: it is told anyway */
} SeNotice;

/* The word by which notify-command knows an event: "job-held". */
const char *se_notice_event_name (SeNoticeEvent event);

/* Writes a line to the system log, facility LOG_LPR, and runs notify-command, as the calling user,
 * with the event's name, subject and sentence, then user and title of a job, as further arguments,
 * none of which begins with a hyphen.
 * server: NULL where the configuration cannot be read; then the system log alone is told. A command
 * that fails is a warning. Whether it was told once already is the caller's business. */
void se_notice_announce (const SeServerConfig *server, const SeNotice *notice);

/* How a notice gets to whoever announces it. */
typedef struct
{
  void (*tell) (const SeNotice *notice, gpointer data);
  gpointer data;
} SeNotifier;

/* The notifier of a program that may start others: se_notice_announce at once. server is borrowed.
 */
SeNotifier se_notice_direct (const SeServerConfig *server);

/* As bytes for a pipe, from which a process that may start no program hands notices to one that
 * may: event, subject, sentence and reason, each ended by a NUL. Cut so that a pipe takes them
 * whole (PIPE_BUF). User and title are left out: who reads them knows its job. Owned by the caller.
 */
char *se_notice_encode (const SeNotice *notice, gsize *length);

/* The next notice of what was read, whose texts stay where they are; *data and *left move behind
 * it. FALSE: there is none that is whole and well-formed. */
gboolean se_notice_decode (const char **data, gsize *left, SeNotice *notice);

G_END_DECLS
