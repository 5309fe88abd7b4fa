/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/smtp.h"

G_BEGIN_DECLS

/* What TLS has brought. Texts may be hostile. */
typedef struct
{
  const char *version; /* "TLSv1.3" */
  const char *subject; /* of the server's certificate, RFC 4514 */
  const char *issuer;
  gint64 not_after; /* seconds since 1970 */
} SeSmtpTls;

/* What is told of a server, each once and as it happens. What is passed is valid during the call;
 * texts of the server's are not cleaned. */
typedef struct
{
  /* Not called where a proxy looks the name up. */
  void (*resolved) (const char *host, const char *const *addresses, gpointer data);
  void (*connected) (const char *address, int port, gboolean proxy, gpointer data);
  void (*secured) (const SeSmtpTls *tls, gpointer data);            /* the certificate is good */
  void (*greeted) (const char *const *capabilities, gpointer data); /* lines of EHLO under TLS */
  gpointer data;
} SeSmtpProbe;

/* Looks at a submission server without signing in: name, connection, TLS, EHLO, and whether it
 * offers the mechanism. user and access_token of options are not used. The name lookup cannot be
 * cancelled. Errors as se_smtp_open, but for those of signing in. */
gboolean se_smtp_probe (const SeSmtpOptions *options, const SeSmtpProbe *probe, GError **error);

G_END_DECLS
