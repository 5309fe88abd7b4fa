/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/smtp.h"
#include "mail/test-server.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TOKEN "ya29.a0-secret_Token~+/=="
#define USER "scanner@example.com"

static TestServer *server;
static int lookup_began = -1; /* written to when the dead name is looked up */

/* Stands before libc's for libcurl as well: a name server that never answers, a name that does not
 * exist, and one with two addresses, without any network. */
int
getaddrinfo (const char *name, const char *service, const struct addrinfo *hints,
             struct addrinfo **result)
{
  int (*real) (const char *, const char *, const struct addrinfo *, struct addrinfo **);

  if (g_strcmp0 (name, "dead.example") == 0)
    {
      if (write (lookup_began, "x", 1) == 1)
        sleep (20);
      return EAI_AGAIN;
    }
  if (g_strcmp0 (name, "unknown.example") == 0)
    return EAI_NONAME;
  *(void **)&real = dlsym (RTLD_NEXT, "getaddrinfo");
  if (g_strcmp0 (name, "two.example") == 0)
    {
      int code = real ("127.0.0.2", service, hints, result);

      return code != 0 ? code : real ("127.0.0.1", service, hints, &(*result)->ai_next);
    }
  return real (name, service, hints, result);
}

static SeSmtp *
open_at (const char *url, const char *sasl, int cancel_fd, const SeSmtpTimeouts *timeouts,
         GError **error)
{
  const SeSmtpOptions options = { .account = &test_server_account,
                                  .server = url,
                                  .ca_file = test_server_ca (server),
                                  .sasl = sasl,
                                  .user = USER,
                                  .access_token = TOKEN,
                                  .cancel_fd = cancel_fd,
                                  .timeouts = timeouts };

  return se_smtp_open (&options, error);
}

typedef struct
{
  const char *name;
  const char *options; /* of the server */
  const char *script;  /* what it does */
  SeError error;
  const char *words;   /* in the message */
  gboolean token_sent; /* may the server have seen it */
} Case;

/* Every one of these ends without a session, without a byte of mail, and with no token but over
 * verified TLS. */
static const Case cases[] = {
  { "wrong CA", "certificate=other-ca", NULL, SE_ERROR_CONFIG, "not signed by a trusted authority",
    FALSE },
  { "wrong CA, TLS from the start", "certificate=other-ca\ttls=implicit", NULL, SE_ERROR_CONFIG,
    "not signed by a trusted authority", FALSE },
  { "expired", "certificate=expired", NULL, SE_ERROR_CONFIG, "has expired", FALSE },
  { "not yet valid", "certificate=early", NULL, SE_ERROR_TEMPORARY, "is not yet valid: check",
    FALSE },
  { "other host", "certificate=other-host", NULL, SE_ERROR_CONFIG, "is for another host", FALSE },
  { "only TLS 1.1", "tls-max=1.1", NULL, SE_ERROR_CONFIG, "TLS 1.2", FALSE },
  { "no STARTTLS", "certificate=none", NULL, SE_ERROR_CONFIG, "does not offer STARTTLS", FALSE },
  { "starttls in lower case", "certificate=none", "at\tehlo\treply\t250-x\\r\\n250 starttls",
    SE_ERROR_CONFIG, "STARTTLS, but not in capital letters", FALSE },
  { "STARTTLS refused", NULL, "at\tstarttls\treply\t502 5.5.1 not today", SE_ERROR_CONFIG,
    "refused STARTTLS: 502 5.5.1 not today", FALSE },
  { "STARTTLS not now", NULL, "at\tstarttls\treply\t454 4.7.0 later", SE_ERROR_TEMPORARY,
    "refused STARTTLS: 454", FALSE },
  { "replies slipped in before TLS", NULL,
    "at\tstarttls\treply\t220 go\\r\\n250-x\\r\\n250 AUTH XOAUTH2", SE_ERROR_TEMPORARY,
    "before the sign-in", FALSE },
  { "no AUTH", "auth=", NULL, SE_ERROR_CONFIG, "offers no authentication", FALSE },
  { "AUTH only before TLS",
    "auth=", "at\tehlo\treply\t250-x\\r\\n250-AUTH XOAUTH2\\r\\n250 STARTTLS", SE_ERROR_CONFIG,
    "offers no authentication", FALSE },
  { "auth xoauth2 in lower case", "auth=auth xoauth2", NULL, SE_ERROR_CONFIG,
    "AUTH XOAUTH2, but not in capital letters", FALSE },
  { "mechanism in lower case", "auth=AUTH xoauth2", NULL, SE_ERROR_CONFIG,
    "AUTH XOAUTH2, but not in capital letters", FALSE },
  { "only PLAIN", "auth=AUTH PLAIN LOGIN", NULL, SE_ERROR_CONFIG,
    "does not offer AUTH XOAUTH2, only: PLAIN LOGIN. Passwords", FALSE },
  { "only OAUTHBEARER", "auth=AUTH PLAIN OAUTHBEARER", NULL, SE_ERROR_CONFIG,
    "only: PLAIN OAUTHBEARER. Set sasl = oauthbearer", FALSE },
  { "greets with 235", "greeting=235 2.7.0 accepted", NULL, SE_ERROR_CONFIG,
    "greets with 235 instead of 220", FALSE },
  { "EHLO answered with 235", "tls=implicit", "at\tehlo\treply\t235-x\\r\\n235 SIZE 1000",
    SE_ERROR_CONFIG, "offers no authentication", FALSE },
  { "AUTH answered with 235", NULL, "at\tauth\treply\t235 2.7.0 accepted", SE_ERROR_CONFIG,
    "answered AUTH with 235", FALSE },
  { "EHLO fails inside TLS", "tls=implicit", "at\tehlo\treply\t451 4.3.0 later", SE_ERROR_TEMPORARY,
    "refused EHLO, so that nobody can authenticate: 451", FALSE },
  { "EHLO refused inside TLS", "tls=implicit", "at\tehlo\treply\t502 5.5.1 no", SE_ERROR_CONFIG,
    "refused EHLO, so that nobody can authenticate: 502", FALSE },
  { "EHLO refused before TLS", NULL, "at\tehlo\treply\t550 5.7.1 go away", SE_ERROR_CONFIG,
    "refused the connection: 550 5.7.1 go away", FALSE },
  { "334 with JSON", "refuse=" TOKEN, NULL, SE_ERROR_TOKEN_REJECTED, "\"status\":\"401\"", TRUE },
  { "535 5.7.3", NULL, "at\tauth-data\treply\t535 5.7.3 Authentication unsuccessful",
    SE_ERROR_TOKEN_REJECTED, "535 5.7.3 Authentication unsuccessful", TRUE },
  { "SMTP AUTH switched off", NULL,
    "at\tauth-data\treply\t535-5.7.139 Authentication unsuccessful,\\r\\n535 5.7.139 "
    "SmtpClientAuthentication is disabled for the Tenant.",
    SE_ERROR_CONFIG, "Set-CASMailbox", TRUE },
  { "432", NULL, "at\tauth-data\treply\t432 4.3.2 Concurrent connections limit exceeded",
    SE_ERROR_THROTTLED, "432 4.3.2 Concurrent", TRUE },
  { "454", NULL, "at\tauth-data\treply\t454 4.7.0 later", SE_ERROR_THROTTLED, "454 4.7.0", TRUE },
  { "421 to AUTH", NULL, "at\tauth\tlast\t421 4.3.2 bye", SE_ERROR_THROTTLED, "421 4.3.2 bye",
    FALSE },
  { "501 5.5.127", NULL, "at\tauth-data\treply\t501 5.5.127 Token will expire soon",
    SE_ERROR_TOKEN_REJECTED, "5.5.127", TRUE },
  { "unknown 5xx", NULL, "at\tauth-data\treply\t550 5.7.999 no", SE_ERROR_CONFIG, "5.7.999", TRUE },
  { "greeting 554", "greeting=554 no SMTP here", NULL, SE_ERROR_CONFIG, "554 no SMTP here", FALSE },
  { "greeting 421", NULL, "at\tgreeting\tlast\t421 4.3.2 too busy", SE_ERROR_THROTTLED,
    "421 4.3.2 too busy", FALSE },
  { "not SMTP", "greeting=SSH-2.0-OpenSSH_9.2", NULL, SE_ERROR_CONFIG, "is not SMTP", FALSE },
  { "dropped at the greeting", NULL, "at\tgreeting\tdrop", SE_ERROR_TEMPORARY, "localhost", FALSE },
  { "dropped at EHLO", NULL, "at\tehlo\tdrop", SE_ERROR_TEMPORARY, "lost", FALSE },
  { "dropped at STARTTLS", NULL, "at\tstarttls\tdrop", SE_ERROR_TEMPORARY, "lost", FALSE },
  { "dropped after the 220", NULL, "at\tstarttls\tlast\t220 go", SE_ERROR_TEMPORARY, "localhost",
    FALSE },
  { "dropped at AUTH", NULL, "at\tauth\tdrop", SE_ERROR_TEMPORARY, "lost", FALSE },
  { "dropped after the token", NULL, "at\tauth-data\tdrop", SE_ERROR_TEMPORARY, "lost", TRUE },
};

static void
check_session (const Case *c)
{
  g_autofree char *session = test_server_ask (server, "session\t1");

  g_test_message ("%s: %s", c->name, session);
  g_assert_nonnull (strstr (session, "\tbody=0\t"));
  g_assert_null (strstr (session, "MAIL FROM"));
  if (!c->token_sent)
    g_assert_null (strstr (session, "token=" TOKEN));
  /* What went out before TLS. */
  g_assert_null (strstr (session, "plain=b'AUTH"));
  g_assert_null (strstr (session, "\\nAUTH"));
}

static void
test_refused (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *url = test_server_new (server, c->options);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeSmtp) smtp = NULL;

  test_server_tell (server, c->script);
  smtp = open_at (url, "xoauth2", -1, NULL, &error);
  g_assert_null (smtp);
  g_assert_error (error, SE_ERROR, (int)c->error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, c->words));
  g_assert_null (strstr (error->message, "ya29"));
  check_session (c);
}

/* smtps:// to a server that waits for STARTTLS. */
static void
test_wrong_port (void)
{
  g_autofree char *url = test_server_new (server, NULL);
  g_autofree char *implicit = g_strconcat ("smtps", strchr (url, ':'), NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (open_at (implicit, "xoauth2", -1, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "does not speak TLS on this port"));
}

/* libcurl cuts a line that is much too long, we refuse too many of them: in either case it ends
 * soon, and nothing is kept. */
static void
test_floods (void)
{
  static const char *const steps[] = { "greeting", "ehlo" };
  g_autofree char *line = g_strnfill (100 * 1000, 'x');
  g_autoptr (GString) lines = g_string_new (NULL);

  for (int i = 0; i < 20000; i++)
    g_string_append (lines, "250-X\\r\\n");
  for (gsize i = 0; i < 2 * G_N_ELEMENTS (steps); i++)
    {
      g_autofree char *url = test_server_new (server, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (SeSmtp) smtp = NULL;
      gint64 start = g_get_monotonic_time ();

      g_free (test_server_ask (server, "at\t%s\treply\t%s%s", steps[i / 2], i % 2 ? "250 " : "",
                               i % 2 ? line : lines->str));
      smtp = open_at (url, "xoauth2", -1, NULL, &error);
      if (i % 2 == 0)
        {
          g_assert_null (smtp);
          g_test_message ("%s", error->message);
          g_assert_true (g_error_matches (error, SE_ERROR, SE_ERROR_CONFIG)
                         || g_error_matches (error, SE_ERROR, SE_ERROR_TEMPORARY));
        }
      g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
    }
}

static void
test_unreachable (void)
{
  g_autofree char *url = test_server_new (server, NULL);
  g_autoptr (GError) refused = NULL;
  g_autoptr (GError) unknown = NULL;

  g_free (test_server_ask (server, "down"));
  g_assert_null (open_at (url, "xoauth2", -1, NULL, &refused));
  g_assert_error (refused, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_nonnull (strstr (refused->message, "Cannot reach localhost"));
  g_assert_null (open_at ("smtp://unknown.example", "xoauth2", -1, NULL, &unknown));
  g_assert_error (unknown, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_nonnull (strstr (unknown->message, "Cannot reach unknown.example"));
}

static void
test_bad_options (void)
{
  static const char *const urls[] = { "localhost",
                                      "http://localhost",
                                      "smtp://",
                                      "smtp://u:p@localhost",
                                      "smtp://localhost/x",
                                      "smtp://localhost?x",
                                      "smtp://a b",
                                      "smtp://a\r\nb",
                                      "smtp://localhost:99999" };
  static const struct
  {
    const char *user, *token, *helo;
  } values[] = { { "a\001auth=Bearer x", TOKEN, NULL },
                 { "a b", TOKEN, NULL },
                 { "", TOKEN, NULL },
                 { USER, "x\001y", NULL },
                 { USER, "x\r\ny", NULL },
                 { USER, "", NULL },
                 { USER, TOKEN, "a\r\nb" },
                 { USER, TOKEN, "a b" } };

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", urls[i]);
      g_assert_null (open_at (urls[i], "xoauth2", -1, NULL, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      const SeSmtpOptions options = { .account = &test_server_account,
                                      .server = "smtp://localhost:1",
                                      .sasl = "xoauth2",
                                      .user = values[i].user,
                                      .access_token = values[i].token,
                                      .helo_name = values[i].helo,
                                      .cancel_fd = -1 };
      g_autoptr (GError) error = NULL;

      g_assert_null (se_smtp_open (&options, &error));
      g_assert_true (se_error_is (error, SE_ERROR_CONFIG)
                     || se_error_is (error, SE_ERROR_AUTHORIZATION));
    }
}

static void
test_ca_file (void)
{
  g_autofree char *url = test_server_new (server, NULL);
  const SeSmtpOptions options = { .account = &test_server_account,
                                  .server = url,
                                  .ca_file = "/nonexistent/ca.pem",
                                  .sasl = "xoauth2",
                                  .user = USER,
                                  .access_token = TOKEN,
                                  .cancel_fd = -1 };
  const SeSmtpOptions system = { .account = &test_server_account,
                                 .server = url,
                                 .sasl = "xoauth2",
                                 .user = USER,
                                 .access_token = TOKEN,
                                 .cancel_fd = -1 };
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) untrusted = NULL;

  g_assert_null (se_smtp_open (&options, &missing));
  g_assert_error (missing, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (missing->message, "ca-file"));
  /* The system's store does not know the test's authority. */
  g_assert_null (se_smtp_open (&system, &untrusted));
  g_assert_error (untrusted, SE_ERROR, SE_ERROR_CONFIG);
}

static void
test_authenticates (gconstpointer data)
{
  const char *options = data;
  g_autofree char *url = test_server_new (server, options);
  g_autofree char *session = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SeSmtp) smtp = open_at (url, "xoauth2", -1, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (se_smtp_max_size (smtp), ==, 35882577);
  g_clear_pointer (&smtp, se_smtp_close);
  session = test_server_ask (server, "session\t1");
  g_test_message ("%s", session);
  g_assert_nonnull (strstr (session, "tls=1\ttoken=" TOKEN "\tuser=" USER "\t"));
  g_assert_nonnull (strstr (session, "AUTH XOAUTH2|QUIT"));
}

static void
test_oauthbearer (void)
{
  g_autofree char *url = test_server_new (server, "auth=AUTH XOAUTH2 OAUTHBEARER");
  g_autofree char *session = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SeSmtp) smtp = open_at (url, "oauthbearer", -1, NULL, &error);

  g_assert_no_error (error);
  g_clear_pointer (&smtp, se_smtp_close);
  session = test_server_ask (server, "session\t1");
  g_assert_nonnull (strstr (session, "AUTH OAUTHBEARER|QUIT"));
}

/* Through a proxy, and only where one is configured: the environment names one that is dead. */
static void
test_proxy (void)
{
  static const struct
  {
    const char *reply;
    SeError error;
  } refusals[] = { { "403 Forbidden", SE_ERROR_CONFIG },
                   { "407 Proxy Authentication Required", SE_ERROR_CONFIG },
                   { "502 Bad Gateway", SE_ERROR_TEMPORARY } };
  g_autofree char *url = test_server_new (server, NULL);
  SeSmtpOptions options = { .account = &test_server_account,
                            .server = url,
                            .ca_file = test_server_ca (server),
                            .sasl = "xoauth2",
                            .user = USER,
                            .access_token = TOKEN,
                            .cancel_fd = -1 };
  g_autofree char *port = test_server_ask (server, "proxy");
  g_autofree char *proxy = g_strconcat ("http://127.0.0.1:", port, NULL);
  g_autofree char *session = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SeSmtp) smtp = NULL;

  options.proxy = proxy;
  smtp = se_smtp_open (&options, &error);
  g_assert_no_error (error);
  g_clear_pointer (&smtp, se_smtp_close);
  session = test_server_ask (server, "session\t1");
  g_assert_nonnull (strstr (session, "token=" TOKEN));

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *other = test_server_ask (server, "proxy\t%s", refusals[i].reply);
      g_autofree char *refusing = g_strconcat ("http://127.0.0.1:", other, NULL);
      g_autoptr (GError) refused = NULL;

      options.proxy = refusing;
      g_assert_null (se_smtp_open (&options, &refused));
      g_test_message ("%s", refused->message);
      g_assert_error (refused, SE_ERROR, (int)refusals[i].error);
      g_assert_nonnull (strstr (refused->message, "The proxy refuses a connection to localhost"));
    }
}

/* Capabilities that were said before TLS count for nothing after it. */
static void
test_size_before_tls (void)
{
  g_autofree char *url = test_server_new (server, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeSmtp) smtp = NULL;

  test_server_tell (server, "at\tehlo\treply\t250-x\\r\\n250-SIZE 5\\r\\n250 STARTTLS");
  smtp = open_at (url, "xoauth2", -1, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (se_smtp_max_size (smtp), ==, 0);
}

static void
test_cancel (gconstpointer step)
{
  g_autofree char *url = test_server_new (server, NULL);
  g_autofree char *to_tls = g_strconcat ("smtps", strchr (url, ':'), NULL);
  gboolean in_tls = strcmp (step, "tls") == 0;
  g_autoptr (GError) error = NULL;
  TestCancel cancel = { .go = FALSE };

  g_assert_cmpint (pipe (cancel.fds), ==, 0);
  g_free (test_server_ask (server, "at\t%s\tpause", in_tls ? "greeting" : (const char *)step));
  test_cancel_start (&cancel, server);
  g_assert_null (open_at (in_tls ? to_tls : url, "xoauth2", cancel.fds[0], NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  g_assert_cmpint (test_cancel_finish (&cancel), <, 500);
  test_server_tell (server, "go");
}

static void
test_cancel_lookup (void)
{
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  lookup_began = fds[1];
  g_assert_null (open_at ("smtp://dead.example", "xoauth2", fds[0], NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - start, <, G_USEC_PER_SEC);
  /* The lookup's thread may still write. */
}

/* A socket whose queue of connections is full: the kernel answers no further one. port 0: any. */
static char *
full_listener (const char *host, guint port, int fds[3])
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_port = htons ((guint16)port),
                                 .sin_addr.s_addr = inet_addr (host) };
  socklen_t length = sizeof address;

  fds[0] = socket (AF_INET, SOCK_STREAM, 0);
  g_assert_cmpint (bind (fds[0], (struct sockaddr *)&address, length), ==, 0);
  g_assert_cmpint (listen (fds[0], 0), ==, 0);
  g_assert_cmpint (getsockname (fds[0], (struct sockaddr *)&address, &length), ==, 0);
  for (int i = 1; i < 3; i++)
    {
      fds[i] = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      if (connect (fds[i], (struct sockaddr *)&address, length) == 0)
        continue;
    }
  return g_strdup_printf ("smtp://127.0.0.1:%d", ntohs (address.sin_port));
}

static void
test_connect_timeout (void)
{
  static const SeSmtpTimeouts timeouts = { .connect = 300 };
  int fds[3];
  g_autofree char *url = full_listener ("127.0.0.1", 0, fds);
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  g_assert_null (open_at (url, "xoauth2", -1, &timeouts, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_nonnull (strstr (error->message, "no connection within"));
  g_assert_cmpint (g_get_monotonic_time () - start, <, 2 * G_USEC_PER_SEC);
  for (int i = 0; i < 3; i++)
    close (fds[i]);
}

/* Where the first address of two answers nothing, or no, there is time for the second. The
 * certificate, which is for another name, tells that somebody answered. */
static void
test_second_address (gconstpointer dead)
{
  static const SeSmtpTimeouts timeouts = { .connect = 2000 };
  int fds[3] = { -1, -1, -1 };
  g_autofree char *url = test_server_new (server, NULL);
  const char *port = strrchr (url, ':') + 1;
  g_autofree char *two = g_strconcat ("smtp://two.example:", port, NULL);
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  if (dead != NULL)
    g_free (full_listener ("127.0.0.2", (guint)atoi (port), fds));
  g_assert_null (open_at (two, "xoauth2", -1, &timeouts, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "is for another host"));
  g_assert_cmpint (g_get_monotonic_time () - start, <, 3 * G_USEC_PER_SEC);
  for (int i = 0; i < 3; i++)
    close (fds[i]);
}

/* The time to connect does not bound what comes after. */
static void
test_session_timeout (void)
{
  static const SeSmtpTimeouts timeouts = { .connect = 100, .session = 700 };
  g_autofree char *url = test_server_new (server, NULL);
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  test_server_tell (server, "at\tehlo\tpause");
  g_assert_null (open_at (url, "xoauth2", -1, &timeouts, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_nonnull (strstr (error->message, "in time"));
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 600 * 1000);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 3 * G_USEC_PER_SEC);
  test_server_tell (server, "go");
}

static void
add_tests (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strconcat ("/smtp-open/refused/", cases[i].name, NULL);

      g_test_add_data_func (g_strcanon (name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "/-.", '-'),
                            &cases[i], test_refused);
    }
  g_test_add_func ("/smtp-open/wrong-port", test_wrong_port);
  g_test_add_func ("/smtp-open/floods", test_floods);
  g_test_add_func ("/smtp-open/unreachable", test_unreachable);
  g_test_add_func ("/smtp-open/bad-options", test_bad_options);
  g_test_add_func ("/smtp-open/ca-file", test_ca_file);
  g_test_add_data_func ("/smtp-open/starttls", "size=35882577", test_authenticates);
  g_test_add_data_func ("/smtp-open/implicit", "size=35882577\ttls=implicit", test_authenticates);
  g_test_add_data_func ("/smtp-open/offers-both",
                        "size=35882577\tauth=AUTH OAUTHBEARER PLAIN XOAUTH2", test_authenticates);
  g_test_add_func ("/smtp-open/oauthbearer", test_oauthbearer);
  g_test_add_func ("/smtp-open/proxy", test_proxy);
  g_test_add_func ("/smtp-open/size-before-tls", test_size_before_tls);
  g_test_add_data_func ("/smtp-open/cancel/greeting", "greeting", test_cancel);
  g_test_add_data_func ("/smtp-open/cancel/tls", "tls", test_cancel);
  g_test_add_data_func ("/smtp-open/cancel/ehlo", "ehlo", test_cancel);
  g_test_add_data_func ("/smtp-open/cancel/auth", "auth", test_cancel);
  g_test_add_data_func ("/smtp-open/cancel/auth-data", "auth-data", test_cancel);
  g_test_add_func ("/smtp-open/cancel/lookup", test_cancel_lookup);
  g_test_add_func ("/smtp-open/connect-timeout", test_connect_timeout);
  g_test_add_data_func ("/smtp-open/second-address/first-refuses", NULL, test_second_address);
  g_test_add_data_func ("/smtp-open/second-address/first-is-dead", "", test_second_address);
  g_test_add_func ("/smtp-open/session-timeout", test_session_timeout);
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_setenv ("all_proxy", "http://127.0.0.1:1", TRUE);
  g_test_init (&argc, &argv, NULL);
  return test_server_run (&server, add_tests);
}
