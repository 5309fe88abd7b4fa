/* SPDX-License-Identifier: Apache-2.0 */
/* Every fault at every step of a session: what becomes of the mail, by the contract, and that
 * nothing hangs. What the words say is tested in test-smtp-open.c and test-smtp.c. */
#include "mail/test-smtp-fixture.h"

#include <signal.h>
#include <string.h>

static TestServer *server;

/* The columns. USUAL in a script is the step's usual code. */
typedef struct
{
  const char *name;
  const char *script; /* what follows "at STEP" */
} Fault;

#define LONG_LINE "LONG" /* stands for 100 kB */

static const Fault faults[] = {
  { "4xx", "reply\t451 4.3.0 later" },
  { "5xx", "reply\t554 5.3.0 no" },
  { "421 and close", "last\t421 4.3.2 bye" },
  { "close", "drop" },
  { "reset", "reset" },
  { "stall", "pause" },
  { "half a reply", "raw\tUSUAL-2.0.0 as fa" },
  { "garbage", "reply\thello, who is there?" },
  { "long line", "reply\tUSUAL " LONG_LINE },
  { "endless lines", "flood\tUSUAL-more" },
  { "single bytes", "slow\t" },
  { "another 2xx", "reply\t251 2.0.0 what" },
  { "another 3xx", "reply\t399 what" },
  { "mixed codes", "reply\tUSUAL-2.0.0 one\\r\\n553 5.3.0 two" },
};

/* The rows, a letter for each column; RSET stands between two messages, and the second one counts:
 *
 *   + accepted
 *   T SE_ERROR_TEMPORARY: the host is in trouble; waited for, then the job waits
 *   D SE_ERROR_DEFERRED: this mail's trouble alone
 *   C SE_ERROR_CONFIG: held until a person has looked
 *   J SE_ERROR_DOCUMENT: the job is cancelled
 *   ? SE_ERROR_IN_DOUBT: the same mail is sent again
 *   * +, T or C: whatever a server of such a kind is taken for
 *   . does not exist */
typedef struct
{
  const char *step;
  const char *usual; /* code */
  const char *outcomes;
  gboolean signed_in;
} Step;

/* clang-format off */
static const Step steps[] = {
  { "greeting",  "220", "TCTTTTTC*C+CCC" },
  { "ehlo",      "250", "TCTTTTTT*T+CTT" },
  { "starttls",  "220", "TCTTTTTT*T+TTT" },
  { "tls",       "220", "TTTTTTTTTT.TTT" },
  { "ehlo-tls",  "250", "TCTTTTTT*T+CTT" },
  { "auth",      "334", "TCTTTTTT*T+TTT" },
  { "auth-data", "235", "TCTTTTTT*T+TTT" },
  { "mail",      "250", "TCTTTTTTTT++TT", TRUE },
  { "rcpt",      "250", "DJTTTTTTTT++TT", TRUE },
  { "data",      "354", "DJTTTTTTTT+TTT", TRUE },
  { "body",      "552", "DJTTT.TTTT.TTT", TRUE },
  { "dot",       "250", "DJT???????++??", TRUE },
  { "rset",      "250", "++TTTTTTTT+++T", TRUE },
  { "quit",      "221", "++++++++++++++", TRUE },
};
/* clang-format on */

typedef struct
{
  const Step *step;
  const Fault *fault;
  char outcome;
} Case;

static char *
script_of (const Case *c)
{
  g_autoptr (GString) script = g_string_new (NULL);
  g_autofree char *line = g_strnfill (100 * 1000, 'x');

  g_string_printf (script, "at\t%s\t%s", c->step->step, c->fault->script);
  g_string_replace (script, "USUAL", c->step->usual, 0);
  g_string_replace (script, LONG_LINE, line, 0);
  return g_strdup (script->str);
}

/* Where the other side says no more, as little as a loaded machine lets us. */
static const SeSmtpTimeouts *
timeouts_of (const Case *c)
{
  static const SeSmtpTimeouts early = { .connect = 500, .session = 500 };
  static const SeSmtpTimeouts late = { .reply = 300, .stalled = 300, .dot = 300 };
  static const SeSmtpTimeouts slow = { .session = 8000, .reply = 8000, .stalled = 8000 };

  if (strcmp (c->fault->name, "stall") != 0 && strcmp (c->fault->name, "half a reply") != 0)
    return &slow;
  return c->step->signed_in ? &late : &early;
}

static void
check_outcome (char outcome, gboolean sent, const GError *error)
{
  static const struct
  {
    char letter;
    SeError code;
  } errors[] = { { 'T', SE_ERROR_TEMPORARY },
                 { 'D', SE_ERROR_DEFERRED },
                 { 'C', SE_ERROR_CONFIG },
                 { 'J', SE_ERROR_DOCUMENT },
                 { '?', SE_ERROR_IN_DOUBT } };

  if (outcome == '*')
    g_assert_true (sent || se_error_is (error, SE_ERROR_TEMPORARY)
                   || se_error_is (error, SE_ERROR_CONFIG));
  else if (outcome == '+')
    g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    if (outcome == errors[i].letter)
      g_assert_error (error, SE_ERROR, (int)errors[i].code);
}

/* Nothing but what asks for TLS goes out before it, and no token but to a server that has shown who
 * it is. */
static void
check_plain (const char *session)
{
  static const char *const allowed[]
      = { "EHLO client.example.com", "HELO client.example.com", "STARTTLS", "QUIT", "", NULL };
  static const char before[] = "plain=bytearray(b'";
  const char *start = strstr (session, before) + strlen (before);
  g_autofree char *plain = g_strndup (start, strcspn (start, "'\t"));
  g_auto (GStrv) lines = g_strsplit (plain, "\\r\\n", -1);

  for (char **line = lines; *line != NULL; line++)
    g_assert_true (g_strv_contains (allowed, *line));
}

static void
check_server (gboolean sent, const GError *error)
{
  g_autofree char *session = test_server_ask (server, "session\t1");
  g_autofree char *messages = test_server_ask (server, "messages");

  check_plain (session);
  if (sent)
    g_assert_true (g_str_has_prefix (messages, "1\t"));
  else if (!se_error_is (error, SE_ERROR_IN_DOUBT))
    g_assert_cmpstr (messages, ==, "0");
}

static gboolean
send_message (Fixture *f, const Case *c, GError **error)
{
  if (strcmp (c->step->step, "rset") == 0)
    {
      g_autoptr (GError) refused = NULL;

      test_server_tell (server, "at\trcpt\treply\t550 5.1.1 no such user");
      g_assert_false (fixture_send (f, &refused));
      g_assert_error (refused, SE_ERROR, SE_ERROR_DOCUMENT);
    }
  return fixture_send (f, error);
}

static void
test_fault (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *url = test_server_new (server, NULL);
  g_autofree char *script = script_of (c);
  g_autoptr (GError) error = NULL;
  gint64 start;
  gboolean sent;
  Fixture f;

  fixture_prepare (&f, strcmp (c->step->step, "body") == 0 ? 12 * 1000 * 1000 : 1000);
  g_ptr_array_set_size (f.recipients, 1);
  test_server_tell (server, script);
  start = g_get_monotonic_time ();
  sent
      = fixture_open (&f, server, url, -1, timeouts_of (c), &error) && send_message (&f, c, &error);
  fixture_tear_down (&f);
  g_test_message ("%s", error != NULL ? error->message : "sent");
  check_outcome (c->outcome, sent, error);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
  if (strstr (c->fault->script, "pause") != NULL)
    test_server_tell (server, "go");
  check_server (sent, error);
}

/* SIZE (RFC 1870) as no server should say it: what it means is no limit. */
static void
test_lying_size (gconstpointer size)
{
  g_autofree char *url = test_server_new (server, NULL);
  g_autoptr (GError) error = NULL;
  gboolean sent;
  Fixture f;

  fixture_prepare (&f, 1000);
  g_free (test_server_ask (server,
                           "at\tehlo-tls\treply\t250-x\\r\\n250-SIZE %s\\r\\n"
                           "250 AUTH XOAUTH2",
                           (const char *)size));
  sent = fixture_open (&f, server, url, -1, NULL, &error) && fixture_send (&f, &error);
  fixture_tear_down (&f);
  g_assert_no_error (error);
  check_server (sent, error);
}

static void
add_tests (void)
{
  static Case cases[G_N_ELEMENTS (steps) * G_N_ELEMENTS (faults)];
  static const char *const sizes[] = { "", "0", "-1", "many", "99999999999999999999999999999" };

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_assert_cmpuint (strlen (steps[i].outcomes), ==, G_N_ELEMENTS (faults));
      for (gsize j = 0; j < G_N_ELEMENTS (faults); j++)
        if (steps[i].outcomes[j] != '.')
          {
            g_autofree char *group = g_strconcat ("faults/", steps[i].step, NULL);
            Case *c = &cases[i * G_N_ELEMENTS (faults) + j];

            *c = (Case){ &steps[i], &faults[j], steps[i].outcomes[j] };
            fixture_add_case (group, faults[j].name, c, test_fault);
          }
    }
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    fixture_add_case ("size", *sizes[i] != '\0' ? sizes[i] : "none", sizes[i], test_lying_size);
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  return test_server_run (&server, add_tests);
}
