/* SPDX-License-Identifier: Apache-2.0 */
#include "common/lock.h"

#include "common/io.h"
#include "common/test-tree.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

static void
test_held (TestTree *tree, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  se_autofd int held = se_lock_take (tree->path, 0, -1, &error);
  int tried = 0;
  gint64 start;
  struct stat status;
  int ends[2];

  g_assert_no_error (error);
  g_assert_cmpint (fstat (held, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 07777, ==, 0600);
  g_assert_cmpint (fcntl (held, F_GETFD) & FD_CLOEXEC, !=, 0);

  g_assert_cmpint (se_lock_take (tree->path, 0, -1, &error), ==, -1);
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_clear_error (&error);
  g_assert_true (se_lock_is_held (tree->path));
  g_assert_true (se_lock_try (tree->path, &tried, &error));
  g_assert_no_error (error);
  g_assert_cmpint (tried, ==, -1);
  g_assert_false (se_lock_try (tree->directory, &tried, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);

  start = g_get_monotonic_time ();
  g_assert_cmpint (se_lock_take (tree->path, 100, -1, &error), ==, -1);
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 100000);
  g_clear_error (&error);

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (write (ends[1], "", 1), ==, 1);
  g_assert_cmpint (se_lock_take (tree->path, -1, ends[0], &error), ==, -1);
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  g_clear_error (&error);
  close (ends[0]);
  close (ends[1]);

  se_io_clear_fd (&held);
  g_assert_false (se_lock_is_held (tree->path));
  g_assert_true (se_lock_try (tree->path, &tried, &error));
  g_assert_true (se_lock_is_held (tree->path));
  se_io_clear_fd (&tried);
  held = se_lock_take (tree->path, 0, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (held, >=, 0);
}

static gpointer
wait_for_lock (gpointer path)
{
  return GINT_TO_POINTER (se_lock_take (path, 60000, -1, NULL));
}

/* The waiter gets the lock when it is let go; one that was taken on a file since removed is none.
 */
static void
test_passes_on (TestTree *tree, gconstpointer unused)
{
  int held = se_lock_take (tree->path, 0, -1, NULL);
  se_autofd int opens = inotify_init1 (IN_CLOEXEC);
  struct inotify_event event;
  struct stat opened, named;
  GThread *waiter;
  int got;

  g_assert_cmpint (inotify_add_watch (opens, tree->path, IN_OPEN), >=, 0);
  waiter = g_thread_new ("waiter", wait_for_lock, tree->path);
  g_assert_cmpint (read (opens, &event, sizeof event), ==, sizeof event);
  g_assert_cmpint (unlink (tree->path), ==, 0);
  g_assert_true (g_file_set_contents (tree->path, "", 0, NULL));
  close (held);
  got = GPOINTER_TO_INT (g_thread_join (waiter));
  g_assert_cmpint (got, >=, 0);
  g_assert_cmpint (fstat (got, &opened), ==, 0);
  g_assert_cmpint (stat (tree->path, &named), ==, 0);
  g_assert_cmpuint (opened.st_ino, ==, named.st_ino);
  close (got);
}

static void
test_follows_no_link (TestTree *tree, gconstpointer unused)
{
  g_autofree char *target = g_build_filename (tree->directory, "target", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (symlink (target, tree->path), ==, 0);
  g_assert_cmpint (se_lock_take (tree->path, 0, -1, &error), ==, -1);
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
}

#define ADD(name, function) \
  g_test_add ("/lock/" name, TestTree, "file", test_tree_set_up, function, test_tree_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("held", test_held);
  ADD ("passes-on", test_passes_on);
  ADD ("follows-no-link", test_follows_no_link);
  return g_test_run ();
}
