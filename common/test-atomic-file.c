/* SPDX-License-Identifier: Apache-2.0 */
#include "common/atomic-file.h"

#include "common/test-tree.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

static void
put (const char *path, const char *contents, mode_t mode)
{
  g_assert_true (g_file_set_contents (path, contents, -1, NULL));
  g_assert_cmpint (chmod (path, mode), ==, 0);
}

static void
assert_file (const char *path, const char *contents, mode_t mode)
{
  g_autofree char *found = NULL;
  struct stat status;

  g_assert_true (g_file_get_contents (path, &found, NULL, NULL));
  g_assert_cmpstr (found, ==, contents);
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 07777, ==, mode);
}

static void
test_replace (TestTree *tree, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  mode_t mask = umask (0077);

  g_assert_true (se_atomic_file_replace (tree->path, "new", 3, 0640, &error));
  g_assert_no_error (error);
  assert_file (tree->path, "new", 0640);
  g_assert_true (se_atomic_file_replace (tree->path, "", 0, 0600, &error));
  g_assert_no_error (error);
  assert_file (tree->path, "", 0600);
  g_assert_cmpuint (test_count_files (tree->directory), ==, 1);
  umask (mask);

  if (geteuid () == 0)
    {
      struct stat status;

      g_assert_cmpint (chown (tree->path, 0, 65534), ==, 0);
      g_assert_true (se_atomic_file_replace (tree->path, "x", 1, 0640, &error));
      g_assert_cmpint (stat (tree->path, &status), ==, 0);
      g_assert_cmpuint (status.st_gid, ==, 65534);
    }
}

static void
remove_temporary (TestTree *tree)
{
  g_autoptr (GDir) dir = g_dir_open (tree->directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    if (name[0] == '.')
      {
        g_autofree char *path = g_build_filename (tree->directory, name, NULL);

        g_assert_cmpint (unlink (path), ==, 0);
      }
}

/* However it fails, the old file is whole and nothing lies about. */
static void
test_reserved (TestTree *tree, gconstpointer unused)
{
  g_autoptr (SeAtomicFile) replacement = NULL;
  g_autoptr (GError) error = NULL;
  struct rlimit saved, small;

  put (tree->path, "old", 0600);
  replacement = se_atomic_file_begin (tree->path, 0600, 65536, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (test_count_files (tree->directory), ==, 2);
  g_clear_pointer (&replacement, se_atomic_file_free);
  g_assert_cmpuint (test_count_files (tree->directory), ==, 1);
  assert_file (tree->path, "old", 0600);

  replacement = se_atomic_file_begin (tree->path, 0600, 65536, &error);
  g_assert_no_error (error);
  g_assert_true (se_atomic_file_commit (replacement, "new", 3, &error));
  g_assert_no_error (error);
  g_clear_pointer (&replacement, se_atomic_file_free);
  assert_file (tree->path, "new", 0600);
  g_assert_cmpuint (test_count_files (tree->directory), ==, 1);

  /* The file that was made for them is of no use: they get another. */
  replacement = se_atomic_file_begin (tree->path, 0600, 65536, &error);
  remove_temporary (tree);
  g_assert_true (se_atomic_file_commit (replacement, "newest", 6, &error));
  g_assert_no_error (error);
  g_clear_pointer (&replacement, se_atomic_file_free);
  assert_file (tree->path, "newest", 0600);
  g_assert_cmpuint (test_count_files (tree->directory), ==, 1);

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &saved), ==, 0);
  small = saved;
  small.rlim_cur = 4096;
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  g_assert_null (se_atomic_file_begin (tree->path, 0600, 65536, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &saved), ==, 0);
  g_assert_nonnull (error);
  assert_file (tree->path, "newest", 0600);
  g_assert_cmpuint (test_count_files (tree->directory), ==, 1);
}

static void
test_fails (TestTree *tree, gconstpointer unused)
{
  g_autofree char *missing = g_build_filename (tree->directory, "no", "file", NULL);
  g_autofree char *directory = g_build_filename (tree->directory, "directory", NULL);
  g_autofree char *large = g_strnfill (8192, 'x');
  g_autoptr (GError) error = NULL;
  struct rlimit saved, small;

  g_assert_false (se_atomic_file_replace (missing, "x", 1, 0600, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_clear_error (&error);

  g_assert_cmpint (mkdir (directory, 0700), ==, 0);
  g_assert_false (se_atomic_file_replace (directory, "x", 1, 0600, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, directory));
  g_assert_cmpuint (test_count_files (tree->directory), ==, 1);
  g_clear_error (&error);

  put (tree->path, "old", 0600);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &saved), ==, 0);
  small = saved;
  small.rlim_cur = 4096;
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  g_assert_false (se_atomic_file_replace (tree->path, large, 8192, 0600, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &saved), ==, 0);
  g_assert_nonnull (error);
  assert_file (tree->path, "old", 0600);
  g_assert_cmpuint (test_count_files (tree->directory), ==, 2);
}

static void
test_create (TestTree *tree, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;
  struct stat status;
  gboolean created = FALSE;

  g_assert_true (se_atomic_file_create (tree->path, "first", 5, 0640, &created, &error));
  g_assert_no_error (error);
  g_assert_true (created);
  g_assert_cmpint (stat (tree->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 07777, ==, 0640);
  g_assert_cmpint (status.st_nlink, ==, 1);
  g_assert_true (se_atomic_file_create (tree->path, "second", 6, 0600, &created, &error));
  g_assert_no_error (error);
  g_assert_false (created);
  g_assert_true (g_file_get_contents (tree->path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "first");
  g_assert_false (se_atomic_file_create ("/nonexistent/file", "x", 1, 0600, &created, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CONFIG);
  g_assert_false (created);
}

/* The temporary file has a longer name than the file, and yet one that it may have. */
static void
test_longest_name (TestTree *tree, gconstpointer unused)
{
  g_autofree char *name = g_strnfill (NAME_MAX, 'x');
  g_autofree char *path = g_build_filename (tree->directory, name, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (se_atomic_file_replace (path, "new", 3, 0600, &error));
  g_assert_no_error (error);
  assert_file (path, "new", 0600);
  g_assert_cmpuint (test_count_files (tree->directory), ==, 1);
}

/* What a process left that was killed while it wrote the file, and nobody else's. */
static void
test_clear (TestTree *tree, gconstpointer unused)
{
  g_autofree char *other = g_strconcat (tree->path, ".2", NULL);
  g_autoptr (SeAtomicFile) of_file = se_atomic_file_begin (tree->path, 0600, 0, NULL);
  g_autoptr (SeAtomicFile) of_other = se_atomic_file_begin (other, 0600, 0, NULL);

  g_assert_nonnull (of_file);
  put (tree->path, "x", 0600);
  g_assert_cmpuint (test_count_files (tree->directory), ==, 3);
  se_atomic_file_clear (tree->path);
  g_assert_cmpuint (test_count_files (tree->directory), ==, 2);
  g_assert_true (se_atomic_file_commit (of_other, "x", 1, NULL));
  g_assert_true (g_file_test (tree->path, G_FILE_TEST_EXISTS));
}

/* What processes left that were killed long ago. */
static void
test_sweep (TestTree *tree, gconstpointer unused)
{
  g_autofree char *old = g_build_filename (tree->directory, ".file.ABCDEF", NULL);
  g_autofree char *young = g_build_filename (tree->directory, ".file.GHIJKL", NULL);
  const struct utimbuf long_ago = { 1000, 1000 };

  put (tree->path, "x", 0600);
  put (old, "x", 0600);
  put (young, "x", 0600);
  g_assert_cmpint (utime (tree->path, &long_ago), ==, 0);
  g_assert_cmpint (utime (old, &long_ago), ==, 0);
  g_assert_true (se_atomic_file_sweep (tree->directory, NULL));
  g_assert_true (g_file_test (tree->path, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (young, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (old, G_FILE_TEST_EXISTS));
}

#define ADD(name, function)                                                       \
  g_test_add ("/atomic-file/" name, TestTree, "file", test_tree_set_up, function, \
              test_tree_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("replace", test_replace);
  ADD ("reserved", test_reserved);
  ADD ("fails", test_fails);
  ADD ("create", test_create);
  ADD ("longest-name", test_longest_name);
  ADD ("clear", test_clear);
  ADD ("sweep", test_sweep);
  return g_test_run ();
}
