/* SPDX-License-Identifier: Apache-2.0 */
#include "common/tally.h"

#include "common/lock.h"
#include "common/test-tree.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#define MINUTE ((gint64)60 * G_USEC_PER_SEC)
#define DAY (24 * 60 * MINUTE)

typedef struct
{
  TestTree tree; /* the tally's file lies in a folder that is not there yet */
  char *folder;
  SeTally tally; /* three a minute */
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  test_tree_set_up (&f->tree, "new/tally");
  f->folder = g_path_get_dirname (f->tree.path);
  f->tally = (SeTally){ f->tree.path, 60, 3 };
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_tree_tear_down (&f->tree, NULL);
  g_free (f->folder);
}

/* 0: counted. */
static gint64
take (const Fixture *f, guint64 amount)
{
  g_autoptr (GError) error = NULL;
  gint64 due = -1;

  g_assert_true (se_tally_take (&f->tally, amount, -1, &due, &error));
  g_assert_no_error (error);
  return due;
}

/* A file with the amounts at times from now, which is passed on. */
static gint64
put (const Fixture *f, gint64 time1, guint amount1, gint64 time2, guint amount2)
{
  gint64 now = g_get_real_time ();
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT " %u\n%" G_GINT64_FORMAT " %u\n",
                                           now + time1, amount1, now + time2, amount2);

  g_assert_cmpint (g_mkdir_with_parents (f->folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (f->tree.path, text, -1, NULL));
  return now;
}

static void
expect_warning (const char *words)
{
  g_autofree char *pattern = g_strdup_printf ("*%s*", words);

  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, pattern);
}

static void
test_limit (Fixture *f, gconstpointer unused)
{
  gint64 before = g_get_real_time ();
  gint64 due;

  g_assert_cmpint (se_tally_due (&f->tally, 1), ==, 0);
  g_assert_cmpint (take (f, 1), ==, 0);
  g_assert_cmpint (take (f, 2), ==, 0);
  due = take (f, 1);
  g_assert_cmpint (due, >=, before + MINUTE);
  g_assert_cmpint (due, <=, g_get_real_time () + MINUTE);
  g_assert_cmpint (se_tally_due (&f->tally, 1), ==, due);
  /* What was refused does not count: nobody pushes the time further away. */
  g_assert_cmpint (take (f, 1), ==, due);
}

/* Room comes as what was counted grows old, as much as is asked for. */
static void
test_window (Fixture *f, gconstpointer unused)
{
  gint64 now = put (f, -50 * G_USEC_PER_SEC, 2, -20 * G_USEC_PER_SEC, 1);

  g_assert_cmpint (take (f, 1), ==, now + 10 * G_USEC_PER_SEC);
  g_assert_cmpint (take (f, 2), ==, now + 10 * G_USEC_PER_SEC);
  g_assert_cmpint (take (f, 3), ==, now + 40 * G_USEC_PER_SEC);
  put (f, -MINUTE, 2, -20 * G_USEC_PER_SEC, 1);
  g_assert_cmpint (take (f, 2), ==, 0);
  g_assert_cmpint (take (f, 1), !=, 0);
}

/* One that is larger than the limit goes when nothing else counts. */
static void
test_larger (Fixture *f, gconstpointer unused)
{
  gint64 now = put (f, -MINUTE, 2, -20 * G_USEC_PER_SEC, 1);

  g_assert_cmpint (take (f, 4), ==, now + 40 * G_USEC_PER_SEC);
  put (f, -2 * MINUTE, 2, -MINUTE, 1);
  g_assert_cmpint (take (f, 4), ==, 0);
  g_assert_cmpint (take (f, 1), !=, 0);
}

static void
test_give_back (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  put (f, -50 * G_USEC_PER_SEC, 1, -20 * G_USEC_PER_SEC, 2);
  g_assert_true (se_tally_give_back (&f->tally, 2, &error));
  g_assert_no_error (error);
  g_assert_cmpint (take (f, 3), !=, 0);
  g_assert_cmpint (take (f, 2), ==, 0);
  /* More than there is. */
  g_assert_true (se_tally_give_back (&f->tally, 99, &error));
  g_assert_cmpint (take (f, 3), ==, 0);
}

static void
test_unlimited (Fixture *f, gconstpointer unused)
{
  f->tally.limit = 0;
  g_assert_cmpint (take (f, G_MAXUINT32), ==, 0);
  g_assert_cmpint (se_tally_due (&f->tally, 1), ==, 0);
  g_assert_true (se_tally_give_back (&f->tally, 1, NULL));
  g_assert_false (g_file_test (f->folder, G_FILE_TEST_EXISTS));
}

/* A clock that was set back a year: what was counted counts as now, for one period. */
static void
test_clock_back (Fixture *f, gconstpointer unused)
{
  gint64 due, now = put (f, 365 * DAY, 2, 365 * DAY + 1, 1);

  expect_warning ("the clock was set back");
  due = take (f, 1);
  g_test_assert_expected_messages ();
  g_assert_cmpint (due, >=, now + MINUTE);
  g_assert_cmpint (due, <=, g_get_real_time () + MINUTE);
  /* It does not move on with each look, and is told of once. */
  g_assert_cmpint (take (f, 1), ==, due);
}

/* The same for who only looks, as often as it likes. */
static void
test_clock_back_look (Fixture *f, gconstpointer unused)
{
  gint64 due;

  put (f, 365 * DAY, 2, 365 * DAY + 1, 1);
  expect_warning ("the clock was set back");
  due = se_tally_due (&f->tally, 1);
  g_test_assert_expected_messages ();
  g_assert_cmpint (due, !=, 0);
  g_assert_cmpint (due, <=, g_get_real_time () + MINUTE);
  g_assert_cmpint (se_tally_due (&f->tally, 1), ==, due);
}

/* A clock that jumped forward: all is over, however many spans there were. */
static void
test_clock_forward (Fixture *f, gconstpointer unused)
{
  put (f, -365 * DAY, 2, -365 * DAY + 1, 1);
  g_assert_cmpint (take (f, 3), ==, 0);
}

static void
test_damaged (Fixture *f, gconstpointer unused)
{
  static const char *const texts[] = { "rubbish\n", "1 \n",    "-5 1\n", "99999999999999999999 1\n",
                                       "5 -1\n",    "1 2 3\n", "\xff 1" };

  g_assert_cmpint (g_mkdir_with_parents (f->folder, 0700), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *counted
          = g_strdup_printf ("%" G_GINT64_FORMAT " 3\n%s", g_get_real_time (), texts[i]);

      g_assert_true (g_file_set_contents (f->tree.path, counted, -1, NULL));
      expect_warning ("damaged");
      g_assert_cmpint (take (f, 3), ==, 0);
      g_test_assert_expected_messages ();
      g_assert_cmpint (take (f, 1), !=, 0);
    }
}

static void
test_too_long (Fixture *f, gconstpointer unused)
{
  g_autofree char *text = g_strnfill (100000, '1');

  g_assert_cmpint (g_mkdir_with_parents (f->folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (f->tree.path, text, -1, NULL));
  expect_warning ("cannot be read");
  g_assert_cmpint (take (f, 3), ==, 0);
  g_test_assert_expected_messages ();
  /* Empty, as a lock leaves it that was taken first. */
  g_assert_true (g_file_set_contents (f->tree.path, "", 0, NULL));
  g_assert_cmpint (take (f, 3), ==, 0);
}

/* A day's thousands stay a small file, and each span counts to its end. */
static void
test_bounded (Fixture *f, gconstpointer unused)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *written = NULL;
  gint64 now = g_get_real_time ();
  gint64 due;
  gsize length;

  f->tally = (SeTally){ f->tree.path, 24 * 60 * 60, 140 };
  g_assert_cmpint (g_mkdir_with_parents (f->folder, 0700), ==, 0);
  for (int i = 140; i > 0; i--)
    g_string_append_printf (text, "%" G_GINT64_FORMAT " 1\n", now - i * 10 * MINUTE);
  g_assert_true (g_file_set_contents (f->tree.path, text->str, -1, NULL));
  g_assert_true (se_tally_give_back (&f->tally, 1, NULL));
  g_assert_true (g_file_get_contents (f->tree.path, &written, &length, NULL));
  g_assert_cmpuint (length, <, 62 * 28);
  g_assert_cmpint (take (f, 1), ==, 0);
  due = take (f, 1);
  g_assert_cmpint (due, >=, now - 1400 * MINUTE + DAY);
  g_assert_cmpint (due, <=, now - 1400 * MINUTE + DAY + DAY / 60);
}

/* Processes that count at once, some of them killed in the middle: nothing is lost, nothing is
 * counted twice, and nobody is left waiting. */
static void
test_many (Fixture *f, gconstpointer unused)
{
  enum
  {
    PROCESSES = 12,
    TAKES = 25
  };
  int fds[2], status;
  pid_t pids[PROCESSES];
  guint64 told = 0, counted = 0, killed = 0;
  char byte;

  f->tally.limit = G_MAXUINT32;
  f->tally.period = 24 * 60 * 60;
  g_assert_cmpint (pipe (fds), ==, 0);
  for (int i = 0; i < PROCESSES; i++)
    if ((pids[i] = fork ()) == 0)
      {
        gint64 due;

        close (fds[0]);
        for (int k = 0; k < TAKES; k++)
          if (!se_tally_take (&f->tally, 1, -1, &due, NULL) || due != 0
              || write (fds[1], "x", 1) != 1)
            _exit (1);
        _exit (0);
      }
  close (fds[1]);
  /* Each third one is killed at a point of its own, while all are at it. */
  while (read (fds[0], &byte, 1) == 1)
    if (++told % 10 == 0 && killed < PROCESSES / 3)
      g_assert_cmpint (kill (pids[3 * killed++], SIGKILL), ==, 0);
  close (fds[0]);
  for (int i = 0; i < PROCESSES; i++)
    {
      g_assert_cmpint (waitpid (pids[i], &status, 0), ==, pids[i]);
      if (i % 3 != 0)
        g_assert_cmpint (status, ==, 0);
    }
  /* What is counted shows by what room there is. */
  for (guint64 i = told; i <= told + killed; i++)
    {
      f->tally.limit = i;
      if (se_tally_due (&f->tally, 0) == 0)
        break;
      counted = i;
    }
  g_assert_cmpuint (counted, <, told + killed);
  f->tally.limit = told;
  g_assert_cmpint (se_tally_due (&f->tally, 1), !=, 0);
}

static void
test_cancelled (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  int lock[2], cancel[2];
  gint64 due;
  char byte;
  pid_t pid;

  g_assert_cmpint (pipe (lock), ==, 0);
  g_assert_cmpint (pipe (cancel), ==, 0);
  put (f, 0, 0, 0, 0);
  pid = fork ();
  if (pid == 0)
    {
      if (se_lock_take (f->tree.path, 0, -1, NULL) < 0 || write (lock[1], "x", 1) != 1)
        _exit (1);
      pause ();
    }
  g_assert_cmpint (read (lock[0], &byte, 1), ==, 1);
  g_assert_cmpint (write (cancel[1], "x", 1), ==, 1);
  g_assert_false (se_tally_take (&f->tally, 1, cancel[0], &due, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CANCELLED);
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  g_assert_cmpint (take (f, 1), ==, 0);
  for (int i = 0; i < 2; i++)
    {
      close (lock[i]);
      close (cancel[i]);
    }
}

static void
test_sweep (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *fresh = g_build_filename (f->folder, ".tally.AAAAAA", NULL);
  g_autofree char *left = g_build_filename (f->folder, ".tally.BBBBBB", NULL);
  const struct utimbuf long_ago = { 1000, 1000 };

  g_assert_true (se_tally_sweep (f->folder, 60, 1, &error));
  put (f, -MINUTE - 1, 2, -20 * G_USEC_PER_SEC, 1);
  g_assert_true (g_file_set_contents (fresh, "", 0, NULL));
  g_assert_true (g_file_set_contents (left, "", 0, NULL));
  g_assert_cmpint (utime (left, &long_ago), ==, 0);
  g_assert_true (se_tally_sweep (f->folder, 60, 1, &error));
  g_assert_true (g_file_test (f->tree.path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (fresh, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (left, G_FILE_TEST_EXISTS));
  put (f, -MINUTE - 1, 2, -MINUTE, 1);
  g_assert_true (se_tally_sweep (f->folder, 60, 1, &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (f->tree.path, G_FILE_TEST_EXISTS));
}

/* A few of many at a time, and all of them in time. */
static void
test_sweep_many (Fixture *f, gconstpointer unused)
{
  const guint many = 200;
  guint left = many;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (f->folder, 0700), ==, 0);
  for (guint i = 0; i < many; i++)
    {
      g_autofree char *path = g_strdup_printf ("%s/%u", f->folder, i);

      g_assert_true (g_file_set_contents (path, "1 1\n", -1, NULL));
    }
  for (guint round = 0; left > 0; round++)
    {
      guint before = left;
      g_autoptr (GDir) directory = NULL;

      g_assert_cmpuint (round, <, 1000);
      g_assert_true (se_tally_sweep (f->folder, 60, 10, &error));
      g_assert_no_error (error);
      directory = g_dir_open (f->folder, 0, NULL);
      for (left = 0; g_dir_read_name (directory) != NULL;)
        left++;
      g_assert_cmpuint (before - left, <, many / 2);
    }
}

static void
test_no_directory (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  gint64 due;

  g_assert_true (g_file_set_contents (f->folder, "", 0, NULL));
  g_assert_false (se_tally_take (&f->tally, 1, -1, &due, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CONFIG);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/tally/limit", test_limit);
  ADD ("/tally/window", test_window);
  ADD ("/tally/larger", test_larger);
  ADD ("/tally/give-back", test_give_back);
  ADD ("/tally/unlimited", test_unlimited);
  ADD ("/tally/clock-back", test_clock_back);
  ADD ("/tally/clock-back-look", test_clock_back_look);
  ADD ("/tally/clock-forward", test_clock_forward);
  ADD ("/tally/damaged", test_damaged);
  ADD ("/tally/too-long", test_too_long);
  ADD ("/tally/bounded", test_bounded);
  ADD ("/tally/many", test_many);
  ADD ("/tally/cancelled", test_cancelled);
  ADD ("/tally/sweep", test_sweep);
  ADD ("/tally/sweep-many", test_sweep_many);
  ADD ("/tally/no-directory", test_no_directory);
  return g_test_run ();
}
