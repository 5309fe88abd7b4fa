/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"
#include "oauth/http.h"

G_BEGIN_DECLS

/* Where an account's authorization server listens. */
typedef struct
{
  char *issuer;               /* NULL for a preset that names its endpoints */
  char *device_authorization; /* each NULL where the server has none */
  char *authorization;
  char *token;
  char *revocation;
  /* authorization_response_iss_parameter_supported (RFC 9207, 3) */
  gboolean issuer_told;
  char **prompts; /* prompt_values_supported; NULL: not said */
} SeEndpoints;

void se_endpoints_free (SeEndpoints *endpoints);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeEndpoints, se_endpoints_free)

/* From the provider's own endpoints (%{tenant} expanded, %{locale} as the terminal's language), or,
 * with an issuer, by discovery: OpenID Connect Discovery 1.0 section 4, then RFC 8414 section 3.1
 * (its path rule). The issuer in the document must equal the configured one to the letter (RFC
 * 8414, 3.3). Endpoints that the configuration names win over discovered ones. SE_ERROR_CONFIG: no
 * such document, another issuer, an endpoint that is not https; SE_ERROR_TEMPORARY: the server
 * cannot be reached or answers 5xx. */
SeEndpoints *se_endpoints_resolve (const SeAccount *account, SeHttpFunc http,
                                   const SeHttpOptions *options, GError **error);

/* The token endpoint as the configuration alone gives it, without network. url: owned by the
 * caller; NULL where it is known by discovery only. SE_ERROR_CONFIG: no tenant, or not https. */
gboolean se_endpoints_configured_token (const SeAccount *account, char **url, GError **error);

G_END_DECLS
