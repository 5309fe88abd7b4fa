/* SPDX-License-Identifier: Apache-2.0 */
#include "common/notify.h"

#include "common/io.h"
#include "common/lines.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define LINES_MAX 100 /* of one program that go into the log */
#define LINE_MAX_BYTES 1000
#define EXIT_NOT_STARTED 127
#define SYSTEM_LOG_TIME 10 /* seconds */
#define LOOK_EVERY 50      /* milliseconds */

typedef struct
{
  const char *name;
  pid_t pid;
  SeLines output; /* what it prints */
  int status;     /* as of waitpid; of one that has ended */
  guint lines;
} Child;

/* In a child: signals as a program expects them. */
static void
reset_signals (void)
{
  struct sigaction action = { .sa_handler = SIG_DFL };
  sigset_t none;

  for (int number = 1; number < NSIG; number++)
    (void)sigaction (number, &action, NULL);
  sigemptyset (&none);
  (void)sigprocmask (SIG_SETMASK, &none, NULL);
}

/* In the child: nothing of ours but the three descriptors. failure: takes errno if the program
 * cannot be started; otherwise its end is all that comes. */
static void G_GNUC_NORETURN
enter (char **argv, int null, int output, int failure, guint seconds)
{
  static const char *const environment[]
      = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", NULL };

  reset_signals ();
  if (setsid () >= 0 && chdir ("/") == 0 && dup2 (null, 0) >= 0 && dup2 (output, 1) >= 0
      && dup2 (output, 2) >= 0 && (failure == 3 || dup3 (failure, 3, O_CLOEXEC) >= 0))
    {
      failure = 3;
      closefrom (4);
      /* Should we be killed, it does not go on for ever. */
      (void)alarm (seconds + 1);
      (void)execve (argv[0], argv, (char *const *)environment);
    }
  _exit (write (failure, &errno, sizeof errno) == sizeof errno ? EXIT_NOT_STARTED : EXIT_FAILURE);
}

static void
take_line (const char *line, gpointer data)
{
  Child *child = data;
  g_autofree char *clean = se_log_clean (line, LINE_MAX_BYTES);

  if (*line != '\0' && child->lines++ < LINES_MAX)
    g_debug ("%s: %s", child->name, clean);
}

/* Takes what there is to read. FALSE: nothing, or nothing any more. */
static gboolean
take_output (Child *child)
{
  gssize n = se_lines_read (&child->output);

  return n > 0 || (n < 0 && errno == EINTR);
}

/* Returns TRUE if it has ended in time. Looks by the clock: SIGCHLD may go to another thread, such
 * as GDBus's, and valgrind knows no pidfd. */
static gboolean
attend (Child *child, guint seconds)
{
  gint64 deadline = g_get_monotonic_time () + seconds * G_TIME_SPAN_SECOND;
  gint64 left;

  while ((left = deadline - g_get_monotonic_time ()) > 0)
    {
      struct pollfd output = { .fd = child->output.fd, .events = POLLIN };

      /* Its own children may keep the pipe open: its end is what counts. */
      if (poll (&output, 1, (int)MIN (left / 1000 + 1, LOOK_EVERY)) > 0 && !take_output (child))
        se_io_clear_fd (&child->output.fd);
      if (waitpid (child->pid, &child->status, WNOHANG) == child->pid)
        return TRUE;
    }
  return FALSE;
}

static gboolean
judge (const Child *child, gboolean in_time, guint seconds, GError **error)
{
  int status = child->status;

  if (in_time && WIFEXITED (status) && WEXITSTATUS (status) == 0)
    return TRUE;
  if (!in_time)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("%s took more than %u seconds and was killed"), child->name, seconds);
  else if (WIFSIGNALED (status))
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s was ended by signal %d"), child->name,
                 WTERMSIG (status));
  else
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s ended with status %d"), child->name,
                 WEXITSTATUS (status));
  return FALSE;
}

static char **
join (const char *const *command, const char *const *arguments)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_addv (builder, (const char **)command);
  g_strv_builder_addv (builder, (const char **)arguments);
  return g_strv_builder_end (builder);
}

static gboolean
start (Child *child, char **argv, guint seconds, GError **error)
{
  se_autofd int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  int output[2] = { -1, -1 }, failure[2] = { -1, -1 };
  int why = 0;

  if (null < 0 || pipe2 (output, O_CLOEXEC) < 0 || pipe2 (failure, O_CLOEXEC) < 0)
    why = errno;
  else if ((child->pid = fork ()) == 0)
    enter (argv, null, output[1], failure[1], seconds);
  else if (child->pid < 0 || fcntl (output[0], F_SETFL, O_NONBLOCK) < 0)
    why = errno;
  child->output.fd = output[0];
  se_io_clear_fd (&output[1]);
  se_io_clear_fd (&failure[1]);
  if (why == 0 && read (failure[0], &why, sizeof why) < 0)
    why = errno;
  se_io_clear_fd (&failure[0]);
  if (why == 0)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s cannot be started: %s"), child->name,
               g_strerror (why));
  return FALSE;
}

/* Kills the session's group; and itself, should it not have come as far as that. */
static void
end (Child *child)
{
  (void)kill (-child->pid, SIGKILL);
  (void)kill (child->pid, SIGKILL);
  while (waitpid (child->pid, &child->status, 0) < 0 && errno == EINTR)
    ;
}

static gboolean
run (Child *child, char **argv, guint seconds, GError **error)
{
  gboolean in_time;

  if (!start (child, argv, seconds, error))
    {
      if (child->pid > 0)
        end (child);
      return FALSE;
    }
  in_time = attend (child, seconds);
  if (!in_time)
    end (child);
  while (child->output.fd >= 0 && take_output (child))
    ;
  return judge (child, in_time, seconds, error);
}

gboolean
se_notify_run (const char *const *command, const char *const *arguments, guint seconds,
               GError **error)
{
  g_auto (GStrv) argv = join (command, arguments);
  Child child = { .name = command[0] };
  gboolean good;

  child.output = (SeLines){ .fd = -1, .max = LINE_MAX_BYTES, .take = take_line, .data = &child };
  good = run (&child, argv, seconds, error);
  se_lines_end (&child.output);
  se_io_clear_fd (&child.output.fd);
  return good;
}

void
se_notify_system_log (int priority, const char *line)
{
  pid_t pid = fork ();
  int status = 0;

  /* syslog () waits as long as the other side does not read. Standard error is not to be held
   * meanwhile: cupsd waits for whoever has it. */
  if (pid == 0)
    {
      reset_signals ();
      closefrom (0);
      (void)alarm (SYSTEM_LOG_TIME);
      openlog ("scan-email", LOG_PID, LOG_LPR);
      syslog (priority, "%s", line);
      _exit (0);
    }
  while (pid > 0 && waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (pid < 0 || WIFSIGNALED (status))
    g_warning (_ ("the system log takes nothing in: %s"), line);
}
