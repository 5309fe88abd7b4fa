/* SPDX-License-Identifier: Apache-2.0 */
/* mailto: the backend as CUPS starts it. As root it does only what cannot be done later, then drops
 * for good to the service user, runs the worker, and turns whatever becomes of it into an honest
 * exit code: cupsd takes a backend that died of SIGKILL, SIGTERM or SIGPIPE for a success. It uses
 * libc alone, so that no library's code ever runs as root. */
#include "backend/daemon.h"
#include "backend/notices.h"
#include "backend/phase.h"
#include "common/back-channel.h"
#include "common/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The longest sentence of the supervisor's own. */
#define WHY_SIZE 256

/* Nobody's user and group: the kernel's own word for those that it cannot name. */
#define NOBODY 65534

/* Says a line on CUPS's back channel. */
static void
tell_filter (const char *line)
{
  if (se_back_channel_is_open (O_WRONLY) && write (SE_FD_BACK_CHANNEL, line, strlen (line)) < 0)
    return; /* nobody listens any more */
}

/* The only way out for a job: from here on the exit code tells cupsd what becomes of it. */
static _Noreturn void
leave (SeExit code)
{
  tell_filter (SE_TAKEN "\n");
  _exit ((int)code);
}

/* Reads what is left of standard input, unless the job is cancelled: cupsd aborts a job, whatever
 * our exit code says, if its backend ends before all of its documents were filtered. That takes as
 * long as its filter. */
static void
drain_input (void)
{
  struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .events = POLLIN } };
  char buffer[65536];
  sigset_t term;
  ssize_t n = 1;

  tell_filter ("\n"); /* it need not wait for the terms any longer */
  sigemptyset (&term);
  sigaddset (&term, SIGTERM);
  fds[1].fd = signalfd (-1, &term, SFD_CLOEXEC);
  if (fds[1].fd < 0)
    return;
  while (n > 0 && poll (fds, 2, -1) > 0 && fds[1].revents == 0)
    n = read (STDIN_FILENO, buffer, sizeof buffer);
  close (fds[1].fd);
}

/* Who cannot become the service user does not stay root to hold a job. */
static void
become_nobody (void)
{
  if (geteuid () == 0
      && (setgroups (0, NULL) < 0 || setresgid (NOBODY, NOBODY, NOBODY) < 0
          || setresuid (NOBODY, NOBODY, NOBODY) < 0))
    dprintf (STDERR_FILENO, "DEBUG: root cannot be given up: %s\n", strerror (errno));
}

/* Holds the job until an admin has mended what is wrong. */
static _Noreturn void
hold_config (const char *what, const char *why)
{
  become_nobody ();
  dprintf (STDERR_FILENO,
           SE_HOLD_AUTHORIZATION "ERROR: %s%s%s; when mended, run 'oauth-setup release'\n", what,
           *why == '\0' ? "" : ": ", why);
  drain_input ();
  leave (SE_EXIT_HOLD);
}

/* Holds the job until the machine is better. */
static _Noreturn void
hold_deferred (const char *what, int saved_errno)
{
  become_nobody ();
  dprintf (STDERR_FILENO, SE_HOLD_DEFERRED "ERROR: %s: %s; the job is tried again later\n", what,
           strerror (saved_errno));
  drain_input ();
  leave (SE_EXIT_HOLD);
}

/* Cuts the white space off both ends of text, in place. */
static char *
trim (char *text)
{
  char *end = text + strlen (text);

  while (end > text && strchr (" \t\r\n", end[-1]) != NULL)
    *--end = '\0';
  return text + strspn (text, " \t");
}

/* If line is "user = NAME", returns NAME within it. */
static char *
value_of_user (char *line)
{
  char *equals = strchr (line, '=');

  if (equals == NULL)
    return NULL;
  *equals = '\0';
  return strcmp (trim (line), "user") == 0 ? trim (equals + 1) : NULL;
}

/* The key user of [server] in file, or NULL; owned by the caller. */
static char *
read_user (FILE *file)
{
  char *line = NULL;
  char *user = NULL;
  size_t size = 0;
  bool in_server = false;

  while (getline (&line, &size, file) >= 0)
    {
      char *text = trim (line);
      char *value;

      if (*text == '[')
        in_server = strcmp (text, "[server]") == 0;
      else if (in_server && *text != '#' && (value = value_of_user (text)) != NULL)
        {
          free (user);
          user = strdup (value);
          if (user == NULL)
            hold_config ("The service user", strerror (errno));
        }
    }
  if (ferror (file))
    hold_config ("Cannot read scan-email.conf", strerror (errno));
  free (line);
  return user;
}

/* Whom to become: [server] user of a configuration that nobody but root can have written, else the
 * user of configure time. Owned by the caller. */
static char *
find_service_user (void)
{
  char path[SE_PATH_SIZE];
  struct stat status;
  FILE *file;
  char *user;
  int n = snprintf (path, sizeof path, "%s/scan-email.conf",
                    se_daemon_variable ("CUPS_SERVERROOT", SE_CONFIG_DIR));

  if (n < 0 || (size_t)n >= sizeof path)
    hold_config ("The path of scan-email.conf is too long", "");
  file = fopen (path, "re");
  if (file == NULL && errno == ENOENT)
    return strdup (SE_SERVICE_USER); /* the worker says that it is missing */
  if (file == NULL || fstat (fileno (file), &status) < 0)
    hold_config ("Cannot open scan-email.conf", strerror (errno));
  if (!S_ISREG (status.st_mode) || status.st_uid != 0
      || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    hold_config ("scan-email.conf must belong to root and be writable by nobody else: run "
                 "'chown root' and 'chmod go-w' on it",
                 "");
  user = read_user (file);
  fclose (file);
  return user != NULL ? user : strdup (SE_SERVICE_USER);
}

/* Gives root away for good. */
static void
become (const char *name)
{
  const struct passwd *entry;
  uid_t user, effective, saved;
  gid_t group, effective_group, saved_group;

  errno = 0;
  entry = getpwnam (name);
  if (entry == NULL)
    hold_config ("The service user of scan-email cannot be found; create it with systemd-sysusers, "
                 "or name another by [server] user in scan-email.conf",
                 errno != 0 ? strerror (errno) : name);
  user = entry->pw_uid;
  group = entry->pw_gid;
  if (user == 0 || group == 0)
    hold_config ("The service user of scan-email must not be root; see [server] user", name);
  if (initgroups (name, group) < 0 || setresgid (group, group, group) < 0
      || setresuid (user, user, user) < 0)
    hold_deferred ("Cannot become the service user", errno);
  if (getresuid (&user, &effective, &saved) < 0
      || getresgid (&group, &effective_group, &saved_group) < 0 || user == 0 || effective != user
      || saved != user || group == 0 || effective_group != group || saved_group != group
      || setuid (0) == 0)
    hold_config ("Becoming the service user did not last", name);
}

/* The OOM killer is to take the worker, whose end somebody then reports, and not this process. An
 * ordinary user and some containers may not: nothing depends on it. */
static bool
shield_from_oom_killer (void)
{
  int fd = open ("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  bool ok = fd >= 0 && write (fd, "-1000", 5) == 5;

  if (fd >= 0)
    close (fd);
  return ok;
}

/* For this process and all that it starts: no rights by set-user-ID programs, and no look into it
 * by others that the service user runs. */
static void
give_up_rights (void)
{
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
    hold_deferred ("Cannot give up rights", errno);
}

/* Opens the PPD for the worker. A queue without one has a $PPD that does not exist. */
static int
open_ppd (void)
{
  const char *path = se_daemon_variable ("PPD", NULL);
  int fd = path == NULL ? -1 : open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

  if (path != NULL && fd < 0 && errno != ENOENT)
    hold_deferred ("Cannot open the queue's PPD", errno);
  return fd;
}

/* Puts fd at number for the worker; number is closed where there is no fd. */
static bool
hand_down (int fd, int number)
{
  if (fd < 0)
    return close (number) == 0 || errno == EBADF;
  return dup2 (fd, number) == number;
}

/* The child: becomes the worker. */
static _Noreturn void
run_worker (char **argv, int ppd, int phase, int notice)
{
  char path[SE_PATH_SIZE];
  sigset_t child;
  int failure;

  /* SIGTERM stays blocked, and pending, until the worker is ready to take it. */
  sigemptyset (&child);
  sigaddset (&child, SIGCHLD);
  /* Copies above all numbers first: none may stand where another is to go. */
  if (ppd >= 0)
    ppd = fcntl (ppd, F_DUPFD_CLOEXEC, SE_FD_NOTICE + 1);
  phase = fcntl (phase, F_DUPFD_CLOEXEC, SE_FD_NOTICE + 1);
  notice = fcntl (notice, F_DUPFD_CLOEXEC, SE_FD_NOTICE + 1);
  if (phase < 0 || notice < 0 || !hand_down (ppd, SE_FD_PPD) || !hand_down (phase, SE_FD_PHASE)
      || !hand_down (notice, SE_FD_NOTICE) || sigprocmask (SIG_UNBLOCK, &child, NULL) < 0)
    hold_deferred ("Cannot start the worker", errno);
  failure = se_daemon_become (SE_WORKER, argv, path);
  if (failure != ENOENT)
    hold_config (path, strerror (failure));
  hold_config ("scan-email is not wholly installed: a program is missing", path);
}

/* Waits for the worker, handing SIGTERM on (*cancelled): an unprivileged cupsd signals this process
 * alone, and the worker does not mind a second one. FALSE: it is cancelled, and does not end. */
static bool
wait_for_worker (pid_t worker, const sigset_t *signals, bool *cancelled, int *status)
{
  static const struct timespec patience = { .tv_nsec = 500000000 };

  for (;;)
    {
      pid_t ended = waitpid (worker, status, WNOHANG);
      int number;

      if (ended == worker)
        return true;
      if (ended < 0 && errno != EINTR)
        hold_deferred ("Lost sight of the worker", errno);
      number = *cancelled ? sigtimedwait (signals, NULL, &patience) : sigwaitinfo (signals, NULL);
      if (number < 0 && errno == EAGAIN)
        return false;
      if (number == SIGTERM)
        {
          *cancelled = true;
          kill (worker, SIGTERM);
        }
    }
}

/* What the worker told before it ended. */
typedef struct
{
  bool first_attempt;
  bool dot;
  bool accepted;
} Progress;

static Progress
read_progress (int phase)
{
  Progress progress = { false, false, false };
  char byte;

  while (read (phase, &byte, 1) == 1)
    {
      progress.first_attempt |= byte == SE_PHASE_FIRST_ATTEMPT;
      progress.accepted |= byte == SE_PHASE_ACCEPTED;
      if (byte == SE_PHASE_DOT || byte == SE_PHASE_BEFORE_DOT)
        progress.dot = byte == SE_PHASE_DOT;
    }
  return progress;
}

/* The job's end, from what became of the worker and how far it had come. why: what there is to say
 * about it; "" where the worker has said all. */
static SeExit
judge (int status, const Progress *progress, char why[WHY_SIZE])
{
  int code = WIFEXITED (status) ? WEXITSTATUS (status) : -1;
  char how[64];

  *why = '\0';
  if (progress->accepted)
    return SE_EXIT_OK;
  if (code == SE_EXIT_HOLD || code == SE_EXIT_CANCEL || code == SE_EXIT_RETRY)
    return (SeExit)code;
  if (WIFSIGNALED (status))
    snprintf (how, sizeof how, "was ended by signal %d", WTERMSIG (status));
  else
    snprintf (how, sizeof how, "ended with status %d", code);
  if (progress->dot)
    {
      snprintf (why, WHY_SIZE,
                "The mail is in doubt: the program that sent it %s after the last byte and before "
                "the server's reply; the same mail is sent again later",
                how);
      return SE_EXIT_HOLD;
    }
  if (progress->first_attempt)
    {
      snprintf (why, WHY_SIZE, "The program that sends the mail %s; it is tried again", how);
      return SE_EXIT_RETRY;
    }
  snprintf (why, WHY_SIZE,
            "The program that sends the mail %s; the job is held and tried again later", how);
  return SE_EXIT_HOLD;
}

/* Leaves a cancelled worker that must finish something first to itself: neither a person nor cupsd
 * waits for it. */
static SeExit
leave_alone (pid_t worker, int phase, int notice, char **argv)
{
  const Progress progress = read_progress (phase);

  kill (worker, SE_SIGNAL_LET_GO);
  se_notices_follow (notice, argv);
  /* cupsd ignores it after a person's cancel, and runs the job again where it was not one. */
  return progress.accepted ? SE_EXIT_OK : SE_EXIT_RETRY;
}

static SeExit
supervise (char **argv, int ppd, const sigset_t *signals)
{
  int phase[2], notice[2];
  bool cancelled = false;
  char why[WHY_SIZE];
  Progress progress;
  SeExit code;
  pid_t worker;
  int status;

  if (pipe2 (phase, O_CLOEXEC) < 0 || fcntl (phase[0], F_SETFL, O_NONBLOCK) < 0
      || pipe2 (notice, O_CLOEXEC | O_NONBLOCK) < 0)
    hold_deferred ("Cannot make a pipe", errno);
  SE_FAULT_POINT ("supervisor-fork");
  worker = fork ();
  if (worker < 0)
    hold_deferred ("Cannot start the worker", errno);
  if (worker == 0)
    run_worker (argv, ppd, phase[1], notice[1]);
  close (phase[1]);
  close (notice[1]);
  if (ppd >= 0)
    close (ppd);
  SE_FAULT_POINT ("supervisor-forked");
  if (!wait_for_worker (worker, signals, &cancelled, &status))
    return leave_alone (worker, phase[0], notice[0], argv);
  SE_FAULT_POINT ("supervisor-reaped");
  progress = read_progress (phase[0]);
  code = judge (status, &progress, why);
  if (*why != '\0')
    dprintf (STDERR_FILENO, "%sERROR: %s\n", code == SE_EXIT_HOLD ? SE_HOLD_DEFERRED : SE_RETRY,
             why);
  if (code != SE_EXIT_OK && !cancelled)
    drain_input ();
  se_notices_announce (notice[0], argv, code == SE_EXIT_HOLD && *why != '\0' ? why : NULL, signals,
                       cancelled);
  SE_FAULT_POINT ("supervisor-exit");
  return code;
}

int
main (int argc, char **argv)
{
  struct rlimit no_core = { 0, 0 };
  sigset_t signals;
  int ppd;

  /* Before anything else: cupsd takes death by SIGTERM or SIGPIPE for a mail that was sent. */
  sigemptyset (&signals);
  sigaddset (&signals, SIGTERM);
  sigaddset (&signals, SIGCHLD);
  sigprocmask (SIG_BLOCK, &signals, NULL);
  signal (SIGPIPE, SIG_IGN);
  signal (SIGCHLD, SIG_DFL);
  if (argc == 1)
    {
      puts ("network mailto:/ \"scan-email Mail\" \"Mail by OAuth 2.0 (scan-email)\" "
            "\"MFG:scan-email;MDL:Mail;CMD:PDF;\" \"\"");
      return SE_EXIT_OK;
    }
  if (argc < 6 || argc > 7)
    {
      dprintf (STDERR_FILENO, "ERROR: Usage: mailto job-id user title copies options [file]\n");
      return SE_EXIT_CANCEL;
    }
  SE_FAULT_POINT ("supervisor-start");
  se_daemon_clean_environment ();
  close (SE_FD_SIDE_CHANNEL);
  umask (077);
  if (setrlimit (RLIMIT_CORE, &no_core) < 0)
    hold_deferred ("Cannot turn core dumps off", errno);
  (void)shield_from_oom_killer ();
  ppd = open_ppd ();
  if (getuid () == 0 || geteuid () == 0)
    {
      char *user = find_service_user ();

      if (user == NULL)
        hold_deferred ("The service user", errno);
      become (user);
      free (user);
    }
  give_up_rights ();
  leave (supervise (argv, ppd, &signals));
}
