/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-journal-fixture.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const SeJournalStep step_after[FIXTURE_STEPS + 1]
    = { SE_JOURNAL_OPEN, SE_JOURNAL_OPEN,  SE_JOURNAL_FIXED,
        SE_JOURNAL_DOT,  SE_JOURNAL_FIXED, SE_JOURNAL_ACCEPTED };

/* A worker that is killed after each step, and what its successor finds. */
static void
test_killed (Fixture *f, gconstpointer unused)
{
  for (int steps = 0; steps <= FIXTURE_STEPS; steps++)
    {
      g_autoptr (SeJournal) journal = NULL;
      struct stat status;
      int end;
      pid_t pid;

      f->key.job = 100 + steps;
      pid = fork ();
      if (pid == 0)
        {
          SeJournal *child = se_journal_open (f->state, &f->key, -1, NULL);

          for (int i = 0; i < steps; i++)
            if (child == NULL || !fixture_do_step (child, i))
              _exit (1);
          raise (SIGKILL);
        }
      g_assert_cmpint (waitpid (pid, &end, 0), ==, pid);
      g_assert_true (WIFSIGNALED (end));

      journal = fixture_open (f);
      g_assert_cmpint (se_journal_step (journal), ==, step_after[steps]);
      g_assert_cmpuint (se_journal_attempts (journal), ==, steps == FIXTURE_STEPS ? 1 : 2);
      if (se_journal_step (journal) == SE_JOURNAL_FIXED
          || se_journal_step (journal) == SE_JOURNAL_DOT)
        {
          fixture_check_restored (journal);
          g_assert_true (se_journal_same_sources (journal, fixture_sources));
        }
      if (steps == FIXTURE_STEPS)
        {
          g_assert_cmpstr (se_journal_reply (journal), ==, "250 2.0.0 queued as 42");
          g_assert_cmpint (stat (se_journal_bundle_path (journal), &status), !=, 0);
        }
    }
}

/* Killed at any moment: the entry is always one that was committed. */
static void
test_killed_anywhere (Fixture *f, gconstpointer unused)
{
  for (int round = 0; round < 40; round++)
    {
      g_autoptr (SeJournal) journal = NULL;
      pid_t pid = fork ();

      if (pid == 0)
        {
          SeJournal *child = se_journal_open (f->state, &f->key, -1, NULL);

          fixture_write_bundle (child);
          for (;;)
            if (!fixture_fix (child, NULL) || !se_journal_before_dot (child, NULL)
                || !se_journal_replied (child, FALSE, "451 later", NULL)
                || !se_journal_defer (child, 1800000000, NULL))
              _exit (1);
        }
      g_usleep ((gulong)g_test_rand_int_range (0, 8000));
      kill (pid, SIGKILL);
      waitpid (pid, NULL, 0);
      journal = fixture_open (f);
      if (se_journal_step (journal) != SE_JOURNAL_OPEN)
        fixture_check_restored (journal);
      g_assert_cmpuint (fixture_count (f, "journal"), ==, 2); /* no half of an entry is left */
    }
}

static void
test_life (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = fixture_entry_path (f);
  g_autofree char *contents = NULL;
  const char *const others[] = { "aa11", NULL };
  struct stat status;

  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
  g_assert_cmpuint (se_journal_attempts (journal), ==, 1);
  g_assert_false (se_journal_same_sources (journal, fixture_sources));
  g_assert_null (se_journal_reply (journal));
  g_assert_false (fixture_fix (journal, &error)); /* there is no bundle */
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, &error));
  fixture_check_restored (journal);
  g_assert_true (se_journal_same_sources (journal, fixture_sources));
  g_assert_false (se_journal_same_sources (journal, others));
  g_assert_true (se_journal_before_dot (journal, &error));
  g_assert_true (se_journal_replied (journal, TRUE, "250 2.0.0 queued", &error));
  g_assert_no_error (error);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
  g_assert_cmpuint (fixture_count (f, "spool"), ==, 0);

  /* Private, and what is kept for 30 days does not hold the message. */
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_null (strstr (contents, "Subject"));
  g_assert_null (strstr (contents, "example.org"));
  g_assert_cmpuint (fixture_count (f, "journal"), ==, 2); /* the entry and its lock */
}

/* cupsd's rerun of an accepted job is not a person's restart. */
static void
test_generations (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    gint64 completion;
    SeJournalStep step;
  } runs[] = {
    { 0, SE_JOURNAL_ACCEPTED },   /* rerun after a crash */
    { 500, SE_JOURNAL_OPEN },     /* restarted */
    { 500, SE_JOURNAL_ACCEPTED }, /* its rerun */
    { 0, SE_JOURNAL_ACCEPTED },   /* cupsd could not be asked */
    { 900, SE_JOURNAL_OPEN },
  };

  fixture_accept (f);
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      g_autoptr (SeJournal) journal = NULL;

      f->key.completion = runs[i].completion;
      journal = fixture_open (f);
      g_assert_cmpint (se_journal_step (journal), ==, runs[i].step);
      if (runs[i].step == SE_JOURNAL_OPEN)
        g_assert_cmpuint (se_journal_attempts (journal), ==, 1);
      g_clear_pointer (&journal, se_journal_close);
      if (runs[i].step == SE_JOURNAL_OPEN)
        fixture_accept (f);
    }
}

/* A worker of the run that is over, which does not know that it is, comes after an audit has noted
 * the job: what it sends belongs to the same end. */
static void
test_late_worker (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = NULL;

  f->key.completion = 500;
  se_journal_close (fixture_open (f));
  f->key.completion = 0;
  fixture_accept (f);
  f->key.completion = 500;
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
}

/* A job that was not accepted goes on after a restart, with the same message. */
static void
test_restarted_pending (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);
  g_autoptr (GError) error = NULL;

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL) && se_journal_before_dot (journal, NULL));
  g_clear_pointer (&journal, se_journal_close);
  f->key.completion = 500;
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_DOT);
  fixture_check_restored (journal);
  g_assert_true (se_journal_replied (journal, TRUE, "250 ok", NULL));
  g_clear_pointer (&journal, se_journal_close);
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
  g_clear_pointer (&journal, se_journal_close);

  /* Another job's documents under this key. */
  f->key.job = 13;
  journal = fixture_open (f);
  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL));
  g_assert_true (se_journal_restart (journal, &error));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
  g_assert_false (se_journal_same_sources (journal, fixture_sources));
  g_assert_cmpuint (fixture_count (f, "spool"), ==, 0);
}

/* A refusal now does not say what became of the same mail at an earlier try. */
static void
test_doubt_stays (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);
  g_autoptr (GError) error = NULL;

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL) && se_journal_before_dot (journal, NULL));
  g_assert_true (se_journal_replied (journal, FALSE, "451 later", &error));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_FIXED);
  g_assert_true (se_journal_before_dot (journal, NULL));
  for (int try = 0; try < 2; try++)
    {
      g_clear_pointer (&journal, se_journal_close);
      journal = fixture_open (f);
      g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_DOT);
      fixture_check_restored (journal);
      g_assert_true (se_journal_before_dot (journal, &error));
      g_assert_true (se_journal_replied (journal, FALSE, "451 later", &error));
      g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_DOT);
    }
  g_assert_true (se_journal_await_person (journal, &error));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_DOT);
  fixture_check_restored (journal);
  g_assert_true (se_journal_replied (journal, TRUE, "250 ok", &error));
  g_assert_no_error (error);
  g_assert_true (se_journal_await_person (journal, &error));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
}

/* What was never in doubt can be composed anew; it stays the same job, and its time goes on. */
static void
test_reopen (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);
  g_autoptr (GError) error = NULL;
  gint64 first = se_journal_first (journal);

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL));
  g_assert_true (se_journal_reopen (journal, &error));
  g_assert_no_error (error);
  g_assert_cmpint (se_journal_first (journal), ==, first);
  g_assert_cmpuint (fixture_count (f, "spool"), ==, 0);
  g_clear_pointer (&journal, se_journal_close);
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
  g_assert_false (se_journal_is_settled (journal));
}

/* While it waits for a person its time does not run. */
static void
test_awaits_person (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);
  g_autoptr (GError) error = NULL;

  g_assert_true (se_journal_await_person (journal, &error));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL));
  g_clear_pointer (&journal, se_journal_close);
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_first (journal), >, 1700000000);
  g_assert_true (se_journal_await_person (journal, &error));
  g_assert_no_error (error);
  g_assert_cmpint (se_journal_first (journal), ==, 0);
  g_assert_cmpuint (fixture_count (f, "spool"), ==, 0);
  g_clear_pointer (&journal, se_journal_close);
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
  g_assert_true (se_journal_is_settled (journal));
  g_assert_cmpuint (se_journal_attempts (journal), ==, 3);
  g_assert_cmpint (se_journal_first (journal), >, 1700000000);
  g_assert_false (se_journal_same_sources (journal, fixture_sources));
  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, &error));
  fixture_check_restored (journal);
}

/* Another process holds the entry until its pipe is closed; returns its id. */
static pid_t
hold_elsewhere (Fixture *f, int *release)
{
  int ready[2], go[2];
  char byte;
  pid_t pid;

  g_assert_cmpint (pipe (ready), ==, 0);
  g_assert_cmpint (pipe (go), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      SeJournal *journal = se_journal_open (f->state, &f->key, -1, NULL);

      close (go[1]);
      if (journal == NULL || write (ready[1], "x", 1) != 1 || read (go[0], &byte, 1) != 0)
        _exit (1);
      fixture_write_bundle (journal);
      if (!fixture_fix (journal, NULL) || !se_journal_before_dot (journal, NULL)
          || !se_journal_replied (journal, TRUE, "250 ok", NULL))
        _exit (1);
      raise (SIGKILL);
    }
  close (go[0]);
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  close (ready[0]);
  close (ready[1]);
  *release = go[1];
  return pid;
}

static gpointer
close_later (gpointer fd)
{
  g_usleep (150 * 1000);
  close (GPOINTER_TO_INT (fd));
  return NULL;
}

/* The worker of a supervisor that was killed goes on alone: its successor waits and finds what it
 * did. */
static void
test_waits (Fixture *f, gconstpointer unused)
{
  int release;
  pid_t pid = hold_elsewhere (f, &release);
  GThread *thread = g_thread_new ("release", close_later, GINT_TO_POINTER (release));
  g_autoptr (SeJournal) journal = fixture_open (f);

  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
  g_thread_join (thread);
  waitpid (pid, NULL, 0);
}

static void
test_waits_cancelled (Fixture *f, gconstpointer unused)
{
  int release;
  pid_t pid = hold_elsewhere (f, &release);
  g_autoptr (GError) error = NULL;
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (write (fds[1], "x", 1), ==, 1);
  g_assert_null (se_journal_open (f->state, &f->key, fds[0], &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  close (fds[0]);
  close (fds[1]);
  close (release);
  waitpid (pid, NULL, 0);
}
int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/journal/life", test_life);
  ADD ("/journal/killed", test_killed);
  ADD ("/journal/killed-anywhere", test_killed_anywhere);
  ADD ("/journal/generations", test_generations);
  ADD ("/journal/late-worker", test_late_worker);
  ADD ("/journal/restarted-pending", test_restarted_pending);
  ADD ("/journal/doubt-stays", test_doubt_stays);
  ADD ("/journal/reopen", test_reopen);
  ADD ("/journal/awaits-person", test_awaits_person);
  ADD ("/journal/waits", test_waits);
  ADD ("/journal/waits-cancelled", test_waits_cancelled);
  return g_test_run ();
}
