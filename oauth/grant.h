/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/form.h"
#include "oauth/response.h"
#include "oauth/token.h"

G_BEGIN_DECLS

/* The grants, by their names in the configuration and in records, and what they share. */

/* TRUE for a grant in which a person signs in (device, code): the account then lives on by its
 * refresh token. FALSE for one that the account's own key or secret is enough for, at any time
 * again: it has no refresh token, and needs none. */
gboolean se_grant_is_attended (const char *grant);

/* Tells whether the files that the account's grant needs can be used; no network. Errors as
 * se_client_auth_check and se_service_account_check. */
gboolean se_grant_check_files (const SeAccount *account, GError **error);

/* Signs the account in by its grant, one that is not attended. Returns the record, not yet stored.
 * Errors as se_grant_load_stored, se_grant_renew and se_grant_make_record. */
SeTokenRecord *se_grant_run (const SeTokenContext *context, const SeEndpoints *endpoints,
                             GError **error);

/* Asks for new tokens in the way of the record's own grant, whatever the configuration says by now,
 * and where the record's came from: by its refresh token (RFC 6749, 6), else by the grant again.
 * error_code and errors as se_token_response_parse, se_grant_check_files and SeHttpFunc. */
SeTokenResponse *se_grant_renew (const SeTokenContext *context, const SeTokenRecord *record,
                                 char **error_code, GError **error);

/* What is stored now, NULL in *stored for nothing. Called before a person does anything: a store
 * that cannot be used must not show at the end. Errors as se_store_open and se_store_load. */
gboolean se_grant_load_stored (const SeTokenContext *context, SeTokenRecord **stored,
                               GError **error);

/* se_endpoints_resolve with the context's SeHttpFunc, the provider's ca-file and the server's
 * proxy.
 */
SeEndpoints *se_grant_find_endpoints (const SeTokenContext *context, GError **error);

/* How long the account's lock is waited for: less than two time-outs of a request, so that nobody
 * waits behind two dead ones. */
#define SE_GRANT_LOCK_WAIT_MS 90000

/* The rest is for oauth/ alone. */

/* FALSE for the service account: it is no client of the server's, and its access tokens cannot be
 * revoked (gcloud-auth-revoke(1)); they end within the hour. */
gboolean se_grant_is_client (const char *grant);

/* One POST of form by the context's SeHttpFunc, with the provider's ca-file and the server's proxy.
 * timed_out and errors as in SeHttpFunc, grace_ms as in SeHttpOptions. */
SeHttpReply *se_grant_request (const SeTokenContext *context, const char *url, const SeForm *form,
                               int grace_ms, gboolean *timed_out, GError **error);

/* Tells whether record belongs to the account as it is configured now; another grant in the
 * configuration does not matter. SE_ERROR_AUTHORIZATION names the key that was changed;
 * SE_ERROR_CONFIG: the endpoint cannot be made, the service account's key file cannot be used. */
gboolean se_grant_check_record (const SeAccount *account, const SeTokenRecord *record,
                                GError **error);

/* The record of a new sign-in, not yet stored. stored: the account's present record, NULL if none:
 * where it belongs to the same configuration its tenant is pinned. SE_ERROR_AUTHORIZATION: the
 * response's ID token is wrong or of another tenant; SE_ERROR_CONFIG: no refresh token came though
 * the grant lives by it. */
SeTokenRecord *se_grant_make_record (const SeTokenContext *context, const SeEndpoints *endpoints,
                                     const SeTokenResponse *response, const SeTokenRecord *stored,
                                     GError **error);

G_END_DECLS
