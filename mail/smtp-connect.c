/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/smtp-handshake.h"

#include "common/fault.h"

#include <glib/gi18n-lib.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

static gboolean
is_printable (const char *text)
{
  for (; *text != '\0'; text++)
    if (*text <= ' ' || *text > '~')
      return FALSE;
  return TRUE;
}

/* An address literal (RFC 5321, 4.1.3) of this host. */
static char *
address_literal (void)
{
  struct ifaddrs *list = NULL;
  char text[INET_ADDRSTRLEN] = "127.0.0.1";

  if (getifaddrs (&list) == 0)
    {
      for (const struct ifaddrs *i = list; i != NULL; i = i->ifa_next)
        if (i->ifa_addr != NULL && i->ifa_addr->sa_family == AF_INET
            && (i->ifa_flags & IFF_LOOPBACK) == 0)
          {
            const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)i->ifa_addr;

            if (inet_ntop (AF_INET, &in->sin_addr, text, sizeof text) != NULL)
              break;
          }
      freeifaddrs (list);
    }
  return g_strdup_printf ("[%s]", text);
}

/* The name for EHLO. No name is looked up here: that could block, and cannot be cancelled. */
static char *
own_name (const char *configured)
{
  char name[256];

  if (configured != NULL)
    return g_strdup (configured);
  if (gethostname (name, sizeof name) == 0)
    {
      name[sizeof name - 1] = '\0';
      if (strchr (name, '.') != NULL && is_printable (name))
        return g_strdup (name);
    }
  return address_literal ();
}

/* libcurl takes the EHLO name as the URL's path. */
static char *
make_url (const SeSmtpOptions *options, char **host, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (options->server, G_URI_FLAGS_NONE, NULL);
  g_autofree char *name = own_name (options->helo_name);
  g_autofree char *path = NULL;
  const char *scheme;
  gboolean tls;
  int port;

  scheme = uri != NULL ? g_uri_get_scheme (uri) : "";
  tls = strcmp (scheme, "smtps") == 0;
  if ((!tls && strcmp (scheme, "smtp") != 0) || g_uri_get_host (uri) == NULL
      || *g_uri_get_host (uri) == '\0' || !is_printable (g_uri_get_host (uri))
      || g_uri_get_userinfo (uri) != NULL || g_uri_get_query (uri) != NULL
      || strlen (g_uri_get_path (uri)) > 1)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("smtp-server '%s' is neither smtp://HOST[:PORT] nor smtps://HOST[:PORT]"),
                   options->server);
      return NULL;
    }
  if (!is_printable (name) || *name == '\0')
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("helo-name '%s' is no host name"), name);
      return NULL;
    }
  port = g_uri_get_port (uri);
  path = g_uri_escape_string (name, NULL, FALSE);
  *host = g_strdup (g_uri_get_host (uri));
  return g_strdup_printf (strchr (*host, ':') != NULL ? "%s://[%s]:%d/%s" : "%s://%s:%d/%s", scheme,
                          *host, port > 0 ? port : (tls ? 465 : 587), path);
}

/* A value that reaches the server inside the SASL string, whose fields end with ^A. */
static gboolean
check_credentials (const SeSmtpOptions *options, GError **error)
{
  if (options->user == NULL || *options->user == '\0' || !is_printable (options->user))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("smtp-user '%s' is no mailbox address"),
                   options->user != NULL ? options->user : "");
      return FALSE;
    }
  if (options->access_token == NULL || *options->access_token == '\0'
      || !is_printable (options->access_token))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION,
                   _ ("The stored access token of %s is damaged: run oauth-setup"), options->user);
      return FALSE;
    }
  return TRUE;
}

#define SET(option, value)                             \
  do                                                   \
    {                                                  \
      if (code == CURLE_OK)                            \
        code = curl_easy_setopt (curl, option, value); \
    }                                                  \
  while (0)

static gboolean
set_options (SeHandshake *hs, const char *url, GError **error)
{
  const SeSmtpOptions *options = hs->options;
  const SeSmtpTimeouts *timeouts = &hs->smtp->timeouts;
  CURL *curl = hs->smtp->curl;
  CURLcode code = CURLE_OK;
  g_autofree char *login_options = g_strconcat ("AUTH=", hs->mechanism, NULL);

  SET (CURLOPT_URL, url);
  SET (CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  SET (CURLOPT_CONNECT_ONLY, 1L);
  SET (CURLOPT_USE_SSL, (long)CURLUSESSL_ALL);
  SET (CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
  SET (CURLOPT_SSL_VERIFYPEER, 1L);
  SET (CURLOPT_SSL_VERIFYHOST, 2L);
  if (options->ca_file != NULL)
    {
      SET (CURLOPT_CAINFO, options->ca_file);
      SET (CURLOPT_CAPATH, NULL);
    }
  SET (CURLOPT_PROXY, options->proxy != NULL ? options->proxy : "");
  SET (CURLOPT_NOPROXY, "");
  SET (CURLOPT_HTTPPROXYTUNNEL, 1L);
  SET (CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  /* CURLOPT_HTTPAUTH must stay as it is, or LOGIN_OPTIONS means nothing (curl#10259). */
  SET (CURLOPT_USERNAME, hs->probe == NULL ? options->user : NULL);
  SET (CURLOPT_XOAUTH2_BEARER, hs->probe == NULL ? options->access_token : NULL);
  SET (CURLOPT_LOGIN_OPTIONS, login_options);
  SET (CURLOPT_NOSIGNAL, 1L);
  SET (CURLOPT_QUICK_EXIT, 1L);
  SET (CURLOPT_CONNECTTIMEOUT_MS, (long)timeouts->connect);
  SET (CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)(timeouts->reply + 999) / 1000);
  SET (CURLOPT_TCP_KEEPALIVE, 1L);
  SET (CURLOPT_ERRORBUFFER, hs->error);
  SET (CURLOPT_HEADERFUNCTION, se_handshake_on_header);
  SET (CURLOPT_HEADERDATA, hs);
  if (code != CURLE_OK)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("libcurl cannot speak SMTP with OAuth 2.0: %s"), curl_easy_strerror (code));
      return FALSE;
    }
  return TRUE;
}

#undef SET

static gboolean
is_connected (CURL *curl)
{
  curl_off_t connected = 0;

  return curl_easy_getinfo (curl, CURLINFO_CONNECT_TIME_T, &connected) == CURLE_OK && connected > 0;
}

/* libcurl knows of a connection with TLS from the start only when TLS is there, too. */
static gboolean
is_about_tls (CURLcode result)
{
  return result == CURLE_SSL_CONNECT_ERROR || result == CURLE_PEER_FAILED_VERIFICATION;
}

/* libcurl 7.88 takes up the next address only when it is asked once more. */
#define LOOK_MS 200

typedef enum
{
  RAN_TO_END,
  RAN_INTO_CANCEL,
  RAN_INTO_TIMEOUT,
} Run;

/* libcurl's CONNECTTIMEOUT covers everything up to the 235, and half of it is what the first of
 * several addresses is given: so it is that of the connection until there is one. The deadline here
 * bounds name and connection. */
static Run
run_libcurl (SeHandshake *hs, CURLcode *result)
{
  SeSmtp *smtp = hs->smtp;
  gint64 deadline = se_smtp_deadline (smtp->timeouts.connect);
  gboolean connected = FALSE;

  for (;;)
    {
      struct curl_waitfd cancel = { .fd = smtp->cancel_fd, .events = CURL_WAIT_POLLIN };
      gint64 left;
      int running, queued;
      const CURLMsg *message;

      if (curl_multi_perform (smtp->multi, &running) != CURLM_OK)
        return RAN_TO_END;
      message = curl_multi_info_read (smtp->multi, &queued);
      if (message != NULL && message->msg == CURLMSG_DONE)
        *result = message->data.result;
      if (is_connected (smtp->curl) || is_about_tls (*result))
        se_handshake_tell_connected (hs);
      if (running == 0)
        return !connected && *result == CURLE_OPERATION_TIMEDOUT ? RAN_INTO_TIMEOUT : RAN_TO_END;
      if (!connected && is_connected (smtp->curl))
        {
          connected = TRUE;
          curl_easy_setopt (smtp->curl, CURLOPT_CONNECTTIMEOUT_MS, (long)smtp->timeouts.session);
        }
      left = connected ? LOOK_MS : (deadline - g_get_monotonic_time ()) / 1000;
      if (left <= 0)
        return RAN_INTO_TIMEOUT;
      if (curl_multi_poll (smtp->multi, &cancel, smtp->cancel_fd >= 0, (int)MIN (left, LOOK_MS),
                           NULL)
          != CURLM_OK)
        return RAN_TO_END;
      if (smtp->cancel_fd >= 0 && cancel.revents != 0)
        return RAN_INTO_CANCEL;
    }
}

/* Authenticated: libcurl succeeded, and the last thing said was a 235 in answer to our reply to a
 * challenge. A 235 anywhere else proves nothing. */
static gboolean
check_result (const SeHandshake *hs, CURLcode result, GError **error)
{
  long code = 0;

  if (hs->probe != NULL && result == CURLE_OK && se_handshake_offers (hs, hs->mechanism))
    return TRUE;
  if (hs->probe == NULL && result == CURLE_OK
      && curl_easy_getinfo (hs->smtp->curl, CURLINFO_RESPONSE_CODE, &code) == CURLE_OK
      && code == 235 && hs->challenged && hs->last->code == 235)
    return TRUE;
  se_handshake_set_error (hs, result, error);
  return FALSE;
}

static gboolean
handshake (SeHandshake *hs, GError **error)
{
  SeSmtp *smtp = hs->smtp;
  CURLcode result = CURLE_FAILED_INIT;
  g_autofree char *url = make_url (hs->options, &smtp->host, error);

  if (url == NULL || (hs->probe == NULL && !check_credentials (hs->options, error))
      || (hs->probe != NULL && hs->options->proxy == NULL
          && !se_smtp_probe_resolve (hs->probe, smtp->host, error))
      || !set_options (hs, url, error))
    return FALSE;
  if (curl_multi_add_handle (smtp->multi, smtp->curl) != CURLM_OK)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("libcurl cannot start a connection"));
      return FALSE;
    }
  switch (run_libcurl (hs, &result))
    {
    case RAN_INTO_CANCEL:
      g_set_error (error, SE_ERROR, SE_ERROR_CANCELLED, _ ("Cancelled while connecting to %s"),
                   smtp->host);
      return FALSE;
    case RAN_INTO_TIMEOUT:
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   _ ("Cannot reach %s: no connection within %u s. Check smtp-server, and whether "
                      "a firewall lets this computer connect"),
                   smtp->host, (smtp->timeouts.connect + 999) / 1000);
      return FALSE;
    case RAN_TO_END:
      break;
    }
  if (!check_result (hs, result, error))
    return FALSE;
  if (curl_easy_getinfo (smtp->curl, CURLINFO_ACTIVESOCKET, &smtp->socket) != CURLE_OK
      || smtp->socket == CURL_SOCKET_BAD)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   _ ("%s closed the connection after the sign-in"), smtp->host);
      return FALSE;
    }
  return TRUE;
}

static SeSmtpTimeouts
effective_timeouts (const SeSmtpTimeouts *given)
{
  SeSmtpTimeouts t = given != NULL ? *given : (SeSmtpTimeouts){ 0 };

  t.connect = t.connect > 0 ? t.connect : SE_FAULT_CLOCK ("connect", 30 * 1000);
  t.session = t.session > 0 ? t.session : SE_FAULT_CLOCK ("session", 300 * 1000);
  t.reply = t.reply > 0 ? t.reply : SE_FAULT_CLOCK ("reply", 300 * 1000);
  t.stalled = t.stalled > 0 ? t.stalled : SE_FAULT_CLOCK ("stalled", 120 * 1000);
  t.dot = t.dot > 0 ? t.dot : SE_FAULT_CLOCK ("dot", 600 * 1000);
  t.cancelled = t.cancelled > 0 ? t.cancelled : SE_FAULT_CLOCK ("cancelled", 25 * 1000);
  return t;
}

/* probe: NULL to sign in. */
static SeSmtp *
connect_to (const SeSmtpOptions *options, const SeSmtpProbe *probe, GError **error)
{
  SeSmtp *smtp = g_new0 (SeSmtp, 1);
  g_auto (SeHandshake) hs = { .options = options, .probe = probe, .smtp = smtp };
  gboolean ok;

  hs.mechanism = g_strcmp0 (options->sasl, "oauthbearer") == 0 ? "OAUTHBEARER" : "XOAUTH2";
  smtp->account = options->account;
  smtp->timeouts = effective_timeouts (options->timeouts);
  smtp->cancel_fd = options->cancel_fd;
  smtp->limit = G_MAXINT64;
  smtp->socket = CURL_SOCKET_BAD;
  smtp->parser = se_reply_parser_new ();
  se_reply_parser_hide (smtp->parser, options->access_token);
  smtp->curl = curl_easy_init ();
  smtp->multi = curl_multi_init ();
  if (smtp->curl == NULL || smtp->multi == NULL)
    g_error ("libcurl cannot be initialised: out of memory");
  ok = handshake (&hs, error);
  /* These end with this function; the handle lives on. */
  curl_easy_setopt (smtp->curl, CURLOPT_ERRORBUFFER, NULL);
  curl_easy_setopt (smtp->curl, CURLOPT_HEADERDATA, NULL);
  curl_easy_setopt (smtp->curl, CURLOPT_HEADERFUNCTION, NULL);
  if (!ok)
    {
      se_smtp_free (smtp);
      return NULL;
    }
  smtp->block = g_malloc (SE_SMTP_BLOCK);
  smtp->idle = TRUE;
  return smtp;
}

SeSmtp *
se_smtp_open (const SeSmtpOptions *options, GError **error)
{
  return connect_to (options, NULL, error);
}

gboolean
se_smtp_probe (const SeSmtpOptions *options, const SeSmtpProbe *probe, GError **error)
{
  g_autoptr (SeSmtp) smtp = connect_to (options, probe, error);

  return smtp != NULL;
}
