/* SPDX-License-Identifier: Apache-2.0 */
/* mailto-notify as the supervisor starts it. */
#include "common/notice.h"
#include "common/test-command.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  TestTree tree;
  char *state;
  TestCommand command;
} Fixture;

static void
write_config (const Fixture *f, const char *more)
{
  g_autofree char *text = g_strdup_printf ("[server]\nstate-directory = %s\n%s", f->state, more);

  g_assert_true (g_file_set_contents (f->tree.path, text, -1, NULL));
}

static void
write_config_with_command (const Fixture *f, const char *more)
{
  g_autofree char *all = g_strdup_printf ("notify-command = %s\n%s", f->command.path, more);

  write_config (f, all);
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  test_tree_set_up (&f->tree, "scan-email.conf");
  f->state = g_build_filename (f->tree.directory, "state", NULL);
  g_assert_cmpint (g_mkdir (f->state, 0700), ==, 0);
  test_command_set_up (&f->command, &f->tree);
  write_config_with_command (f, "");
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_command_tear_down (&f->command);
  g_free (f->state);
  test_tree_tear_down (&f->tree, NULL);
}

/* Starts it; in: where its notices go, which it awaits. held: NULL for none. Returns its id. */
static GPid
start_waiting (const Fixture *f, const char *held, int *in, int *error)
{
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "backend", "mailto-notify", NULL);
  g_autofree char *root = g_strconcat ("CUPS_SERVERROOT=", f->tree.directory, NULL);
  const char *argv[] = { program, "7", "jane", "two words", held, NULL };
  const char *environment[] = { root, "PRINTER=q", NULL };
  g_autoptr (GError) failure = NULL;
  GPid pid;

  g_assert_true (g_spawn_async_with_pipes (NULL, (char **)argv, (char **)environment,
                                           G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, in, NULL,
                                           error, &failure));
  return pid;
}

/* Starts it with these notices. */
static GPid
start (const Fixture *f, const char *notices, gsize length, const char *held, int *error)
{
  int in;
  GPid pid = start_waiting (f, held, &in, error);

  g_assert_cmpint (write (in, notices, length), ==, length);
  close (in);
  return pid;
}

/* Awaits the end of what it says; returns that. */
static char *
read_all (int error)
{
  GString *text = g_string_new (NULL);
  char buffer[512];
  gssize n;

  while ((n = read (error, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n);
  close (error);
  return g_string_free (text, FALSE);
}

static char *
run (const Fixture *f, const char *notices, gsize length, const char *held)
{
  int error, status;
  GPid pid = start (f, notices, length, held, &error);
  char *said = read_all (error);

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  return said;
}

/* The warning that a machine without a system log gives does not count. */
static void
assert_silent (const char *said)
{
  if (strstr (said, "system log") == NULL)
    g_assert_cmpstr (said, ==, "");
}

#define NOTICE(text) text, sizeof text

static void
test_job (Fixture *f, gconstpointer unused)
{
  /* Which job it is about the worker cannot choose. */
  g_autofree char *said = run (f, NOTICE ("job-canceled\0other-1\0not a PDF\0"), NULL);

  assert_silent (said);
  test_command_assert_told (&f->command, "job-canceled|q-7|not a PDF|jane|two words|\n");
}

static void
test_account (Fixture *f, gconstpointer unused)
{
  g_autofree char *said
      = run (f, NOTICE ("authorization-lost\0a@b.c\0gone\0\0job-held\0\0wait\0"), NULL);

  assert_silent (said);
  test_command_assert_told (&f->command,
                            "authorization-lost|a@b.c|gone|\njob-held|q-7|wait|jane|two words|\n");
}

static void
test_once (Fixture *f, gconstpointer unused)
{
  for (int i = 0; i < 3; i++)
    {
      g_autofree char *said
          = run (f, NOTICE ("job-held\0\0until 10:00\0down\0job-held\0\0the rest\0full"), NULL);

      assert_silent (said);
    }
  test_command_assert_told (&f->command, "job-held|q-7|until 10:00|jane|two words|\n"
                                         "job-held|q-7|the rest|jane|two words|\n");
}

/* The worker has said what is wrong with the state directory: nothing covers that. */
static void
test_nowhere_to_note (Fixture *f, gconstpointer unused)
{
  g_assert_cmpint (g_chmod (f->state, 0500), ==, 0);
  for (int i = 0; i < 2; i++)
    {
      g_autofree char *said = run (f, NOTICE ("job-held\0\0first\0down"), NULL);

      assert_silent (said);
    }
  g_assert_cmpint (g_chmod (f->state, 0700), ==, 0);
  test_command_assert_told (
      &f->command, "job-held|q-7|first|jane|two words|\njob-held|q-7|first|jane|two words|\n");
}

static void
test_held_by_the_supervisor (Fixture *f, gconstpointer unused)
{
  for (int i = 0; i < 2; i++)
    g_free (run (f, "", 0, "it was killed"));
  test_command_assert_told (&f->command, "job-held|q-7|it was killed|jane|two words|\n");
}

static void
test_hostile (Fixture *f, gconstpointer unused)
{
  GString *many = g_string_new (NULL);
  g_autofree char *garbage = g_strnfill (60000, 'x');
  g_autofree char *said = run (f, NOTICE ("job-held\0\0first\0\0rm\0-rf\0/\0"), NULL);
  g_autofree char *all = run (f, garbage, 60000, NULL);
  g_autofree char *too_many = NULL;

  g_assert_nonnull (strstr (said, "WARNING: "));
  g_assert_nonnull (strstr (all, "WARNING: "));
  test_command_assert_told (&f->command, "job-held|q-7|first|jane|two words|\n");
  test_command_forget (&f->command);
  for (int i = 0; i < 100; i++)
    g_string_append_len (many, NOTICE ("job-held\0\0x\0"));
  too_many = run (f, many->str, many->len, NULL);
  g_assert_nonnull (strstr (too_many, "WARNING: "));
  test_command_assert_told (&f->command,
                            "job-held|q-7|x|jane|two words|\njob-held|q-7|x|jane|two words|\n"
                            "job-held|q-7|x|jane|two words|\njob-held|q-7|x|jane|two words|\n");
  g_string_free (many, TRUE);
}

/* The system log alone is told then. */
static void
test_bad_configuration (Fixture *f, gconstpointer unused)
{
  g_autofree char *said = NULL;

  write_config_with_command (f, "nonsense\n");
  said = run (f, NOTICE ("job-held\0\0first\0"), NULL);
  test_command_assert_told (&f->command, "");
}

static void
test_command_fails (Fixture *f, gconstpointer unused)
{
  g_autofree char *said = NULL;

  test_command_write (&f->command, "exit 9");
  said = run (f, NOTICE ("job-held\0\0first\0"), NULL);
  g_assert_nonnull (strstr (said, "WARNING: notify-command of scan-email.conf: "));
  g_assert_nonnull (strstr (said, "status 9"));
}

/* How many filters of system calls a process has; -1: the kernel does not tell. */
static int
count_filters (GPid pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/status", (int)pid);
  g_autofree char *text = NULL;
  const char *line;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  line = strstr (text, "\nSeccomp_filters:\t");
  return line != NULL ? atoi (strchr (line, '\t')) : -1;
}

/* Then it gives up more, before it looks at its input. */
static void
test_no_command (Fixture *f, gconstpointer unused)
{
  const char notice[] = "job-held\0\0wait\0down";
  g_autofree char *told = g_build_filename (f->state, "told", NULL);
  g_autofree char *said = NULL;
  const int before = count_filters (getpid ());
  int in, error, status;
  GPid pid;

  write_config (f, "");
  pid = start_waiting (f, NULL, &in, &error);
  for (int i = 0; before >= 0 && i < 1000 && count_filters (pid) < before + 2; i++)
    g_usleep (10000);
  if (before >= 0)
    g_assert_cmpint (count_filters (pid), ==, before + 2);
  g_assert_cmpint (write (in, notice, sizeof notice), ==, sizeof notice);
  close (in);
  said = read_all (error);
  assert_silent (said);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpuint (test_count_files (told), ==, 1);
}

/* After SIGTERM cupsd need not wait: nobody has standard error, and all is told nevertheless. */
static void
test_lets_go (Fixture *f, gconstpointer unused)
{
  g_autofree char *ready = g_build_filename (f->tree.directory, "ready", NULL);
  g_autofree char *go = g_build_filename (f->tree.directory, "go", NULL);
  g_autofree char *script = g_strdup_printf ("echo >'%s'; cat '%s'", ready, go);
  g_autofree char *said = NULL;
  int error, status;
  GPid pid;

  g_assert_cmpint (mkfifo (ready, 0600), ==, 0);
  g_assert_cmpint (mkfifo (go, 0600), ==, 0);
  test_command_write (&f->command, script);
  pid = start (f, NOTICE ("job-held\0\0first\0\0job-held\0\0second\0"), NULL, &error);
  for (int i = 0; i < 2; i++)
    {
      int fd = open (ready, O_RDONLY);
      char byte;

      g_assert_cmpint (read (fd, &byte, 1), ==, 1); /* it hangs from here on */
      close (fd);
      if (i == 0)
        {
          g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
          said = read_all (error); /* ends, although it hangs */
          g_assert_cmpint (waitpid (pid, &status, WNOHANG), ==, 0);
        }
      fd = open (go, O_WRONLY);
      g_assert_cmpint (fd, >=, 0);
      close (fd);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
  test_command_assert_told (
      &f->command, "job-held|q-7|first|jane|two words|\njob-held|q-7|second|jane|two words|\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add ("/notifier/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("job", test_job);
  ADD ("account", test_account);
  ADD ("once", test_once);
  ADD ("nowhere-to-note", test_nowhere_to_note);
  ADD ("held-by-the-supervisor", test_held_by_the_supervisor);
  ADD ("hostile", test_hostile);
  ADD ("bad-configuration", test_bad_configuration);
  ADD ("command-fails", test_command_fails);
  ADD ("no-command", test_no_command);
  ADD ("lets-go", test_lets_go);
#undef ADD
  return g_test_run ();
}
