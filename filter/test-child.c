/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/child.h"

#include "common/io.h"
#include "filter/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A shell starts what it is told to. */
static const SeChildLimits limits
    = { .cpu = 20, .wall = 20, .memory = 1 << 30, .output = 1 << 20, .many = TRUE };

/* Runs a shell command line as the program. Returns its output. */
static char *
run_limited (const char *command, const char *input, const SeChildLimits *limit, char **complaint,
             GError **error)
{
  const char *const arguments[] = { "/bin/sh", "-c", command, NULL };
  const char *const environment[] = { "PATH=/usr/bin:/bin", NULL };
  se_autofd int in_fd = se_temp_file (NULL);
  se_autofd int out_fd = se_temp_file (NULL);
  char buffer[4096];
  gssize length;

  g_assert_true (se_io_write_all (in_fd, input, strlen (input), NULL));
  g_assert_cmpint (lseek (in_fd, 0, SEEK_SET), ==, 0);
  if (!se_child_run (arguments, environment, in_fd, out_fd, limit, complaint, NULL, error))
    return NULL;
  length = pread (out_fd, buffer, sizeof buffer, 0);
  g_assert_cmpint (length, >=, 0);
  return g_strndup (buffer, (gsize)length);
}

static void
assert_fails (const char *command, const SeChildLimits *limit, SeError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (run_limited (command, "", limit, NULL, &error));
  g_assert_error (error, SE_ERROR, (int)code);
}

static void
test_output (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *output = run_limited ("cat; echo \"[$PATH]\"", "in", &limits, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, "in[/usr/bin:/bin]\n");
}

static void
test_fates (void)
{
  SeChildLimits no_cpu = limits, no_time = limits, no_room = limits;

  no_cpu.cpu = 1;
  no_time.wall = 1;
  no_room.output = 1024;
  assert_fails ("exit 1", &limits, SE_ERROR_DOCUMENT);
  assert_fails ("kill -SEGV $$", &limits, SE_ERROR_DOCUMENT);
  assert_fails ("kill -KILL $$", &limits, SE_ERROR_TEMPORARY);
  assert_fails ("kill -TERM $$", &limits, SE_ERROR_TEMPORARY);
  assert_fails ("while :; do :; done", &no_cpu, SE_ERROR_DOCUMENT);
  assert_fails ("sleep 30", &no_time, SE_ERROR_TEMPORARY);
  assert_fails ("exec head -c 2000 /dev/zero", &no_room, SE_ERROR_DOCUMENT);
}

static void
test_missing_program (void)
{
  const char *const arguments[] = { "/nonexistent/program", NULL };
  const char *const environment[] = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_false (se_child_run (arguments, environment, -1, -1, &limits, NULL, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
  g_assert_nonnull (strstr (error->message, "program could not be started"));
}

static void
test_complaint (void)
{
  g_autofree char *complaint = NULL;
  g_autofree char *none = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *output
      = run_limited ("printf 'ERROR: first\\nERROR: the\\033 last\\nINFO: x' >&2", "", &limits,
                     &complaint, &error);
  g_autofree char *silent = run_limited ("echo PAGE: 1 1 >&2", "", &limits, &none, &error);

  g_assert_no_error (error);
  g_assert_nonnull (output);
  g_assert_nonnull (silent);
  g_assert_cmpstr (complaint, ==, "the  last");
  g_assert_null (none);
}

/* Ghostscript's, which ends well. */
static void
test_remarks (void)
{
  const char *const arguments[] = {
    "/bin/sh", "-c",
    "printf '\\tnone\\n   **** Error: a\\nThe following errors were encountered at least once "
    "while processing this file:\\n\\tb c\\n\\td\\n\\n\\tnone\\n   **** Error: a\\n' >&2",
    NULL
  };
  const char *const environment[] = { "PATH=/usr/bin:/bin", NULL };
  g_autoptr (GPtrArray) remarks = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *complaint = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (
      se_child_run (arguments, environment, -1, -1, &limits, &complaint, remarks, &error));
  g_assert_no_error (error);
  g_assert_null (complaint);
  g_assert_cmpuint (remarks->len, ==, 3);
  g_assert_cmpstr (remarks->pdata[0], ==, "a");
  g_assert_cmpstr (remarks->pdata[1], ==, "b c");
  g_assert_cmpstr (remarks->pdata[2], ==, "d");
}

/* Its standard error becomes DEBUG lines, one each, whatever it prints; PAGE lines are dropped. */
static void
test_log (void)
{
  se_autofd int log_fd = se_temp_file (NULL);
  int saved = dup (STDERR_FILENO);
  g_autofree char *output = NULL;
  char log[4096] = "";

  g_assert_cmpint (dup2 (log_fd, STDERR_FILENO), >=, 0);
  output = run_limited ("printf 'STATE: paused\\nPAGE: 1 1\\n\\rERROR: a\\nlast' >&2", "", &limits,
                        NULL, NULL);
  g_assert_cmpint (dup2 (saved, STDERR_FILENO), >=, 0);
  close (saved);
  g_assert_nonnull (output);
  g_assert_cmpint (pread (log_fd, log, sizeof log - 1, 0), >, 0);
  g_assert_cmpstr (log, ==, "DEBUG: sh: STATE: paused\nDEBUG: sh:  ERROR: a\nDEBUG: sh: last\n");
}

/* Nothing but 0, 1 and 2 reaches a child. */
static void
test_descriptors (void)
{
  int leak = fcntl (0, F_DUPFD, 50); /* not closed on exec */
  g_autofree char *output = run_limited ("ls /proc/self/fd | wc -l", "", &limits, NULL, NULL);

  close (leak);
  g_assert_cmpint (atoi (output), ==, 4); /* and ls's own */
}

/* A process that outlives its parent goes with it, and cannot leave it. */
static void
test_group (void)
{
  gint64 start = g_get_monotonic_time ();
  g_autofree char *output = run_limited ("sleep 15 & echo $!", "", &limits, NULL, NULL);
  pid_t left = atoi (output);

  g_assert_cmpint (left, >, 0);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 10 * G_USEC_PER_SEC);
  g_assert_cmpint (kill (left, 0), <, 0);
  g_assert_cmpint (errno, ==, ESRCH);
  assert_fails ("exec setsid -w true", &limits, SE_ERROR_DOCUMENT);
}

/* Leaves a process behind that tries to leave the child's group, and is another one at any moment.
 */
static gboolean
flee (int in_fd, int out_fd, gpointer result, GError **error)
{
  gint64 end = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;

  if (fork () != 0)
    return TRUE;
  while (g_get_monotonic_time () < end && fork () == 0)
    ;
  _exit (0);
}

static void
test_flight (void)
{
  struct pollfd end = { .events = POLLIN };
  int held[2];
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (pipe2 (held, O_CLOEXEC), ==, 0);
  g_assert_true (se_child_call ("flight", flee, -1, held[1], NULL, 0, &limits, &error));
  g_assert_no_error (error);
  close (held[1]);
  end.fd = held[0];
  g_assert_cmpint (poll (&end, 1, 0), ==, 1); /* nobody has the other end any more */
  g_assert_cmpint (end.revents, ==, POLLHUP);
  close (held[0]);
}

static gboolean
multiply (int in_fd, int out_fd, gpointer result, GError **error)
{
  if (fork () < 0)
    return TRUE;
  g_set_error_literal (error, SE_ERROR, SE_ERROR_DOCUMENT, "two");
  return FALSE;
}

/* So that the limits hold for all that there is. */
static void
test_alone (void)
{
  SeChildLimits alone = limits;
  g_autofree char *output = NULL;
  g_autoptr (GError) error = NULL;

  alone.many = FALSE;
  g_assert_false (se_child_limits.many);
  assert_fails ("cat /dev/null; echo on", &alone, SE_ERROR_DOCUMENT);
  output = run_limited ("exec echo on", "", &alone, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (output, ==, "on\n");
  g_assert_true (se_child_call ("several", multiply, -1, -1, NULL, 0, &alone, &error));
  g_assert_no_error (error);
}

/* Linux 5.13 has it; a system may have turned it off. */
static gboolean
has_landlock (void)
{
  return syscall (444, NULL, 0, 1U) > 0; /* landlock_create_ruleset, its version */
}

/* What a program can open. */
static void
test_files (void)
{
  g_autofree char *directory = g_dir_make_tmp ("child-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (directory, "file", NULL);
  g_autofree char *temp = g_strconcat ("TMPDIR=", directory, NULL);
  const char *const in_temp[] = { "/bin/sh", "-c", "echo more >>\"$0\"; cat \"$0\"", file, NULL };
  const char *const nowhere[] = { "PATH=/usr/bin:/bin", NULL };
  const char *const somewhere[] = { "PATH=/usr/bin:/bin", temp, NULL };
  g_autofree char *complaint = NULL;
  g_autoptr (GError) error = NULL;

  if (!has_landlock ())
    g_test_skip ("this kernel has no Landlock");
  else
    {
      g_assert_true (g_file_set_contents (file, "text\n", -1, NULL));
      g_assert_false (se_child_run (in_temp, nowhere, -1, -1, &limits, &complaint, NULL, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      g_clear_error (&error);
      g_assert_true (se_child_run (in_temp, somewhere, -1, -1, &limits, NULL, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpint (g_unlink (file), ==, 0);
    }
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

typedef struct
{
  int in;
  char out[8];
} Result;

static gboolean
work (int in_fd, int out_fd, gpointer result, GError **error)
{
  Result *shared = result;

  if (shared->in == 1)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, "no good");
      return FALSE;
    }
  if (shared->in == 2)
    abort ();
  if (shared->in == 3)
    raise (SIGKILL);
  if (prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 || prctl (PR_GET_DUMPABLE, 0, 0, 0, 0) != 0
      || (has_landlock () && open ("/", O_RDONLY) >= 0))
    return FALSE;
  g_strlcpy (shared->out, "done", sizeof shared->out);
  return write (out_fd, "x", 1) == 1;
}

static void
test_call (void)
{
  static const int codes[] = { -1, SE_ERROR_DOCUMENT, SE_ERROR_DOCUMENT, SE_ERROR_TEMPORARY };
  se_autofd int out_fd = se_temp_file (NULL);

  for (int i = 0; i < 4; i++)
    {
      Result result = { .in = i };
      g_autoptr (GError) error = NULL;
      gboolean done
          = se_child_call ("work", work, -1, out_fd, &result, sizeof result, &limits, &error);

      g_assert_cmpint (done, ==, i == 0);
      if (i > 0)
        g_assert_error (error, SE_ERROR, codes[i]);
      if (i == 1)
        g_assert_cmpstr (error->message, ==, "no good");
      g_assert_cmpstr (result.out, ==, i == 0 ? "done" : "");
    }
  g_assert_cmpint (lseek (out_fd, 0, SEEK_END), ==, 1);
}

/* Another job's file, beside which temporary files are made. */
typedef struct
{
  char other[256];
  gboolean made, opened, changed;
} Look;

static gboolean
look_around (int in_fd, int out_fd, gpointer result, GError **error)
{
  Look *look = result;
  se_autofd int made = se_temp_file (NULL);
  se_autofd int opened = open (look->other, O_RDONLY);

  look->made = made >= 0;
  look->opened = opened >= 0;
  look->changed = unlink (look->other) == 0;
  return TRUE;
}

static void
test_temporary_files (void)
{
  g_autofree char *base = se_temp_base ();
  g_autofree char *directory = g_build_filename (base, "child-XXXXXX", NULL);
  g_autofree char *file = NULL;
  g_autoptr (GError) error = NULL;
  Look with = { "" }, without = { "" };

  if (!has_landlock ())
    {
      g_test_skip ("this kernel has no Landlock");
      return;
    }
  g_assert_nonnull (g_mkdtemp (directory));
  file = g_build_filename (directory, "file", NULL);
  g_assert_true (g_file_set_contents (file, "text", -1, NULL));
  g_strlcpy (with.other, file, sizeof with.other);
  without = with;
  g_assert_true (
      se_child_call_with_files ("look", look_around, -1, -1, &with, sizeof with, &limits, &error));
  g_assert_no_error (error);
  g_assert_true (with.made && !with.opened && !with.changed);
  g_assert_true (
      se_child_call ("look", look_around, -1, -1, &without, sizeof without, &limits, &error));
  g_assert_true (!without.made && !without.opened && !without.changed);
  g_assert_cmpint (g_unlink (file), ==, 0);
  g_assert_cmpint (g_rmdir (directory), ==, 0);
}

/* SIGTERM while a child runs: the child is killed, the caller hears of it. At any other time the
 * process ends at once, with status 0. */
static void
test_sigterm (void)
{
  for (int with_child = 0; with_child < 2; with_child++)
    {
      int ready[2], status;
      char byte;
      pid_t pid;

      g_assert_cmpint (pipe (ready), ==, 0);
      pid = fork ();
      if (pid == 0)
        {
          g_autoptr (GError) error = NULL;
          const char *const arguments[] = { "/bin/sh", "-c", "echo; exec sleep 30", NULL };
          const char *const environment[] = { "PATH=/usr/bin:/bin", NULL };

          se_child_take_signals ();
          if (with_child)
            {
              se_child_run (arguments, environment, -1, ready[1], &limits, NULL, NULL, &error);
              _exit (se_error_is (error, SE_ERROR_CANCELLED) ? 42 : 1);
            }
          if (write (ready[1], "\n", 1) == 1)
            pause ();
          _exit (1);
        }
      g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
      kill (pid, SIGTERM);
      g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
      g_assert_true (WIFEXITED (status));
      g_assert_cmpint (WEXITSTATUS (status), ==, with_child ? 42 : 0);
      close (ready[0]);
      close (ready[1]);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  se_child_take_signals ();
  g_test_add_func ("/child/output", test_output);
  g_test_add_func ("/child/fates", test_fates);
  g_test_add_func ("/child/missing-program", test_missing_program);
  g_test_add_func ("/child/complaint", test_complaint);
  g_test_add_func ("/child/remarks", test_remarks);
  g_test_add_func ("/child/log", test_log);
  g_test_add_func ("/child/descriptors", test_descriptors);
  g_test_add_func ("/child/group", test_group);
  g_test_add_func ("/child/flight", test_flight);
  g_test_add_func ("/child/alone", test_alone);
  g_test_add_func ("/child/files", test_files);
  g_test_add_func ("/child/temporary-files", test_temporary_files);
  g_test_add_func ("/child/call", test_call);
  g_test_add_func ("/child/sigterm", test_sigterm);
  return g_test_run ();
}
