/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-smtp-fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static TestServer *server;

static void
test_sent (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  g_autofree char *messages = NULL;
  g_autofree char *expected = NULL;
  g_autofree char *session = NULL;
  g_autofree char *commands = NULL;

  fixture_set_up (&f, server, "size=1000000", 300 * 1000, -1, NULL);
  g_assert_true (fixture_send (&f, &error));
  g_assert_no_error (error);
  g_assert_true (f.at_dot);
  g_assert_cmpuint (f.progress, ==, se_message_size (f.message));
  g_assert_cmpint (f.reply->code, ==, 250);
  messages = test_server_ask (server, "messages");
  expected
      = g_strdup_printf ("1\tscanner@example.com\ta@example.org,\"b c\"@example.net\t%s", f.digest);
  g_assert_cmpstr (messages, ==, expected);
  commands
      = g_strdup_printf ("EHLO client.example.com|STARTTLS|EHLO client.example.com|AUTH XOAUTH2|"
                         "MAIL FROM:<scanner@example.com> SIZE=%" G_GUINT64_FORMAT
                         "|RCPT TO:<a@example.org>|"
                         "RCPT TO:<\"b c\"@example.net>|DATA|QUIT",
                         se_message_size (f.message));
  fixture_tear_down (&f);
  session = test_server_ask (server, "session\t1");
  g_assert_cmpstr (strstr (session, "commands=") + strlen ("commands="), ==, commands);
}

/* A session takes several messages, also after one was refused. */
static void
test_again (void)
{
  Fixture f;
  g_autoptr (GError) refused = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *messages = NULL;

  fixture_set_up (&f, server, NULL, 1000, -1, NULL);
  test_server_tell (server, "at\trcpt\treply\t550 5.1.1 no\nat\tdot\treply\t451 4.3.0 later");
  g_assert_false (fixture_send (&f, &refused));
  g_assert_error (refused, SE_ERROR, SE_ERROR_DOCUMENT);
  g_clear_error (&refused);
  g_assert_false (fixture_send (&f, &refused));
  g_assert_error (refused, SE_ERROR, SE_ERROR_DEFERRED);
  g_assert_true (fixture_send (&f, &error));
  g_assert_true (fixture_send (&f, &error));
  messages = test_server_ask (server, "messages");
  g_assert_true (g_str_has_prefix (messages, "2\t"));
  g_assert_true (g_str_has_suffix (messages, f.digest));
  fixture_tear_down (&f);
}

typedef struct
{
  const char *name;
  const char *script;
  SeError error;
  const char *words;
  const char *also;   /* in the message as well */
  gboolean no_body;   /* not a byte of the message may go out */
  const char *option; /* of the server */
} Case;

#define SENDAS \
  "554 5.2.252 SendAsDenied; scanner@example.com not allowed to send as other@example.com"

static const Case cases[] = {
  { "MAIL 5.7.60", "at\tmail\treply\t550 5.7.60 no permissions", SE_ERROR_CONFIG, "a mail from",
    "from-address", TRUE, NULL },
  { "MAIL 530", "at\tmail\treply\t530 5.7.57 Client not authenticated", SE_ERROR_CONFIG,
    "530 5.7.57", NULL, TRUE, NULL },
  { "MAIL 451", "at\tmail\treply\t451 4.7.0 later", SE_ERROR_THROTTLED, "451 4.7.0 later", NULL,
    TRUE, NULL },
  { "MAIL 552", "at\tmail\treply\t552 5.3.4 too big", SE_ERROR_DOCUMENT, "552 5.3.4", NULL, TRUE,
    NULL },
  { "MAIL 354", "at\tmail\treply\t354 what", SE_ERROR_TEMPORARY, "354 what", NULL, TRUE, NULL },
  { "RCPT 550", "at\trcpt\treply\t550 5.1.1 no such user", SE_ERROR_DOCUMENT,
    "refused 1 of 2 recipients", "a@example.org: 550 5.1.1 no such user", TRUE, NULL },
  { "RCPT 450", "at\trcpt\treply\t450 4.2.1 greylisted", SE_ERROR_DEFERRED,
    "a@example.org: 450 4.2.1 greylisted", NULL, TRUE, NULL },
  { "RCPT 450 and 550", "at\trcpt\treply\t450 4.2.1 wait\nat\trcpt\treply\t550 5.1.1 no",
    SE_ERROR_DOCUMENT, "a@example.org: 450 4.2.1 wait", "\"b c\"@example.net: 550 5.1.1 no", TRUE,
    NULL },
  { "RCPT 421", "at\trcpt\tlast\t421 4.3.2 bye", SE_ERROR_THROTTLED, "421 4.3.2 bye", NULL, TRUE,
    NULL },
  { "RCPT wrong sender", "at\trcpt\treply\t553 5.7.1 Sender address rejected: not owned by user x",
    SE_ERROR_CONFIG, "from-address", NULL, TRUE, NULL },
  { "DATA 554", "at\tdata\treply\t554 5.5.1 no valid recipients", SE_ERROR_DOCUMENT, "554 5.5.1",
    NULL, TRUE, NULL },
  { "DATA 451", "at\tdata\treply\t451 4.3.0 later", SE_ERROR_DEFERRED, "451 4.3.0", NULL, TRUE,
    NULL },
  { "DATA 250", "at\tdata\treply\t250 ok", SE_ERROR_TEMPORARY, "250 ok", NULL, TRUE, NULL },
  { "early 552", "at\tbody\treply\t552 5.3.4 too big", SE_ERROR_DOCUMENT,
    "before its end: 552 5.3.4", NULL, FALSE, NULL },
  { "early 552, closed", "at\tbody\tlast\t552 5.3.4 too big", SE_ERROR_DOCUMENT, "552 5.3.4", NULL,
    FALSE, NULL },
  { "early 421, closed", "at\tbody\tlast\t421 4.3.2 shutting down", SE_ERROR_THROTTLED, "421 4.3.2",
    NULL, FALSE, NULL },
  { "early 250", "at\tbody\treply\t250 2.0.0 queued", SE_ERROR_TEMPORARY, "250 2.0.0 queued", NULL,
    FALSE, NULL },
  { "250 together with the 354", "at\tdata\treply\t354 go\\r\\n250 2.0.0 queued",
    SE_ERROR_TEMPORARY, "250 2.0.0 queued", NULL, TRUE, NULL },
  { "garbage together with the 354", "at\tdata\treply\t354 go\\r\\nhello", SE_ERROR_TEMPORARY,
    "no SMTP reply", NULL, TRUE, NULL },
  { "SendAsDenied", "at\tdot\treply\t" SENDAS, SE_ERROR_CONFIG, "SendAsDenied", "from-address",
    FALSE, NULL },
  { "Gmail's limit", "at\tdot\treply\t550-5.4.5 Daily user sending\\r\\n550 5.4.5 limit exceeded",
    SE_ERROR_QUOTA, "550 5.4.5 Daily user sending limit exceeded", NULL, FALSE, NULL },
  { "dot 451", "at\tdot\treply\t451 4.7.0 later", SE_ERROR_DEFERRED, "451 4.7.0", NULL, FALSE,
    NULL },
  { "dot 554", "at\tdot\treply\t554 5.6.0 content", SE_ERROR_DOCUMENT, "554 5.6.0", NULL, FALSE,
    NULL },
  { "dot 421", "at\tdot\tlast\t421 4.3.2 bye", SE_ERROR_THROTTLED, "421 4.3.2", NULL, FALSE, NULL },
  { "dropped after the dot", "at\tdot\tdrop", SE_ERROR_IN_DOUBT, "may have been delivered", NULL,
    FALSE, NULL },
  { "garbage after the dot", "at\tdot\treply\tok", SE_ERROR_IN_DOUBT, "may have been delivered",
    NULL, FALSE, NULL },
  { "354 after the dot", "at\tdot\treply\t354 more", SE_ERROR_IN_DOUBT, "may have been delivered",
    NULL, FALSE, NULL },
  { "codes differ after the dot", "at\tdot\treply\t250-ok\\r\\n550 no", SE_ERROR_IN_DOUBT,
    "may have been delivered", NULL, FALSE, NULL },
  { "half a reply after the dot", "at\tdot\tlast\t250-2.0.0 que", SE_ERROR_IN_DOUBT,
    "may have been delivered", NULL, FALSE, NULL },
  { "dropped at MAIL", "at\tmail\tdrop", SE_ERROR_TEMPORARY, "closed the connection during MAIL",
    NULL, TRUE, NULL },
  { "dropped at RCPT", "at\trcpt\tdrop", SE_ERROR_TEMPORARY, "closed the connection during RCPT",
    NULL, TRUE, NULL },
  { "dropped at DATA", "at\tdata\tdrop", SE_ERROR_TEMPORARY, "closed the connection during DATA",
    NULL, TRUE, NULL },
  { "dropped in the message", "at\tbody\tdrop", SE_ERROR_TEMPORARY, "during the message", NULL,
    FALSE, NULL },
  { "garbage to RCPT", "at\trcpt\treply\twhat?", SE_ERROR_TEMPORARY, "no SMTP reply", NULL, TRUE,
    NULL },
  { "farewell before RCPT", "at\tmail\tlast\t250 ok\\r\\n421 4.3.2 restarting", SE_ERROR_TEMPORARY,
    "sent something unexpected before RCPT: 421 4.3.2 restarting", NULL, TRUE, NULL },
  { "one reply too many", "at\tmail\treply\t250 ok\\r\\n250 ok", SE_ERROR_TEMPORARY,
    "sent something unexpected before RCPT", NULL, TRUE, NULL },
  { "larger than SIZE", NULL, SE_ERROR_TOO_LARGE,
    "1.0 MB (1000000 bytes) that the server localhost takes", "The mail would have", TRUE,
    "size=1000000" },
};

static void
test_refused (gconstpointer data)
{
  const Case *c = data;
  gboolean begins = c->script == NULL || strstr (c->script, "at\tbody") != NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *messages = NULL;
  g_autofree char *session = NULL;
  Fixture f;

  /* Where the message is begun, enough that it cannot all wait in the sockets' buffers. */
  fixture_set_up (&f, server, c->option, begins ? 12 * 1000 * 1000 : 1000, -1, NULL);
  test_server_tell (server, c->script);
  g_assert_false (fixture_send (&f, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, SE_ERROR, (int)c->error);
  g_assert_nonnull (strstr (error->message, c->words));
  if (c->also != NULL)
    g_assert_nonnull (strstr (error->message, c->also));
  fixture_tear_down (&f);
  session = test_server_ask (server, "session\t1");
  if (c->no_body)
    g_assert_nonnull (strstr (session, "\tbody=0\t"));
  messages = test_server_ask (server, "messages");
  if (c->error != SE_ERROR_IN_DOUBT)
    g_assert_cmpstr (messages, ==, "0");
  if (strstr (c->name, "RCPT 5") != NULL)
    g_assert_nonnull (strstr (session, "|RSET|QUIT"));
}

/* Two recipients, each with its reply, and whom the message goes to then. */
typedef struct
{
  const char *name, *script;
  int error; /* of SeError; -1: none */
  SeRcptFate fates[2];
  const char *recipients; /* that the server delivers to; NULL: nobody */
} PartialCase;

#define A "a@example.org"
#define B "\"b c\"@example.net"

static const PartialCase partial_cases[] = {
  { "both", NULL, -1, { SE_RCPT_ACCEPTED, SE_RCPT_ACCEPTED }, A "," B },
  { "251 and 252",
    "at\trcpt\treply\t251 forwards\nat\trcpt\treply\t252 perhaps",
    -1,
    { SE_RCPT_ACCEPTED, SE_RCPT_ACCEPTED },
    A "," B },
  { "550 and 250", "at\trcpt\treply\t550 5.1.1 no", -1, { SE_RCPT_REFUSED, SE_RCPT_ACCEPTED }, B },
  { "451 and 250",
    "at\trcpt\treply\t451 4.7.1 wait",
    -1,
    { SE_RCPT_DEFERRED, SE_RCPT_ACCEPTED },
    B },
  { "enough of them",
    "at\trcpt\treply\t250 ok\nat\trcpt\treply\t452 4.5.3 too many",
    -1,
    { SE_RCPT_ACCEPTED, SE_RCPT_OPEN },
    A },
  { "452 at once",
    "at\trcpt\treply\t452 4.2.2 full\nat\trcpt\treply\t452 4.2.2 full",
    SE_ERROR_DEFERRED,
    { SE_RCPT_DEFERRED, SE_RCPT_DEFERRED },
    NULL },
  { "450 and 550",
    "at\trcpt\treply\t450 4.2.1 wait\nat\trcpt\treply\t550 5.1.1 no",
    SE_ERROR_DEFERRED,
    { SE_RCPT_DEFERRED, SE_RCPT_REFUSED },
    NULL },
  { "550 twice",
    "at\trcpt\treply\t550 5.1.1 no\nat\trcpt\treply\t550 5.1.1 no",
    SE_ERROR_DOCUMENT,
    { SE_RCPT_REFUSED, SE_RCPT_REFUSED },
    NULL },
  { "250 and the sender's fault",
    "at\trcpt\treply\t250 ok\nat\trcpt\treply\t553 5.7.1 Sender not owned by user x",
    SE_ERROR_CONFIG,
    { SE_RCPT_ACCEPTED, SE_RCPT_OPEN },
    NULL },
  { "250 and a farewell",
    "at\trcpt\treply\t250 ok\nat\trcpt\tlast\t421 4.3.2 bye",
    SE_ERROR_THROTTLED,
    { SE_RCPT_ACCEPTED, SE_RCPT_OPEN },
    NULL },
};

static void
test_partial (gconstpointer data)
{
  const PartialCase *c = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *messages = NULL;
  g_auto (GStrv) words = NULL;
  Fixture f;

  fixture_set_up (&f, server, NULL, 1000, -1, NULL);
  f.results = se_rcpt_results_new (f.recipients->len);
  if (c->script != NULL)
    test_server_tell (server, c->script);
  g_assert_true (fixture_send (&f, &error) == (c->error < 0));
  if (c->error >= 0)
    g_assert_error (error, SE_ERROR, c->error);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_cmpint (se_rcpt_results_fate (f.results, i), ==, c->fates[i]);
      if (c->fates[i] != SE_RCPT_OPEN)
        g_assert_nonnull (se_rcpt_results_words (f.results, i));
    }
  messages = test_server_ask (server, "messages");
  words = g_strsplit (messages, "\t", 4);
  g_assert_cmpstr (words[0], ==, c->recipients != NULL ? "1" : "0");
  if (c->recipients != NULL)
    g_assert_cmpstr (words[2], ==, c->recipients);
  fixture_tear_down (&f);
}

/* What the server says in the same TLS record as the 235 stays in libcurl, where nobody can read
 * it; what counts is that no reply is taken for another command's. */
static void
test_together_with_235 (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  g_autoptr (SeSmtp) closed = NULL;
  g_autofree char *messages = NULL;

  fixture_set_up (&f, server, NULL, 1000, -1, NULL);
  fixture_tear_down (&f);
  {
    g_autofree char *url = test_server_new (server, NULL);
    const SeSmtpOptions options = test_server_options (server, url);

    test_server_tell (server, "at\tauth-data\tlast\t235 ok\\r\\n421 4.3.2 shutting down");
    closed = se_smtp_open (&options, &error);
    g_assert_no_error (error);
  }
  {
    static const char *const texts[] = { FIXTURE_HEADER, NULL };
    g_autoptr (SeMessage) message = se_message_new_from_texts (texts, NULL, 0, NULL);
    g_autoptr (GPtrArray) to = g_ptr_array_new_with_free_func ((GDestroyNotify)se_address_free);
    g_autoptr (SeAddress) from = fixture_address ("a", "b");
    const SeEnvelope envelope = { from, to };

    g_ptr_array_add (to, fixture_address ("c", "d"));
    g_assert_false (se_smtp_send (closed, &envelope, message, -1, NULL, NULL, NULL, &error));
    g_test_message ("%s", error->message);
    g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  }
  messages = test_server_ask (server, "messages");
  g_assert_cmpstr (messages, ==, "0");
}

/* A reset may overtake the reply before it: either is temporary or the reply's own. */
static void
test_reset_after_reply (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  fixture_set_up (&f, server, NULL, 12 * 1000 * 1000, -1, NULL);
  test_server_tell (server, "at\tbody\treset\t552 5.3.4 too big");
  g_assert_false (fixture_send (&f, &error));
  g_test_message ("%s", error->message);
  g_assert_true (se_error_is (error, SE_ERROR_DOCUMENT) || se_error_is (error, SE_ERROR_TEMPORARY));
  fixture_tear_down (&f);
}

/* However such an address came about: it never becomes a line of its own. */
static void
test_injection (void)
{
  static const char *const locals[]
      = { "a@x>\r\nRCPT TO:<evil@y", "a\nDATA", "a\r", "a\tb", "\303\244", "a\177" };

  for (gsize i = 0; i < G_N_ELEMENTS (locals); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *session = NULL;
      Fixture f;

      fixture_set_up (&f, server, NULL, 1000, -1, NULL);
      g_ptr_array_add (f.recipients, fixture_address (locals[i], "example.org"));
      g_assert_false (fixture_send (&f, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      fixture_tear_down (&f);
      session = test_server_ask (server, "session\t1");
      g_assert_null (strstr (session, "evil"));
      g_assert_null (strstr (session, "|DATA"));
      g_assert_nonnull (strstr (session, "|RSET|QUIT"));
    }
}

/* Every byte that may not stand in a command, in sender and recipient, before and behind the '@';
 * and too many of those that may. */
static void
test_injected_bytes (void)
{
  g_autofree char *session = NULL;
  g_autofree char *overlong = g_strnfill (600, 'x');
  Fixture f;

  fixture_set_up (&f, server, NULL, 1000, -1, NULL);
  for (guint byte = 1; byte < 257; byte++)
    for (guint place = 0; place < 4; place++)
      {
        const char text[] = { 'a', (char)byte, 'z', '\0' };
        const char *bad = byte == 256 ? overlong : text;
        g_autoptr (SeAddress) address
            = place % 2 == 0 ? fixture_address (bad, "evil.org") : fixture_address ("evil", bad);
        g_autoptr (GPtrArray) to = g_ptr_array_new ();
        const SeEnvelope envelope = { place < 2 ? address : f.from, to };
        g_autoptr (GError) error = NULL;

        if (byte >= ' ' && byte <= '~')
          continue;
        g_ptr_array_add (to, place < 2 ? f.from : address);
        g_assert_false (
            se_smtp_send (f.smtp, &envelope, f.message, f.fd, NULL, NULL, NULL, &error));
        g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      }
  fixture_tear_down (&f);
  session = test_server_ask (server, "session\t1");
  g_assert_null (strstr (session, "evil"));
  g_assert_null (strstr (session, "RCPT"));
  g_assert_null (strstr (session, "DATA"));
  g_assert_nonnull (strstr (session, "|RSET|QUIT"));
}

static void
test_flood (void)
{
  g_autofree char *line = g_strnfill (100 * 1000, 'x');
  g_autoptr (GError) error = NULL;
  Fixture f;

  fixture_set_up (&f, server, NULL, 1000, -1, NULL);
  g_free (test_server_ask (server, "at\tmail\treply\t250 %s", line));
  g_assert_false (fixture_send (&f, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_nonnull (strstr (error->message, "no SMTP reply"));
  fixture_tear_down (&f);
}

static double
seconds (const struct timeval *time)
{
  return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

/* Processor time and memory of our side for a document of 20 MB. */
static void
test_cost (void)
{
  struct rusage before, after;
  g_autoptr (GError) error = NULL;
  double cpu;
  Fixture f;

  fixture_set_up (&f, server, NULL, 20 * 1000 * 1000, -1, NULL);
  getrusage (RUSAGE_SELF, &before);
  g_assert_true (fixture_send (&f, &error));
  getrusage (RUSAGE_SELF, &after);
  cpu = seconds (&after.ru_utime) + seconds (&after.ru_stime) - seconds (&before.ru_utime)
        - seconds (&before.ru_stime);
  g_test_minimized_result (cpu, "processor time for 20 MB: %.3f s", cpu);
  g_test_message ("%ld KiB more at the peak", after.ru_maxrss - before.ru_maxrss);
  /* Streaming: neither the document nor the message is ever held. It is a few KiB in fact;
   * sanitizers keep freed memory. */
  g_assert_cmpint (after.ru_maxrss - before.ru_maxrss, <, 18 * 1024);
  fixture_tear_down (&f);
}

static void
add_tests (void)
{
  g_test_add_func ("/smtp/sent", test_sent);
  g_test_add_func ("/smtp/again", test_again);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    fixture_add_case ("refused", cases[i].name, &cases[i], test_refused);
  for (gsize i = 0; i < G_N_ELEMENTS (partial_cases); i++)
    fixture_add_case ("partial", partial_cases[i].name, &partial_cases[i], test_partial);
  g_test_add_func ("/smtp/together-with-235", test_together_with_235);
  g_test_add_func ("/smtp/reset-after-reply", test_reset_after_reply);
  g_test_add_func ("/smtp/injection", test_injection);
  g_test_add_func ("/smtp/injected-bytes", test_injected_bytes);
  g_test_add_func ("/smtp/flood", test_flood);
  g_test_add_func ("/smtp/cost", test_cost);
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  return test_server_run (&server, add_tests);
}
