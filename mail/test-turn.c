/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/turn.h"

#include "common/test-tree.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG 60000 /* milliseconds that no test waits for */

typedef struct
{
  char *directory, *line, *inside;
  int told[2]; /* pipe: who was served */
  int go[2];   /* pipe: who was served may leave */
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->directory = g_dir_make_tmp ("scan-email-XXXXXX", NULL);
  f->line = g_build_filename (f->directory, "new", "line", NULL);
  f->inside = g_build_filename (f->directory, "inside", NULL);
  g_assert_cmpint (pipe (f->told), ==, 0);
  g_assert_cmpint (pipe (f->go), ==, 0);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  for (int i = 0; i < 2; i++)
    {
      close (f->told[i]);
      close (f->go[i]);
    }
  test_remove_tree (f->directory);
  g_free (f->inside);
  g_free (f->line);
  g_free (f->directory);
}

static SeTurn *
wait_turn (const Fixture *f)
{
  g_autoptr (GError) error = NULL;
  SeTurn *turn = se_turn_wait (f->line, LONG, -1, &error);

  g_assert_no_error (error);
  g_assert_nonnull (turn);
  return turn;
}

static guint
count_files (const Fixture *f)
{
  g_autoptr (GDir) files = g_dir_open (f->line, 0, NULL);
  guint n = 0;

  while (files != NULL && g_dir_read_name (files) != NULL)
    n++;
  return n;
}

/* The kernel's list of locks names files by their inodes. */
static gboolean
is_locked (const Fixture *f, guint number)
{
  g_autofree char *path = g_strdup_printf ("%s/%u", f->line, number);
  g_autofree char *locks = NULL;
  g_autofree char *inode = NULL;
  GStatBuf status;

  if (g_stat (path, &status) < 0)
    return FALSE;
  inode = g_strdup_printf (":%lu 0 EOF", (gulong)status.st_ino);
  g_assert_true (g_file_get_contents ("/proc/locks", &locks, NULL, NULL));
  return strstr (locks, inode) != NULL;
}

/* A process that stands in line with this number, tells its name when it is its turn, and leaves
 * when it is let go: by a byte in f->go, or at once. */
static pid_t
start_waiter (const Fixture *f, guint number, char name, gboolean stay)
{
  pid_t pid = fork ();

  if (pid == 0)
    {
      SeTurn *turn = se_turn_wait (f->line, LONG, -1, NULL);
      char byte;

      if (turn == NULL || write (f->told[1], &name, 1) != 1
          || (stay && read (f->go[0], &byte, 1) != 1))
        _exit (1);
      se_turn_free (turn);
      _exit (0);
    }
  while (!is_locked (f, number))
    g_usleep (1000);
  return pid;
}

static char
read_name (const Fixture *f)
{
  char name;

  g_assert_cmpint (read (f->told[0], &name, 1), ==, 1);
  return name;
}

static void
await_end (pid_t pid, int expected)
{
  int status;

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, expected);
}

static void
test_alone (Fixture *f, gconstpointer unused)
{
  g_assert_false (se_turn_is_awaited (f->line));
  for (int i = 0; i < 3; i++)
    {
      SeTurn *turn = wait_turn (f);

      g_assert_nonnull (turn);
      g_assert_true (se_turn_is_awaited (f->line));
      se_turn_free (turn);
    }
  g_assert_false (se_turn_is_awaited (f->line));
  g_assert_cmpuint (count_files (f), ==, 0);
}

/* First come, first served; who is killed while waiting is passed over. */
static void
test_order (Fixture *f, gconstpointer unused)
{
  pid_t first = start_waiter (f, 1, '!', TRUE);
  pid_t pids[12];

  for (guint i = 0; i < 12; i++)
    pids[i] = start_waiter (f, i + 2, (char)('a' + i), FALSE);
  for (int i = 1; i < 12; i += 3)
    {
      g_assert_cmpint (kill (pids[i], SIGKILL), ==, 0);
      await_end (pids[i], SIGKILL);
    }
  g_assert_cmpint (read_name (f), ==, '!');
  g_assert_cmpint (write (f->go[1], "x", 1), ==, 1);
  await_end (first, 0);
  for (int i = 0; i < 12; i++)
    if (i % 3 != 1)
      {
        g_assert_cmpint (read_name (f), ==, 'a' + i);
        await_end (pids[i], 0);
      }
  g_assert_false (se_turn_is_awaited (f->line));
  g_assert_cmpuint (count_files (f), ==, 0);
}

/* The turn of one that is killed passes at once. */
static void
test_killed (Fixture *f, gconstpointer unused)
{
  pid_t pid = start_waiter (f, 1, '!', TRUE);
  pid_t next = start_waiter (f, 2, 'n', FALSE);

  g_assert_cmpint (read_name (f), ==, '!');
  g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
  await_end (pid, SIGKILL);
  g_assert_cmpint (read_name (f), ==, 'n');
  await_end (next, 0);
}

static void
test_given_up (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  SeTurn *turn = wait_turn (f);
  int cancel[2];

  g_assert_nonnull (turn);
  g_assert_null (se_turn_wait (f->line, 30, -1, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_QUOTA);
  g_clear_error (&error);
  g_assert_cmpint (pipe (cancel), ==, 0);
  g_assert_cmpint (write (cancel[1], "x", 1), ==, 1);
  g_assert_null (se_turn_wait (f->line, LONG, cancel[0], &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CANCELLED);
  g_assert_cmpuint (count_files (f), ==, 1);
  se_turn_free (turn);
  close (cancel[0]);
  close (cancel[1]);
}

/* Never two at once, whoever else is killed. */
static void
test_many (Fixture *f, gconstpointer unused)
{
  pid_t pids[16];

  for (int i = 0; i < 16; i++)
    if ((pids[i] = fork ()) == 0)
      {
        for (int k = 0; i % 4 == 0 || k < 15; k++)
          {
            SeTurn *turn = se_turn_wait (f->line, LONG, -1, NULL);

            if (turn == NULL || (i % 4 != 0 && g_mkdir (f->inside, 0700) < 0)
                || (i % 4 != 0 && g_rmdir (f->inside) < 0) || write (f->told[1], "x", 1) != 1)
              _exit (1);
            se_turn_free (turn);
          }
        _exit (0);
      }
  for (int i = 0; i < 40; i++)
    {
      g_assert_cmpint (read_name (f), ==, 'x');
      if (i % 10 == 9)
        g_assert_cmpint (kill (pids[i / 10 * 4], SIGKILL), ==, 0);
    }
  for (int i = 0; i < 16; i++)
    await_end (pids[i], i % 4 == 0 ? SIGKILL : 0);
  g_assert_false (se_turn_is_awaited (f->line));
}

/* A number that cannot be taken is told, and not taken for somebody else's: on a machine that has
 * no descriptors left, or a full disk, which are temporary troubles, too. */
static void
test_in_trouble (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeTurn) turn = wait_turn (f);
  struct rlimit saved, none;

  g_clear_pointer (&turn, se_turn_free);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  none = saved;
  none.rlim_cur = 3;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  turn = se_turn_wait (f->line, LONG, -1, &error);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &saved), ==, 0);
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_null (turn);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/turn/alone", test_alone);
  ADD ("/turn/order", test_order);
  ADD ("/turn/killed", test_killed);
  ADD ("/turn/given-up", test_given_up);
  ADD ("/turn/many", test_many);
  ADD ("/turn/in-trouble", test_in_trouble);
  return g_test_run ();
}
