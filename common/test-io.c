/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  char *directory;
  char *path; /* of a file in it that does not exist yet */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->directory = g_dir_make_tmp ("test-io-XXXXXX", NULL);
  g_assert_nonnull (fixture->directory);
  fixture->path = g_build_filename (fixture->directory, "file", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GDir) directory = g_dir_open (fixture->directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->directory, name, NULL);

      g_assert_cmpint (g_remove (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_free (fixture->path);
  g_free (fixture->directory);
}

static guint
count_files (const Fixture *fixture)
{
  g_autoptr (GDir) directory = g_dir_open (fixture->directory, 0, NULL);
  guint count = 0;

  while (g_dir_read_name (directory) != NULL)
    count++;
  return count;
}

static void
put (const char *path, const char *contents, mode_t mode)
{
  g_assert_true (g_file_set_contents (path, contents, -1, NULL));
  g_assert_cmpint (chmod (path, mode), ==, 0);
}

static void
test_read_file (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *all = NULL;
  g_autofree char *none = NULL;
  gsize length = 99;

  g_assert_null (se_io_read_file (fixture->path, 10, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, fixture->path));
  g_clear_error (&error);

  put (fixture->path, "0123456789", 0644);
  all = se_io_read_file (fixture->path, 10, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (all, ==, "0123456789");
  g_assert_cmpuint (length, ==, 10);
  g_assert_null (se_io_read_file (fixture->path, 9, &length, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_clear_error (&error);

  put (fixture->path, "", 0644);
  none = se_io_read_file (fixture->path, 10, &length, &error);
  g_assert_cmpstr (none, ==, "");
  g_assert_cmpuint (length, ==, 0);

  g_assert_null (se_io_read_file (fixture->directory, 10, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_clear_error (&error);

  /* Nobody writes into it: it would be waited for. */
  g_assert_cmpint (g_unlink (fixture->path), ==, 0);
  g_assert_cmpint (mkfifo (fixture->path, 0600), ==, 0);
  g_assert_null (se_io_read_file (fixture->path, 10, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "regular"));
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
test_secret_modes (Fixture *fixture, gconstpointer unused)
{
  const mode_t good[] = { 0600, 0400 };
  const mode_t bad[] = { 0640, 0604, 0660, 0644, 0610, 0601, 0700, 02600, 0777, 0620 };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;
      se_autosecret char *secret = NULL;
      gsize length = 0;

      put (fixture->path, "hush", good[i]);
      secret = se_io_read_secret_file (fixture->path, 4, &length, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (secret, ==, "hush");
      g_assert_cmpuint (length, ==, 4);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      put (fixture->path, "hush", bad[i]);
      expect_no_secret (fixture->path, "chmod 0600 '");
    }
}

static void
test_secret_rights (Fixture *fixture, gconstpointer unused)
{
  uid_t user = geteuid ();

  put (fixture->path, "hush", 0600);
  g_assert_cmpint (chmod (fixture->directory, 0), ==, 0);
  if (user == 0)
    g_assert_cmpint (seteuid (1), ==, 0);
  expect_no_secret (fixture->path, "every directory above");
  expect_no_secret (fixture->path, "chmod 0600 '");
  expect_no_secret (fixture->path, "scan-email-providers(7)");
  g_assert_cmpint (seteuid (user), ==, 0);
  g_assert_cmpint (chmod (fixture->directory, 0700), ==, 0);
}

static void
test_secret_kinds (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *link = g_build_filename (fixture->directory, "link", NULL);
  g_autofree char *fifo = g_build_filename (fixture->directory, "fifo", NULL);

  expect_no_secret (fixture->path, "cannot open");
  g_assert_cmpint (symlink (fixture->path, link), ==, 0);
  put (fixture->path, "hush", 0600);
  expect_no_secret (link, "symbolic link");
  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  expect_no_secret (fifo, "regular file");
  expect_no_secret (fixture->directory, "regular file");
  expect_no_secret ("/dev/null", "regular file");

  g_assert_true (g_file_set_contents (fixture->path, "hu\0hush", 7, NULL));
  g_assert_cmpint (chmod (fixture->path, 0600), ==, 0);
  expect_no_secret (fixture->path, "NUL");
  put (fixture->path, "hush", 0600);
  if (geteuid () == 0)
    {
      g_assert_cmpint (chown (fixture->path, 65534, (gid_t)-1), ==, 0);
      expect_no_secret (fixture->path, "chown");
    }
  else
    g_test_message ("not root: another owner's file is not tried");
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
test_replace (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  mode_t mask = umask (0077);

  g_assert_true (se_io_replace_file (fixture->path, "new", 3, 0640, &error));
  g_assert_no_error (error);
  assert_file (fixture->path, "new", 0640);
  g_assert_true (se_io_replace_file (fixture->path, "", 0, 0600, &error));
  g_assert_no_error (error);
  assert_file (fixture->path, "", 0600);
  g_assert_cmpuint (count_files (fixture), ==, 1);
  umask (mask);

  if (geteuid () == 0)
    {
      struct stat status;

      g_assert_cmpint (chown (fixture->path, 0, 65534), ==, 0);
      g_assert_true (se_io_replace_file (fixture->path, "x", 1, 0640, &error));
      g_assert_cmpint (stat (fixture->path, &status), ==, 0);
      g_assert_cmpuint (status.st_gid, ==, 65534);
    }
}

static void
remove_temporary (Fixture *fixture)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    if (name[0] == '.')
      {
        g_autofree char *path = g_build_filename (fixture->directory, name, NULL);

        g_assert_cmpint (unlink (path), ==, 0);
      }
}

/* However it fails, the old file is whole and nothing lies about. */
static void
test_replace_reserved (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeReplacement) replacement = NULL;
  g_autoptr (GError) error = NULL;
  struct rlimit saved, small;

  put (fixture->path, "old", 0600);
  replacement = se_io_replace_begin (fixture->path, 0600, 65536, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count_files (fixture), ==, 2);
  g_clear_pointer (&replacement, se_io_replace_free);
  g_assert_cmpuint (count_files (fixture), ==, 1);
  assert_file (fixture->path, "old", 0600);

  replacement = se_io_replace_begin (fixture->path, 0600, 65536, &error);
  g_assert_no_error (error);
  g_assert_true (se_io_replace_commit (replacement, "new", 3, &error));
  g_assert_no_error (error);
  g_clear_pointer (&replacement, se_io_replace_free);
  assert_file (fixture->path, "new", 0600);
  g_assert_cmpuint (count_files (fixture), ==, 1);

  /* The file that was made for them is of no use: they get another. */
  replacement = se_io_replace_begin (fixture->path, 0600, 65536, &error);
  remove_temporary (fixture);
  g_assert_true (se_io_replace_commit (replacement, "newest", 6, &error));
  g_assert_no_error (error);
  g_clear_pointer (&replacement, se_io_replace_free);
  assert_file (fixture->path, "newest", 0600);
  g_assert_cmpuint (count_files (fixture), ==, 1);

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &saved), ==, 0);
  small = saved;
  small.rlim_cur = 4096;
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  g_assert_null (se_io_replace_begin (fixture->path, 0600, 65536, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &saved), ==, 0);
  g_assert_nonnull (error);
  assert_file (fixture->path, "newest", 0600);
  g_assert_cmpuint (count_files (fixture), ==, 1);
}

static void
test_replace_fails (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *missing = g_build_filename (fixture->directory, "no", "file", NULL);
  g_autofree char *directory = g_build_filename (fixture->directory, "directory", NULL);
  g_autofree char *large = g_strnfill (8192, 'x');
  g_autoptr (GError) error = NULL;
  struct rlimit saved, small;

  g_assert_false (se_io_replace_file (missing, "x", 1, 0600, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_clear_error (&error);

  g_assert_cmpint (mkdir (directory, 0700), ==, 0);
  g_assert_false (se_io_replace_file (directory, "x", 1, 0600, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, directory));
  g_assert_cmpuint (count_files (fixture), ==, 1);
  g_clear_error (&error);

  put (fixture->path, "old", 0600);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &saved), ==, 0);
  small = saved;
  small.rlim_cur = 4096;
  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  g_assert_false (se_io_replace_file (fixture->path, large, 8192, 0600, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &saved), ==, 0);
  g_assert_nonnull (error);
  assert_file (fixture->path, "old", 0600);
  g_assert_cmpuint (count_files (fixture), ==, 2);
}

static void
test_full_disk (Fixture *fixture, gconstpointer unused)
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
test_pieces (Fixture *fixture, gconstpointer unused)
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
test_lock (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  se_autofd int held = se_io_lock (fixture->path, 0, -1, &error);
  int tried = 0;
  gint64 start;
  struct stat status;
  int ends[2];

  g_assert_no_error (error);
  g_assert_cmpint (fstat (held, &status), ==, 0);
  g_assert_cmpuint (status.st_mode & 07777, ==, 0600);
  g_assert_cmpint (fcntl (held, F_GETFD) & FD_CLOEXEC, !=, 0);

  g_assert_cmpint (se_io_lock (fixture->path, 0, -1, &error), ==, -1);
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_clear_error (&error);
  g_assert_true (se_io_is_locked (fixture->path));
  g_assert_true (se_io_try_lock (fixture->path, &tried, &error));
  g_assert_no_error (error);
  g_assert_cmpint (tried, ==, -1);
  g_assert_false (se_io_try_lock (fixture->directory, &tried, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);

  start = g_get_monotonic_time ();
  g_assert_cmpint (se_io_lock (fixture->path, 100, -1, &error), ==, -1);
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 100000);
  g_clear_error (&error);

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (write (ends[1], "", 1), ==, 1);
  g_assert_cmpint (se_io_lock (fixture->path, -1, ends[0], &error), ==, -1);
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  g_clear_error (&error);
  close (ends[0]);
  close (ends[1]);

  se_io_clear_fd (&held);
  g_assert_false (se_io_is_locked (fixture->path));
  g_assert_true (se_io_try_lock (fixture->path, &tried, &error));
  g_assert_true (se_io_is_locked (fixture->path));
  se_io_clear_fd (&tried);
  held = se_io_lock (fixture->path, 0, -1, &error);
  g_assert_no_error (error);
  g_assert_cmpint (held, >=, 0);
}

static gpointer
wait_for_lock (gpointer path)
{
  return GINT_TO_POINTER (se_io_lock (path, 60000, -1, NULL));
}

/* The waiter gets the lock when it is let go; one that was taken on a file since removed is none.
 */
static void
test_lock_passes_on (Fixture *fixture, gconstpointer unused)
{
  int held = se_io_lock (fixture->path, 0, -1, NULL);
  se_autofd int opens = inotify_init1 (IN_CLOEXEC);
  struct inotify_event event;
  struct stat opened, named;
  GThread *waiter;
  int got;

  g_assert_cmpint (inotify_add_watch (opens, fixture->path, IN_OPEN), >=, 0);
  waiter = g_thread_new ("waiter", wait_for_lock, fixture->path);
  g_assert_cmpint (read (opens, &event, sizeof event), ==, sizeof event);
  g_assert_cmpint (unlink (fixture->path), ==, 0);
  put (fixture->path, "", 0600);
  close (held);
  got = GPOINTER_TO_INT (g_thread_join (waiter));
  g_assert_cmpint (got, >=, 0);
  g_assert_cmpint (fstat (got, &opened), ==, 0);
  g_assert_cmpint (stat (fixture->path, &named), ==, 0);
  g_assert_cmpuint (opened.st_ino, ==, named.st_ino);
  close (got);
}

static void
test_lock_follows_no_link (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *target = g_build_filename (fixture->directory, "target", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (symlink (target, fixture->path), ==, 0);
  g_assert_cmpint (se_io_lock (fixture->path, 0, -1, &error), ==, -1);
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_false (g_file_test (target, G_FILE_TEST_EXISTS));
}

static void
test_descriptors (Fixture *fixture, gconstpointer unused)
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

#define ADD(name, function) g_test_add ("/io/" name, Fixture, NULL, set_up, function, tear_down)

static void
test_create (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;
  struct stat status;
  gboolean created = FALSE;

  g_assert_true (se_io_create_file (fixture->path, "first", 5, 0640, &created, &error));
  g_assert_no_error (error);
  g_assert_true (created);
  g_assert_cmpint (stat (fixture->path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 07777, ==, 0640);
  g_assert_cmpint (status.st_nlink, ==, 1);
  g_assert_true (se_io_create_file (fixture->path, "second", 6, 0600, &created, &error));
  g_assert_no_error (error);
  g_assert_false (created);
  g_assert_true (g_file_get_contents (fixture->path, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "first");
  g_assert_false (se_io_create_file ("/nonexistent/file", "x", 1, 0600, &created, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CONFIG);
  g_assert_false (created);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("create", test_create);
  ADD ("read-file", test_read_file);
  ADD ("secret/modes", test_secret_modes);
  ADD ("secret/rights", test_secret_rights);
  ADD ("secret/kinds", test_secret_kinds);
  ADD ("replace", test_replace);
  ADD ("replace-reserved", test_replace_reserved);
  ADD ("replace-fails", test_replace_fails);
  ADD ("full-disk", test_full_disk);
  ADD ("pieces", test_pieces);
  ADD ("lock", test_lock);
  ADD ("lock/passes-on", test_lock_passes_on);
  ADD ("lock/follows-no-link", test_lock_follows_no_link);
  ADD ("descriptors", test_descriptors);
  return g_test_run ();
}
