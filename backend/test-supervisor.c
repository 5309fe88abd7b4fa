/* SPDX-License-Identifier: Apache-2.0 */
/* The supervisor with a worker that does as it is told: this program is both. */
#include "backend/phase.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SCRIPT "script:"

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
      case 'W': /* until SIGTERM comes */
        {
          sigset_t set;
          int number;

          sigemptyset (&set);
          sigaddset (&set, SIGTERM);
          if (write (STDERR_FILENO, "ready\n", 6) != 6 || sigwait (&set, &number) != 0)
            return 1;
          break;
        }
      case 'U': /* who am I */
        {
          gid_t groups[64];

          dprintf (STDERR_FILENO, "uid=%d euid=%d gid=%d n_groups>0=%d\n", (int)getuid (),
                   (int)geteuid (), (int)getgid (), getgroups (64, groups) > 0);
          for (int i = 0, n = getgroups (64, groups); i < n; i++)
            dprintf (STDERR_FILENO, "group=%d\n", (int)groups[i]);
          break;
        }
      case 'V': /* what do I have */
        for (char **entry = environ; *entry != NULL; entry++)
          dprintf (STDERR_FILENO, "%s\n", *entry);
        for (int fd = 3; fd < 32; fd++)
          if (fcntl (fd, F_GETFD) >= 0)
            dprintf (STDERR_FILENO, "fd %d\n", fd);
        break;
      case 'O': /* the PPD and standard input, through the descriptors */
        {
          char text[64];
          gssize n = read (SE_FD_PPD, text, sizeof text);

          dprintf (STDERR_FILENO, "ppd=%.*s", (int)MAX (n, 0), text);
          n = read (STDIN_FILENO, text, sizeof text);
          dprintf (STDERR_FILENO, "stdin=%.*s", (int)MAX (n, 0), text);
          break;
        }
      default:
        if (write (SE_FD_PHASE, script, 1) != 1)
          return 1;
      }
  return 0;
}

typedef struct
{
  char *directory;
  char *config;
  char *worker;
  char *ppd;
} Fixture;

static void
write_config (Fixture *fixture, const char *text, int mode)
{
  g_assert_true (g_file_set_contents (fixture->config, text, -1, NULL));
  g_assert_cmpint (g_chmod (fixture->config, (mode_t)mode), ==, 0);
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *bytes = NULL;
  g_autofree char *daemons = NULL;
  gsize length;

  fixture->directory = g_dir_make_tmp ("supervisor-XXXXXX", NULL);
  g_assert_nonnull (fixture->directory);
  daemons = g_build_filename (fixture->directory, "daemon", NULL);
  fixture->worker = g_build_filename (daemons, "mailto-worker", NULL);
  fixture->config = g_build_filename (fixture->directory, "scan-email.conf", NULL);
  fixture->ppd = g_build_filename (fixture->directory, "q.ppd", NULL);
  g_assert_cmpint (g_chmod (fixture->directory, 0755), ==, 0);
  g_assert_cmpint (g_mkdir (daemons, 0755), ==, 0);
  /* A copy: the service user of the test need not reach the build directory. */
  g_assert_true (g_file_get_contents (program, &bytes, &length, NULL));
  g_assert_true (g_file_set_contents (fixture->worker, bytes, (gssize)length, NULL));
  g_assert_cmpint (g_chmod (fixture->worker, 0755), ==, 0);
  g_assert_true (g_file_set_contents (fixture->ppd, "the PPD\n", -1, NULL));
  g_assert_cmpint (g_chmod (fixture->ppd, 0600), ==, 0);
  write_config (fixture, "# c\n[account a@b]\nuser = root\n[server]\n user = nobody \n", 0644);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *daemons = g_path_get_dirname (fixture->worker);

  g_unlink (fixture->worker);
  g_unlink (fixture->config);
  g_unlink (fixture->ppd);
  g_rmdir (daemons);
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_free (fixture->directory);
  g_free (fixture->config);
  g_free (fixture->worker);
  g_free (fixture->ppd);
}

/* Starts the supervisor with a script; the caller ends it with finish (). */
static GPid
start (Fixture *fixture, const char *script, int *in, int *error)
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
  GPid pid;
  g_autoptr (GError) failure = NULL;

  g_assert_true (g_spawn_async_with_pipes (NULL, (char **)argv, (char **)environment,
                                           G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_FILE_AND_ARGV_ZERO,
                                           NULL, NULL, &pid, in, NULL, error, &failure));
  return pid;
}

/* Reads everything it says; returns the exit code, -1 for a signal. */
static int
finish (GPid pid, int error, char **said)
{
  GString *text = g_string_new (NULL);
  char buffer[512];
  gssize n;
  int status;

  while ((n = read (error, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n);
  close (error);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  *said = g_string_free (text, FALSE);
  return WIFEXITED (status) ? WEXITSTATUS (status) : -1;
}

static int
run (Fixture *fixture, const char *script, char **said)
{
  int in, error;
  GPid pid = start (fixture, script, &in, &error);

  if (write (in, "a bundle\n", 9) < 0)
    g_test_message ("nobody read it: %s", g_strerror (errno));
  close (in);
  return finish (pid, error, said);
}

static void
test_outcomes (Fixture *fixture, gconstpointer unused)
{
  static const struct
  {
    const char *script;
    int code;
    const char *says; /* NULL: nothing */
  } cases[] = {
    { "1ba", 0, NULL },
    { "1bdaE0", 0, NULL },
    { "1bE3", 3, NULL },
    { "1bE5", 5, NULL },
    { "bE6", 6, NULL },
    /* Accepted is accepted, whatever happens then. */
    { "1bdaK", 0, NULL },
    { "1bdaS", 0, NULL },
    { "1bdaE1", 0, NULL },
    /* Ends that claim more than was reported. */
    { "1b", 6, "ended with status 0" },
    { "1bd", 3, "in doubt" },
    /* Before the dot: 6 once, then held. */
    { "1bK", 6, "signal 9" },
    { "1bS", 6, "signal 11" },
    { "1bT", 6, "signal 15" },
    { "1bP", 6, "signal 13" },
    { "1bE1", 6, "status 1" },
    { "1bE4", 6, "status 4" },
    { "bK", 3, SE_HOLD_DEFERRED },
    { "bT", 3, SE_HOLD_DEFERRED },
    { "bE7", 3, SE_HOLD_DEFERRED },
    { "K", 3, SE_HOLD_DEFERRED },
    /* After the dot. */
    { "1bdK", 3, "in doubt" },
    { "1bdT", 3, SE_HOLD_DEFERRED },
    { "bdS", 3, "in doubt" },
    { "1bdE1", 3, "in doubt" },
    { "1bdE6", 6, NULL },
    /* The server refused after the data; a further try had begun. */
    { "1bdbK", 6, "signal 9" },
    { "bdbK", 3, SE_HOLD_DEFERRED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *said = NULL;
      int code = run (fixture, cases[i].script, &said);

      g_test_message ("%s: %d, %s", cases[i].script, code, said);
      g_assert_cmpint (code, ==, cases[i].code);
      if (cases[i].says == NULL)
        g_assert_cmpstr (said, ==, "");
      else
        {
          g_assert_nonnull (strstr (said, cases[i].says));
          g_assert_nonnull (strstr (said, "ERROR: "));
          g_assert_null (strstr (strstr (said, "ERROR: ") + 1, "ERROR: "));
        }
    }
}

static void
test_hands_down (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  g_autofree char *none = NULL;
  g_autofree char *wanted
      = g_strdup_printf ("CUPS_SERVERROOT=%s\nDEVICE_URI=mailto:a%%40b.org\nTZ=UTC\nfd %d\nfd %d\n",
                         fixture->directory, SE_FD_PPD, SE_FD_PHASE);

  g_assert_cmpint (run (fixture, "VOa", &said), ==, 0);
  g_assert_true (g_str_has_prefix (said, wanted));
  g_assert_cmpstr (said + strlen (wanted), ==, "ppd=the PPD\nstdin=a bundle\n");
  g_unlink (fixture->ppd);
  g_assert_cmpint (run (fixture, "Va", &none), ==, 0);
  g_assert_null (strstr (none, "fd 8"));
  g_assert_nonnull (strstr (none, "fd 9"));
}

static void
test_forwards_sigterm (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  char ready[7] = "";
  int in, error;
  GPid pid = start (fixture, "1bWE6", &in, &error);

  g_assert_cmpint (read (error, ready, 6), ==, 6);
  g_assert_cmpstr (ready, ==, "ready\n");
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  g_assert_cmpint (finish (pid, error, &said), ==, 6);
  g_assert_cmpstr (said, ==, "");
  close (in);
}

/* cupsd aborts a job whose backend ends while documents are still to be filtered: after a crash
 * somebody has to read on. */
static void
test_reads_on_after_a_crash (Fixture *fixture, gconstpointer unused)
{
  char block[4096] = "";
  char first;
  g_autofree char *said = NULL;
  int in, error;
  GPid pid = start (fixture, "1bK", &in, &error);

  g_assert_cmpint (read (error, &first, 1), ==, 1); /* it has seen the crash */
  for (int i = 0; i < 100; i++)
    g_assert_cmpint (write (in, block, sizeof block), ==, sizeof block);
  g_assert_cmpint (waitpid (pid, NULL, WNOHANG), ==, 0);
  close (in);
  g_assert_cmpint (finish (pid, error, &said), ==, 6);
}

/* A crash, and then a cancel. */
static void
test_reads_on_until_cancelled (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  char first;
  int in, error;
  GPid pid = start (fixture, "1bK", &in, &error);

  g_assert_cmpint (read (error, &first, 1), ==, 1);
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  g_assert_cmpint (finish (pid, error, &said), ==, 6);
  close (in);
}

/* After a cancel nobody reads on: a filter that still writes learns of it. */
static void
test_lets_go_of_input (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  int in, error;
  GPid pid = start (fixture, "1bW", &in, &error);
  char ready[6];

  g_assert_cmpint (read (error, ready, 6), ==, 6);
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  g_assert_cmpint (finish (pid, error, &said), ==, 6);
  g_assert_cmpint (write (in, "x", 1), ==, -1);
  g_assert_cmpint (errno, ==, EPIPE);
  close (in);
}

static void
test_no_worker (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;

  g_assert_cmpint (g_chmod (fixture->worker, 0600), ==, 0);
  g_assert_cmpint (run (fixture, "a", &said), ==, 3);
  g_assert_nonnull (strstr (said, "STATE: +" SE_REASON_AUTHORIZATION "\n"));
  g_assert_nonnull (strstr (said, fixture->worker));
}

static void
test_discovery (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "backend", "mailto", NULL);
  char *argv[] = { program, NULL };
  g_autofree char *out = NULL;
  g_autofree char *error = NULL;
  int status;

  g_assert_true (
      g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &error, &status, NULL));
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpstr (error, ==, "");
  g_assert_cmpstr (out, ==,
                   "network mailto:/ \"scan-email Mail\" \"Mail by OAuth 2.0 (scan-email)\" "
                   "\"MFG:scan-email;MDL:Mail;CMD:PDF;\" \"\"\n");
}

static void
test_drops (Fixture *fixture, gconstpointer unused)
{
  const struct passwd *nobody = getpwnam ("nobody");
  g_autofree char *said = NULL;
  g_autofree char *wanted = NULL;

  if (getuid () != 0)
    {
      g_test_skip ("only root can drop");
      return;
    }
  g_assert_nonnull (nobody);
  wanted = g_strdup_printf ("uid=%d euid=%d gid=%d n_groups>0=1\ngroup=%d\nppd=the PPD\n",
                            (int)nobody->pw_uid, (int)nobody->pw_uid, (int)nobody->pw_gid,
                            (int)nobody->pw_gid);
  g_assert_cmpint (run (fixture, "UOa", &said), ==, 0);
  g_assert_true (g_str_has_prefix (said, wanted));
}

static void
test_refuses_config (Fixture *fixture, gconstpointer unused)
{
  static const struct
  {
    const char *text;
    int mode;
    const char *says;
  } cases[] = {
    { "[server]\nuser = root\n", 0644, "must not be root" },
    { "[server]\nuser = nobody-of-that-name\n", 0644, "cannot be found" },
    { "[server]\nuser =\n", 0644, "cannot be found" },
    { "[server]\nuser = nobody\n", 0664, "chmod go-w" },
    { "[server]\nuser = nobody\n", 0646, "chmod go-w" },
  };

  if (getuid () != 0)
    {
      g_test_skip ("only root reads the user there");
      return;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *said = NULL;

      write_config (fixture, cases[i].text, cases[i].mode);
      g_assert_cmpint (run (fixture, "a", &said), ==, 3);
      g_assert_nonnull (strstr (said, cases[i].says));
      g_assert_true (g_str_has_prefix (said, SE_HOLD_AUTHORIZATION));
    }
  write_config (fixture, "[server]\nuser = nobody\n", 0644);
  g_assert_cmpint (chown (fixture->config, getpwnam ("nobody")->pw_uid, 0), ==, 0);
  {
    g_autofree char *said = NULL;

    g_assert_cmpint (run (fixture, "a", &said), ==, 3);
    g_assert_nonnull (strstr (said, "chown root"));
  }
}

int
main (int argc, char **argv)
{
  if (argc > 1 && g_str_has_prefix (argv[1], SCRIPT))
    return act (argv[1] + strlen (SCRIPT));
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add ("/supervisor/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("outcomes", test_outcomes);
  ADD ("hands-down", test_hands_down);
  ADD ("forwards-sigterm", test_forwards_sigterm);
  ADD ("reads-on-after-a-crash", test_reads_on_after_a_crash);
  ADD ("reads-on-until-cancelled", test_reads_on_until_cancelled);
  ADD ("lets-go-of-input", test_lets_go_of_input);
  ADD ("no-worker", test_no_worker);
  ADD ("discovery", test_discovery);
  ADD ("drops", test_drops);
  ADD ("refuses-config", test_refuses_config);
#undef ADD
  return g_test_run ();
}
