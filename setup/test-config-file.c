/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/config-file.h"

#include "common/test-tree.h"

#include <sys/stat.h>
#include <unistd.h>

static void
assert_contents (const char *path, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

static mode_t
mode_of (const char *path)
{
  struct stat status;

  g_assert_cmpint (lstat (path, &status), ==, 0);
  return status.st_mode & 07777;
}

static gboolean
edit (const char *path, gboolean *changed)
{
  g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;
  gboolean good;

  g_hash_table_insert (keys, (gpointer) "provider", (gpointer) "microsoft");
  g_hash_table_insert (keys, (gpointer) "tenant", (gpointer) "t");
  good = se_config_file_edit (path, "a@x.org", keys, changed, &error);
  g_assert_no_error (error);
  return good;
}

static void
test_edit (TestTree *tree, gconstpointer unused)
{
  gboolean changed = FALSE;

  g_assert_true (g_file_set_contents (
      tree->path, "# mine\n[server]\n\n[account a@x.org]\n# old\ntenant = s\n", -1, NULL));
  g_assert_cmpint (chmod (tree->path, 0604), ==, 0);
  g_assert_true (edit (tree->path, &changed));
  g_assert_true (changed);
  assert_contents (tree->path, "# mine\n[server]\n\n[account a@x.org]\n# old\ntenant = t\n"
                               "provider = microsoft\n");
  g_assert_cmpint (mode_of (tree->path), ==, 0604);
  g_assert_true (edit (tree->path, &changed));
  g_assert_false (changed);
}

static void
test_symbolic_link (TestTree *tree, gconstpointer unused)
{
  g_autofree char *real = g_build_filename (tree->directory, "real.conf", NULL);
  gboolean changed = FALSE;

  g_assert_true (g_file_set_contents (real, "[server]\n", -1, NULL));
  g_assert_cmpint (symlink ("real.conf", tree->path), ==, 0);
  g_assert_true (edit (tree->path, &changed));
  g_assert_true (g_file_test (tree->path, G_FILE_TEST_IS_SYMLINK));
  assert_contents (real, "[server]\n\n[account a@x.org]\nprovider = microsoft\ntenant = t\n");
}

static void
test_ensure (TestTree *tree, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeConfig) config = NULL;
  gboolean made = se_config_file_ensure (tree->path, &error);

  if (!made && geteuid () == 0)
    {
      /* There is no service group on this machine. */
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
      g_assert_false (g_file_test (tree->path, G_FILE_TEST_EXISTS));
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpint (mode_of (tree->path), ==, 0640);
  config = se_config_load (tree->path, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (config);
}

static void
test_ensure_keeps (TestTree *tree, gconstpointer unused)
{
  g_assert_true (g_file_set_contents (tree->path, "# mine\n", -1, NULL));
  g_assert_true (se_config_file_ensure (tree->path, NULL));
  assert_contents (tree->path, "# mine\n");
}

static void
test_missing (TestTree *tree, gconstpointer unused)
{
  g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;
  gboolean changed = TRUE;

  g_assert_false (se_config_file_edit (tree->path, "a@x.org", keys, &changed, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_false (changed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) \
  g_test_add (path, TestTree, "scan-email.conf", test_tree_set_up, function, test_tree_tear_down)
  ADD ("/config-file/edit", test_edit);
  ADD ("/config-file/symbolic-link", test_symbolic_link);
  ADD ("/config-file/ensure", test_ensure);
  ADD ("/config-file/ensure-keeps", test_ensure_keeps);
  ADD ("/config-file/missing", test_missing);
  return g_test_run ();
}
