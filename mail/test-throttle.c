/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-throttle-fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include <utime.h>

#define SECOND G_USEC_PER_SEC

/* A tally in which amount was counted age microseconds ago. */
static void
put_tally (const Fixture *f, const char *name, guint amount, gint64 age)
{
  g_autofree char *path = g_build_filename (f->folder, name, NULL);
  g_autofree char *text
      = g_strdup_printf ("%" G_GINT64_FORMAT " %u\n", g_get_real_time () - age, amount);

  g_assert_cmpint (g_mkdir_with_parents (f->folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static void
test_unlimited (Fixture *f, gconstpointer unused)
{
  SePermit *permits[10];
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) why = g_error_new (SE_ERROR, SE_ERROR_THROTTLED, "slower");

  for (int i = 0; i < 10; i++)
    permits[i] = fixture_enter (f, 1000);
  for (int i = 0; i < 10; i++)
    {
      g_assert_true (fixture_may_next (permits[i], 1000));
      se_permit_free (permits[i]);
    }
  f->throttle.state_directory = NULL;
  permits[0] = fixture_enter (f, 1);
  g_assert_true (fixture_may_next (permits[0], 1));
  se_permit_free (permits[0]);
  g_assert_true (se_throttle_pause (&f->throttle, why, &error));
  g_assert_true (se_throttle_ease (&f->throttle, &error));
}

static void
test_connections (Fixture *f, gconstpointer unused)
{
  SePermit *permits[2];

  f->provider.max_connections = 2;
  permits[0] = fixture_enter (f, 1);
  permits[1] = fixture_enter (f, 0);
  fixture_assert_quota (f, 0, "max-connections");
  f->throttle.account = &f->other;
  se_permit_free (fixture_enter (f, 1));
  f->throttle.account = &f->account;
  se_permit_free (permits[0]);
  permits[0] = fixture_enter (f, 0);
  se_permit_free (permits[0]);
  se_permit_free (permits[1]);
}

static void
test_cancelled (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SePermit) permit = NULL;
  int cancel[2];

  f->provider.max_connections = 1;
  f->throttle.longest_wait = 0;
  g_assert_cmpint (pipe (cancel), ==, 0);
  g_assert_cmpint (write (cancel[1], "x", 1), ==, 1);
  permit = fixture_enter (f, 1);
  f->throttle.cancel_fd = cancel[0];
  g_assert_null (se_throttle_enter (&f->throttle, 1, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CANCELLED);
  g_clear_error (&error);
  f->provider = (SeProviderConfig){ .max_rate = 1 };
  put_tally (f, "mails", 1, 30 * SECOND);
  g_assert_null (se_throttle_enter (&f->throttle, 1, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CANCELLED);
  close (cancel[0]);
  close (cancel[1]);
}

static void
test_rate (Fixture *f, gconstpointer unused)
{
  f->provider.max_rate = 3;
  fixture_send_mail (f, 1);
  fixture_send_mail (f, 7);
  fixture_send_mail (f, 1);
  g_assert_cmpint (fixture_assert_quota (f, 1, "max-rate"), <=, g_get_real_time () / SECOND + 61);
  /* Connecting is no mail. */
  se_permit_free (fixture_enter (f, 0));
  f->throttle.account = &f->other;
  fixture_send_mail (f, 1);
}

/* A short wait is waited for. */
static void
test_rate_waits (Fixture *f, gconstpointer unused)
{
  gint64 before = g_get_monotonic_time ();

  f->provider.max_rate = 1;
  f->throttle.longest_wait = 0;
  put_tally (f, "mails", 1, 60 * SECOND - 300000);
  fixture_send_mail (f, 1);
  g_assert_cmpint (g_get_monotonic_time () - before, >, 200000);
  g_assert_cmpint (g_get_monotonic_time () - before, <, 10 * SECOND);
}

static void
test_recipients (Fixture *f, gconstpointer unused)
{
  gint64 due;

  f->provider.max_recipients_per_day = 10;
  fixture_send_mail (f, 8);
  due = fixture_assert_quota (f, 3, "max-recipients-per-day");
  g_assert_cmpint (due, >, g_get_real_time () / SECOND + 86000);
  g_assert_cmpint (due, <=, g_get_real_time () / SECOND + 86401);
  /* One that was not sent does not count. */
  for (int i = 0; i < 3; i++)
    se_permit_free (fixture_enter (f, 2));
  fixture_send_mail (f, 2);
  fixture_assert_quota (f, 1, "max-recipients-per-day");
  f->throttle.account = &f->other;
  fixture_send_mail (f, 10);
}

static void
test_next (Fixture *f, gconstpointer unused)
{
  g_autoptr (SePermit) permit = NULL;

  f->provider.max_rate = 4;
  f->provider.max_recipients_per_day = 6;
  permit = fixture_enter (f, 3);
  /* The first was refused. */
  g_assert_true (fixture_may_next (permit, 3));
  se_permit_keep (permit);
  g_assert_false (fixture_may_next (permit, 4));
  g_assert_true (fixture_may_next (permit, 3));
  se_permit_keep (permit);
  f->provider.max_recipients_per_day = 0;
  g_assert_true (fixture_may_next (permit, 1));
  g_assert_false (fixture_may_next (permit, 1));
}

static void
test_pause (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) why = g_error_new (SE_ERROR, SE_ERROR_THROTTLED, "421 4.3.2 slower");
  g_autofree char *reason = NULL;
  g_autofree char *none = NULL;
  gint64 due = g_get_real_time () / SECOND + 1000;

  se_permit_free (fixture_enter (f, 0));
  g_assert_true (se_throttle_pause (&f->throttle, why, &error));
  fixture_assert_quota (f, 1, "421 4.3.2 slower");
  fixture_assert_quota (f, 0, "421 4.3.2 slower");
  g_assert_true (se_throttle_ease (&f->throttle, &error));
  se_error_set_due (why, due);
  g_assert_true (se_throttle_pause (&f->throttle, why, &error));
  g_assert_cmpint (fixture_assert_quota (f, 0, "slower"), ==, due);
  g_assert_cmpint (se_throttle_due (&f->throttle, 1, &reason), ==, due * SECOND);
  g_assert_nonnull (strstr (reason, "slower"));
  f->throttle.account = &f->other;
  g_assert_cmpint (se_throttle_due (&f->throttle, 1, &none), ==, 0);
  g_assert_null (none);
  fixture_send_mail (f, 1);
  f->throttle.account = &f->account;
  g_assert_true (se_throttle_lift (f->directory, f->other.address, &error));
  g_assert_cmpint (se_throttle_due (&f->throttle, 1, NULL), ==, due * SECOND);
  g_assert_true (se_throttle_lift (f->directory, f->account.address, &error));
  g_assert_no_error (error);
  fixture_send_mail (f, 1);
}

/* A clock that was set back: no wait is longer than the period. */
static void
test_clock_back (Fixture *f, gconstpointer unused)
{
  f->provider.max_rate = 1;
  put_tally (f, "mails", 1, -1000000 * (gint64)SECOND);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*the clock was set back*");
  g_assert_cmpint (fixture_assert_quota (f, 1, "max-rate"), <=, g_get_real_time () / SECOND + 61);
  g_test_assert_expected_messages ();
}

/* What a process left that was killed while it wrote. */
static void
test_left_over (Fixture *f, gconstpointer unused)
{
  g_autofree char *path = g_build_filename (f->folder, ".mails.ABCDEF", NULL);
  const struct utimbuf long_ago = { 1000, 1000 };

  fixture_send_mail (f, 1);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  fixture_send_mail (f, 1);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_cmpint (utime (path, &long_ago), ==, 0);
  fixture_send_mail (f, 1);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/throttle/unlimited", test_unlimited);
  ADD ("/throttle/connections", test_connections);
  ADD ("/throttle/cancelled", test_cancelled);
  ADD ("/throttle/rate", test_rate);
  ADD ("/throttle/rate-waits", test_rate_waits);
  ADD ("/throttle/recipients", test_recipients);
  ADD ("/throttle/next", test_next);
  ADD ("/throttle/pause", test_pause);
  ADD ("/throttle/clock-back", test_clock_back);
  ADD ("/throttle/left-over", test_left_over);
  return g_test_run ();
}
