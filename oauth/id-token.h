/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* Who signed in, from the ID token (OpenID Connect Core 1.0, section 2) of a token reply.
 *
 * Its signature is not checked: the token was received from the token endpoint itself over TLS with
 * the server's certificate verified, which may stand in for it (OpenID Connect Core 1.0, 3.1.3.7,
 * item 6). So nothing but such a reply may ever be handed to this parser. */
typedef struct
{
  char *identity;  /* an address where there is one, else another name for the person; NULL: none */
  char *tenant_id; /* Microsoft's tid; NULL: none */
} SeIdToken;

void se_id_token_free (SeIdToken *token);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeIdToken, se_id_token_free)

/* Decodes jwt and checks aud, exp and, unless NULL, that iss is issuer to the letter (3.1.3.7,
 * items 2, 3 and 9). now: seconds since 1970. SE_ERROR_AUTHORIZATION for a token that cannot be
 * read or fails a check. */
SeIdToken *se_id_token_parse (const char *jwt, const char *client_id, const char *issuer,
                              gint64 now, GError **error);

G_END_DECLS
