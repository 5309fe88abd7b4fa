/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/form.h"
#include "oauth/response.h"
#include "oauth/token.h"

G_BEGIN_DECLS

/* What all grants and the refresh share; for oauth/ alone. */

/* One POST of form by the context's SeHttpFunc, with the provider's ca-file and the server's proxy.
 * timed_out and errors as in SeHttpFunc, grace_ms as in SeHttpOptions. */
SeHttpReply *se_grant_request (const SeTokenContext *context, const char *url, const SeForm *form,
                               int grace_ms, gboolean *timed_out, GError **error);

/* What is stored now, NULL in *stored for nothing. Called before a person does anything: a store
 * that cannot be used must not show at the end. Errors as se_store_open and se_store_load. */
gboolean se_grant_load_stored (const SeTokenContext *context, SeTokenRecord **stored,
                               GError **error);

/* Tells whether record belongs to the account as it is configured now. SE_ERROR_AUTHORIZATION names
 * the key that was changed; SE_ERROR_CONFIG: the endpoint cannot be made. */
gboolean se_grant_check_record (const SeAccount *account, const SeTokenRecord *record,
                                GError **error);

/* The record of a new sign-in, not yet stored. stored: the account's present record, NULL if none:
 * where it belongs to the same configuration its tenant is pinned. SE_ERROR_AUTHORIZATION: the
 * response's ID token is wrong or of another tenant; SE_ERROR_CONFIG: no refresh token came. */
SeTokenRecord *se_grant_make_record (const SeTokenContext *context, const SeEndpoints *endpoints,
                                     const SeTokenResponse *response, const SeTokenRecord *stored,
                                     GError **error);

G_END_DECLS
