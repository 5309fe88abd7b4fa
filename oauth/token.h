/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/deadline.h"
#include "oauth/endpoints.h"

G_BEGIN_DECLS

/* The life of an account's tokens after the login. */

/* An access token with less than this left is refreshed before use, seconds. */
#define SE_TOKEN_MARGIN 600

typedef struct
{
  const SeServerConfig *server;
  const SeAccount *account;
  SeHttpFunc http; /* NULL: se_http_perform */
  int cancel_fd;   /* -1: none */
  /* Somebody waits for the end of what is cancelled: a refresh whose request is on its way has 5 s
   * more for the reply, in which may be the only refresh token that is still good. FALSE: as much
   * as one that is not cancelled. */
  gboolean awaited;
} SeTokenContext;

/* A fresh access token for the account, refreshed under the account's lock if need be. rejected:
 * the fingerprint (se_digest_fingerprint) of a token that the SMTP server refused, or NULL: then
 * the stored token is refreshed only if it is still that one. Returns the token, to be wiped by the
 * caller (se_io_free_secret). SE_ERROR_AUTHORIZATION: no record, one of another configuration, or
 * the grant is gone (invalid_grant, interaction_required, consent_required, unauthorized_client,
 * invalid_client, …); the record keeps the reason. SE_ERROR_TEMPORARY: endpoint unreachable, 429,
 * 5xx, full disk; as long as the stored token has a minute left and is not the rejected one, it is
 * returned instead, and the server is not asked again before it wants to be (Retry-After).
 * SE_ERROR_CANCELLED; a refresh that is on its way is not given up at once (see awaited), and what
 * comes is stored. RFC 6749 section 6, RFC 9700 4.14.2. */
char *se_token_get (const SeTokenContext *context, const char *rejected, GError **error);

/* Refreshes whatever is left of the access token's time; errors as above. */
gboolean se_token_refresh (const SeTokenContext *context, GError **error);

/* Waits until no login and no refresh of the account is under way: a login holds the account's lock
 * from the new record to the new configuration, which belong together. SE_ERROR_CANCELLED;
 * SE_ERROR_TEMPORARY when it takes too long; those of se_store_open. */
gboolean se_token_wait (const SeTokenContext *context, GError **error);

/* SeTokenRecord.failure where the server itself said nothing. */
#define SE_TOKEN_FAILURE_NETWORK "unreachable" /* no answer, or none by OAuth's rules */
#define SE_TOKEN_FAILURE_SETUP "unusable"      /* certificate, client secret, address */

/* One word for people, as oauth-setup status shows it. */
typedef enum
{
  SE_TOKEN_ACTIVE,
  SE_TOKEN_EXPIRING,            /* good, but a known end is near: SE_DEADLINE_NEAR */
  SE_TOKEN_NEEDS_AUTHORIZATION, /* no record, or the configuration no longer matches it */
  SE_TOKEN_REVOKED,             /* the server said invalid_grant */
  SE_TOKEN_UNREACHABLE,         /* last refresh failed transiently and the access token is out, or
                                   the store does not answer */
  SE_TOKEN_MISCONFIGURED,       /* configuration, file or secret cannot be used */
} SeTokenStatus;

const char *se_token_status_word (SeTokenStatus status); /* "Active", "Needs authorization", … */

/* How an account stands. */
typedef struct
{
  SeTokenStatus status;
  char *hint;            /* what is wrong and what to do, one sentence; NULL: nothing is */
  SeTokenRecord *record; /* what is stored; NULL: nothing that can be read */
  SeDeadline deadline;   /* time 0: none is known */
} SeTokenReport;

/* Looks at the store and the account's files only, no network. */
SeTokenReport *se_token_report_new (const SeTokenContext *context);
void se_token_report_free (SeTokenReport *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeTokenReport, se_token_report_free)

G_END_DECLS
