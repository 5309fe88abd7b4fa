/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* The listener of a loopback redirect (RFC 8252, 7.3): 127.0.0.1 and ::1, the same port. It reads
 * a request's line and Host, answers a page that repeats nothing of it, and closes. It believes
 * nobody: sizes, numbers and times are bounded, and what is no answer neither ends nor holds up the
 * wait. */
typedef struct SeLoopback SeLoopback;

/* port: 0 for a free one. A host without ::1 listens on 127.0.0.1 alone. SE_ERROR_CONFIG if the
 * port is in use or not allowed. */
SeLoopback *se_loopback_new (guint16 port, GError **error);
void se_loopback_free (SeLoopback *loopback);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeLoopback, se_loopback_free)

guint16 se_loopback_port (const SeLoopback *loopback);

/* What became of a request, and so which page the browser gets. */
typedef enum
{
  SE_LOOPBACK_STRAY,   /* not what is waited for: 404, the wait goes on */
  SE_LOOPBACK_REFUSED, /* the end: "did not work" */
  SE_LOOPBACK_TAKEN,   /* the end: "you can close this window" */
} SeLoopbackVerdict;

/* Judges the target of a GET request (RFC 9112, 3.2). It may hold a secret. */
typedef SeLoopbackVerdict (*SeLoopbackFunc) (const char *target, gpointer data);

/* Why a wait ended. */
typedef enum
{
  SE_LOOPBACK_ANSWERED, /* judge said so */
  SE_LOOPBACK_INPUT,    /* input_fd can be read */
  SE_LOOPBACK_TIMED_OUT,
  SE_LOOPBACK_CANCELLED, /* cancel_fd can be read */
} SeLoopbackEnd;

/* Waits; may be called again after SE_LOOPBACK_INPUT. loopback NULL: only the descriptors are
 * waited for. cancel_fd, input_fd: -1 for none. deadline: of the monotonic clock, microseconds. */
SeLoopbackEnd se_loopback_wait (SeLoopback *loopback, int cancel_fd, int input_fd, gint64 deadline,
                                SeLoopbackFunc judge, gpointer data);

G_END_DECLS
