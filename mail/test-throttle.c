/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/throttle.h"

#include "common/test-tree.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#define SECOND G_USEC_PER_SEC

typedef struct
{
  char *directory, *folder;
  SeProviderConfig provider;
  SeAccount account, other;
  SeThrottle throttle;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->directory = g_dir_make_tmp ("scan-email-XXXXXX", NULL);
  f->folder = g_build_filename (f->directory, "throttle", "a%2F..%2Fb%40example.test", NULL);
  f->provider = (SeProviderConfig){ .name = (char *)"test" };
  f->account = (SeAccount){ .address = (char *)"a/../b@example.test", .provider = &f->provider };
  f->other = (SeAccount){ .address = (char *)"other@example.test", .provider = &f->provider };
  f->throttle = (SeThrottle){
    .state_directory = f->directory, .account = &f->account, .cancel_fd = -1, .longest_wait = 100
  };
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_remove_tree (f->directory);
  g_free (f->folder);
  g_free (f->directory);
}

static SePermit *
enter (const Fixture *f, guint recipients)
{
  g_autoptr (GError) error = NULL;
  SePermit *permit = se_throttle_enter (&f->throttle, recipients, &error);

  g_assert_no_error (error);
  g_assert_nonnull (permit);
  return permit;
}

/* A mail that the server accepts. */
static void
send_mail (const Fixture *f, guint recipients)
{
  g_autoptr (SePermit) permit = enter (f, recipients);

  se_permit_keep (permit);
}

/* Returns when to come again. */
static gint64
assert_quota (const Fixture *f, guint recipients, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (se_throttle_enter (&f->throttle, recipients, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_QUOTA);
  g_assert_nonnull (strstr (error->message, words));
  g_assert_nonnull (strstr (error->message, f->throttle.account->address));
  g_assert_cmpint (se_error_due (error), >, g_get_real_time () / G_USEC_PER_SEC);
  return se_error_due (error);
}

static gboolean
may_next (SePermit *permit, guint recipients)
{
  g_autoptr (GError) error = NULL;
  gboolean may = FALSE;

  g_assert_true (se_permit_next (permit, recipients, &may, &error));
  g_assert_no_error (error);
  return may;
}

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

/* A process that enters, tells so on its pipe, and stays until it is killed. */
static pid_t
start_holder (const Fixture *f)
{
  int told[2];
  char byte;
  pid_t pid;

  g_assert_cmpint (pipe (told), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      if (se_throttle_enter (&f->throttle, 1, NULL) == NULL || write (told[1], "x", 1) != 1)
        _exit (1);
      for (;;)
        pause ();
    }
  close (told[1]);
  g_assert_cmpint (read (told[0], &byte, 1), ==, 1);
  close (told[0]);
  return pid;
}

/* What a child does that is to come in soon. */
static void
enter_and_exit (const Fixture *f)
{
  SePermit *permit;

  alarm (20);
  permit = se_throttle_enter (&f->throttle, 1, NULL);
  if (permit == NULL)
    _exit (1);
  se_permit_free (permit);
  _exit (0);
}

static void
kill_it (pid_t pid)
{
  int status;

  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
}

static void
test_unlimited (Fixture *f, gconstpointer unused)
{
  SePermit *permits[10];
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) why = g_error_new (SE_ERROR, SE_ERROR_THROTTLED, "slower");

  for (int i = 0; i < 10; i++)
    permits[i] = enter (f, 1000);
  for (int i = 0; i < 10; i++)
    {
      g_assert_true (may_next (permits[i], 1000));
      se_permit_free (permits[i]);
    }
  f->throttle.state_directory = NULL;
  permits[0] = enter (f, 1);
  g_assert_true (may_next (permits[0], 1));
  se_permit_free (permits[0]);
  g_assert_true (se_throttle_pause (&f->throttle, why, &error));
  g_assert_true (se_throttle_ease (&f->throttle, &error));
}

static void
test_connections (Fixture *f, gconstpointer unused)
{
  SePermit *permits[2];

  f->provider.max_connections = 2;
  permits[0] = enter (f, 1);
  permits[1] = enter (f, 0);
  assert_quota (f, 0, "max-connections");
  f->throttle.account = &f->other;
  se_permit_free (enter (f, 1));
  f->throttle.account = &f->account;
  se_permit_free (permits[0]);
  permits[0] = enter (f, 0);
  se_permit_free (permits[0]);
  se_permit_free (permits[1]);
}

/* The connection of one that was killed is free at once. */
static void
test_killed_holder (Fixture *f, gconstpointer unused)
{
  pid_t pid;

  f->provider.max_connections = 1;
  pid = start_holder (f);
  assert_quota (f, 1, "max-connections");
  kill_it (pid);
  se_permit_free (enter (f, 1));
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
  permit = enter (f, 1);
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
  send_mail (f, 1);
  send_mail (f, 7);
  send_mail (f, 1);
  g_assert_cmpint (assert_quota (f, 1, "max-rate"), <=, g_get_real_time () / SECOND + 61);
  /* Connecting is no mail. */
  se_permit_free (enter (f, 0));
  f->throttle.account = &f->other;
  send_mail (f, 1);
}

/* A short wait is waited for. */
static void
test_rate_waits (Fixture *f, gconstpointer unused)
{
  gint64 before = g_get_monotonic_time ();

  f->provider.max_rate = 1;
  f->throttle.longest_wait = 0;
  put_tally (f, "mails", 1, 60 * SECOND - 300000);
  send_mail (f, 1);
  g_assert_cmpint (g_get_monotonic_time () - before, >, 200000);
  g_assert_cmpint (g_get_monotonic_time () - before, <, 10 * SECOND);
}

static void
test_recipients (Fixture *f, gconstpointer unused)
{
  gint64 due;

  f->provider.max_recipients_per_day = 10;
  send_mail (f, 8);
  due = assert_quota (f, 3, "max-recipients-per-day");
  g_assert_cmpint (due, >, g_get_real_time () / SECOND + 86000);
  g_assert_cmpint (due, <=, g_get_real_time () / SECOND + 86401);
  /* One that was not sent does not count. */
  for (int i = 0; i < 3; i++)
    se_permit_free (enter (f, 2));
  send_mail (f, 2);
  assert_quota (f, 1, "max-recipients-per-day");
  f->throttle.account = &f->other;
  send_mail (f, 10);
}

static void
test_next (Fixture *f, gconstpointer unused)
{
  g_autoptr (SePermit) permit = NULL;

  f->provider.max_rate = 4;
  f->provider.max_recipients_per_day = 6;
  permit = enter (f, 3);
  /* The first was refused. */
  g_assert_true (may_next (permit, 3));
  se_permit_keep (permit);
  g_assert_false (may_next (permit, 4));
  g_assert_true (may_next (permit, 3));
  se_permit_keep (permit);
  f->provider.max_recipients_per_day = 0;
  g_assert_true (may_next (permit, 1));
  g_assert_false (may_next (permit, 1));
}

/* A job of many mails does not go on while others wait. */
static void
test_next_yields (Fixture *f, gconstpointer unused)
{
  SePermit *permit;
  int go[2], told[2], status;
  char byte;
  pid_t pid;

  f->provider.max_connections = 1;
  f->throttle.longest_wait = 0;
  g_assert_cmpint (pipe (go), ==, 0);
  g_assert_cmpint (pipe (told), ==, 0);
  /* Started first: a child would inherit the connection. */
  pid = fork ();
  if (pid == 0)
    {
      if (read (go[0], &byte, 1) != 1)
        _exit (1);
      permit = se_throttle_enter (&f->throttle, 1, NULL);
      if (permit == NULL || write (told[1], "x", 1) != 1)
        _exit (1);
      se_permit_free (permit);
      _exit (0);
    }
  permit = enter (f, 1);
  g_assert_true (may_next (permit, 1));
  g_assert_cmpint (write (go[1], "x", 1), ==, 1);
  while (may_next (permit, 1))
    g_usleep (1000);
  se_permit_free (permit);
  /* Behind who has waited. */
  permit = enter (f, 1);
  close (told[1]);
  g_assert_cmpint (read (told[0], &byte, 1), ==, 1);
  se_permit_free (permit);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  close (told[0]);
  close (go[0]);
  close (go[1]);
}

static void
test_pause (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) why = g_error_new (SE_ERROR, SE_ERROR_THROTTLED, "421 4.3.2 slower");
  g_autofree char *reason = NULL;
  g_autofree char *none = NULL;
  gint64 due = g_get_real_time () / SECOND + 1000;

  se_permit_free (enter (f, 0));
  g_assert_true (se_throttle_pause (&f->throttle, why, &error));
  assert_quota (f, 1, "421 4.3.2 slower");
  assert_quota (f, 0, "421 4.3.2 slower");
  g_assert_true (se_throttle_ease (&f->throttle, &error));
  se_error_set_due (why, due);
  g_assert_true (se_throttle_pause (&f->throttle, why, &error));
  g_assert_cmpint (assert_quota (f, 0, "slower"), ==, due);
  g_assert_cmpint (se_throttle_due (&f->throttle, 1, &reason), ==, due * SECOND);
  g_assert_nonnull (strstr (reason, "slower"));
  f->throttle.account = &f->other;
  g_assert_cmpint (se_throttle_due (&f->throttle, 1, &none), ==, 0);
  g_assert_null (none);
  send_mail (f, 1);
  f->throttle.account = &f->account;
  g_assert_true (se_throttle_lift (f->directory, f->other.address, &error));
  g_assert_cmpint (se_throttle_due (&f->throttle, 1, NULL), ==, due * SECOND);
  g_assert_true (se_throttle_lift (f->directory, f->account.address, &error));
  g_assert_no_error (error);
  send_mail (f, 1);
}

/* Who waits for a pause goes on when a person lifts it. */
static void
test_lifted (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) why = g_error_new (SE_ERROR, SE_ERROR_THROTTLED, "slower");
  g_autofree char *line = g_build_filename (f->folder, "line", NULL);
  gint64 before = g_get_monotonic_time ();
  int status;
  pid_t pid;

  f->throttle.longest_wait = 0;
  g_assert_true (se_throttle_pause (&f->throttle, why, NULL));
  g_clear_error (&why); /* for valgrind: the child goes no way that frees it */
  pid = fork ();
  if (pid == 0)
    enter_and_exit (f);
  while (!g_file_test (line, G_FILE_TEST_EXISTS))
    g_usleep (1000);
  g_assert_true (se_throttle_lift (f->directory, NULL, NULL));
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpint (g_get_monotonic_time () - before, <, 15 * SECOND);
}

/* A clock that was set back: no wait is longer than the period. */
static void
test_clock_back (Fixture *f, gconstpointer unused)
{
  f->provider.max_rate = 1;
  put_tally (f, "mails", 1, -1000000 * (gint64)SECOND);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*the clock was set back*");
  g_assert_cmpint (assert_quota (f, 1, "max-rate"), <=, g_get_real_time () / SECOND + 61);
  g_test_assert_expected_messages ();
}

/* What a process left that was killed while it wrote. */
static void
test_left_over (Fixture *f, gconstpointer unused)
{
  g_autofree char *path = g_build_filename (f->folder, ".mails.ABCDEF", NULL);
  const struct utimbuf long_ago = { 1000, 1000 };

  send_mail (f, 1);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  send_mail (f, 1);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_cmpint (utime (path, &long_ago), ==, 0);
  send_mail (f, 1);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* Never more than two at once. */
static void
test_many (Fixture *f, gconstpointer unused)
{
  enum
  {
    PROCESSES = 12,
    MAILS = 12
  };
  int *inside
      = mmap (NULL, sizeof *inside, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  pid_t pids[PROCESSES];
  int status;

  f->provider = (SeProviderConfig){ .max_connections = 2,
                                    .max_rate = 10000,
                                    .max_recipients_per_day = 10000 };
  f->throttle.longest_wait = 0;
  for (int i = 0; i < PROCESSES; i++)
    if ((pids[i] = fork ()) == 0)
      {
        for (int k = 0; k < MAILS; k++)
          {
            SePermit *permit = se_throttle_enter (&f->throttle, 3, NULL);

            if (permit == NULL || g_atomic_int_add (inside, 1) >= 2)
              _exit (1);
            g_atomic_int_add (inside, -1);
            if (k % 2 == 0)
              se_permit_keep (permit);
            se_permit_free (permit);
          }
        _exit (0);
      }
  for (int i = 0; i < PROCESSES; i++)
    {
      g_assert_cmpint (waitpid (pids[i], &status, 0), ==, pids[i]);
      g_assert_cmpint (status, ==, 0);
    }
  g_assert_cmpint (*inside, ==, 0);
  munmap (inside, sizeof *inside);
  f->provider.max_recipients_per_day = PROCESSES * MAILS / 2 * 3 + 1;
  send_mail (f, 1);
  assert_quota (f, 1, "max-recipients-per-day");
}

/* Who is killed, at whatever moment, keeps nobody out. */
static void
test_many_killed (Fixture *f, gconstpointer unused)
{
  int done[2], status;
  char byte;
  pid_t pid;

  f->provider = (SeProviderConfig){ .max_connections = 2,
                                    .max_rate = 10000,
                                    .max_recipients_per_day = 10000 };
  f->throttle.longest_wait = 0;
  g_assert_cmpint (pipe (done), ==, 0);
  for (int i = 0; i < 40; i++)
    {
      pid = fork ();
      if (pid == 0)
        for (;;)
          {
            SePermit *permit = se_throttle_enter (&f->throttle, 3, NULL);

            if (permit == NULL || write (done[1], "x", 1) != 1)
              _exit (1);
            se_permit_free (permit);
          }
      g_assert_cmpint (read (done[0], &byte, 1), ==, 1);
      g_usleep ((gulong)g_random_int_range (0, 3000));
      kill_it (pid);
    }
  close (done[0]);
  close (done[1]);
  pid = fork ();
  if (pid == 0)
    enter_and_exit (f);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/throttle/unlimited", test_unlimited);
  ADD ("/throttle/connections", test_connections);
  ADD ("/throttle/killed-holder", test_killed_holder);
  ADD ("/throttle/cancelled", test_cancelled);
  ADD ("/throttle/rate", test_rate);
  ADD ("/throttle/rate-waits", test_rate_waits);
  ADD ("/throttle/recipients", test_recipients);
  ADD ("/throttle/next", test_next);
  ADD ("/throttle/next-yields", test_next_yields);
  ADD ("/throttle/pause", test_pause);
  ADD ("/throttle/lifted", test_lifted);
  ADD ("/throttle/clock-back", test_clock_back);
  ADD ("/throttle/left-over", test_left_over);
  ADD ("/throttle/many", test_many);
  ADD ("/throttle/many-killed", test_many_killed);
  return g_test_run ();
}
