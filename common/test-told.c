/* SPDX-License-Identifier: Apache-2.0 */
#include "common/told.h"

#include "common/test-tree.h"

#include <glib/gstdio.h>
#include <string.h>
#include <utime.h>

#define JOB "scan/email-12"

static void
set_up (char **directory, gconstpointer unused)
{
  *directory = g_dir_make_tmp ("scan-email-XXXXXX", NULL);
}

static void
tear_down (char **directory, gconstpointer unused)
{
  test_remove_tree (*directory);
  g_free (*directory);
}

static void
note (char *const *directory, const char *job, const char *what)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (se_told_note (*directory, job, what, &error));
  g_assert_no_error (error);
}

static void
test_once (char **directory, gconstpointer unused)
{
  g_assert_false (se_told_already (*directory, JOB, "a"));
  note (directory, JOB, "a");
  note (directory, JOB, "b\n\xff");
  g_assert_true (se_told_already (*directory, JOB, "a"));
  g_assert_true (se_told_already (*directory, JOB, "b\n\xff"));
  g_assert_false (se_told_already (*directory, JOB, "b"));
  g_assert_false (se_told_already (*directory, "scan/email-1", "a"));
  g_assert_true (se_told_forget (*directory, JOB, NULL));
  g_assert_true (se_told_forget (*directory, JOB, NULL));
  g_assert_false (se_told_already (*directory, JOB, "a"));
}

static void
test_damage (char **directory, gconstpointer unused)
{
  g_autofree char *path = g_build_filename (*directory, "told", "scan%2Femail-12", NULL);
  g_autofree char *long_text = g_strnfill (100000, 'x');

  note (directory, JOB, "a");
  g_assert_true (g_file_set_contents (path, "\xff\n", -1, NULL));
  g_assert_false (se_told_already (*directory, JOB, "a"));
  g_assert_true (g_file_set_contents (path, long_text, -1, NULL));
  note (directory, JOB, "a");
  g_assert_true (se_told_already (*directory, JOB, "a"));
}

static void
test_sweep (char **directory, gconstpointer unused)
{
  g_autofree char *old = g_build_filename (*directory, "told", "old-1", NULL);
  g_autofree char *young = g_build_filename (*directory, "told", "young-1", NULL);
  struct utimbuf times = { 0, time (NULL) - 31 * 24 * 3600 };

  note (directory, "old-1", "a");
  note (directory, "young-1", "a");
  g_assert_cmpint (g_utime (old, &times), ==, 0);
  note (directory, JOB, "a");
  g_assert_false (g_file_test (old, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (young, G_FILE_TEST_EXISTS));
}

static void
test_failure (char **directory, gconstpointer unused)
{
  g_autofree char *file = g_build_filename (*directory, "file", NULL);
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
#define ADD(path, test) g_test_add ("/told/" path, char *, NULL, set_up, test, tear_down)
  ADD ("once", test_once);
  ADD ("damage", test_damage);
  ADD ("sweep", test_sweep);
  ADD ("failure", test_failure);
#undef ADD
  return g_test_run ();
}
