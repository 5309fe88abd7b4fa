/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/notices.h"

#include "backend/daemon.h"
#include "backend/phase.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* For all notices of a run, seconds: notify-command may take 30 for each. */
#define NOTICES_TIME 180

/* The child: becomes the notifier. SIGTERM stays blocked until that is ready to take it. */
static _Noreturn void
run_notifier (int records, char **argv, const char *held, pid_t supervisor)
{
  char name[] = SE_NOTIFIER;
  char *arguments[] = { name, argv[1], argv[2], argv[3], (char *)held, NULL };
  char path[SE_PATH_SIZE] = SE_NOTIFIER;
  sigset_t child;

  sigemptyset (&child);
  sigaddset (&child, SIGCHLD);
  /* A session of its own: cupsd kills the supervisor's group when it stops. */
  if (dup2 (records, STDIN_FILENO) == STDIN_FILENO && setsid () >= 0
      && prctl (PR_SET_PDEATHSIG, SIGTERM) == 0 && sigprocmask (SIG_UNBLOCK, &child, NULL) == 0)
    {
      if (getppid () != supervisor)
        raise (SIGTERM);
      closefrom (STDERR_FILENO + 1);
      alarm (NOTICES_TIME);
      errno = se_daemon_become (SE_NOTIFIER, arguments, path);
    }
  dprintf (STDERR_FILENO, "WARNING: %s cannot be started, so that nobody is told: %s\n", path,
           strerror (errno));
  _exit (0);
}

void
se_notices_follow (int records, char **argv)
{
  pid_t supervisor = getpid ();
  int null;

  if (fork () != 0)
    return;
  null = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  /* A pipe that blocks ends with the worker: the notifier reads up to there. */
  if (null < 0 || dup2 (null, STDERR_FILENO) != STDERR_FILENO || fcntl (records, F_SETFL, 0) < 0)
    _exit (0);
  run_notifier (records, argv, NULL, supervisor);
}

static void
judge (int status)
{
  if (WIFSIGNALED (status))
    dprintf (STDERR_FILENO, "WARNING: " SE_NOTIFIER " was ended by signal %d\n", WTERMSIG (status));
  else if (WEXITSTATUS (status) != 0)
    dprintf (STDERR_FILENO, "WARNING: " SE_NOTIFIER " ended with status %d\n",
             WEXITSTATUS (status));
}

void
se_notices_announce (int records, char **argv, const char *held, const sigset_t *signals,
                     bool cancelled)
{
  struct pollfd fd = { .fd = records, .events = POLLIN };
  pid_t supervisor = getpid ();
  pid_t notifier, ended;
  int status;

  if (held == NULL && (poll (&fd, 1, 0) <= 0 || (fd.revents & POLLIN) == 0))
    return;
  notifier = fork ();
  if (notifier == 0)
    run_notifier (records, argv, held, supervisor);
  if (notifier < 0)
    {
      dprintf (STDERR_FILENO, "WARNING: " SE_NOTIFIER " cannot be started: %s\n", strerror (errno));
      return;
    }
  while (!cancelled && (ended = waitpid (notifier, &status, WNOHANG)) <= 0)
    {
      if (ended < 0 && errno != EINTR)
        return;
      /* This process then ends, which the kernel tells the notifier by a SIGTERM. */
      cancelled = sigwaitinfo (signals, NULL) == SIGTERM;
    }
  if (!cancelled)
    judge (status);
}
