/* SPDX-License-Identifier: Apache-2.0 */
/* What the worker of oauth-setup still has of its parent, and what it may. */
#include "common/test-tree.h"
#include "setup/service.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Somebody who exists everywhere and is not root. */
#define USER "nobody"

#define NOWHERE "/nonexistent"

/* The oldest system's headers do not know it. */
#define LANDLOCK_CREATE_RULESET 444
#define LANDLOCK_VERSION 1

static const char *
note (const char *const *fields, gpointer data)
{
  g_string_append_printf (data, "%s|", fields[0]);
  return NULL;
}

/* seen: gets the names of the worker's events. */
static gboolean
run_for (char **notify_command, SeServiceWork work, GString *seen, GError **error)
{
  SeServerConfig server = { .user = (char *)USER,
                            .state_directory = (char *)"/nonexistent",
                            .notify_command = notify_command };

  return se_service_run (&server, work, note, seen, error);
}

static void
run (SeServiceWork work, GString *seen, GError **error)
{
  (void)run_for (NULL, work, seen, error);
}

/* Makes fd standard error. Returns what it was. */
static int
replace_stderr (int fd)
{
  int saved = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

  g_assert_cmpint (dup2 (fd, STDERR_FILENO), >=, 0);
  close (fd);
  return saved;
}

static void
restore_stderr (int saved)
{
  close (replace_stderr (saved));
}

static gboolean
complain (SeService *service, gpointer data, GError **error)
{
  fputs ("one\033[2J\nSTATE: two\n\nlast", stderr);
  return TRUE;
}

/* What it prints reaches our standard error. */
static void
test_errors (void)
{
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "service-XXXXXX", NULL);
  int saved = replace_stderr (g_mkstemp (path));
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  run (complain, seen, &error);
  restore_stderr (saved);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "one [2J\nSTATE: two\n\nlast\n");
  g_assert_cmpint (g_unlink (path), ==, 0);
}

/* In the worker of a parent that was root. */
static void
assert_user (void)
{
  const struct passwd *user = getpwnam (USER);
  gid_t groups[64];
  int n = getgroups (G_N_ELEMENTS (groups), groups);
  uid_t r, e, s;

  g_assert_cmpint (getresuid (&r, &e, &s), ==, 0);
  g_assert_true (r == user->pw_uid && e == user->pw_uid && s == user->pw_uid);
  g_assert_true (getegid () == user->pw_gid && getgid () == user->pw_gid);
  for (int i = 0; i < n; i++)
    g_assert_true (groups[i] != 0);
  g_assert_cmpint (setuid (0), ==, -1);
  g_assert_cmpint (open ("/etc/shadow", O_RDONLY), ==, -1);
}

static int secret_fd; /* the parent's */

static gboolean
look_around (SeService *service, gpointer data, GError **error)
{
  g_assert_cmpint (fcntl (secret_fd, F_GETFD), ==, -1);
  g_assert_cmpint (prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), ==, 1);
  g_assert_cmpint (prctl (PR_GET_DUMPABLE, 0, 0, 0, 0), ==, 0);
  g_assert_cmpint (getsid (0), ==, getpid ());
  /* Whoever has a terminal reads what is typed there. */
  for (int fd = 0; fd <= STDERR_FILENO; fd++)
    g_assert_false (isatty (fd));
  g_assert_cmpint (fcntl (STDERR_FILENO, F_GETFL) & O_ACCMODE, ==, O_WRONLY);
  if (getpwnam (USER)->pw_uid == getuid ())
    assert_user ();
  g_assert_null (g_getenv ("DBUS_SESSION_BUS_ADDRESS"));
  g_assert_null (g_getenv ("SSL_CERT_FILE"));
  g_assert_cmpstr (g_getenv ("CUPS_SERVERROOT"), ==, "/nonexistent");
  g_assert_cmpstr (g_getenv ("LC_TIME"), ==, "C");
  g_assert_nonnull (g_getenv ("PATH"));
  se_service_tell (service, getuid () != 0 ? "seen" : "root", NULL);
  return TRUE;
}

/* Opens a terminal, as a person has one. main_fd: its other end. */
static int
open_terminal (int *main_fd)
{
  *main_fd = posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC);
  g_assert_cmpint (*main_fd, >=, 0);
  g_assert_true (grantpt (*main_fd) == 0 && unlockpt (*main_fd) == 0);
  return open (ptsname (*main_fd), O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static void
test_rights (void)
{
  const gid_t groups[] = { 0, 1 };
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  int main_fd, saved;

  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent", TRUE);
  g_setenv ("SSL_CERT_FILE", "/nonexistent", TRUE);
  g_setenv ("LC_TIME", "C", TRUE);
  secret_fd = fcntl (STDERR_FILENO, F_DUPFD, 50);
  /* Groups that must not reach the worker. */
  if (geteuid () == 0)
    g_assert_cmpint (setgroups (G_N_ELEMENTS (groups), groups), ==, 0);
  saved = replace_stderr (open_terminal (&main_fd));
  run (look_around, seen, &error);
  restore_stderr (saved);
  close (main_fd);
  close (secret_fd);
  g_assert_no_error (error);
  g_assert_cmpstr (seen->str, ==, "seen|");
}

static gboolean
start_program (SeService *service, gpointer data, GError **error)
{
  execl ("/bin/true", "true", NULL);
  se_service_tell (service, "kept", NULL);
  return TRUE;
}

/* Only a notify-command is started. */
static void
test_programs (void)
{
  char *command[] = { (char *)"/bin/true", NULL };
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (run_for (NULL, start_program, seen, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (seen->str, ==, "kept|");
  g_assert_false (run_for (command, start_program, seen, &error)); /* it has become the program */
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_cmpstr (seen->str, ==, "kept|");
}

/* Of every case the same two directories, which anybody may write in. */
typedef struct
{
  char *state;
  char *elsewhere;
  char *file; /* in that */
} Places;

static char *
make_open_directory (void)
{
  char *path = g_dir_make_tmp ("service-XXXXXX", NULL);

  g_assert_true (path != NULL && g_chmod (path, 0777) == 0);
  return path;
}

static void
try_to (SeService *service, const char *what, const char *directory, const char *name, int flags)
{
  g_autofree char *path = g_build_filename (directory, name, NULL);
  int fd = open (path, flags | O_CLOEXEC, 0600);

  if (fd >= 0)
    se_service_tell (service, what, NULL);
  else
    g_assert_cmpint (errno, ==, EACCES);
  if (fd >= 0)
    close (fd);
}

static const Places *places; /* the parent's */

static gboolean
touch_files (SeService *service, gpointer data, GError **error)
{
  try_to (service, "state", places->state, "new", O_WRONLY | O_CREAT);
  try_to (service, "write", places->elsewhere, "new", O_WRONLY | O_CREAT);
  try_to (service, "read", places->elsewhere, "file", O_RDONLY);
  return TRUE;
}

typedef struct
{
  const char *name;
  gboolean notify, file, account;
  const char *seen;
} FilesCase;

static const FilesCase files_cases[] = {
  { "usual", FALSE, FALSE, FALSE, "state|" },
  { "file", FALSE, TRUE, FALSE, "state|read|" },
  { "account", FALSE, FALSE, TRUE, "state|read|" },
  { "notify-command", TRUE, FALSE, FALSE, "state|write|read|" },
};

static void
touch_with (const FilesCase *test, GString *seen)
{
  char *command[] = { (char *)"/bin/true", NULL };
  SeServerConfig server = { .user = (char *)USER,
                            .state_directory = places->state,
                            .notify_command = test->notify ? command : NULL };
  SeProviderConfig provider = { .name = NULL };
  const SeAccount account = { .provider = &provider, .client_secret_file = places->file };
  const SeAccount *const accounts[] = { &account, NULL };
  const SeServiceNeeds needs
      = { -1, test->account ? accounts : NULL, test->file ? places->file : NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (se_service_run_with (&server, &needs, touch_files, note, seen, &error));
  g_assert_no_error (error);
}

static void
test_files (gconstpointer data)
{
  const FilesCase *test = data;
  Places here = { make_open_directory (), make_open_directory (), NULL };
  g_autoptr (GString) seen = g_string_new (NULL);

  here.file = g_build_filename (here.elsewhere, "file", NULL);
  g_assert_true (g_file_set_contents (here.file, "", 0, NULL) && g_chmod (here.file, 0644) == 0);
  places = &here;
  if (syscall (LANDLOCK_CREATE_RULESET, NULL, 0, LANDLOCK_VERSION) < 1)
    g_test_skip ("this kernel has no Landlock");
  else
    {
      touch_with (test, seen);
      g_assert_cmpstr (seen->str, ==, test->seen);
    }
  test_remove_tree (here.state);
  test_remove_tree (here.elsewhere);
  g_free (here.state);
  g_free (here.elsewhere);
  g_free (here.file);
}

static void
test_user (void)
{
  SeServerConfig server = { .user = (char *)"root", .state_directory = (char *)"/nonexistent" };
  g_autoptr (GError) root = NULL;
  g_autoptr (GError) missing = NULL;
  uid_t uid;
  gid_t gid;

  g_assert_false (se_service_lookup_user (&server, &uid, &gid, &root));
  g_assert_error (root, SE_ERROR, SE_ERROR_CONFIG);
  server.user = (char *)"nobody-of-that-name";
  g_assert_false (se_service_lookup_user (&server, &uid, &gid, &missing));
  g_assert_error (missing, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (missing->message, "nobody-of-that-name"));
}

static gboolean
is_accepted (const char *user, const char *cups_files, GError **error)
{
  g_autofree char *directory = g_dir_make_tmp ("scan-email-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (directory, "cups-files.conf", NULL);
  SeServerConfig server = { .user = (char *)user, .state_directory = (char *)"/nonexistent" };
  uid_t uid;
  gid_t gid;
  gboolean accepted;

  g_assert_true (g_file_set_contents (path, cups_files, -1, NULL));
  g_setenv ("CUPS_SERVERROOT", directory, TRUE);
  accepted = se_service_lookup_user (&server, &uid, &gid, error);
  g_setenv ("CUPS_SERVERROOT", NOWHERE, TRUE);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
  return accepted;
}

/* Filters read what everybody sends. */
static void
test_filter_user (void)
{
  static const char *const same[]
      = { "User " USER "\n", "SystemGroup lpadmin\n\tuser\t" USER " \r\n",
          "User lp\nUser " USER " # they say" };
  static const char *const other[] = {
    "", "#User " USER, "Username " USER, "User\n", "User " USER "\nUser lp", "User no-such-user"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (same); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (is_accepted (USER, same[i], &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, "filters"));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (other); i++)
    g_assert_true (is_accepted (USER, other[i], NULL));
  if (getpwnam ("lp") != NULL)
    g_assert_false (is_accepted ("lp", "", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* Not what this machine may have installed. */
  g_setenv ("CUPS_SERVERROOT", NOWHERE, TRUE);
  g_test_add_func ("/service/errors", test_errors);
  g_test_add_func ("/service/rights", test_rights);
  g_test_add_func ("/service/programs", test_programs);
  for (gsize i = 0; i < G_N_ELEMENTS (files_cases); i++)
    {
      g_autofree char *name = g_strconcat ("/service/files/", files_cases[i].name, NULL);

      g_test_add_data_func (name, &files_cases[i], test_files);
    }
  g_test_add_func ("/service/user", test_user);
  g_test_add_func ("/service/filter-user", test_filter_user);
  return g_test_run ();
}
