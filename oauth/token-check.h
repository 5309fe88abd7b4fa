/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/json.h"
#include "oauth/store.h"

G_BEGIN_DECLS

/* Whether an access token looks as if it fits the account; only the SMTP server knows. */

/* The claims that matter, "aud=…, scp=…, exp=…", cleaned for messages. claims: as se_jwt_claims;
 * NULL: the token is none that can be read, and so is what is returned. Owned by the caller. */
char *se_token_check_describe (const cJSON *claims);

/* What does not fit, one sentence each: a scope that was asked for and not granted, a token for
 * another service, for another user, or without the permission to send. record: as stored after the
 * token was got. claims: may be NULL. Returns a list ended by NULL, freed by g_strfreev. */
char **se_token_check (const SeAccount *account, const SeTokenRecord *record, const cJSON *claims);

G_END_DECLS
