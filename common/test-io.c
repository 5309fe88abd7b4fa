/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io.h"

#include "common/test-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
put (const char *path, const char *contents, mode_t mode)
{
  g_assert_true (g_file_set_contents (path, contents, -1, NULL));
  g_assert_cmpint (chmod (path, mode), ==, 0);
}

static void
test_read_file (TestTree *tree, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *all = NULL;
  g_autofree char *none = NULL;
  gsize length = 99;

  g_assert_null (se_io_read_file (tree->path, 10, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, tree->path));
  g_clear_error (&error);

  put (tree->path, "0123456789", 0644);
  all = se_io_read_file (tree->path, 10, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (all, ==, "0123456789");
  g_assert_cmpuint (length, ==, 10);
  g_assert_null (se_io_read_file (tree->path, 9, &length, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_clear_error (&error);

  put (tree->path, "", 0644);
  none = se_io_read_file (tree->path, 10, &length, &error);
  g_assert_cmpstr (none, ==, "");
  g_assert_cmpuint (length, ==, 0);

  g_assert_null (se_io_read_file (tree->directory, 10, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_clear_error (&error);

  /* Nobody writes into it: it would be waited for. */
  g_assert_cmpint (g_unlink (tree->path), ==, 0);
  g_assert_cmpint (mkfifo (tree->path, 0600), ==, 0);
  g_assert_null (se_io_read_file (tree->path, 10, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "regular"));
}

/* A file that has no size, as one that grows while it is read. */
static void
test_read_unsized (TestTree *tree, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *all = NULL;
  g_autofree char *expected = NULL;
  gsize length, expected_length;

  g_assert_true (g_file_get_contents ("/proc/filesystems", &expected, &expected_length, NULL));
  g_assert_cmpuint (expected_length, >, 10);
  all = se_io_read_file ("/proc/filesystems", expected_length, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (length, ==, expected_length);
  g_assert_cmpstr (all, ==, expected);
  g_assert_null (se_io_read_file ("/proc/filesystems", expected_length - 1, &length, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
}

static void
expect_no_secret (const char *path, const char *hint)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (se_io_read_secret_file (path, 100, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, hint));
  g_assert_null (strstr (error->message, "hush"));
}

static void
test_secret_modes (TestTree *tree, gconstpointer unused)
{
  const mode_t good[] = { 0600, 0400 };
  const mode_t bad[] = { 0640, 0604, 0660, 0644, 0610, 0601, 0700, 02600, 0777, 0620 };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      se_autosecret char *secret = NULL;
      gsize length = 0;

      put (tree->path, "hush", good[i]);
      secret = se_io_read_secret_file (tree->path, 4, &length, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (secret, ==, "hush");
      g_assert_cmpuint (length, ==, 4);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      put (tree->path, "hush", bad[i]);
      expect_no_secret (tree->path, "chmod 0600 '");
    }
}

static void
test_secret_rights (TestTree *tree, gconstpointer unused)
{
  uid_t user = geteuid ();

  put (tree->path, "hush", 0600);
  g_assert_cmpint (chmod (tree->directory, 0), ==, 0);
  if (user == 0)
    g_assert_cmpint (seteuid (1), ==, 0);
  expect_no_secret (tree->path, "every directory above");
  expect_no_secret (tree->path, "chmod 0600 '");
  expect_no_secret (tree->path, "scan-email-providers(7)");
  g_assert_cmpint (seteuid (user), ==, 0);
  g_assert_cmpint (chmod (tree->directory, 0700), ==, 0);
}

static void
test_secret_kinds (TestTree *tree, gconstpointer unused)
{
  g_autofree char *link = g_build_filename (tree->directory, "link", NULL);
  g_autofree char *fifo = g_build_filename (tree->directory, "fifo", NULL);

  expect_no_secret (tree->path, "cannot open");
  g_assert_cmpint (symlink (tree->path, link), ==, 0);
  put (tree->path, "hush", 0600);
  expect_no_secret (link, "symbolic link");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  expect_no_secret (fifo, "regular file");
  expect_no_secret (tree->directory, "regular file");
  expect_no_secret ("/dev/null", "regular file");

  g_assert_true (g_file_set_contents (tree->path, "hu\0hush", 7, NULL));
  g_assert_cmpint (chmod (tree->path, 0600), ==, 0);
  expect_no_secret (tree->path, "NUL");
  put (tree->path, "hush", 0600);
  if (geteuid () == 0)
    {
      g_assert_cmpint (chown (tree->path, 65534, (gid_t)-1), ==, 0);
      expect_no_secret (tree->path, "chown");
    }
  else
    g_test_message ("not root: another owner's file is not tried");
}

static void
test_full_disk (TestTree *tree, gconstpointer unused)
{
  se_autofd int fd = open ("/dev/full", O_WRONLY | O_CLOEXEC);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (fd, >=, 0);
  g_assert_false (se_io_write_all (fd, "x", 1, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
}

static gpointer
drain (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);
  char buffer[1000];
  gsize total = 0;
  ssize_t got;

  while ((got = read (fd, buffer, sizeof buffer)) > 0)
    total += (gsize)got;
  return GSIZE_TO_POINTER (total);
}

/* A pipe takes and gives in pieces. */
static void
test_pieces (TestTree *tree, gconstpointer unused)
{
  const gsize length = 300000;
  g_autofree char *data = g_strnfill (length, 'x');
  g_autoptr (GError) error = NULL;
  GThread *reader;
  char small[10];
  int ends[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  reader = g_thread_new ("reader", drain, GINT_TO_POINTER (ends[0]));
  g_assert_true (se_io_write_all (ends[1], data, length, &error));
  close (ends[1]);
  g_assert_cmpuint (GPOINTER_TO_SIZE (g_thread_join (reader)), ==, length);
  close (ends[0]);

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (write (ends[1], "abc", 3), ==, 3);
  close (ends[1]);
  g_assert_cmpint (se_io_read_full (ends[0], small, sizeof small, &error), ==, 3);
  close (ends[0]);
  g_assert_cmpint (se_io_read_full (ends[0], small, sizeof small, &error), ==, -1);
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
}

static void
test_descriptors (TestTree *tree, gconstpointer unused)
{
  int fd = open ("/dev/null", O_RDONLY | O_CLOEXEC);
  int stolen = se_io_steal_fd (&fd);
  int copy = stolen;

  g_assert_cmpint (fd, ==, -1);
  errno = EXDEV;
  se_io_clear_fd (&fd);
  se_io_clear_fd (&stolen);
  g_assert_cmpint (errno, ==, EXDEV);
  g_assert_cmpint (stolen, ==, -1);
  g_assert_cmpint (fcntl (copy, F_GETFD), ==, -1);
}

#define ADD(name, function) \
  g_test_add ("/io/" name, TestTree, "file", test_tree_set_up, function, test_tree_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("read-file", test_read_file);
  ADD ("read-unsized", test_read_unsized);
  ADD ("secret/modes", test_secret_modes);
  ADD ("secret/rights", test_secret_rights);
  ADD ("secret/kinds", test_secret_kinds);
  ADD ("full-disk", test_full_disk);
  ADD ("pieces", test_pieces);
  ADD ("descriptors", test_descriptors);
  return g_test_run ();
}
