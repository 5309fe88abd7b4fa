/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/advice.h"
#include "oauth/http.h"
#include "oauth/json.h"

G_BEGIN_DECLS

/* Replies of an authorization server, RFC 6749 sections 5.1 and 5.2. */

/* What an error of the server (RFC 6749, 5.2, and its kin) means for the job, by its `error` alone:
 * SE_ERROR_AUTHORIZATION, SE_ERROR_CONFIG or SE_ERROR_TEMPORARY. One that is not known is
 * SE_ERROR_AUTHORIZATION. */
SeError se_response_classify (const char *error_code);

/* A server's refusal: in a reply, or in the address that the browser was sent to (RFC 6749,
 * 4.1.2.1). */
typedef struct
{
  const char *code;           /* `error` */
  const char *description;    /* `error_description`; NULL: none */
  const cJSON *json;          /* the whole reply; NULL: not one in JSON */
  const char *const *secrets; /* what was sent, NULL-terminated, is not shown; may be NULL */
  gint64 retry_after;         /* seconds; -1: not said */
} SeRefusal;

/* Sets error by the tables of oauth/error-table.h: what it means, what to do, and in brackets who
 * says so: "[server: error, AADSTSn, trace id …]". `error` decides the code; what stands beside it
 * only chooses the words, but for what Microsoft calls transient (SE_ERROR_TEMPORARY). The message
 * tells what to do to the end: nothing is to be added to it. */
void se_response_set_refusal (GError **error, const SeAccount *account, const char *url,
                              const SeRefusal *refusal);

/* The JSON object of a good reply (HTTP 200 without "error").
 * account: whose values stand in messages. url: where it came from. secrets: what was sent,
 * NULL-terminated; a server's words that repeat one are not shown. error_code: set to the server's
 * `error`, owned by the caller; NULL where it gave none. It decides before the HTTP status does:
 * some servers send 403 or 428. SE_ERROR_AUTHORIZATION, SE_ERROR_CONFIG: the server refuses;
 * SE_ERROR_TEMPORARY: 429, 5xx with the wait that it asks for (se_error_due), and whatever is no
 * OAuth reply at all. */
cJSON *se_response_parse (const SeHttpReply *reply, const SeAccount *account, const char *url,
                          const char *const *secrets, char **error_code, GError **error);

typedef struct
{
  char *access_token;
  char *refresh_token; /* NULL: none in the reply */
  char *id_token;      /* NULL: none */
  char *scope;         /* NULL: as asked */
  gint64 expires_in;   /* seconds; an hour where the server does not say */
  /* Seconds that the refresh token is good for: "refresh_token_expires_in" (Google, Microsoft) or
   * "refresh_expires_in" (Keycloak, where 0 is for ever). 0: not said. */
  gint64 refresh_expires_in;
} SeTokenResponse;

void se_token_response_free (SeTokenResponse *response); /* wipes the secrets */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeTokenResponse, se_token_response_free)

/* As se_response_parse, for a token endpoint. Tokens are visible ASCII (RFC 6749, appendix A), so
 * that nothing can be smuggled into SASL or a form; anything else is no OAuth reply. A token that
 * is not of type Bearer is SE_ERROR_CONFIG. */
SeTokenResponse *se_token_response_parse (const SeHttpReply *reply, const SeAccount *account,
                                          const char *url, const char *const *secrets,
                                          char **error_code, GError **error);

G_END_DECLS
