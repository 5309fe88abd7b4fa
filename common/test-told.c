/* SPDX-License-Identifier: Apache-2.0 */
#include "common/told.h"

#include "common/test-tree.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

#define JOB "scan/email-12"

static void
note (const TestTree *tree, const char *job, const char *what)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (se_told_note (tree->directory, job, what, &error));
  g_assert_no_error (error);
}

static void
test_once (TestTree *tree, gconstpointer unused)
{
  g_assert_false (se_told_already (tree->directory, JOB, "a"));
  note (tree, JOB, "a");
  note (tree, JOB, "b\n\xff");
  g_assert_true (se_told_already (tree->directory, JOB, "a"));
  g_assert_true (se_told_already (tree->directory, JOB, "b\n\xff"));
  g_assert_false (se_told_already (tree->directory, JOB, "b"));
  g_assert_false (se_told_already (tree->directory, "scan/email-1", "a"));
  g_assert_true (se_told_forget (tree->directory, JOB, NULL));
  g_assert_true (se_told_forget (tree->directory, JOB, NULL));
  g_assert_false (se_told_already (tree->directory, JOB, "a"));
}

static void
test_long_name (TestTree *tree, gconstpointer unused)
{
  g_autofree char *queue = g_strnfill (127, '\xff');
  g_autofree char *job = g_strconcat (queue, "-12", NULL);
  g_autofree char *other = g_strconcat (queue, "-13", NULL);

  note (tree, job, "a");
  g_assert_true (se_told_already (tree->directory, job, "a"));
  g_assert_false (se_told_already (tree->directory, other, "a"));
  g_assert_true (se_told_forget (tree->directory, job, NULL));
  g_assert_false (se_told_already (tree->directory, job, "a"));
}

static void
test_damage (TestTree *tree, gconstpointer unused)
{
  g_autofree char *path = g_build_filename (tree->directory, "told", "scan%2Femail-12", NULL);
  g_autofree char *long_text = g_strnfill (100000, 'x');

  note (tree, JOB, "a");
  g_assert_true (g_file_set_contents (path, "\xff\n", -1, NULL));
  g_assert_false (se_told_already (tree->directory, JOB, "a"));
  g_assert_true (g_file_set_contents (path, long_text, -1, NULL));
  note (tree, JOB, "a");
  g_assert_true (se_told_already (tree->directory, JOB, "a"));
}

static void
test_sweep (TestTree *tree, gconstpointer unused)
{
  g_autofree char *old = g_build_filename (tree->directory, "told", "old-1", NULL);
  g_autofree char *young = g_build_filename (tree->directory, "told", "young-1", NULL);
  struct utimbuf times = { 0, time (NULL) - 31 * 24 * 3600 };

  note (tree, "old-1", "a");
  note (tree, "young-1", "a");
  g_assert_cmpint (g_utime (old, &times), ==, 0);
  note (tree, JOB, "a");
  g_assert_false (g_file_test (old, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (young, G_FILE_TEST_EXISTS));
}

static void
test_failure (TestTree *tree, gconstpointer unused)
{
  g_autofree char *file = g_build_filename (tree->directory, "file", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_false (se_told_already (file, JOB, "a"));
  g_assert_false (se_told_note (file, JOB, "a", &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CONFIG);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) \
  g_test_add ("/told/" path, TestTree, "", test_tree_set_up, test, test_tree_tear_down)
  ADD ("once", test_once);
  ADD ("long-name", test_long_name);
  ADD ("damage", test_damage);
  ADD ("sweep", test_sweep);
  ADD ("failure", test_failure);
#undef ADD
  return g_test_run ();
}
