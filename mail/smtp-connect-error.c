/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/smtp-handshake.h"

#include "common/log.h"

#include <glib/gi18n-lib.h>
#include <openssl/x509_vfy.h>

#include <string.h>

/* What is wrong with the certificate. libcurl looks at the name after OpenSSL looked at the chain,
 * and then there is only its text to tell by. */
static const char *
certificate_problem (const SeHandshake *hs)
{
  long verify = X509_V_OK;

  if (strstr (hs->error, "subject name") != NULL)
    return _ ("is for another host: smtp-server must name the host as the certificate does");
  if (curl_easy_getinfo (hs->smtp->curl, CURLINFO_SSL_VERIFYRESULT, &verify) != CURLE_OK)
    return _ ("cannot be verified");
  switch (verify)
    {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return _ ("has expired");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return _ ("is not yet valid: check this machine's clock");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return _ ("is not signed by a trusted authority: for a private one set ca-file");
    default:
      return _ ("cannot be verified");
    }
}

/* A machine that keeps no time while it is off begins with an old one, and soon has the right one.
 */
static gboolean
is_early (const SeHandshake *hs)
{
  long verify = X509_V_OK;

  return curl_easy_getinfo (hs->smtp->curl, CURLINFO_SSL_VERIFYRESULT, &verify) == CURLE_OK
         && verify == X509_V_ERR_CERT_NOT_YET_VALID;
}

static void
set_certificate_error (const SeHandshake *hs, GError **error)
{
  g_autofree char *detail = se_log_clean (hs->error, 200);

  g_set_error (error, SE_ERROR,
               is_early (hs) ? SE_ERROR_TEMPORARY : SE_ERROR_CONFIG, /* TRANSLATORS: host, what is
                                   wrong with it, such as "has expired", and libcurl's words. */
               _ ("The certificate of %s %s (%s)"), hs->smtp->host, certificate_problem (hs),
               detail);
}

/* A handshake that never got as far as certificates. */
static void
set_tls_error (const SeHandshake *hs, GError **error)
{
  g_autofree char *detail = se_log_clean (hs->error, 200);

  /* After STARTTLS it is no matter of ports: somebody spoke on in plain text. */
  if (hs->replies == 0
      && (strstr (hs->error, "wrong version number") != NULL
          || strstr (hs->error, "packet length too long") != NULL))
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("%s does not speak TLS on this port: smtps:// is for TLS from the start (465), "
                    "smtp:// for STARTTLS (587)"),
                 hs->smtp->host);
  else if (strstr (hs->error, "protocol version") != NULL
           || strstr (hs->error, "unsupported protocol") != NULL)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("%s does not offer TLS 1.2 or newer, which is the least that is accepted (%s)"),
                 hs->smtp->host, detail);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("The TLS handshake with %s failed (%s)"),
                 hs->smtp->host, detail);
}

/* libcurl found no way to authenticate, and said so or (without an AUTH line that it understands)
 * took that for a success. */
static void
set_no_auth_error (const SeHandshake *hs, GError **error)
{
  const char *host = hs->smtp->host;

  if (hs->refused != NULL)
    se_smtp_set_error (error, hs->smtp->account, SE_SMTP_GREETING, hs->refused,
                       _ ("%s refused EHLO, so that nobody can authenticate"), host);
  else if (hs->mechanisms == NULL)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("%s offers no authentication (no AUTH in its reply to EHLO): smtp-server must "
                    "be a submission server"),
                 host);
  else if (hs->last->code == 235)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("%s answered AUTH with 235 without asking for the token: it is not trusted"),
                 host);
  else if (se_handshake_offers (hs, hs->mechanism))
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("%s offers AUTH %s, but not in capital letters, which libcurl %s does not "
                    "understand: nothing was sent to it"),
                 host, hs->mechanism, curl_version_info (CURLVERSION_NOW)->version);
  else
    {
      g_autofree char *list = g_strjoinv (" ", hs->mechanisms);
      g_autofree char *clean = se_log_clean (list, 200);
      const char *other = strcmp (hs->mechanism, "XOAUTH2") == 0 ? "oauthbearer" : "xoauth2";

      if (se_handshake_offers (hs, other))
        g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                     _ ("%s does not offer AUTH %s, only: %s. Set sasl = %s for its provider"),
                     host, hs->mechanism, clean, other);
      else
        g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                     _ ("%s does not offer AUTH %s, only: %s. Passwords are never sent"), host,
                     hs->mechanism, clean);
    }
}

static void
set_auth_error (const SeHandshake *hs, GError **error)
{
  static char empty[] = "";

  if (hs->offered || hs->last->code == 235 || hs->refused != NULL)
    set_no_auth_error (hs, error);
  else if (hs->last->code == 334)
    {
      /* The decoded JSON is what the server says. */
      SeSmtpReply said = { .code = 334, .text = hs->challenge != NULL ? hs->challenge : empty };

      se_smtp_set_error (error, hs->smtp->account, SE_SMTP_AUTH, &said,
                         _ ("%s refused the access token of %s"), hs->smtp->host,
                         hs->options->user);
    }
  else if (hs->challenge != NULL)
    se_smtp_set_error (error, hs->smtp->account, SE_SMTP_AUTH, hs->last,
                       _ ("%s refused the access token of %s (%s)"), hs->smtp->host,
                       hs->options->user, hs->challenge);
  else
    se_smtp_set_error (error, hs->smtp->account, SE_SMTP_AUTH, hs->last,
                       _ ("%s refused the sign-in of %s"), hs->smtp->host, hs->options->user);
}

static void
set_starttls_error (const SeHandshake *hs, GError **error)
{
  if (!hs->offered)
    se_smtp_set_error (error, hs->smtp->account, SE_SMTP_GREETING, hs->last,
                       _ ("%s refused STARTTLS"), hs->smtp->host);
  else if (hs->starttls)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("%s offers STARTTLS, but not in capital letters, which libcurl %s does not "
                    "understand: nothing was sent to it"),
                 hs->smtp->host, curl_version_info (CURLVERSION_NOW)->version);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("%s does not offer STARTTLS: nothing is sent to it without encryption"),
                 hs->smtp->host);
}

/* The reply of a proxy to CONNECT (RFC 9110, 9.3.6); 0: there is no proxy, or it let us through. */
static long
proxy_refusal (const SeHandshake *hs)
{
  long code = 0;

  if (curl_easy_getinfo (hs->smtp->curl, CURLINFO_HTTP_CONNECTCODE, &code) != CURLE_OK)
    return 0;
  return code / 100 == 2 ? 0 : code;
}

static void
set_proxy_error (const SeHandshake *hs, long code, GError **error)
{
  g_set_error (error, SE_ERROR, code / 100 == 5 ? SE_ERROR_TEMPORARY : SE_ERROR_CONFIG,
               _ ("The proxy refuses a connection to %s: %ld. Check proxy and proxy-smtp"),
               hs->smtp->host, code);
}

void
se_handshake_set_error (const SeHandshake *hs, CURLcode result, GError **error)
{
  const char *host = hs->smtp->host;
  long refusal = proxy_refusal (hs);
  g_autofree char *detail = se_log_clean (
      hs->error[0] != '\0' && result != CURLE_RECV_ERROR ? hs->error : curl_easy_strerror (result),
      200);

  if (result == CURLE_OK)
    set_no_auth_error (hs, error);
  else if (refusal != 0)
    set_proxy_error (hs, refusal, error);
  else if (hs->not_smtp)
    g_set_error (error, SE_ERROR, hs->replies == 0 ? SE_ERROR_CONFIG : SE_ERROR_TEMPORARY,
                 _ ("What %s sends is not SMTP: check smtp-server"), host);
  else if (hs->replies == 1 && hs->last->code < 400 && hs->last->code != 220)
    g_set_error (
        error, SE_ERROR, SE_ERROR_CONFIG,
        _ ("%s greets with %d instead of 220, which no SMTP server does: check smtp-server"), host,
        hs->last->code);
  else if (result == CURLE_PEER_FAILED_VERIFICATION)
    set_certificate_error (hs, error);
  else if (result == CURLE_SSL_CACERT_BADFILE)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("ca-file cannot be used: %s"), detail);
  else if (result == CURLE_SSL_CONNECT_ERROR)
    set_tls_error (hs, error);
  else if (result == CURLE_LOGIN_DENIED && hs->last != NULL)
    set_auth_error (hs, error);
  else if (result == CURLE_USE_SSL_FAILED && hs->last != NULL)
    set_starttls_error (hs, error);
  else if (result == CURLE_OPERATION_TIMEDOUT)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("%s did not answer in time (%s)"), host,
                 detail);
  else if (hs->last != NULL && hs->last->code >= 400)
    se_smtp_set_error (error, hs->smtp->account, SE_SMTP_GREETING, hs->last,
                       _ ("%s refused the connection"), host);
  else if (result == CURLE_COULDNT_RESOLVE_PROXY || result == CURLE_COULDNT_RESOLVE_HOST
           || result == CURLE_COULDNT_CONNECT)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                 _ ("Cannot reach %s: %s. Check smtp-server, and whether a firewall lets this "
                    "computer connect"),
                 host, detail);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                 _ ("The connection to %s was lost before the sign-in was done: %s"), host, detail);
}
