/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/activity.h"

#include "common/test-tree.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ADDRESS "a/../b@example.test"

static void
test_note (TestTree *tree, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  gint64 before = g_get_real_time () / G_USEC_PER_SEC;
  gint64 noted;

  g_assert_cmpint (se_activity_last_mail (tree->directory, ADDRESS), ==, 0);
  g_assert_true (se_activity_note (tree->directory, ADDRESS, &error));
  g_assert_no_error (error);
  noted = se_activity_last_mail (tree->directory, ADDRESS);
  g_assert_cmpint (noted, >=, before);
  g_assert_cmpint (noted, <=, g_get_real_time () / G_USEC_PER_SEC);
  g_assert_cmpint (se_activity_last_mail (tree->directory, "b@example.test"), ==, 0);
}

static void
test_garbage (TestTree *tree, gconstpointer unused)
{
  g_autofree char *path
      = g_build_filename (tree->directory, "activity", "a%2F..%2Fb%40example.test", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (se_activity_note (tree->directory, ADDRESS, &error));
  g_assert_true (g_file_set_contents (path, "yesterday\n", -1, &error));
  g_assert_cmpint (se_activity_last_mail (tree->directory, ADDRESS), ==, 0);
  g_assert_true (g_file_set_contents (path, "", 0, &error));
  g_assert_cmpint (se_activity_last_mail (tree->directory, ADDRESS), ==, 0);
  g_assert_true (se_activity_note (tree->directory, ADDRESS, &error));
  g_assert_cmpint (se_activity_last_mail (tree->directory, ADDRESS), >, 0);
  g_assert_no_error (error);
}

/* Processes that note at once: a reader never sees half of a time, and nothing is left over. */
static void
test_many (TestTree *tree, gconstpointer unused)
{
  enum
  {
    PROCESSES = 8,
    NOTES = 20
  };
  g_autofree char *path = g_build_filename (tree->directory, "activity", NULL);
  g_autoptr (GDir) files = NULL;
  guint running = PROCESSES;
  int status;

  g_assert_true (se_activity_note (tree->directory, ADDRESS, NULL));
  for (int i = 0; i < PROCESSES; i++)
    if (fork () == 0)
      {
        for (int k = 0; k < NOTES; k++)
          if (!se_activity_note (tree->directory, ADDRESS, NULL))
            _exit (1);
        _exit (0);
      }
  while (running > 0)
    {
      pid_t pid = waitpid (-1, &status, WNOHANG);

      g_assert_cmpint (se_activity_last_mail (tree->directory, ADDRESS), >, 0);
      g_assert_cmpint (pid, >=, 0);
      if (pid == 0)
        continue;
      g_assert_cmpint (status, ==, 0);
      running--;
    }
  files = g_dir_open (path, 0, NULL);
  g_assert_nonnull (g_dir_read_name (files));
  g_assert_null (g_dir_read_name (files));
}

static void
test_no_directory (TestTree *tree, gconstpointer unused)
{
  g_autofree char *file = g_build_filename (tree->directory, "file", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_false (se_activity_note (file, ADDRESS, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CONFIG);
}

#define ADD(name, function) \
  g_test_add (name, TestTree, "", test_tree_set_up, function, test_tree_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/activity/note", test_note);
  ADD ("/activity/garbage", test_garbage);
  ADD ("/activity/many", test_many);
  ADD ("/activity/no-directory", test_no_directory);
  return g_test_run ();
}
