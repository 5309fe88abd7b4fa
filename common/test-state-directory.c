/* SPDX-License-Identifier: Apache-2.0 */
#include "common/state-directory.h"

#include "common/test-tree.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
assert_says (const SeServerConfig *server, uid_t uid, const char *command)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (se_state_directory_check (server, uid, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_true (g_str_has_prefix (error->message, server->state_directory));
  if (strstr (error->message, command) == NULL)
    g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, command));
}

static void
test_each (TestTree *tree, gconstpointer unused)
{
  const char *path = tree->path;
  SeServerConfig server = { .user = (char *)"scan", .state_directory = tree->path };
  g_autofree char *install = g_strdup_printf ("install -d -m 0700 -o scan %s", path);
  g_autofree char *chown = g_strdup_printf ("chown -R scan: %s", path);
  g_autofree char *chmod_command = g_strdup_printf ("chmod 0700 %s", path);
  g_autoptr (GError) error = NULL;

  assert_says (&server, geteuid (), install);
  g_assert_cmpint (mkdir (path, 0700), ==, 0);
  g_assert_true (se_state_directory_check (&server, geteuid (), &error));
  g_assert_no_error (error);
  assert_says (&server, geteuid () + 1, chown);
  g_assert_cmpint (chmod (path, 0500), ==, 0);
  assert_says (&server, geteuid (), chmod_command);
  g_assert_cmpint (chmod (path, 0700), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/state-directory/each", TestTree, "state", test_tree_set_up, test_each,
              test_tree_tear_down);
  return g_test_run ();
}
