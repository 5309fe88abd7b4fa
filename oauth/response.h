/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/http.h"
#include "oauth/json.h"

G_BEGIN_DECLS

/* Replies of an authorization server, RFC 6749 sections 5.1 and 5.2. */

/* What an error of the server (RFC 6749, 5.2, and its kin) means for the job, by its `error` alone:
 * SE_ERROR_AUTHORIZATION, SE_ERROR_CONFIG or SE_ERROR_TEMPORARY. One that is not known is
 * SE_ERROR_AUTHORIZATION. */
SeError se_response_classify (const char *error_code);

/* The JSON object of a good reply (HTTP 200 without "error").
 * url: where it came from, for messages. secrets: what was sent, NULL-terminated; a server's words
 * that repeat one are not shown. error_code: set to the server's `error`, owned by the caller; NULL
 * where it gave none. It decides before the HTTP status does: some servers send 403 or 428.
 * SE_ERROR_AUTHORIZATION, SE_ERROR_CONFIG: the server refuses; SE_ERROR_TEMPORARY: 429, 5xx with
 * the wait that it asks for, and whatever is no OAuth reply at all. */
cJSON *se_response_parse (const SeHttpReply *reply, const char *url, const char *const *secrets,
                          char **error_code, GError **error);

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
SeTokenResponse *se_token_response_parse (const SeHttpReply *reply, const char *url,
                                          const char *const *secrets, char **error_code,
                                          GError **error);

G_END_DECLS
