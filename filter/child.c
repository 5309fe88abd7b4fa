/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/child-private.h"

#include "common/fault.h"
#include "common/io.h"
#include "common/lines.h"
#include "common/log.h"
#include "filter/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINES_MAX 2000 /* of one child that go into the log */
#define LINE_MAX_BYTES 1024
#define REMARKS_MAX 20
#define EXIT_FUNCTION_FAILED 126

const SeChildLimits se_child_limits = {
  .cpu = 600,
  .wall = 1800,
  .memory = G_GUINT64_CONSTANT (2) << 30,
  .output = G_GUINT64_CONSTANT (1) << 30,
};

static volatile sig_atomic_t deferred;   /* > 0: something has to be cleared up before the exit */
static volatile sig_atomic_t terminated; /* SIGTERM came */

/* A child from fork to its end. */
typedef struct
{
  const char *name;
  const SeChildLimits *limits;
  pid_t pid;
  SeLines errors; /* its standard error */
  int status;     /* as of waitpid */
  gboolean timed_out;
  guint lines;
  char *complaint;
  GPtrArray *remarks; /* NULL: not wanted */
  gboolean in_list;   /* of Ghostscript's remarks */
} Child;

static void
take_sigterm (int number)
{
  if (deferred == 0)
    _exit (0);
  terminated = 1;
}

static void
take_sigchld (int number)
{
  /* only interrupts ppoll */
}

void
se_child_take_signals (void)
{
  struct sigaction action = { .sa_handler = SIG_IGN };

  sigaction (SIGPIPE, &action, NULL);
  action.sa_handler = take_sigterm;
  sigaction (SIGTERM, &action, NULL);
  action.sa_handler = take_sigchld;
  sigaction (SIGCHLD, &action, NULL);
}

void
se_child_defer_signals (gboolean defer)
{
  deferred += defer ? 1 : -1;
}

static void
add_remark (Child *child, const char *text)
{
  g_autofree char *remark = se_log_clean (text, 200);

  if (child->remarks->len < REMARKS_MAX
      && !g_ptr_array_find_with_equal_func (child->remarks, remark, g_str_equal, NULL))
    g_ptr_array_add (child->remarks, g_steal_pointer (&remark));
}

/* Ghostscript speaks of some errors at once and lists others at its end. */
static void
find_remark (Child *child, const char *line)
{
  static const char single[] = "   **** Error";

  if (g_str_has_prefix (line, single))
    add_remark (child, line + sizeof single - 1 + strspn (line + sizeof single - 1, ": "));
  else if (child->in_list && line[0] == '\t')
    add_remark (child, line + 1);
  else
    child->in_list
        = g_str_has_prefix (line, "The following ")
          && g_str_has_suffix (line, " encountered at least once while processing this file:");
}

static void
take_line (const char *line, gpointer data)
{
  Child *child = data;

  if (g_str_has_prefix (line, "ERROR:") || g_str_has_prefix (line, "CRIT:")
      || g_str_has_prefix (line, "EMERG:") || g_str_has_prefix (line, "ALERT:")
      || g_str_has_prefix (line, "Error:"))
    {
      g_autofree char *text = g_strdup (strchr (line, ':') + 1);

      g_free (child->complaint);
      child->complaint = se_log_clean (g_strstrip (text), 200);
    }
  else if (child->remarks != NULL)
    find_remark (child, line);
  if (line[0] != '\0' && !g_str_has_prefix (line, "PAGE:") && child->lines++ < LINES_MAX)
    se_log_write ("DEBUG", "%s: %s", child->name, line);
}

/* Reads what is there. Returns FALSE at the end of the child's standard error. */
static gboolean
read_errors (Child *child)
{
  gssize length = se_lines_read (&child->errors);

  return length > 0 || (length < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Tells whether the child has ended; it stays unreaped, so that its process group's number cannot
 * be another's yet. */
static gboolean
has_ended (const Child *child)
{
  siginfo_t info = { .si_pid = 0 };

  return waitid (P_PID, (id_t)child->pid, &info, WEXITED | WNOWAIT | WNOHANG) == 0
         && info.si_pid != 0;
}

/* Waits for the child's end, or ends it: by SIGTERM to us or when its time is over. What the group
 * still holds then is killed in any case, and over before what it wrote is read: once the child is,
 * it is ours (PR_SET_CHILD_SUBREAPER). */
static void
watch (Child *child, const sigset_t *mask)
{
  gint64 end = g_get_monotonic_time () + (gint64)child->limits->wall * G_USEC_PER_SEC;
  gboolean open = TRUE;

  while (!terminated && !child->timed_out && !has_ended (child))
    {
      gint64 left = MAX (end - g_get_monotonic_time (), 0);
      struct timespec timeout = { .tv_sec = (time_t)(left / G_USEC_PER_SEC),
                                  .tv_nsec = (long)(left % G_USEC_PER_SEC) * 1000 };
      struct pollfd descriptor = { .fd = open ? child->errors.fd : -1, .events = POLLIN };
      int ready = ppoll (&descriptor, 1, &timeout, mask);

      if (ready > 0)
        open = read_errors (child);
      else if (ready == 0)
        child->timed_out = TRUE;
    }
  kill (-child->pid, SIGKILL);
  while (waitpid (child->pid, &child->status, 0) < 0 && errno == EINTR)
    ;
  while (waitpid (-child->pid, NULL, 0) > 0 || errno == EINTR)
    ;
  while (open && se_lines_read (&child->errors) > 0)
    ;
  se_lines_end (&child->errors);
}

/* Signals by which a program dies of itself: it would at the next try as well. */
static gboolean
is_crash (int number)
{
  return number == SIGABRT || number == SIGSEGV || number == SIGBUS || number == SIGFPE
         || number == SIGILL || number == SIGSYS || number == SIGTRAP;
}

/* Says what became of the child. */
static gboolean
judge (const Child *child, GError **error)
{
  int number = WIFSIGNALED (child->status) ? WTERMSIG (child->status) : 0;

  if (terminated)
    g_set_error (error, SE_ERROR, SE_ERROR_CANCELLED, _ ("%s was cancelled"), child->name);
  else if (child->timed_out)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("%s was not done after %u seconds"),
                 child->name, child->limits->wall);
  else if (number == SIGXCPU)
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("%s used more than %u s of processor time"),
                 child->name, child->limits->cpu);
  else if (number == SIGXFSZ)
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("%s wrote more than %d MiB"), child->name,
                 (int)MIN (child->limits->output >> 20, G_MAXINT));
  else if (is_crash (number))
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("%s crashed on it (%s)"), child->name,
                 g_strsignal (number));
  else if (number != 0)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("%s was killed by signal %d (%s)"),
                 child->name, number, g_strsignal (number));
  else if (WEXITSTATUS (child->status) == SE_CHILD_NOT_STARTED)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("%s could not be started"), child->name);
  else if (WEXITSTATUS (child->status) != 0)
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("%s ended with status %d"), child->name,
                 WEXITSTATUS (child->status));
  else
    return TRUE;
  return FALSE;
}

/* Forks. Returns 0 in the child, where everything is in place; in the parent it returns after the
 * child's end, its process id, or -1 with error set. */
static pid_t
fork_and_watch (Child *child, int in_fd, int out_fd, GError **error)
{
  se_autofd int null_fd = open ("/dev/null", O_RDWR | O_CLOEXEC);
  int ends[2] = { -1, -1 };
  sigset_t blocked, mask;

  if (null_fd < 0 || pipe2 (ends, O_CLOEXEC) < 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("%s could not be started: %s"),
                   child->name, g_strerror (errno));
      return -1;
    }
  sigemptyset (&blocked);
  sigaddset (&blocked, SIGTERM);
  sigaddset (&blocked, SIGCHLD);
  sigprocmask (SIG_BLOCK, &blocked, &mask);
  se_child_defer_signals (TRUE);
  prctl (PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  child->pid = fork ();
  if (child->pid == 0)
    {
      se_child_enter (child->limits, in_fd >= 0 ? in_fd : null_fd, out_fd >= 0 ? out_fd : null_fd,
                      ends[1]);
      return 0;
    }
  close (ends[1]);
  child->errors
      = (SeLines){ .fd = ends[0], .max = LINE_MAX_BYTES, .take = take_line, .data = child };
  if (child->pid > 0)
    {
      setpgid (child->pid, child->pid); /* the child does it too: whoever comes first */
      if (fcntl (ends[0], F_SETFL, O_NONBLOCK) < 0)
        g_debug ("fcntl: %s", g_strerror (errno));
      watch (child, &mask);
    }
  else
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("%s could not be started: %s"),
                 child->name, g_strerror (errno));
  close (ends[0]);
  sigprocmask (SIG_SETMASK, &mask, NULL);
  se_child_defer_signals (FALSE);
  return child->pid;
}

gboolean
se_child_run (const char *const *arguments, const char *const *environment, int in_fd, int out_fd,
              const SeChildLimits *limits, char **complaint, GPtrArray *remarks, GError **error)
{
  g_autofree char *name = g_path_get_basename (arguments[0]);
  Child child = { .name = name, .limits = limits, .remarks = remarks };
  pid_t pid = fork_and_watch (&child, in_fd, out_fd, error);

  if (complaint != NULL)
    *complaint = NULL;
  if (pid == 0)
    {
      SE_FAULT_POINT ("filter-program");
      se_child_confine_files (arguments[0], environment, se_child_variable (environment, "TMPDIR"));
      execve (arguments[0], (char *const *)arguments, (char *const *)environment);
      dprintf (2, "ERROR: %s: %s\n", arguments[0], g_strerror (errno));
      _exit (SE_CHILD_NOT_STARTED);
    }
  if (complaint != NULL)
    *complaint = g_steal_pointer (&child.complaint);
  g_free (child.complaint);
  return pid > 0 && judge (&child, error);
}

/* What a function's child leaves behind for its parent. */
typedef struct
{
  SeError code;
  char message[1024];
  max_align_t result[];
} Shared;

/* directory: for temporary files; NULL: there are none. */
static void G_GNUC_NORETURN
call_in_child (SeChildFunction function, Shared *shared, const char *directory)
{
  g_autoptr (GError) error = NULL;

  SE_FAULT_POINT ("filter-child");
  if (directory != NULL)
    g_setenv ("TMPDIR", directory, TRUE);
  se_child_confine_files (NULL, NULL, directory);
  if (function (0, 1, shared->result, &error))
    _exit (0);
  shared->code = (SeError)error->code;
  g_strlcpy (shared->message, error->message, sizeof shared->message);
  _exit (EXIT_FUNCTION_FAILED);
}

static gboolean
call (const char *name, SeChildFunction function, int in_fd, int out_fd, gpointer result,
      gsize result_size, const SeChildLimits *limits, const char *directory, GError **error)
{
  Child child = { .name = name, .limits = limits };
  gsize size = sizeof (Shared) + result_size;
  Shared *shared = mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  gboolean done = FALSE;
  pid_t pid;

  if (shared == MAP_FAILED)
    {
      se_error_set_errno (error, errno, "%s", name);
      return FALSE;
    }
  if (result_size > 0)
    memcpy (shared->result, result, result_size);
  pid = fork_and_watch (&child, in_fd, out_fd, error);
  if (pid == 0)
    call_in_child (function, shared, directory);
  if (pid > 0)
    {
      if (WIFEXITED (child.status) && WEXITSTATUS (child.status) == EXIT_FUNCTION_FAILED
          && !terminated && !child.timed_out)
        {
          /* A broken child may have left anything there. */
          g_autofree char *said = g_strndup (shared->message, sizeof shared->message);
          g_autofree char *message = se_log_clean (said, sizeof shared->message);

          g_set_error (error, SE_ERROR,
                       shared->code == SE_ERROR_DOCUMENT ? SE_ERROR_DOCUMENT : SE_ERROR_TEMPORARY,
                       "%s", message);
        }
      else
        done = judge (&child, error);
      if (result_size > 0)
        memcpy (result, shared->result, result_size);
    }
  g_free (child.complaint);
  munmap (shared, size);
  return done;
}

gboolean
se_child_call (const char *name, SeChildFunction function, int in_fd, int out_fd, gpointer result,
               gsize result_size, const SeChildLimits *limits, GError **error)
{
  return call (name, function, in_fd, out_fd, result, result_size, limits, NULL, error);
}

gboolean
se_child_call_with_files (const char *name, SeChildFunction function, int in_fd, int out_fd,
                          gpointer result, gsize result_size, const SeChildLimits *limits,
                          GError **error)
{
  g_autofree char *directory = NULL;
  gboolean done;

  se_child_defer_signals (TRUE); /* the directory has to go */
  directory = se_temp_make_directory (error);
  done = directory != NULL
         && call (name, function, in_fd, out_fd, result, result_size, limits, directory, error);
  if (directory != NULL)
    se_temp_remove_directory (directory);
  se_child_defer_signals (FALSE);
  return done;
}
