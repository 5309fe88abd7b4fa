/* SPDX-License-Identifier: Apache-2.0 */
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
  SeSmtpOptions options = test_server_options (server, url);

  options.sasl = sasl;
  options.cancel_fd = cancel_fd;
  options.timeouts = timeouts;
  return se_smtp_open (&options, error);
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
  } values[] = { { "a\001auth=Bearer x", TEST_SERVER_TOKEN, NULL },
                 { "a b", TEST_SERVER_TOKEN, NULL },
                 { "", TEST_SERVER_TOKEN, NULL },
                 { TEST_SERVER_USER, "x\001y", NULL },
                 { TEST_SERVER_USER, "x\r\ny", NULL },
                 { TEST_SERVER_USER, "", NULL },
                 { TEST_SERVER_USER, TEST_SERVER_TOKEN, "a\r\nb" },
                 { TEST_SERVER_USER, TEST_SERVER_TOKEN, "a b" } };

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", urls[i]);
      g_assert_null (open_at (urls[i], "xoauth2", -1, NULL, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      SeSmtpOptions options = test_server_options (server, "smtp://localhost:1");
      g_autoptr (GError) error = NULL;

      options.user = values[i].user;
      options.access_token = values[i].token;
      options.helo_name = values[i].helo;
      g_assert_null (se_smtp_open (&options, &error));
      g_assert_true (se_error_is (error, SE_ERROR_CONFIG)
                     || se_error_is (error, SE_ERROR_AUTHORIZATION));
    }
}

static void
test_ca_file (void)
{
  g_autofree char *url = test_server_new (server, NULL);
  SeSmtpOptions options = test_server_options (server, url);
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) untrusted = NULL;

  options.ca_file = "/nonexistent/ca.pem";
  g_assert_null (se_smtp_open (&options, &missing));
  g_assert_error (missing, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (missing->message, "ca-file"));
  /* The system's store does not know the test's authority. */
  options.ca_file = NULL;
  g_assert_null (se_smtp_open (&options, &untrusted));
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
  g_assert_nonnull (
      strstr (session, "tls=1\ttoken=" TEST_SERVER_TOKEN "\tuser=" TEST_SERVER_USER "\t"));
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
  SeSmtpOptions options = test_server_options (server, url);
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
  g_assert_nonnull (strstr (session, "token=" TEST_SERVER_TOKEN));

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
