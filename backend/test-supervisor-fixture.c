/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/test-supervisor-fixture.h"

#include "backend/phase.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCRIPT "script:"
#define LONGEST 20000 /* milliseconds */

static void
die_by (int number)
{
  sigset_t set;

  signal (number, SIG_DFL); /* sanitizers catch some */
  sigemptyset (&set);
  sigaddset (&set, number);
  sigprocmask (SIG_UNBLOCK, &set, NULL);
  raise (number);
}

/* Writes a notice of any length to the supervisor's pipe. */
static void
write_notice (const char *text, size_t length)
{
  if (write (SE_FD_NOTICE, text, length) != (ssize_t)length)
    dprintf (STDERR_FILENO, "no notice: %s\n", strerror (errno));
}

/* Waits until SIGTERM comes. */
static gboolean
await_sigterm (void)
{
  sigset_t set;
  int number;

  sigemptyset (&set);
  sigaddset (&set, SIGTERM);
  return write (STDERR_FILENO, "ready\n", 6) == 6 && sigwait (&set, &number) == 0;
}

/* Is cancelled and does not end: lets cupsd go when it is told to, and lives on its input. */
static gboolean
go_on (void)
{
  char text[64];
  int null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  sigset_t set;
  int number;

  sigemptyset (&set);
  sigaddset (&set, SE_SIGNAL_LET_GO);
  sigprocmask (SIG_BLOCK, &set, NULL);
  if (write (STDERR_FILENO, "ready\n", 6) != 6 || sigwait (&set, &number) != 0
      || dup2 (null, STDERR_FILENO) != STDERR_FILENO)
    return FALSE;
  while (read (STDIN_FILENO, text, sizeof text) > 0)
    continue;
  return TRUE;
}

/* Who am I? */
static void
say_user (void)
{
  gid_t groups[64];
  int n = getgroups (64, groups);

  dprintf (STDERR_FILENO, "uid=%d euid=%d gid=%d n_groups>0=%d\n", (int)getuid (), (int)geteuid (),
           (int)getgid (), n > 0);
  for (int i = 0; i < n; i++)
    dprintf (STDERR_FILENO, "group=%d\n", (int)groups[i]);
}

/* What do I have? start: of every line. */
static void
say_possessions (const char *start)
{
  for (char **entry = environ; *entry != NULL; entry++)
    dprintf (STDERR_FILENO, "%s%s\n", start, *entry);
  for (int fd = 3; fd < 32; fd++)
    if (fcntl (fd, F_GETFD) >= 0)
      dprintf (STDERR_FILENO, "%sfd %d\n", start, fd);
}

/* The PPD and standard input, through the descriptors. */
static void
say_inputs (void)
{
  char text[64];
  gssize n = read (SE_FD_PPD, text, sizeof text);

  dprintf (STDERR_FILENO, "ppd=%.*s", (int)MAX (n, 0), text);
  n = read (STDIN_FILENO, text, sizeof text);
  dprintf (STDERR_FILENO, "stdin=%.*s", (int)MAX (n, 0), text);
}

/* Notices until there is no room. */
static void
fill_with_notices (void)
{
  static const char block[4000];

  for (int i = 0; i < 100; i++)
    if (write (SE_FD_NOTICE, block, sizeof block) < 0)
      dprintf (STDERR_FILENO, "full after %d\n", i);
}

/* The worker: each letter of the script is one act. Phase bytes are written as they are. */
static int
act (const char *script)
{
  for (; *script != '\0'; script++)
    switch (*script)
      {
      case 'E':
        return script[1] - '0';
      case 'K':
        die_by (SIGKILL);
        break;
      case 'S':
        die_by (SIGSEGV);
        break;
      case 'T':
        die_by (SIGTERM);
        break;
      case 'P':
        die_by (SIGPIPE);
        break;
      case 'W':
        if (!await_sigterm ())
          return 1;
        break;
      case 'H':
        if (!go_on ())
          return 1;
        break;
      case 'U':
        say_user ();
        break;
      case 'V':
        say_possessions ("");
        break;
      case 'O':
        say_inputs ();
        break;
      case 'N': /* a notice, for the notifier to act by */
        write_notice (script + 1, 2);
        script++;
        break;
      case 'B':
        fill_with_notices ();
        break;
      default:
        if (write (SE_FD_PHASE, script, 1) != 1)
          return 1;
      }
  return 0;
}

/* For who has let standard error go: how much there was to tell, at a place that the test has made.
 */
static void
tell_apart (ssize_t length)
{
  g_autofree char *path = g_build_filename (g_getenv ("CUPS_SERVERROOT"), FIXTURE_TOLD, NULL);
  int fd = open (path, O_WRONLY | O_CLOEXEC);

  dprintf (fd, "%zd bytes\n", length);
}

/* The notifier: says what it has, and does as the first letter of its input says. */
static int
notify (int argc, char **argv)
{
  char input[65536] = "";
  ssize_t n = 0, got;
  sigset_t term, blocked;
  int number;

  while ((got = read (STDIN_FILENO, input + n, sizeof input - (size_t)n)) > 0)
    n += got;
  sigprocmask (SIG_BLOCK, NULL, &blocked);
  dprintf (STDERR_FILENO, "notifier:");
  for (int i = 1; i < argc; i++)
    dprintf (STDERR_FILENO, " %s", argv[i]);
  dprintf (STDERR_FILENO, "; %zd bytes; leader=%d term=%d child=%d alarm=%d uid=%d\n", n,
           getsid (0) == getpid (), sigismember (&blocked, SIGTERM),
           sigismember (&blocked, SIGCHLD), alarm (0) > 0, (int)getuid ());
  say_possessions ("notifier: ");
  switch (*input)
    {
    case 'f':
      return 3;
    case 'k':
      die_by (SIGKILL);
      break;
    case 'w':
      tell_apart (n);
      break;
    case 'h': /* hangs until SIGTERM */
      sigemptyset (&term);
      sigaddset (&term, SIGTERM);
      dprintf (STDERR_FILENO, "hangs\n");
      sigwait (&term, &number);
      break;
    }
  return 0;
}

void
fixture_init (int *argc, char ***argv)
{
  if (*argc > 0 && strcmp ((*argv)[0], SE_NOTIFIER) == 0)
    _exit (notify (*argc, *argv));
  if (*argc > 1 && g_str_has_prefix ((*argv)[1], SCRIPT))
    _exit (act ((*argv)[1] + strlen (SCRIPT)));
  signal (SIGPIPE, SIG_IGN);
  g_test_init (argc, argv, NULL);
}

void
fixture_write_config (Fixture *fixture, const char *text, int mode)
{
  g_assert_true (g_file_set_contents (fixture->config, text, -1, NULL));
  g_assert_cmpint (g_chmod (fixture->config, (mode_t)mode), ==, 0);
}

void
fixture_set_up (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *bytes = NULL;
  g_autofree char *daemons = NULL;
  gsize length;

  fixture->directory = g_dir_make_tmp ("supervisor-XXXXXX", NULL);
  g_assert_nonnull (fixture->directory);
  daemons = g_build_filename (fixture->directory, "daemon", NULL);
  fixture->worker = g_build_filename (daemons, "mailto-worker", NULL);
  fixture->notifier = g_build_filename (daemons, "mailto-notify", NULL);
  fixture->config = g_build_filename (fixture->directory, "scan-email.conf", NULL);
  fixture->ppd = g_build_filename (fixture->directory, "q.ppd", NULL);
  g_assert_cmpint (g_chmod (fixture->directory, 0755), ==, 0);
  g_assert_cmpint (g_mkdir (daemons, 0755), ==, 0);
  /* A copy: the service user of the test need not reach the build directory. */
  g_assert_true (g_file_get_contents (program, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents (fixture->worker, bytes, (gssize)length, NULL));
  g_assert_cmpint (g_chmod (fixture->worker, 0755), ==, 0);
  g_assert_cmpint (link (fixture->worker, fixture->notifier), ==, 0);
  g_assert_true (g_file_set_contents (fixture->ppd, "the PPD\n", -1, NULL));
  g_assert_cmpint (g_chmod (fixture->ppd, 0600), ==, 0);
  fixture_write_config (fixture, "# c\n[account a@b]\nuser = root\n[server]\n user = nobody \n",
                        0644);
}

void
fixture_tear_down (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *daemons = g_path_get_dirname (fixture->worker);

  g_unlink (fixture->worker);
  g_unlink (fixture->notifier);
  g_unlink (fixture->config);
  g_unlink (fixture->ppd);
  g_rmdir (daemons);
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_free (fixture->directory);
  g_free (fixture->config);
  g_free (fixture->worker);
  g_free (fixture->notifier);
  g_free (fixture->ppd);
}

GPid
fixture_start (Fixture *fixture, const char *script, int *in, int *error)
{
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "backend", "mailto", NULL);
  g_autofree char *job = g_strconcat (SCRIPT, script, NULL);
  g_autofree char *serverbin = g_strconcat ("CUPS_SERVERBIN=", fixture->directory, NULL);
  g_autofree char *serverroot = g_strconcat ("CUPS_SERVERROOT=", fixture->directory, NULL);
  g_autofree char *ppd = g_strconcat ("PPD=", fixture->ppd, NULL);
  const char *argv[] = { program, "mailto:x", job, "user", "title", "1", "options", NULL };
  const char *environment[] = {
    serverbin, serverroot,        ppd, "DEVICE_URI=mailto:a%40b.org", "LD_NOTHING=1", "TZ=UTC",
    "HOME=/",  "PRINTERS=not me", NULL
  };
  /* CUPS's back channel and side channel. */
  const int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  const int channels[] = { null, null }, numbers[] = { 3, 4 };
  GPid pid;
  g_autoptr (GError) failure = NULL;

  g_assert_true (g_spawn_async_with_pipes_and_fds (
      NULL, argv, environment, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_FILE_AND_ARGV_ZERO, NULL, NULL,
      -1, -1, -1, channels, numbers, 2, &pid, in, NULL, error, &failure));
  close (null);
  return pid;
}

/* As read (2), for as long as a supervisor may take to come to an end. */
static gssize
read_soon (int fd, char *buffer, gsize length, GPid pid)
{
  struct pollfd polled = { .fd = fd, .events = POLLIN };

  if (poll (&polled, 1, LONGEST) == 1)
    return read (fd, buffer, length);
  kill (pid, SIGKILL);
  g_error ("The supervisor does not end, or somebody else holds its standard error");
}

int
fixture_finish (GPid pid, int error, char **said)
{
  GString *text = g_string_new (NULL);
  char buffer[512];
  gssize n;
  int status;

  while ((n = read_soon (error, buffer, sizeof buffer, pid)) > 0)
    g_string_append_len (text, buffer, n);
  close (error);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  *said = g_string_free (text, FALSE);
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

int
fixture_run (Fixture *fixture, const char *script, char **said)
{
  int in, error;
  GPid pid = fixture_start (fixture, script, &in, &error);

  if (write (in, "a bundle\n", 9) < 0)
    g_test_message ("nobody read it: %s", g_strerror (errno));
  close (in);
  return fixture_finish (pid, error, said);
}
