/* SPDX-License-Identifier: Apache-2.0 */
/* Every fault at every step of a session (test-smtp-faults.txt): what becomes of the mail, and that
 * nothing hangs. What the words say is tested in test-smtp-open.c and test-smtp.c. */
#include "mail/test-smtp-fixture.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static TestServer *server;
static GPtrArray *cases; /* Case */

/* A fault at a step, and a letter of the table. */
typedef struct
{
  char *step;
  char *fault;
  char *script; /* for the server */
  char outcome;
  gboolean signed_in;
} Case;

static void
case_free (gpointer data)
{
  Case *c = data;

  g_free (c->step);
  g_free (c->fault);
  g_free (c->script);
  g_free (c);
}

/* Where the other side says no more, as little as a loaded machine lets us. */
static const SeSmtpTimeouts *
timeouts_of (const Case *c)
{
  static const SeSmtpTimeouts early = { .connect = 500, .session = 500 };
  static const SeSmtpTimeouts late = { .reply = 300, .stalled = 300, .dot = 300 };
  static const SeSmtpTimeouts slow = { .session = 8000, .reply = 8000, .stalled = 8000 };

  if (strcmp (c->fault, "stall") != 0 && strcmp (c->fault, "half") != 0)
    return &slow;
  return c->signed_in ? &late : &early;
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
  if (strcmp (c->step, "rset") == 0)
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
  g_autoptr (GError) error = NULL;
  gint64 start;
  gboolean sent;
  Fixture f;

  fixture_prepare (&f, strcmp (c->step, "body") == 0 ? 12 * 1000 * 1000 : 1000);
  g_ptr_array_set_size (f.recipients, 1);
  test_server_tell (server, c->script);
  start = g_get_monotonic_time ();
  sent
      = fixture_open (&f, server, url, -1, timeouts_of (c), &error) && send_message (&f, c, &error);
  fixture_tear_down (&f);
  g_test_message ("%s", error != NULL ? error->message : "sent");
  check_outcome (c->outcome, sent, error);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
  if (strcmp (c->fault, "stall") == 0)
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

/* fault: its line. */
static void
add_case (const char *step, const char *usual, const char *fault, char outcome)
{
  const Case *last = cases->len > 0 ? g_ptr_array_index (cases, cases->len - 1) : NULL;
  char name[32], kind[32], text[256] = "";
  g_autoptr (GString) script = g_string_new (NULL);
  g_autofree char *line = g_strnfill (100 * 1000, 'x');
  Case *c = g_new0 (Case, 1);

  g_assert_cmpint (sscanf (fault, "fault %31s %31s %255[^\n]", name, kind, text), >=, 2);
  g_string_printf (script, "at\t%s\t%s\t%s", step, kind, text);
  g_string_replace (script, "USUAL", usual, 0);
  g_string_replace (script, "LONG", line, 0);
  c->step = g_strdup (step);
  c->fault = g_strdup (name);
  c->script = g_strdup (script->str);
  c->outcome = outcome;
  c->signed_in = strcmp (step, "mail") == 0 || (last != NULL && last->signed_in);
  g_ptr_array_add (cases, c);
}

static void
read_table (void)
{
  g_autoptr (GPtrArray) faults = g_ptr_array_new ();
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "mail", "test-smtp-faults.txt", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, "fault "))
      g_ptr_array_add (faults, *line);
    else if (g_str_has_prefix (*line, "step "))
      {
        char step[32], usual[8];
        int used = 0;

        g_assert_cmpint (sscanf (*line, "step %31s %7s%n", step, usual, &used), ==, 2);
        for (guint i = 0; i < faults->len; i++)
          {
            const char *letter = *line + used + strspn (*line + used, " ");

            g_assert_true (*letter != '\0' && strchr ("+TDCJ?*.", *letter) != NULL);
            used = (int)(letter + 1 - *line);
            if (*letter != '.')
              add_case (step, usual, faults->pdata[i], *letter);
          }
      }
}

static void
add_tests (void)
{
  static const char *const sizes[] = { "", "0", "-1", "many", "99999999999999999999999999999" };

  for (guint i = 0; i < cases->len; i++)
    {
      const Case *c = cases->pdata[i];
      g_autofree char *group = g_strconcat ("faults/", c->step, NULL);

      fixture_add_case (group, c->fault, c, test_fault);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    fixture_add_case ("size", *sizes[i] != '\0' ? sizes[i] : "none", sizes[i], test_lying_size);
}

int
main (int argc, char **argv)
{
  int status;

  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  cases = g_ptr_array_new_with_free_func (case_free);
  read_table ();
  status = test_server_run (&server, add_tests);
  g_ptr_array_unref (cases);
  return status;
}
