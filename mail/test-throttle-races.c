/* SPDX-License-Identifier: Apache-2.0 */
/* Several processes at one account's throttle. */
#include "mail/test-throttle-fixture.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* The connection of one that was killed is free at once. */
static void
test_killed_holder (Fixture *f, gconstpointer unused)
{
  pid_t pid;

  f->provider.max_connections = 1;
  pid = start_holder (f);
  fixture_assert_quota (f, 1, "max-connections");
  kill_it (pid);
  se_permit_free (fixture_enter (f, 1));
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
  permit = fixture_enter (f, 1);
  g_assert_true (fixture_may_next (permit, 1));
  g_assert_cmpint (write (go[1], "x", 1), ==, 1);
  while (fixture_may_next (permit, 1))
    g_usleep (1000);
  se_permit_free (permit);
  /* Behind who has waited. */
  permit = fixture_enter (f, 1);
  close (told[1]);
  g_assert_cmpint (read (told[0], &byte, 1), ==, 1);
  se_permit_free (permit);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  close (told[0]);
  close (go[0]);
  close (go[1]);
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
  g_assert_cmpint (g_get_monotonic_time () - before, <, 15 * G_USEC_PER_SEC);
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
  fixture_send_mail (f, 1);
  fixture_assert_quota (f, 1, "max-recipients-per-day");
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/throttle-races/killed-holder", test_killed_holder);
  ADD ("/throttle-races/next-yields", test_next_yields);
  ADD ("/throttle-races/lifted", test_lifted);
  ADD ("/throttle-races/many", test_many);
  ADD ("/throttle-races/many-killed", test_many_killed);
  return g_test_run ();
}
