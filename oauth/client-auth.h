/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"
#include "oauth/form.h"

G_BEGIN_DECLS

/* Adds to form who the client is (RFC 6749, 2.3): client_id, and for a confidential client the
 * client_secret in client-secret-file. The same for every grant and for refresh and revocation.
 * audience: the token endpoint's URL.
 * SE_ERROR_CONFIG: as se_io_read_secret_file, or no client-id. */
gboolean se_client_auth_add (SeForm *form, const SeAccount *account, const char *audience,
                             GError **error);

/* Tells whether what se_client_auth_add needs of the account's files can be used; no network.
 * Errors as above. */
gboolean se_client_auth_check (const SeAccount *account, GError **error);

G_END_DECLS
