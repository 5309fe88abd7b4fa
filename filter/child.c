/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/child.h"

#include "common/fault.h"
#include "common/confine.h"
#include "common/io.h"
#include "common/log.h"
#include "common/sanitizers.h"
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
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINES_MAX 2000 /* of one child that go into the log */
#define LINE_MAX_BYTES 1024
#define REMARKS_MAX 20
#define STRAY_ROUNDS 100
#define EXIT_NOT_STARTED 127
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
  int stderr_fd;
  int status; /* as of waitpid */
  gboolean timed_out;
  GString *line;
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
limit (int resource, guint64 value)
{
  /* At the hard limit of processor time comes SIGKILL, at the soft one SIGXCPU. */
  guint64 hard = resource == RLIMIT_CPU ? value + 2 : value;
  struct rlimit limits = { .rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)hard };

  if (setrlimit (resource, &limits) < 0)
    _exit (EXIT_NOT_STARTED);
}

/* In the child. */
static void G_GNUC_NORETURN
not_started (const char *why)
{
  dprintf (2, "ERROR: %s\n", why);
  _exit (EXIT_NOT_STARTED);
}

/* In the child: signals as a program expects them, limits, descriptors 0 to 2 alone, and no rights
 * to be had. */
static void
enter_child (const SeChildLimits *limits, int in_fd, int out_fd, int stderr_fd)
{
  static const int defaults[] = { SIGPIPE, SIGTERM, SIGCHLD };
  struct sigaction action = { .sa_handler = SIG_DFL };
  g_autoptr (GError) error = NULL;
  sigset_t none;

  for (gsize i = 0; i < G_N_ELEMENTS (defaults); i++)
    sigaction (defaults[i], &action, NULL);
  sigemptyset (&none);
  sigprocmask (SIG_SETMASK, &none, NULL);
  setpgid (0, 0);
  prctl (PR_SET_PDEATHSIG, SIGKILL);

  limit (RLIMIT_CPU, limits->cpu);
  limit (RLIMIT_FSIZE, limits->output);
#ifndef WITH_SANITIZERS /* AddressSanitizer maps terabytes */
  limit (RLIMIT_AS, limits->memory);
#endif

  /* First out of the way of 0 to 2, then into place. */
  in_fd = fcntl (in_fd, F_DUPFD, 3);
  out_fd = fcntl (out_fd, F_DUPFD, 3);
  stderr_fd = fcntl (stderr_fd, F_DUPFD, 3);
  if (dup2 (in_fd, 0) < 0 || dup2 (out_fd, 1) < 0 || dup2 (stderr_fd, 2) < 0)
    _exit (EXIT_NOT_STARTED);
  closefrom (3);
  if (!se_confine_process (&error))
    not_started (error->message);
}

static const char *
variable (const char *const *environment, const char *name)
{
  return g_environ_getenv ((char **)environment, name);
}

/* Leaves a child its document, its output, what a program or function needs of the system, and one
 * place to write in. program: NULL for a function. environment: of the program. */
static void
confine_files (const char *program, const char *const *environment)
{
  static const char *const system[] = { "/usr", "/lib", "/lib64", "/bin" };
  static const char *const data[] = { "/var/lib/ghostscript", "/var/cache/fontconfig" };
  static const char *const named[] = { "CUPS_DATADIR", "CUPS_SERVERBIN", "PPD" };
  g_autoptr (SeConfineFiles) files = se_confine_files_new ();
  g_autofree char *base = program == NULL ? se_temp_base () : NULL;
  const char *temp = program == NULL ? base : variable (environment, "TMPDIR");
  g_autoptr (GError) error = NULL;

  se_confine_files_add_fd (files, 0, SE_CONFINE_READ);
  se_confine_files_add_fd (files, 1, SE_CONFINE_READ | SE_CONFINE_WRITE);
  if (temp != NULL)
    se_confine_files_add (files, temp, SE_CONFINE_READ | SE_CONFINE_WRITE);
  if (program != NULL)
    {
      se_confine_files_add (files, program, SE_CONFINE_READ | SE_CONFINE_EXECUTE);
      for (gsize i = 0; i < G_N_ELEMENTS (system); i++)
        se_confine_files_add (files, system[i], SE_CONFINE_READ | SE_CONFINE_EXECUTE);
      for (gsize i = 0; i < G_N_ELEMENTS (data); i++)
        se_confine_files_add (files, data[i], SE_CONFINE_READ);
      for (gsize i = 0; i < G_N_ELEMENTS (named); i++)
        if (variable (environment, named[i]) != NULL)
          se_confine_files_add (files, variable (environment, named[i]), SE_CONFINE_READ);
    }
  if (!se_confine_files_enter (files, &error))
    not_started (error->message);
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
end_line (Child *child)
{
  const char *line = child->line->str;

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
  g_string_truncate (child->line, 0);
}

/* Reads what is there. Returns FALSE at the end of the child's standard error. */
static gboolean
read_stderr (Child *child)
{
  char buffer[4096];
  gssize length = read (child->stderr_fd, buffer, sizeof buffer);

  if (length < 0)
    return errno == EINTR || errno == EAGAIN;
  for (gssize i = 0; i < length; i++)
    {
      if (buffer[i] == '\n')
        end_line (child);
      else if (child->line->len < LINE_MAX_BYTES && buffer[i] != '\0')
        g_string_append_c (child->line, buffer[i]);
    }
  return length > 0;
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

/* What a child started and took out of its group is ours once the child is over
 * (PR_SET_CHILD_SUBREAPER): it goes, too. */
static void
end_strays (void)
{
  siginfo_t unused;

  for (int round = 0; round < STRAY_ROUNDS; round++)
    {
      g_autofree char *list = NULL;
      g_auto (GStrv) pids = NULL;

      if (waitid (P_ALL, 0, &unused, WEXITED | WNOWAIT | WNOHANG) < 0) /* ECHILD: there is none */
        return;
      if (!g_file_get_contents ("/proc/thread-self/children", &list, NULL, NULL))
        return;
      pids = g_strsplit (g_strchomp (list), " ", -1);
      for (char **pid = pids; *pid != NULL; pid++)
        {
          pid_t stray = atoi (*pid);

          if (stray > 0 && kill (stray, SIGKILL) == 0)
            while (waitpid (stray, NULL, 0) < 0 && errno == EINTR)
              ;
        }
    }
}

/* Waits for the child's end, or ends it: by SIGTERM to us or when its time is over. What the group
 * still holds then is killed in any case. */
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
      struct pollfd descriptor = { .fd = open ? child->stderr_fd : -1, .events = POLLIN };
      int ready = ppoll (&descriptor, 1, &timeout, mask);

      if (ready > 0)
        open = read_stderr (child);
      else if (ready == 0)
        child->timed_out = TRUE;
    }
  kill (-child->pid, SIGKILL);
  while (waitpid (child->pid, &child->status, 0) < 0 && errno == EINTR)
    ;
  end_strays ();
  while (open && read_stderr (child))
    ;
  if (child->line->len > 0)
    end_line (child);
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
  else if (WEXITSTATUS (child->status) == EXIT_NOT_STARTED)
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
      enter_child (child->limits, in_fd >= 0 ? in_fd : null_fd, out_fd >= 0 ? out_fd : null_fd,
                   ends[1]);
      return 0;
    }
  close (ends[1]);
  child->stderr_fd = ends[0];
  child->line = g_string_new (NULL);
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
  g_string_free (child->line, TRUE);
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
      confine_files (arguments[0], environment);
      execve (arguments[0], (char *const *)arguments, (char *const *)environment);
      dprintf (2, "ERROR: %s: %s\n", arguments[0], g_strerror (errno));
      _exit (EXIT_NOT_STARTED);
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

static void G_GNUC_NORETURN
call_in_child (SeChildFunction function, Shared *shared)
{
  g_autoptr (GError) error = NULL;

  SE_FAULT_POINT ("filter-child");
  confine_files (NULL, NULL);
  if (function (0, 1, shared->result, &error))
    _exit (0);
  shared->code = (SeError)error->code;
  g_strlcpy (shared->message, error->message, sizeof shared->message);
  _exit (EXIT_FUNCTION_FAILED);
}

gboolean
se_child_call (const char *name, SeChildFunction function, int in_fd, int out_fd, gpointer result,
               gsize result_size, const SeChildLimits *limits, GError **error)
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
    call_in_child (function, shared);
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
