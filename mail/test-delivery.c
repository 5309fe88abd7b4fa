/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/activity.h"
#include "mail/test-delivery-fixture.h"

#include "common/digest.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static void
test_delivered (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  gint64 not_before = 0;

  set_up (&f, NULL);
  g_assert_true (se_delivery_send (&f.delivery, f.journal, &not_before, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (f.steps->str, ==, "connecting connected progress body dot accepted");
  g_assert_cmpint (not_before, ==, 0);
  g_assert_cmpint (se_activity_last_mail (f.state, f.account.address), >, 0);
  g_assert_cmpuint (f.rejected->len, ==, 1);
  g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_ACCEPTED);
  g_assert_cmpstr (se_journal_reply (f.journal), ==, "250 2.0.0 queued");
  expect_messages ("1");
  tear_down (&f);
}

/* Nobody has to listen. */
static void
test_no_events (void)
{
  static const SeDeliveryEvents none = { 0 };
  Fixture f;
  g_autoptr (GError) error = NULL;

  for (int i = 0; i < 2; i++)
    {
      set_up (&f, NULL);
      f.delivery.events = i == 0 ? NULL : &none;
      g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
      tear_down (&f);
    }
}

/* A refused token is named by its fingerprint and refreshed once. */
static void
test_refreshed (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  g_autofree char *digest = se_digest_text ("token-1");

  set_up (&f, "refuse=token-1");
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (f.rejected->len, ==, 2);
  g_assert_cmpstr (f.rejected->pdata[0], ==, "-");
  g_assert_cmpuint (strlen (f.rejected->pdata[1]), ==, 16);
  g_assert_true (g_str_has_prefix (digest, f.rejected->pdata[1]));
  expect_messages ("1");
  tear_down (&f);
}

static void
test_refused_twice (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up (&f, "refuse=token-2");
  f.tokens->pdata[0] = f.tokens->pdata[1];
  f.delivery.retry_for = 60;
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "With a fresh token, too"));
  g_assert_null (strstr (error->message, "token-2"));
  g_assert_cmpint (se_activity_last_mail (f.state, f.account.address), ==, 0);
  g_assert_cmpuint (f.rejected->len, ==, 2);
  g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_FIXED);
  expect_messages ("0");
  tear_down (&f);
}

static void
test_no_token (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up (&f, NULL);
  g_ptr_array_set_size (f.tokens, 0);
  f.delivery.retry_for = 60;
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION);
  g_assert_cmpstr (f.steps->str, ==, "");
  tear_down (&f);
}

/* Temporary trouble is tried again, with the same message. */
static void
test_tried_again (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  set_up (&f, NULL);
  test_server_tell (server, "at\tdot\treply\t451 4.3.0 later");
  f.delivery.retry_for = 1;
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (f.steps->str, ==,
                   "connecting connected progress body dot waiting "
                   "connecting connected progress body dot accepted");
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 900 * 1000);
  expect_messages ("1");
  tear_down (&f);
}

static void
test_gives_up (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  set_up (&f, NULL);
  g_free (test_server_ask (server, "down"));
  f.delivery.retry_for = 1;
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_cmpstr (f.steps->str, ==, "connecting waiting connecting");
  g_assert_cmpint (g_get_monotonic_time () - start, <, 3 * G_USEC_PER_SEC);
  g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_FIXED);

  /* Not at all, if so asked. */
  g_clear_error (&error);
  g_string_truncate (f.steps, 0);
  f.delivery.retry_for = 0;
  g_ptr_array_set_size (f.rejected, 0);
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_cmpstr (f.steps->str, ==, "connecting");
  tear_down (&f);
}

typedef struct
{
  const char *name;
  const char *script;
  SeError error;
} FinalCase;

static const FinalCase final_cases[] = {
  { "recipient", "at\trcpt\treply\t550 5.1.1 no such user", SE_ERROR_DOCUMENT },
  { "content", "at\tdot\treply\t554 5.6.0 content", SE_ERROR_DOCUMENT },
  { "sender", "at\tdot\treply\t554 5.2.252 SendAsDenied", SE_ERROR_CONFIG },
  { "limit", "at\tdot\treply\t550 5.4.5 Daily user sending limit exceeded", SE_ERROR_QUOTA },
  { "in-doubt", "at\tdot\tdrop", SE_ERROR_IN_DOUBT },
};

/* What waiting does not mend is not tried again. */
static void
test_final (gconstpointer data)
{
  const FinalCase *c = data;
  const SeError code = c->error;
  g_autoptr (GError) error = NULL;
  gint64 not_before = 0;
  Fixture f;

  set_up (&f, NULL);
  test_server_tell (server, c->script);
  f.delivery.retry_for = 60;
  f.delivery.resend_after = 900;
  g_assert_false (se_delivery_send (&f.delivery, f.journal, &not_before, &error));
  g_assert_error (error, SE_ERROR, (int)code);
  g_assert_null (strstr (f.steps->str, "waiting"));
  if (code == SE_ERROR_QUOTA)
    {
      g_assert_cmpint (not_before, >, g_get_real_time () / G_USEC_PER_SEC);
      g_assert_cmpint (not_before, <=, g_get_real_time () / G_USEC_PER_SEC + 24 * 3600);
    }
  else if (code == SE_ERROR_IN_DOUBT)
    g_assert_cmpint (ABS (not_before - g_get_real_time () / G_USEC_PER_SEC - 900), <=, 5);
  else
    g_assert_cmpint (not_before, ==, 0);
  g_assert_cmpint (se_journal_step (f.journal), ==,
                   code == SE_ERROR_IN_DOUBT ? SE_JOURNAL_DOT : SE_JOURNAL_FIXED);
  tear_down (&f);
}

/* In doubt stays in doubt until the server has answered to the dot: a next try that does not come
 * that far changes nothing. */
static void
test_in_doubt (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  set_up (&f, NULL);
  test_server_tell (server, "at\tdot\tlast\t250-2.0.0 que");
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_IN_DOUBT);
  g_clear_error (&error);
  first = test_server_ask (server, "messages");

  test_server_tell (server, "at\tmail\treply\t451 4.3.0 later");
  g_ptr_array_set_size (f.rejected, 0);
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_clear_error (&error);
  g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_DOT);

  /* A later worker sends the same bytes. */
  se_journal_close (f.journal);
  open_journal (&f);
  g_ptr_array_set_size (f.rejected, 0);
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  second = test_server_ask (server, "messages");
  g_assert_true (g_str_has_prefix (first, "1\t"));
  g_assert_true (g_str_has_prefix (second, "2\t"));
  g_assert_cmpstr (first + 1, ==, second + 1);
  tear_down (&f);
}

/* Several mails of a job go through one connection, in order. */
static void
test_mails (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  g_autofree char *session = NULL;
  g_auto (GStrv) commands = NULL;

  set_up_mails (&f, NULL);
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (f.steps->str, ==,
                   "connecting connected progress body dot accepted progress body dot accepted "
                   "progress body dot accepted");
  expect_messages ("3");
  session = test_server_ask (server, "session\t1");
  commands = g_strsplit (session, "MAIL FROM", -1);
  g_assert_cmpuint (g_strv_length (commands), ==, 4);
  g_assert_null (strstr (session, "RSET"));
  tear_down (&f);
}

/* What stops the second mail does not touch the first; what is left is sent later. */
static void
test_mails_stopped (void)
{
  static const struct
  {
    const char *script;
    SeError error;
    const char *words;
    const char *later; /* messages after another try; NULL: there is none */
  } cases[] = {
    { "at\tmail\treply\t250 ok\nat\tmail\treply\t451 4.3.0 later", SE_ERROR_TEMPORARY, "451 4.3.0",
      "3" },
    { "at\tmail\treply\t250 ok\nat\tmail\tlast\t421 4.3.2 closing", SE_ERROR_THROTTLED, "421",
      "3" },
    { "at\tdot\treply\t250 ok\nat\tdot\treply\t554 5.6.0 content", SE_ERROR_DOCUMENT,
      "554 5.6.0 content", NULL },
    { "at\tdot\tlast\t250 2.0.0 queued", SE_ERROR_TEMPORARY, "closed the connection", "3" },
    { "at\tdot\treply\t250 2.0.0 queued\nat\tdot\tdrop", SE_ERROR_IN_DOUBT, "closed", "3" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const SeError code = cases[i].error;
      Fixture f;
      g_autoptr (GError) error = NULL;

      set_up_mails (&f, NULL);
      f.events.accepted = NULL;
      test_server_tell (server, cases[i].script);
      g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
      g_test_message ("%s", error->message);
      g_assert_error (error, SE_ERROR, (int)code);
      g_assert_true (g_str_has_prefix (error->message,
                                       "Of this job's 3 mails only number 1 went out; mail 2: "));
      g_assert_nonnull (strstr (error->message, cases[i].words));
      g_assert_cmpuint (se_journal_done (f.journal), ==, 1);
      expect_messages ("1");
      g_clear_error (&error);
      se_journal_close (f.journal);
      open_journal (&f);
      g_ptr_array_set_size (f.rejected, 0);
      if (cases[i].later != NULL)
        {
          g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
          g_assert_no_error (error);
          expect_messages (cases[i].later);
        }
      tear_down (&f);
    }
}

/* None goes out while one is too large. */
static void
test_mails_too_large (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  g_autofree char *session = NULL;
  guint64 size;

  set_up_mails (&f, "size=1000");
  g_assert_true (se_journal_largest (f.journal, &size, NULL));
  g_assert_cmpuint (size, >, 1000);
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TOO_LARGE);
  g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_FIXED);
  session = test_server_ask (server, "session\t1");
  g_assert_null (strstr (session, "MAIL"));
  tear_down (&f);
}

static void
cancel_now (const GError *why, guint seconds, gpointer data)
{
  const Fixture *f = data;

  g_assert_cmpint (write (f->cancel[1], "x", 1), ==, 1);
}

static void
cancel_after_first (const char *reply, guint left, gpointer data)
{
  cancel_now (NULL, 0, data);
}

/* A cancel between two mails leaves the second unsent. */
static void
test_mails_cancelled (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up_mails (&f, NULL);
  g_assert_cmpint (pipe (f.cancel), ==, 0);
  f.delivery.cancel_fd = f.cancel[0];
  f.events.accepted = cancel_after_first;
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  g_assert_cmpuint (se_journal_done (f.journal), ==, 1);
  g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_FIXED);
  expect_messages ("1");
  tear_down (&f);
  close (f.cancel[0]);
  close (f.cancel[1]);
}

static void
test_cancel_waiting (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  set_up (&f, NULL);
  g_assert_cmpint (pipe (f.cancel), ==, 0);
  g_free (test_server_ask (server, "down"));
  f.events.waiting = cancel_now;
  f.delivery.cancel_fd = f.cancel[0];
  f.delivery.retry_for = 600;
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - start, <, G_USEC_PER_SEC);
  tear_down (&f);
  close (f.cancel[0]);
  close (f.cancel[1]);
}

static void
test_provider_size (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up (&f, NULL);
  f.provider.max_message_size = 500;
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "the 500 bytes that max-message-size of the provider"));
  g_assert_cmpuint (f.rejected->len, ==, 0);
  tear_down (&f);
}

/* The SIZE of a session, which is asked for anew with each mail. */
static void
test_server_size (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up (&f, "size=1200");
  g_assert_true (se_delivery_check (&f.delivery, &error));
  g_assert_cmpuint (se_activity_size (f.state, f.account.address, f.url), ==, 1200);
  g_ptr_array_set_size (f.rejected, 0);
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TOO_LARGE);
  g_assert_nonnull (strstr (error->message, "the 1.2 kB (1200 bytes) that the server"));
  g_assert_cmpuint (f.rejected->len, ==, 1);
  tear_down (&f);
}

static void
test_check (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  g_autofree char *session = NULL;

  set_up (&f, "refuse=token-1");
  g_assert_true (se_delivery_check (&f.delivery, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (f.steps->str, ==, "connecting connected");
  session = test_server_ask (server, "session\t2");
  g_assert_nonnull (strstr (session, "AUTH XOAUTH2|QUIT"));
  test_server_tell (server, "at\tauth-data\treply\t535 5.7.139 disabled");
  g_ptr_array_set_size (f.rejected, 1);
  g_assert_false (se_delivery_check (&f.delivery, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  tear_down (&f);
}

static void
test_send_once (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  static const char *const text[] = { "Subject: Test\r\n\r\nhello\r\n", NULL };
  g_autoptr (SeMessage) message = se_message_new_from_texts (text, NULL, 0, NULL);
  g_autoptr (SeAddress) from = se_address_parse ("scanner@example.com", NULL);
  g_autoptr (GPtrArray) to = se_address_parse_list ("scanner@example.com", NULL);
  const SeEnvelope envelope = { from, to };
  g_autoptr (SeSmtpReply) reply = NULL;

  set_up (&f, NULL);
  g_clear_pointer (&f.journal, se_journal_close);
  g_assert_true (se_delivery_send_once (&f.delivery, &envelope, message, &reply, &error));
  g_assert_cmpint (reply->code, ==, 250);
  g_clear_pointer (&reply, se_smtp_reply_free);
  test_server_tell (server, "at\tdot\treply\t554 5.2.252 SendAsDenied");
  g_ptr_array_set_size (f.rejected, 0);
  g_assert_false (se_delivery_send_once (&f.delivery, &envelope, message, &reply, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_cmpint (reply->code, ==, 554);
  tear_down (&f);
}

static void
add_tests (void)
{
  g_test_add_func ("/delivery/delivered", test_delivered);
  g_test_add_func ("/delivery/no-events", test_no_events);
  g_test_add_func ("/delivery/refreshed", test_refreshed);
  g_test_add_func ("/delivery/refused-twice", test_refused_twice);
  g_test_add_func ("/delivery/no-token", test_no_token);
  g_test_add_func ("/delivery/tried-again", test_tried_again);
  g_test_add_func ("/delivery/gives-up", test_gives_up);
  for (gsize i = 0; i < G_N_ELEMENTS (final_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/delivery/final/", final_cases[i].name, NULL);

      g_test_add_data_func (path, &final_cases[i], test_final);
    }
  g_test_add_func ("/delivery/in-doubt", test_in_doubt);
  g_test_add_func ("/delivery/mails", test_mails);
  g_test_add_func ("/delivery/mails-stopped", test_mails_stopped);
  g_test_add_func ("/delivery/mails-too-large", test_mails_too_large);
  g_test_add_func ("/delivery/mails-cancelled", test_mails_cancelled);
  g_test_add_func ("/delivery/cancel-waiting", test_cancel_waiting);
  g_test_add_func ("/delivery/provider-size", test_provider_size);
  g_test_add_func ("/delivery/server-size", test_server_size);
  g_test_add_func ("/delivery/check", test_check);
  g_test_add_func ("/delivery/send-once", test_send_once);
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  return test_server_run (&server, add_tests);
}
