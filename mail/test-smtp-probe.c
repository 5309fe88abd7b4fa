/* SPDX-License-Identifier: Apache-2.0 */
/* What a probe sees of the scripted server, in which order, and where it stops. */
#include "mail/smtp-probe.h"
#include "mail/test-server.h"

#include <string.h>

static TestServer *server;

static void
on_resolved (const char *host, const char *const *addresses, gpointer data)
{
  g_assert_cmpstr (host, ==, "localhost");
  g_assert_true (g_strv_contains (addresses, "127.0.0.1"));
  g_string_append (data, "resolved ");
}

static void
on_connected (const char *address, int port, gboolean proxy, gpointer data)
{
  g_assert_cmpstr (address, ==, "127.0.0.1");
  g_assert_cmpint (port, >, 0);
  g_string_append (data, proxy ? "proxy " : "connected ");
}

static void
on_secured (const SeSmtpTls *tls, gpointer data)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  g_assert_true (g_str_has_prefix (tls->version, "TLSv1."));
  g_assert_cmpstr (tls->subject, ==, "CN=good");
  g_assert_true (g_str_has_prefix (tls->issuer, "CN="));
  g_assert_cmpint (tls->not_after, >, now);
  g_assert_cmpint (tls->not_after, <, now + (gint64)400 * 24 * 60 * 60);
  g_string_append (data, "secured ");
}

static void
on_greeted (const char *const *capabilities, gpointer data)
{
  g_assert_true (g_strv_contains (capabilities, "8BITMIME"));
  g_assert_false (g_strv_contains (capabilities, "STARTTLS"));
  g_string_append (data, "greeted ");
}

typedef struct
{
  const char *name;
  const char *options; /* of the server */
  const char *script;
  const char *seen;  /* in this order */
  int error;         /* -1: none */
  const char *words; /* in the message */
} Case;

static const Case cases[] = {
  { "starttls", NULL, NULL, "resolved connected secured greeted ", -1, NULL },
  { "implicit TLS", "tls=implicit", NULL, "resolved connected secured greeted ", -1, NULL },
  { "AUTH in small letters", "auth=auth xoauth2", NULL, "resolved connected secured greeted ", -1,
    NULL },
  { "no mechanism of ours", "auth=AUTH PLAIN", NULL, "resolved connected secured greeted ",
    SE_ERROR_CONFIG, "does not offer AUTH XOAUTH2, only: PLAIN" },
  { "no authentication", "auth=X-NONE", NULL, "resolved connected secured greeted ",
    SE_ERROR_CONFIG, "offers no authentication" },
  { "no STARTTLS", "certificate=none", NULL, "resolved connected ", SE_ERROR_CONFIG,
    "does not offer STARTTLS" },
  { "another authority", "certificate=other-ca", NULL, "resolved connected ", SE_ERROR_CONFIG,
    "not signed by a trusted authority" },
  { "another authority, implicit TLS", "certificate=other-ca\ttls=implicit", NULL,
    "resolved connected ", SE_ERROR_CONFIG, "not signed by a trusted authority" },
  { "expired", "certificate=expired", NULL, "resolved connected ", SE_ERROR_CONFIG, "has expired" },
  { "busy", NULL, "at\tgreeting\treply\t421 4.3.2 too busy", "resolved connected ",
    SE_ERROR_THROTTLED, "421 4.3.2 too busy" },
  { "EHLO refused under TLS", NULL, "at\tehlo-tls\treply\t554 5.7.1 not you",
    "resolved connected secured ", SE_ERROR_CONFIG, "554 5.7.1 not you" },
};

static gboolean
probe (const SeSmtpOptions *options, GString *seen, GError **error)
{
  const SeSmtpProbe watcher = { on_resolved, on_connected, on_secured, on_greeted, seen };

  return se_smtp_probe (options, &watcher, error);
}

static void
test_case (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *url = test_server_new (server, c->options);
  const SeSmtpOptions options = test_server_options (server, url);
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *session = NULL;

  if (c->script != NULL)
    test_server_tell (server, c->script);
  g_assert_true (probe (&options, seen, &error) == (c->error < 0));
  g_assert_cmpstr (seen->str, ==, c->seen);
  if (c->error < 0)
    g_assert_no_error (error);
  else
    {
      g_assert_error (error, SE_ERROR, c->error);
      if (strstr (error->message, c->words) == NULL)
        g_error ("\"%s\" not in \"%s\"", c->words, error->message);
    }
  session = test_server_ask (server, "session\t1");
  g_assert_null (strstr (session, "AUTH"));
  g_assert_true (c->error >= 0 || strstr (session, "QUIT") != NULL);
}

static void
test_unreachable (void)
{
  const SeSmtpOptions closed = test_server_options (server, "smtp://localhost:1");
  const SeSmtpOptions unknown = test_server_options (server, "smtp://unknown.invalid");
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (probe (&closed, seen, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_cmpstr (seen->str, ==, "resolved ");
  g_clear_error (&error);
  g_assert_false (probe (&unknown, seen, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_nonnull (strstr (error->message, "unknown.invalid"));
  g_assert_cmpstr (seen->str, ==, "resolved ");
}

/* The proxy looks the name up. */
static void
test_proxy (void)
{
  g_autofree char *url = test_server_new (server, NULL);
  g_autofree char *port = test_server_ask (server, "proxy");
  g_autofree char *proxy = g_strconcat ("http://127.0.0.1:", port, NULL);
  SeSmtpOptions options = test_server_options (server, url);
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  options.proxy = proxy;
  g_assert_true (probe (&options, seen, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (seen->str, ==, "proxy secured greeted ");
}

static void
add_tests (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/smtp-probe/", cases[i].name, NULL);

      g_test_add_data_func (g_strdelimit (path + 1, " ,", '-') - 1, &cases[i], test_case);
    }
  g_test_add_func ("/smtp-probe/unreachable", test_unreachable);
  g_test_add_func ("/smtp-probe/proxy", test_proxy);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  return test_server_run (&server, add_tests);
}
