/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the mail in the end, and how often it was sent where that is not known. */
#include "mail/activity.h"
#include "mail/test-delivery-fixture.h"

#include <signal.h>
#include <string.h>

#define REFUSE "at\trcpt\treply\t550 5.1.1 no such user"
#define DEFER "at\trcpt\treply\t451 4.7.1 greylisted"
#define TAKE "at\trcpt\treply\t250 ok"

static void
set_up_two (Fixture *f, guint mails)
{
  set_up (f, NULL);
  g_assert_true (se_journal_reopen (f->journal, NULL));
  fix_messages (f, "a@example.org, b@example.org", mails);
}

/* A later worker. */
static void
come_again (Fixture *f)
{
  se_journal_close (f->journal);
  open_journal (f);
  g_ptr_array_set_size (f->rejected, 0);
}

static void
expect_last_recipients (const char *recipients)
{
  g_autofree char *messages = test_server_ask (server, "messages");
  g_auto (GStrv) words = g_strsplit (messages, "\t", 4);

  g_assert_cmpstr (words[2], ==, recipients);
}

static void
expect_refusal (GPtrArray *refusals, const char *address, const char *words)
{
  g_assert_cmpuint (refusals->len, ==, 1);
  g_assert_cmpstr (((SeRcptRefusal *)refusals->pdata[0])->address, ==, address);
  g_assert_nonnull (strstr (((SeRcptRefusal *)refusals->pdata[0])->words, words));
  g_ptr_array_unref (refusals);
}

/* The mail goes to the rest, and who was refused is known afterwards, too. */
static void
test_refused_for_good (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up_two (&f, 3);
  f.events.accepted = NULL;
  test_server_tell (server, REFUSE);
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_no_error (error);
  expect_messages ("3");
  expect_last_recipients ("b@example.org");
  g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_ACCEPTED);
  expect_refusal (se_journal_refused (f.journal), "a@example.org", "5.1.1 no such user");
  come_again (&f);
  g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_ACCEPTED);
  expect_refusal (se_journal_refused (f.journal), "a@example.org", "5.1.1 no such user");
  tear_down (&f);
}

/* Only those that were put off are asked for again. */
static void
test_refused_for_now (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up_two (&f, 1);
  f.events.accepted = NULL;
  test_server_tell (server, DEFER);
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DEFERRED);
  g_assert_nonnull (strstr (error->message, "a@example.org: 451 4.7.1 greylisted"));
  g_assert_null (strstr (error->message, "went out"));
  expect_last_recipients ("b@example.org");
  expect_refusal (se_journal_deferred (f.journal), "a@example.org", "4.7.1");
  g_clear_error (&error);
  come_again (&f);
  g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_FIXED);
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  expect_messages ("2");
  expect_last_recipients ("a@example.org");
  g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_ACCEPTED);
  tear_down (&f);
}

/* Put off first, refused in the end: the job is done, the other one has it. */
static void
test_refused_at_last (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up_two (&f, 1);
  f.events.accepted = NULL;
  test_server_tell (server, DEFER);
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_clear_error (&error);
  come_again (&f);
  test_server_tell (server, REFUSE);
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_no_error (error);
  expect_messages ("1");
  g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_ACCEPTED);
  expect_refusal (se_journal_refused (f.journal), "a@example.org", "5.1.1");
  tear_down (&f);
}

static void
test_refused_all (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  g_autofree char *session = NULL;

  set_up_two (&f, 1);
  f.delivery.retry_for = 60;
  test_server_tell (server, REFUSE "\n" REFUSE);
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  g_assert_nonnull (strstr (error->message, "refused 2 of 2"));
  g_assert_null (strstr (error->message, "went out"));
  expect_messages ("0");
  session = test_server_ask (server, "session\t1");
  g_assert_null (strstr (session, "|DATA"));

  /* The worker was killed before it could tell. */
  g_clear_error (&error);
  come_again (&f);
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  g_assert_nonnull (
      strstr (error->message, "a@example.org: 550 5.1.1 no such user; b@example.org"));
  g_assert_cmpuint (f.rejected->len, ==, 0);
  tear_down (&f);
}

/* The last to be asked for is refused for good; one that was put off before still waits. */
static void
test_refused_beside_put_off (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up (&f, NULL);
  g_assert_true (se_journal_reopen (f.journal, NULL));
  fix_messages (&f, "a@example.org, b@example.org, c@example.org", 1);
  f.events.accepted = NULL;
  test_server_tell (server, TAKE "\n" DEFER "\nat\trcpt\treply\t452 4.5.3 too many\n" REFUSE);
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DEFERRED);
  g_assert_nonnull (strstr (error->message, "b@example.org: 451 4.7.1 greylisted"));
  g_clear_error (&error);
  come_again (&f);
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  expect_messages ("2");
  expect_last_recipients ("b@example.org");
  expect_refusal (se_journal_refused (f.journal), "c@example.org", "5.1.1");
  tear_down (&f);
}

/* A server with room for one recipient a transaction gets as many transactions. */
static void
test_one_at_a_time (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up_two (&f, 1);
  f.events.accepted = NULL;
  test_server_tell (server, TAKE "\nat\trcpt\treply\t452 4.5.3 too many");
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_no_error (error);
  expect_messages ("2");
  expect_last_recipients ("b@example.org");
  tear_down (&f);
}

/* As servers say it that go by RFC 821, or give X.5.3 with another code; what is meant by it of a
 * recipient alone shows when that one is the first. */
static void
test_enough (void)
{
  static const char *const replies[]
      = { "552 too many recipients", "550 5.5.3 too many recipients", "451 4.5.3 wait" };
  Fixture f;

  for (gsize i = 0; i < G_N_ELEMENTS (replies); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *script = g_strdup_printf (TAKE "\nat\trcpt\treply\t%s", replies[i]);

      set_up_two (&f, 1);
      f.events.accepted = NULL;
      test_server_tell (server, script);
      g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
      g_assert_no_error (error);
      expect_messages ("2");
      expect_last_recipients ("b@example.org");
      g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_ACCEPTED);
      tear_down (&f);
    }
}

/* A mailbox that is full is no matter of the transaction. */
static void
test_full (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up_two (&f, 1);
  f.events.accepted = NULL;
  test_server_tell (server, TAKE "\nat\trcpt\treply\t552 full\nat\trcpt\treply\t552 full");
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_no_error (error);
  expect_messages ("1");
  expect_refusal (se_journal_refused (f.journal), "b@example.org", "552 full");
  tear_down (&f);
}

/* A recipient that is put off at the first mail is not asked for at the second in the same pass:
 * what is one job comes in order. */
static void
test_put_off_for_a_pass (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up_two (&f, 2);
  f.events.accepted = NULL;
  test_server_tell (server, DEFER);
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DEFERRED);
  expect_messages ("2");
  expect_last_recipients ("b@example.org");
  g_clear_error (&error);
  come_again (&f);
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  expect_messages ("4");
  expect_last_recipients ("a@example.org");
  tear_down (&f);
}

/* Trouble of this mail alone is not waited for as long as that of the host. */
static void
test_makes_room (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  set_up (&f, NULL);
  test_server_tell (server, DEFER "\n" DEFER "\n" DEFER);
  f.delivery.retry_for = 600;
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DEFERRED);
  g_assert_cmpstr (f.steps->str, ==, "connecting connected waiting connecting connected");
  g_assert_cmpint (g_get_monotonic_time () - start, <, 10 * G_USEC_PER_SEC);
  tear_down (&f);
}

static void
expect_doubt (Fixture *f, gint64 expected_not_before)
{
  g_autoptr (GError) error = NULL;
  gint64 not_before = 0;

  g_assert_false (se_delivery_send (&f->delivery, f->journal, &not_before, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, SE_ERROR, SE_ERROR_IN_DOUBT);
  if (expected_not_before != G_MAXINT64)
    g_assert_cmpint (ABS (not_before - expected_not_before), <=, 5);
  else
    g_assert_cmpint (not_before, ==, G_MAXINT64);
}

/* A worker that cupsd runs again after a crash sends nothing until the time is over; a person, who
 * lets go on what was held, need not wait. */
static void
test_doubt_rests (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;
  gint64 due = g_get_real_time () / G_USEC_PER_SEC + 900;

  set_up (&f, NULL);
  f.delivery.resend_after = 900;
  test_server_tell (server, "at\tdot\tdrop");
  expect_doubt (&f, due);
  come_again (&f);
  expect_doubt (&f, due);
  g_assert_cmpuint (f.rejected->len, ==, 0);
  g_assert_true (se_journal_defer (f.journal, due, NULL));
  come_again (&f);
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_no_error (error);
  tear_down (&f);
}

/* Sent three times without an answer, it is sent no more, unless a person says so. */
static void
test_doubt_ends (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up (&f, NULL);
  for (int i = 0; i < SE_DELIVERY_SENDS_IN_DOUBT; i++)
    {
      test_server_tell (server, "at\tdot\tdrop");
      expect_doubt (&f, i + 1 < SE_DELIVERY_SENDS_IN_DOUBT ? g_get_real_time () / G_USEC_PER_SEC
                                                           : G_MAXINT64);
      come_again (&f);
    }
  g_assert_cmpuint (se_journal_doubts (f.journal, NULL), ==, 3);
  expect_doubt (&f, G_MAXINT64);
  g_assert_cmpuint (f.rejected->len, ==, 0);
  g_assert_true (se_journal_defer (f.journal, G_MAXINT64, NULL));
  come_again (&f);
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (se_journal_doubts (f.journal, NULL), ==, 0);
  tear_down (&f);
}

/* A refusal of the second try does not say what became of the first. */
static void
test_doubt_then_refused (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up (&f, NULL);
  test_server_tell (server, "at\tdot\tdrop\nat\tdot\treply\t554 5.6.0 content");
  expect_doubt (&f, g_get_real_time () / G_USEC_PER_SEC);
  come_again (&f);
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  g_assert_true (g_str_has_prefix (error->message, "An earlier try may have delivered the mail"));
  g_assert_cmpuint (se_journal_doubts (f.journal, NULL), ==, 1);
  tear_down (&f);
}

/* Who may have it is refused by now; the other one has still to get it. */
static void
test_doubt_of_one_refused (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up_two (&f, 2);
  f.events.accepted = NULL;
  test_server_tell (server, TAKE "\nat\trcpt\treply\t452 4.5.3 too many\nat\tdot\tdrop");
  expect_doubt (&f, g_get_real_time () / G_USEC_PER_SEC);
  come_again (&f);
  test_server_tell (server, REFUSE);
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_ACCEPTED);
  expect_messages ("2");
  expect_last_recipients ("b@example.org");
  expect_refusal (se_journal_refused (f.journal), "a@example.org",
                  "550 5.1.1 no such user (an earlier try may have delivered the mail)");
  tear_down (&f);
}

static void
test_doubt_of_all_refused (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up (&f, NULL);
  test_server_tell (server, "at\tdot\tdrop");
  expect_doubt (&f, g_get_real_time () / G_USEC_PER_SEC);
  come_again (&f);
  test_server_tell (server, REFUSE);
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  g_assert_true (g_str_has_prefix (error->message, "An earlier try may have delivered the mail"));
  tear_down (&f);
}

static void
stop_after_first (const char *reply, guint left, gpointer data)
{
  Fixture *f = data;

  f->delivery.last_start = g_get_monotonic_time ();
}

/* A run that takes long leaves the rest to the next, which begins one mail however late it is. */
static void
test_out_of_time (void)
{
  Fixture f;

  set_up_mails (&f, NULL);
  f.events.accepted = stop_after_first;
  f.delivery.retry_for = 600;
  for (guint sent = 1; sent <= 3; sent++)
    {
      g_autoptr (GError) error = NULL;
      gint64 not_before = 0;
      gboolean done = se_delivery_send (&f.delivery, f.journal, &not_before, &error);

      g_assert_cmpuint (se_journal_done (f.journal), ==, sent);
      g_assert_cmpint (done, ==, sent == 3);
      if (!done)
        {
          g_assert_error (error, SE_ERROR, SE_ERROR_QUOTA);
          g_assert_cmpint (not_before, >, g_get_real_time () / G_USEC_PER_SEC - 5);
        }
      come_again (&f);
    }
  expect_messages ("3");
  tear_down (&f);
}

/* Nor does it try again by itself. */
static void
test_out_of_tries (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up (&f, NULL);
  test_server_tell (server, "at\tmail\treply\t451 4.3.0 later");
  f.delivery.retry_for = 600;
  f.delivery.last_start = g_get_monotonic_time ();
  g_assert_false (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_cmpstr (f.steps->str, ==, "connecting connected");
  tear_down (&f);
}

/* What the server told before is no reason not to ask it: by now it may take more. */
static void
test_size_has_grown (void)
{
  Fixture f;
  g_autoptr (GError) error = NULL;

  set_up (&f, "size=100000");
  g_assert_true (se_activity_note_size (f.state, f.account.address, f.url, 500, NULL));
  g_assert_true (se_delivery_send (&f.delivery, f.journal, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (se_activity_size (f.state, f.account.address, f.url), ==, 100000);
  expect_messages ("1");
  tear_down (&f);
}

static void
add_tests (void)
{
  g_test_add_func ("/delivery-fate/refused-for-good", test_refused_for_good);
  g_test_add_func ("/delivery-fate/refused-for-now", test_refused_for_now);
  g_test_add_func ("/delivery-fate/refused-at-last", test_refused_at_last);
  g_test_add_func ("/delivery-fate/refused-all", test_refused_all);
  g_test_add_func ("/delivery-fate/refused-beside-put-off", test_refused_beside_put_off);
  g_test_add_func ("/delivery-fate/one-at-a-time", test_one_at_a_time);
  g_test_add_func ("/delivery-fate/enough", test_enough);
  g_test_add_func ("/delivery-fate/full", test_full);
  g_test_add_func ("/delivery-fate/put-off-for-a-pass", test_put_off_for_a_pass);
  g_test_add_func ("/delivery-fate/makes-room", test_makes_room);
  g_test_add_func ("/delivery-fate/doubt-rests", test_doubt_rests);
  g_test_add_func ("/delivery-fate/doubt-ends", test_doubt_ends);
  g_test_add_func ("/delivery-fate/doubt-then-refused", test_doubt_then_refused);
  g_test_add_func ("/delivery-fate/doubt-of-one-refused", test_doubt_of_one_refused);
  g_test_add_func ("/delivery-fate/doubt-of-all-refused", test_doubt_of_all_refused);
  g_test_add_func ("/delivery-fate/out-of-time", test_out_of_time);
  g_test_add_func ("/delivery-fate/out-of-tries", test_out_of_tries);
  g_test_add_func ("/delivery-fate/size-has-grown", test_size_has_grown);
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  return test_server_run (&server, add_tests);
}
