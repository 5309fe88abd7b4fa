/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/token.h"

G_BEGIN_DECLS

/* Ends the account's authorization (RFC 7009): tells the server to forget the refresh token, then
 * the access token, and removes the record, all under the account's lock. Tokens that the server no
 * longer knows count as revoked; that there is no record is no error.
 * told_server: set to TRUE if the server has revoked the tokens, FALSE where it offers no
 * revocation (to a service account nobody does) or there was nothing to revoke.
 * The record is removed even if the server cannot be told; the error then says that the server
 * still honours the tokens and where to end that. SE_ERROR_TEMPORARY: the server cannot be reached;
 * SE_ERROR_CONFIG, SE_ERROR_AUTHORIZATION: it refuses the request, or the record does not belong to
 * the configuration or cannot be read (its key included). Only these leave the record:
 * SE_ERROR_CANCELLED, the lock is not to be had (as se_store_lock), and a store that cannot remove
 * it. */
gboolean se_token_revoke (const SeTokenContext *context, gboolean *told_server, GError **error);

G_END_DECLS
