/* SPDX-License-Identifier: Apache-2.0 */
#include "common/test-tree.h"

#include <glib/gstdio.h>

void
test_tree_set_up (TestTree *tree, gconstpointer name)
{
  tree->directory = g_dir_make_tmp ("scan-email-XXXXXX", NULL);
  g_assert_nonnull (tree->directory);
  tree->path = g_build_filename (tree->directory, (const char *)name, NULL);
}

void
test_tree_tear_down (TestTree *tree, gconstpointer unused)
{
  test_remove_tree (tree->directory);
  g_free (tree->path);
  g_free (tree->directory);
}

void
test_remove_tree (const char *path)
{
  g_autoptr (GDir) dir
      = g_file_test (path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      test_remove_tree (child);
    }
  g_assert_cmpint (g_remove (path), ==, 0);
}

guint
test_count_files (const char *directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  guint count = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    count++;
  return count;
}
