/* SPDX-License-Identifier: Apache-2.0 */
#include "common/notify.h"
#include "common/test-tree.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

typedef struct
{
  TestTree tree;
  char *program; /* a shell script */
  char *result;  /* a file for it to write to */
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  test_tree_set_up (&f->tree, "result");
  f->program = g_build_filename (f->tree.directory, "notify", NULL);
  f->result = f->tree.path;
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_free (f->program);
  test_tree_tear_down (&f->tree, NULL);
}

/* Writes the program: a script whose $R is the result's path. */
static void
write_program (const Fixture *f, const char *script)
{
  g_autofree char *text = g_strdup_printf ("#!/bin/sh\nR='%s'\n%s\n", f->result, script);
  g_autoptr (GError) error = NULL;

  g_assert_true (
      g_file_set_contents_full (f->program, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, &error));
  g_assert_no_error (error);
}

static gboolean
run (const Fixture *f, const char *argument, guint seconds, GError **error)
{
  const char *const command[] = { f->program, "--title", "two words", NULL };
  const char *const arguments[] = { "event", argument, NULL };

  return se_notify_run (command, arguments, seconds, error);
}

static void
assert_result (const Fixture *f, const char *expected)
{
  g_autofree char *result = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (f->result, &result, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (result, ==, expected);
}

static void
test_arguments (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  write_program (f, "for i; do printf '<%s>' \"$i\"; done >\"$R\"");
  run (f, "$(touch /tmp/x); `id` | 'a' \"b\" \\ *\n-", 20, &error);
  g_assert_no_error (error);
  assert_result (f, "<--title><two words><event><$(touch /tmp/x); `id` | 'a' \"b\" \\ *\n->");
}

/* Nothing of ours is seen by it: environment, descriptors, input, signals, session. */
static void
test_clean (Fixture *f, gconstpointer unused)
{
  int fd = open ("/dev/null", O_RDONLY); /* without O_CLOEXEC */
  sigset_t term, before;
  g_autoptr (GError) error = NULL;

  sigemptyset (&term);
  sigaddset (&term, SIGTERM);
  sigprocmask (SIG_BLOCK, &term, &before);
  signal (SIGPIPE, SIG_IGN);
  g_setenv ("SECRET", "s3cret", TRUE);
  write_program (
      f,
      /* First, and by the shell alone, which changes both when it runs others. The C
       * library keeps signals 32 and 33 to itself. */
      "while read -r k v; do case $k in SigBlk:|SigIgn:) echo \"$k ${v#?????????}\";; esac\n"
      "done </proc/$$/status >\"$R\"\n"
      "for n in 3 4 5 6 7 8 9; do test ! -e /proc/$$/fd/$n || echo $n; done >>\"$R\"\n"
      "env -u PWD -u _ -u OLDPWD -u SHLVL >>\"$R\"; pwd >>\"$R\"; cat >>\"$R\"\n"
      "test \"$(ps -o sid= -p $$ | tr -d ' ')\" = $$ && echo session >>\"$R\"");
  run (f, "x", 20, &error);
  sigprocmask (SIG_SETMASK, &before, NULL);
  close (fd);
  g_assert_no_error (error);
  assert_result (f, "SigBlk: 0000000\nSigIgn: 0000000\n"
                    "PATH=/usr/sbin:/usr/bin:/sbin:/bin\nLANG=C.UTF-8\n/\nsession\n");
}

static void
test_failures (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (run (f, "x", 20, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "cannot be started"));
  g_assert_nonnull (strstr (error->message, f->program));
  g_clear_error (&error);
  write_program (f, "exit 3");
  g_assert_false (run (f, "x", 20, &error));
  g_assert_nonnull (strstr (error->message, "status 3"));
  g_clear_error (&error);
  write_program (f, "kill -SEGV $$");
  g_assert_false (run (f, "x", 20, &error));
  g_assert_nonnull (strstr (error->message, "signal 11"));
}

/* It and its children are killed when the time is over, whatever they do about signals. */
static void
test_time (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gint64 before = g_get_monotonic_time ();
  guint64 pid;

  write_program (f, "trap '' TERM HUP INT ALRM\nsleep 600 &\necho $! >\"$R\"\nwait\nsleep 600");
  g_assert_false (run (f, "x", 1, &error));
  g_assert_nonnull (strstr (error->message, "more than 1 seconds"));
  g_assert_cmpint (g_get_monotonic_time () - before, >=, G_TIME_SPAN_SECOND);
  g_assert_true (g_file_get_contents (f->result, &text, NULL, NULL));
  pid = g_ascii_strtoull (text, NULL, 10);
  g_assert_cmpuint (pid, >, 1);
  /* Killed, but perhaps not yet buried by whoever inherits it. */
  while (kill ((pid_t)pid, 0) == 0)
    {
      g_autofree char *path = g_strdup_printf ("/proc/%d/stat", (int)pid);
      g_autofree char *stat = NULL;

      if (!g_file_get_contents (path, &stat, NULL, NULL) || strstr (stat, ") Z ") != NULL)
        break;
      g_usleep (1000);
    }
}

/* A child of its own that goes on and holds the pipe does not hold us. */
static void
test_left_behind (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  write_program (f, "sleep 600 &\necho $! >\"$R\"");
  run (f, "x", 500, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (f->result, &text, NULL, NULL));
  g_assert_cmpint (kill ((pid_t)g_ascii_strtoull (text, NULL, 10), SIGKILL), ==, 0);
}

static guint n_lines;
static gsize longest;
static gboolean odd;

static GLogWriterOutput
count_lines (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer unused)
{
  for (gsize i = 0; i < n; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      {
        const char *text = fields[i].value;

        n_lines++;
        longest = MAX (longest, strlen (text));
        odd = odd || strpbrk (text, "\r\n\033") != NULL || !g_utf8_validate (text, -1, NULL);
      }
  return G_LOG_WRITER_HANDLED;
}

/* In a process of its own: a log writer can be set once. */
static void
test_output (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }
  g_log_set_writer_func (count_lines, NULL, NULL);
  write_program (f, "printf 'a\\033[2Jb\\377\\n'; echo 'ERROR: c' >&2; head -c 20000 /dev/zero | "
                    "tr '\\0' x; i=0; while [ $i -lt 500 ]; do echo $i; i=$((i + 1)); done");
  run (f, "x", 20, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (n_lines, ==, 100);
  g_assert_cmpuint (longest, <, 1200);
  g_assert_false (odd);
}

static gpointer
wait_for_message (gpointer queue)
{
  return g_async_queue_pop (queue);
}

/* GDBus, for one, has threads, and each of them may be the one that a signal goes to. */
static void
test_threads (Fixture *f, gconstpointer unused)
{
  g_autoptr (GAsyncQueue) queue = g_async_queue_new ();
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("other", wait_for_message, queue);
  write_program (f, "exec 1>&- 2>&-");
  for (int i = 0; i < 40; i++)
    {
      g_autoptr (GError) error = NULL;

      run (f, "x", 10, &error);
      g_assert_no_error (error);
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_async_queue_push (queue, queue);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/notify/arguments", test_arguments);
  ADD ("/notify/clean", test_clean);
  ADD ("/notify/failures", test_failures);
  ADD ("/notify/time", test_time);
  ADD ("/notify/left-behind", test_left_behind);
  ADD ("/notify/output", test_output);
  ADD ("/notify/threads", test_threads);
  return g_test_run ();
}
