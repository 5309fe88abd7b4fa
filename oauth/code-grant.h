/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/token.h"

G_BEGIN_DECLS

/* The authorization code grant of a native application: RFC 6749 section 4.1 with PKCE (RFC 7636,
 * S256), a loopback redirect (RFC 8252, 7.3) and the issuer's identification (RFC 9207). */
typedef struct
{
  char *authorization_uri;  /* where the person's browser goes */
  char *redirect_uri;       /* where it ends, the port filled in */
  char *issuer;             /* NULL: not known */
  gboolean issuer_told;     /* the server says that its answers name the issuer */
  const SeAccount *account; /* borrowed, for messages */
  char *state;              /* both as long as the wait is: who knows them can answer for it */
  char *verifier;
} SeCodeRequest;

void se_code_request_free (SeCodeRequest *request); /* wipes state and verifier */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeCodeRequest, se_code_request_free)

/* The port that the provider's redirect-uri names itself; 0 where it has %{port}, or is not on
 * this machine. */
guint16 se_code_grant_fixed_port (const SeProviderConfig *provider);

/* TRUE if the answer can be listened for: the redirect-uri leads to this machine. */
gboolean se_code_grant_is_loopback (const SeProviderConfig *provider);

/* Makes a request: random state and verifier; scope, login_hint = login-user and prompt in its
 * address. port: takes the place of %{port}. prompt where the provider sets none: select_account
 * where the server's metadata lists it, and, if offline_access is asked for, consent (OpenID
 * Connect Core 1.0, 11) unless the metadata leaves it out. No network, but everything that the
 * exchange will need is tried: SE_ERROR_CONFIG for no authorization endpoint, as
 * se_grant_check_files and as se_store_open and se_store_load. */
SeCodeRequest *se_code_grant_start (const SeTokenContext *context, const SeEndpoints *endpoints,
                                    guint16 port, GError **error);

/* What a text that claims to be the answer is. */
typedef enum
{
  SE_CODE_STRAY,   /* not the answer to this request: nothing is changed by it */
  SE_CODE_REFUSED, /* the answer is no */
  SE_CODE_GRANTED,
} SeCodeAnswer;

/* Reads an answer (RFC 6749, 4.1.2): the target of a request to the redirect-uri, a whole address
 * as a browser shows it, or the query alone. state is compared in constant time; iss is checked
 * where it is sent, and must be sent where the metadata says that it is (RFC 9207, 2.4).
 * code: set with SE_CODE_GRANTED, to be wiped by the caller. error: set otherwise, and never holds
 * a parameter of a stray text: SE_ERROR_USAGE for a stray one; the server's words with
 * the code of se_response_classify for a refusal; SE_ERROR_AUTHORIZATION for a wrong issuer. */
SeCodeAnswer se_code_grant_read (const SeCodeRequest *request, const char *text, char **code,
                                 GError **error);

/* Exchanges the code for tokens (RFC 6749, 4.1.3). The record is as se_device_grant_poll makes it,
 * complete but not yet stored. Errors as se_token_response_parse and se_grant_make_record. */
SeTokenRecord *se_code_grant_exchange (const SeTokenContext *context, const SeEndpoints *endpoints,
                                       const SeCodeRequest *request, const char *code,
                                       GError **error);

G_END_DECLS
