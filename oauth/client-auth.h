/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"
#include "oauth/form.h"

G_BEGIN_DECLS

/* Adds to form who the client is (RFC 6749, 2.3): client_id, and for a confidential client what
 * proves it, which is a client_assertion signed by key-file and named by certificate-file (RFC
 * 7523, 2.2; PS256 with x5t#S256, as Microsoft Entra wants it), else the client_secret in
 * client-secret-file. The same for every grant and for refresh and revocation, but for the service
 * account, which is no client.
 * audience: the token endpoint's URL.
 * SE_ERROR_CONFIG: no client-id; as se_io_read_secret_file, se_rsa_key_parse, se_certificate_read;
 * a certificate that is not valid now. */
gboolean se_client_auth_add (SeForm *form, const SeAccount *account, const char *audience,
                             GError **error);

/* Tells whether what se_client_auth_add needs of the account's files can be used; no network.
 * Errors as above. */
gboolean se_client_auth_check (const SeAccount *account, GError **error);

/* When the account's certificate ends. end: seconds since 1970, which may have passed; 0: the
 * account has no certificate-file. SE_ERROR_CONFIG as se_certificate_read. */
gboolean se_client_auth_certificate_end (const SeAccount *account, gint64 *end, GError **error);

G_END_DECLS
