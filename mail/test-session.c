/* SPDX-License-Identifier: Apache-2.0 */
/* Deliveries within the limits of their account; the limits themselves: test-throttle.c. */
#include "mail/session.h"

#include "common/io.h"
#include "common/lock.h"
#include "mail/journal-list.h"
#include "mail/test-delivery-fixture.h"
#include "mail/throttle.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>

#define SECOND ((gint64)G_USEC_PER_SEC)
#define LIMITS "throttle/scanner%40example.com"

static gint64
now (void)
{
  return g_get_real_time () / SECOND;
}

/* What was counted so many microseconds ago. */
static void
put_tally (const Fixture *f, const char *name, guint amount, gint64 age)
{
  g_autofree char *directory = g_build_filename (f->state, LIMITS, NULL);
  g_autofree char *path = g_build_filename (directory, name, NULL);
  g_autofree char *text
      = g_strdup_printf ("%" G_GINT64_FORMAT " %u\n", g_get_real_time () - age, amount);

  g_assert_cmpint (g_mkdir_with_parents (directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static gboolean
is_free (const Fixture *f, guint recipients)
{
  const SeThrottle throttle = { .state_directory = f->state, .account = &f->account };

  return se_throttle_due (&throttle, recipients, NULL) == 0;
}

static void
send_well (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (se_delivery_send (&f->delivery, f->journal, NULL, &error));
  g_assert_no_error (error);
}

/* Returns when to come again. */
static gint64
send_badly (Fixture *f, SeError code, const char *words)
{
  g_autoptr (GError) error = NULL;
  gint64 not_before = 0;

  g_assert_false (se_delivery_send (&f->delivery, f->journal, &not_before, &error));
  g_assert_error (error, SE_ERROR, (int)code);
  g_assert_nonnull (strstr (error->message, words));
  return not_before;
}

static void (*note_accepted) (const char *reply, guint left, gpointer data);

/* So far two mails: there will be room for the third in three seconds. */
static void
on_accepted (const char *reply, guint left, gpointer data)
{
  note_accepted (reply, left, data);
  if (left == 1)
    put_tally (data, "mails", 2, 57 * SECOND);
}

/* A job of more mails than a minute takes: it waits without a connection. */
static void
test_rate (void)
{
  Fixture f;

  set_up_mails (&f, NULL);
  note_accepted = f.events.accepted;
  f.events.accepted = on_accepted;
  f.provider.max_rate = 2;
  send_well (&f);
  expect_messages ("3");
  g_assert_cmpstr (f.steps->str, ==,
                   "connecting connected progress body dot accepted progress body dot accepted "
                   "connecting connected progress body dot accepted");
  tear_down (&f);
}

static void
test_recipients (void)
{
  Fixture f;
  gint64 due;

  set_up_mails (&f, NULL);
  f.provider.max_recipients_per_day = 3;
  put_tally (&f, "recipients", 1, 10000 * SECOND);
  due = send_badly (&f, SE_ERROR_QUOTA, "max-recipients-per-day");
  g_assert_cmpint (ABS (due - now () - 24 * 3600 + 10000), <, 10);
  expect_messages ("2");
  f.provider.max_recipients_per_day = 4;
  send_well (&f);
  expect_messages ("3");
  tear_down (&f);
}

/* A mail that nobody got does not count. */
static void
test_refused (void)
{
  Fixture f;

  set_up (&f, NULL);
  f.provider.max_recipients_per_day = 1;
  g_ptr_array_add (f.tokens, (char *)"token-3");
  test_server_tell (server, "at\tdot\treply\t554 5.6.0 content");
  send_badly (&f, SE_ERROR_DOCUMENT, "content");
  g_assert_true (is_free (&f, 1));
  test_server_tell (server, "at\tgreeting\tdrop");
  send_badly (&f, SE_ERROR_TEMPORARY, "");
  g_assert_true (is_free (&f, 1));
  send_well (&f);
  g_assert_false (is_free (&f, 1));
  tear_down (&f);
}

/* One that may have arrived does. */
static void
test_in_doubt (void)
{
  Fixture f;

  set_up (&f, NULL);
  f.provider.max_recipients_per_day = 1;
  test_server_tell (server, "at\tdot\tdrop");
  send_badly (&f, SE_ERROR_IN_DOUBT, "");
  g_assert_false (is_free (&f, 1));
  tear_down (&f);
}

static const char *const slower[] = {
  "at\tgreeting\tlast\t421 4.3.2 slower",
  "at\tauth-data\treply\t432 4.3.2 Concurrent connections limit exceeded, slower",
  "at\tauth-data\treply\t454 4.7.0 Too many login attempts, slower",
  "at\tmail\treply\t450 4.7.1 slower",
  "at\tdot\tlast\t421 4.7.0 slower",
};

/* All jobs of the account wait, and know why. */
static void
test_pause (gconstpointer script)
{
  SeThrottle mine = { .cancel_fd = -1 };
  Fixture f;
  g_autofree char *why = NULL;
  gint64 due;

  set_up (&f, NULL);
  mine.state_directory = f.state;
  mine.account = &f.account;
  test_server_tell (server, script);
  due = send_badly (&f, SE_ERROR_THROTTLED, "slower");
  g_assert_cmpint (due, >, now ());
  g_assert_cmpint (due, <=, now () + 10);
  g_assert_cmpint (se_throttle_due (&mine, 0, &why), ==, due * SECOND);
  g_assert_nonnull (strstr (why, "slower"));
  g_assert_true (se_throttle_lift (f.state, NULL, NULL));
  send_well (&f);
  tear_down (&f);
}

/* A pause is waited for, and over with the next mail. */
static void
test_pause_waits (void)
{
  g_autoptr (GError) why = g_error_new (SE_ERROR, SE_ERROR_THROTTLED, "slower");
  g_autofree char *path = NULL;
  SeThrottle throttle = { .cancel_fd = -1 };
  Fixture f;

  set_up (&f, NULL);
  throttle.state_directory = f.state;
  throttle.account = &f.account;
  path = g_build_filename (f.state, LIMITS, "pause", NULL);
  se_error_set_due (why, now () + 2);
  g_assert_true (se_throttle_pause (&throttle, why, NULL));
  send_well (&f);
  g_assert_true (is_free (&f, 1));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  tear_down (&f);
}

static gpointer
send_in_thread (gpointer data)
{
  Fixture *f = data;

  (void)send_badly (f, SE_ERROR_THROTTLED, "slower");
  return NULL;
}

/* The journal has the server's answer before anybody is waited for. */
static void
test_pause_is_no_hurry (void)
{
  Fixture f;
  GThread *thread;
  g_autofree char *pause = NULL;
  g_autofree char *entry = NULL;
  g_autoptr (GPtrArray) items = NULL;
  se_autofd int lock = -1;
  gboolean answered = FALSE;

  set_up (&f, NULL);
  items = se_journal_list (f.state, NULL);
  entry = g_strdup (((SeJournalItem *)items->pdata[0])->path);
  pause = g_build_filename (f.state, LIMITS, "pause", NULL);
  g_assert_true (se_io_make_parent (pause, NULL));
  lock = se_lock_take (pause, 0, -1, NULL);
  test_server_tell (server, "at\tdot\tlast\t421 4.7.0 slower");
  thread = g_thread_new ("delivery", send_in_thread, &f);
  for (int i = 0; i < 500 && !answered; i++)
    {
      g_autoptr (SeJournalItem) item = se_journal_look (entry);

      answered = item->reply != NULL;
      g_usleep (10 * 1000);
    }
  se_io_clear_fd (&lock);
  g_thread_join (thread);
  g_assert_true (answered);
  tear_down (&f);
}

/* The server's own limit: nobody knocks for an hour. */
static void
test_quota (void)
{
  Fixture f;
  gint64 due;

  set_up (&f, NULL);
  test_server_tell (server, "at\tmail\treply\t550 5.4.5 Daily user sending limit exceeded");
  due = send_badly (&f, SE_ERROR_QUOTA, "5.4.5");
  g_assert_cmpint (ABS (due - now () - 3600), <, 10);
  g_assert_cmpint (send_badly (&f, SE_ERROR_QUOTA, "5.4.5"), ==, due);
  g_assert_cmpstr (f.steps->str, ==, "connecting connected");
  tear_down (&f);
}

static char *
busy_token (const char *rejected, gpointer data, GError **error)
{
  guint *asked = data;

  ++*asked;
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, "busy (HTTP 429)");
  se_error_set_due (*error, now () + 300);
  return NULL;
}

/* Retry-After of the token endpoint is the next try, of all jobs. */
static void
test_retry_after (void)
{
  Fixture f;
  guint asked = 0;
  gint64 due;

  set_up (&f, NULL);
  f.delivery.get_token = busy_token;
  f.delivery.token_data = &asked;
  due = send_badly (&f, SE_ERROR_TEMPORARY, "HTTP 429");
  g_assert_cmpint (ABS (due - now () - 300), <, 10);
  g_assert_cmpint (send_badly (&f, SE_ERROR_QUOTA, "HTTP 429"), ==, due);
  g_assert_cmpuint (asked, ==, 1);
  tear_down (&f);
}

/* A sign-in needs a connection, and counts as no mail. */
static void
test_check (void)
{
  g_autoptr (GError) error = NULL;
  Fixture f;

  set_up (&f, NULL);
  f.account.from_address = f.account.address;
  f.provider.max_rate = 1;
  f.provider.max_connections = 1;
  put_tally (&f, "mails", 1, SECOND);
  g_assert_true (se_delivery_check (&f.delivery, &error));
  g_assert_true (se_delivery_try_sender (&f.delivery, &error));
  g_assert_no_error (error);
  g_assert_false (is_free (&f, 1));
  tear_down (&f);
}

/* A person may try before a pause is over, and a mail that the server takes then ends it. */
static void
test_attended (void)
{
  g_autoptr (GError) why = g_error_new (SE_ERROR, SE_ERROR_THROTTLED, "slower");
  g_autoptr (GError) error = NULL;
  SeThrottle mine = { .cancel_fd = -1 };
  Fixture f;

  set_up (&f, NULL);
  mine.state_directory = f.state;
  mine.account = &f.account;
  se_error_set_due (why, now () + 1000);
  g_assert_true (se_throttle_pause (&mine, why, NULL));
  send_badly (&f, SE_ERROR_QUOTA, "slower");
  f.delivery.attended = TRUE;
  g_assert_true (se_delivery_check (&f.delivery, &error));
  g_assert_no_error (error);
  g_assert_false (is_free (&f, 1));
  send_well (&f);
  g_assert_true (is_free (&f, 1));
  tear_down (&f);
}

static void
add_tests (void)
{
  g_test_add_func ("/session/rate", test_rate);
  g_test_add_func ("/session/recipients", test_recipients);
  g_test_add_func ("/session/refused", test_refused);
  g_test_add_func ("/session/in-doubt", test_in_doubt);
  for (gsize i = 0; i < G_N_ELEMENTS (slower); i++)
    {
      g_autofree char *path = g_strdup_printf ("/session/pause/%zu", i);

      g_test_add_data_func (path, slower[i], test_pause);
    }
  g_test_add_func ("/session/pause-waits", test_pause_waits);
  g_test_add_func ("/session/pause-is-no-hurry", test_pause_is_no_hurry);
  g_test_add_func ("/session/quota", test_quota);
  g_test_add_func ("/session/retry-after", test_retry_after);
  g_test_add_func ("/session/check", test_check);
  g_test_add_func ("/session/attended", test_attended);
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  return test_server_run (&server, add_tests);
}
