/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* One https exchange with an authorization server: https only, no redirects, TLS >= 1.2 with
 * certificate checks, no proxy but the configured one, reply capped. */
typedef struct
{
  const char *ca_file; /* replaces the system's store; NULL: the system's */
  const char *proxy;   /* URL; NULL: none, whatever the environment says */
  int cancel_fd;       /* readable: give up with SE_ERROR_CANCELLED; -1: none */
  /* How long a cancelled exchange still waits for its reply once the request may have reached the
   * server, milliseconds. 0 gives up at once; a refresh waits, because the reply that it would
   * throw away may hold the only refresh token that is still good (RFC 9700, 4.14.2). */
  int grace_ms;
} SeHttpOptions;

/* All the time that an exchange may take: a minute from its beginning. */
#define SE_HTTP_GRACE_ALL G_MAXINT

typedef struct
{
  int status; /* HTTP status code */
  char *body; /* NUL-terminated; may hold secrets: wiped by se_http_reply_free */
  gsize length;
  gint64 retry_after; /* Retry-After in seconds (RFC 9110, 10.2.3); -1: none */
} SeHttpReply;

void se_http_reply_free (SeHttpReply *reply);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeHttpReply, se_http_reply_free)

/* How a request is carried; tests script their own. form NULL: GET; else POST of an
 * application/x-www-form-urlencoded body (it holds secrets and is wiped by the caller).
 * timed_out: set TRUE if the error is a time-out or a lost connection (RFC 8628, 3.5: back off);
 * may be NULL.
 * SE_ERROR_TEMPORARY: the server could not be reached, did not answer, or its reply is too large
 * for OAuth; SE_ERROR_CONFIG: the URL is not https, or its certificate is not to be trusted. */
typedef SeHttpReply *(*SeHttpFunc) (const char *url, const char *form, const SeHttpOptions *options,
                                    gboolean *timed_out, GError **error);

/* The real one, by libcurl. */
SeHttpReply *se_http_perform (const char *url, const char *form, const SeHttpOptions *options,
                              gboolean *timed_out, GError **error);

G_END_DECLS
