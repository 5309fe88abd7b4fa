/* SPDX-License-Identifier: Apache-2.0 */
/* Servers with which no session comes about. */
#include "mail/test-server.h"

#include <signal.h>
#include <string.h>

static TestServer *server;

typedef struct
{
  const char *name;
  const char *options; /* of the server */
  const char *script;  /* what it does */
  SeError error;
  const char *words;   /* in the message */
  gboolean token_sent; /* may the server have seen it */
} Case;

/* In base64. */
#define ANSWER_TO_AUTH                                           \
  "dXNlcj1zY2FubmVyQGV4YW1wbGUuY29tAWF1dGg9QmVhcmVyIHlhMjkuYTAt" \
  "c2VjcmV0X1Rva2VufisvPT0BAQ=="
#define CHALLENGE_WITH_TOKEN \
  "eyJzdGF0dXMiOiI0MDEiLCJ0b2tlbiI6InlhMjkuYTAtc2VjcmV0X1Rva2VufisvPT0ifQ=="

/* Each ends without a session, without a byte of mail, and with no token but over
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
  { "334 with JSON", "refuse=" TEST_SERVER_TOKEN, NULL, SE_ERROR_TOKEN_REJECTED,
    "\"status\":\"401\"", TRUE },
  { "535 5.7.3", NULL, "at\tauth-data\treply\t535 5.7.3 Authentication unsuccessful",
    SE_ERROR_TOKEN_REJECTED, "535 5.7.3 Authentication unsuccessful", TRUE },
  /* What repeats the token, as it is or as it was sent. */
  { "the token in a reply", NULL,
    "at\tauth-data\treply\t535-5.7.8 bad\\r\\n535 5.7.8 token " TEST_SERVER_TOKEN,
    SE_ERROR_TOKEN_REJECTED, "535 5.7.8 (not shown: it repeats a secret)", TRUE },
  { "the token in a reply in base64", NULL,
    "at\tauth-data\treply\t500 5.5.1 unrecognized: " ANSWER_TO_AUTH, SE_ERROR_CONFIG,
    "500 5.5.1 (not shown: it repeats a secret)", TRUE },
  { "the token in a challenge", NULL, "at\tauth-data\treply\t334 " CHALLENGE_WITH_TOKEN,
    SE_ERROR_TOKEN_REJECTED, "334 (not shown: it repeats a secret)", TRUE },
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
    g_assert_null (strstr (session, "token=" TEST_SERVER_TOKEN));
  /* What went out before TLS. */
  g_assert_null (strstr (session, "plain=b'AUTH"));
  g_assert_null (strstr (session, "\\nAUTH"));
}

static void
test_refused (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *url = test_server_new (server, c->options);
  const SeSmtpOptions options = test_server_options (server, url);
  g_autoptr (GError) error = NULL;

  test_server_tell (server, c->script);
  g_assert_null (se_smtp_open (&options, &error));
  g_assert_error (error, SE_ERROR, (int)c->error);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, c->words));
  g_assert_null (strstr (error->message, "ya29"));
  check_session (c);
}

static void
add_tests (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strconcat ("/smtp-refused/", cases[i].name, NULL);

      g_test_add_data_func (g_strcanon (name, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "/-.", '-'),
                            &cases[i], test_refused);
    }
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  return test_server_run (&server, add_tests);
}
