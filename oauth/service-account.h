/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"
#include "oauth/form.h"

G_BEGIN_DECLS

/* A service account with domain-wide delegation in the mailbox's name: the JWT bearer grant (RFC
 * 7523, 2.1; RFC 7521, 4.1) with the JSON key file that Google Cloud makes. The key never leaves
 * this machine; it signs the request to the configured token endpoint, whatever token_uri the file
 * names. */

/* Who the service account is: client_email of service-account-file, owned by the caller.
 * SE_ERROR_CONFIG: as se_io_read_secret_file; the file is not the key of a service account. */
char *se_service_account_email (const SeAccount *account, GError **error);

/* The number that an admin enters under domain-wide delegation: client_id of the file. *id: owned
 * by the caller; NULL where the file has none. Errors as above. */
gboolean se_service_account_client_id (const SeAccount *account, char **id, GError **error);

/* Adds to form the grant_type and the assertion (RS256): iss is the service account, sub the
 * account's login-user, aud the token endpoint's URL in audience. SE_ERROR_CONFIG as above and as
 * se_rsa_key_parse. */
gboolean se_service_account_add (SeForm *form, const SeAccount *account, const char *scope,
                                 const char *audience, GError **error);

/* Tells whether se_service_account_add can use the file; no network. */
gboolean se_service_account_check (const SeAccount *account, GError **error);

G_END_DECLS
