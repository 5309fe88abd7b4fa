/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/child-private.h"

#include "common/confine.h"
#include "common/sanitizers.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static void
limit (int resource, guint64 value)
{
  /* At the hard limit of processor time comes SIGKILL, at the soft one SIGXCPU. */
  guint64 hard = resource == RLIMIT_CPU ? value + 2 : value;
  struct rlimit limits = { .rlim_cur = (rlim_t)value, .rlim_max = (rlim_t)hard };

  if (setrlimit (resource, &limits) < 0)
    _exit (SE_CHILD_NOT_STARTED);
}

static void G_GNUC_NORETURN
not_started (const char *why)
{
  dprintf (2, "ERROR: %s\n", why);
  _exit (SE_CHILD_NOT_STARTED);
}

void
se_child_enter (const SeChildLimits *limits, int in_fd, int out_fd, int stderr_fd)
{
  static const int defaults[] = { SIGPIPE, SIGTERM, SIGCHLD };
  const SeConfineCalls further
      = SE_CONFINE_NO_ESCAPE | (limits->many ? 0 : SE_CONFINE_NO_PROCESSES);
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
    _exit (SE_CHILD_NOT_STARTED);
  closefrom (3);
  if (!se_confine_process (&error) || !se_confine_further_calls (further, &error))
    not_started (error->message);
}

const char *
se_child_variable (const char *const *environment, const char *name)
{
  return g_environ_getenv ((char **)environment, name);
}

void
se_child_confine_files (const char *program, const char *const *environment, const char *directory)
{
  static const char *const system[] = { "/usr", "/lib", "/lib64", "/bin" };
  static const char *const data[] = { "/var/lib/ghostscript", "/var/cache/fontconfig" };
  static const char *const named[] = { "CUPS_DATADIR", "CUPS_SERVERBIN", "PPD" };
  g_autoptr (SeConfineFiles) files = se_confine_files_new ();
  g_autoptr (GError) error = NULL;

  se_confine_files_add_fd (files, 0, SE_CONFINE_READ);
  se_confine_files_add_fd (files, 1, SE_CONFINE_READ | SE_CONFINE_WRITE);
  if (directory != NULL)
    se_confine_files_add (files, directory, SE_CONFINE_READ | SE_CONFINE_WRITE);
  if (program != NULL)
    {
      se_confine_files_add (files, program, SE_CONFINE_READ | SE_CONFINE_EXECUTE);
      for (gsize i = 0; i < G_N_ELEMENTS (system); i++)
        se_confine_files_add (files, system[i], SE_CONFINE_READ | SE_CONFINE_EXECUTE);
      for (gsize i = 0; i < G_N_ELEMENTS (data); i++)
        se_confine_files_add (files, data[i], SE_CONFINE_READ);
      for (gsize i = 0; i < G_N_ELEMENTS (named); i++)
        if (se_child_variable (environment, named[i]) != NULL)
          se_confine_files_add (files, se_child_variable (environment, named[i]), SE_CONFINE_READ);
    }
  if (!se_confine_files_enter (files, &error))
    not_started (error->message);
}
