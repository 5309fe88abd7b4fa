/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/delivery.h"
#include "oauth/token.h"
#include "setup/service.h"

G_BEGIN_DECLS

/* Trying an account out; for the worker only. */

/* What oauth/ needs of an account, stopping when the worker should. account and server are
 * borrowed. */
SeTokenContext se_mailbox_context (const SeService *service, const SeServerConfig *server,
                                   const SeAccount *account);

/* What mail/ needs of it. A person waits: no tries of its own. context is borrowed. */
SeDelivery se_mailbox_delivery (const SeTokenContext *context);

/* Token, connection, TLS and SMTP authentication, no mail. Errors as se_delivery_check. */
gboolean se_mailbox_login (const SeTokenContext *context, GError **error);

/* The same with a token that is not stored yet. SE_ERROR_AUTHORIZATION if the server refuses it. */
gboolean se_mailbox_try_token (const SeTokenContext *context, const char *access_token,
                               GError **error);

/* Sends a short message to one address. reply: the server's words, owned by the caller. Errors as
 * se_delivery_send_once; SE_ERROR_DOCUMENT for an address that is none. */
gboolean se_mailbox_send_test (const SeTokenContext *context, const char *to, char **reply,
                               GError **error);

G_END_DECLS
