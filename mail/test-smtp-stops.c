/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-smtp-fixture.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static TestServer *server;

typedef struct
{
  const char *step;
  gsize size;
  SeSmtpTimeouts timeouts;
  SeError error;
  const char *words;
} TimeoutCase;

static const TimeoutCase timeout_cases[] = {
  { "mail", 1000, { .reply = 300 }, SE_ERROR_TEMPORARY, "did not answer in time during MAIL" },
  { "rcpt", 1000, { .reply = 300 }, SE_ERROR_TEMPORARY, "did not answer in time during RCPT" },
  { "data", 1000, { .reply = 300 }, SE_ERROR_TEMPORARY, "did not answer in time during DATA" },
  { "body", 20 * 1000 * 1000, { .stalled = 300 }, SE_ERROR_TEMPORARY, "during the message" },
  { "dot", 1000, { .dot = 300 }, SE_ERROR_IN_DOUBT, "may have been delivered" },
};

static void
test_timeout (gconstpointer data)
{
  const TimeoutCase *c = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *at = g_strdup_printf ("at\t%s\tpause", c->step);
  gint64 start;
  Fixture f;

  fixture_set_up (&f, server, NULL, c->size, -1, &c->timeouts);
  test_server_tell (server, at);
  start = g_get_monotonic_time ();
  g_assert_false (fixture_send (&f, &error));
  g_assert_error (error, SE_ERROR, (int)c->error);
  g_assert_nonnull (strstr (error->message, c->words));
  fixture_tear_down (&f);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 300 * 1000);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 3 * G_USEC_PER_SEC);
  test_server_tell (server, "go");
}

static void
test_cancel (gconstpointer step)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *at = g_strdup_printf ("at\t%s\tpause", (const char *)step);
  g_autofree char *messages = NULL;
  TestCancel cancel = { .go = FALSE };
  Fixture f;

  g_assert_cmpint (pipe (cancel.fds), ==, 0);
  fixture_set_up (&f, server, NULL, 20 * 1000 * 1000, cancel.fds[0], NULL);
  test_server_tell (server, at);
  test_cancel_start (&cancel, server);
  g_assert_false (fixture_send (&f, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  fixture_tear_down (&f);
  g_assert_cmpint (test_cancel_finish (&cancel), <, 500);
  test_server_tell (server, "go");
  g_free (test_server_ask (server, "session\t1"));
  messages = test_server_ask (server, "messages");
  g_assert_cmpstr (messages, ==, "0");
}

/* After the dot a cancel waits for the reply. */
static void
test_cancel_after_dot (gconstpointer answered)
{
  static const SeSmtpTimeouts timeouts = { .cancelled = 400 };
  g_autoptr (GError) error = NULL;
  TestCancel cancel = { .go = FALSE };
  gboolean sent;
  Fixture f;

  g_assert_cmpint (pipe (cancel.fds), ==, 0);
  fixture_set_up (&f, server, NULL, 1000, cancel.fds[0], answered != NULL ? NULL : &timeouts);
  test_server_tell (server, "at\tdot\tpause");
  cancel.go = answered != NULL;
  test_cancel_start (&cancel, server);
  sent = fixture_send (&f, &error);
  if (answered != NULL)
    {
      g_assert_no_error (error);
      g_assert_true (sent);
      g_assert_cmpint (f.reply->code, ==, 250);
    }
  else
    g_assert_error (error, SE_ERROR, SE_ERROR_IN_DOUBT);
  fixture_tear_down (&f);
  g_assert_cmpint (test_cancel_finish (&cancel), <, 2000);
  if (answered == NULL)
    test_server_tell (server, "go");
}

/* The last thing before the dot can still stop everything. */
static void
test_stopped_before_dot (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *session = NULL;
  g_autofree char *messages = NULL;
  Fixture f;

  fixture_set_up (&f, server, NULL, 1000, -1, NULL);
  f.refuse_dot = TRUE;
  g_assert_false (fixture_send (&f, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_cmpstr (error->message, ==, "the disk is full");
  fixture_tear_down (&f);
  session = test_server_ask (server, "session\t1");
  messages = test_server_ask (server, "messages");
  g_assert_cmpstr (messages, ==, "0");
  g_assert_null (strstr (session, "QUIT")); /* it would be taken for a line of the message */
}

static void
test_short_file (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *messages = NULL;
  Fixture f;

  fixture_set_up (&f, server, NULL, 200 * 1000, -1, NULL);
  g_assert_cmpint (ftruncate (f.fd, 100 * 1000), ==, 0);
  g_assert_false (fixture_send (&f, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  fixture_tear_down (&f);
  g_free (test_server_ask (server, "session\t1"));
  messages = test_server_ask (server, "messages");
  g_assert_cmpstr (messages, ==, "0");
}

static void
add_tests (void)
{
  static const char *const steps[] = { "mail", "rcpt", "data", "body" };

  for (gsize i = 0; i < G_N_ELEMENTS (timeout_cases); i++)
    fixture_add_case ("timeout", timeout_cases[i].step, &timeout_cases[i], test_timeout);
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    fixture_add_case ("cancel", steps[i], steps[i], test_cancel);
  g_test_add_data_func ("/smtp/cancel/dot-answered", "", test_cancel_after_dot);
  g_test_add_data_func ("/smtp/cancel/dot-silent", NULL, test_cancel_after_dot);
  g_test_add_func ("/smtp/stopped-before-dot", test_stopped_before_dot);
  g_test_add_func ("/smtp/short-file", test_short_file);
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  return test_server_run (&server, add_tests);
}
