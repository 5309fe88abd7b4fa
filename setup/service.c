/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/service.h"

#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* No event is near these; what is beyond them does not come from our worker's code. */
#define MAX_EVENT 65536
#define MAX_FIELDS 24
/* A sign-in address is the longest. */
#define MAX_FIELD 8192

#define MAX_LINE 16384

#define CHANNEL_FD 3
#define INPUT_FD 4

/* What the parent itself obeys; the worker's code tells no event of these names. */
#define EVENT_DONE "done"
#define EVENT_FAILED "failed"
#define EVENT_INPUT "input" /* "on" or "off" */

struct SeService
{
  int channel;
  int input;
};

/* Events: fields joined by newlines, one packet each. */

char *
se_service_encode (const char *const *fields, gsize n_fields)
{
  GString *text = g_string_new (NULL);
  gsize room = MIN (MAX_FIELD, MAX_EVENT / n_fields - 1);
  gsize i;

  for (i = 0; i < n_fields; i++)
    {
      g_autofree char *clean = se_log_clean (fields[i] != NULL ? fields[i] : "", room);

      if (i > 0)
        g_string_append_c (text, '\n');
      g_string_append (text, clean);
    }
  return g_string_free (text, FALSE);
}

char **
se_service_decode (const char *text, gsize length)
{
  g_auto (GStrv) fields = NULL;
  const char *at;

  if (length == 0 || length > MAX_EVENT || !g_utf8_validate_len (text, length, NULL))
    return NULL;
  for (at = text; at < text + length; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (c != '\n' && (g_unichar_iscntrl (c) || c == 0x2028 || c == 0x2029))
        return NULL;
    }
  {
    g_autofree char *copy = g_strndup (text, length);

    fields = g_strsplit (copy, "\n", -1);
  }
  if (g_strv_length (fields) > MAX_FIELDS || *fields[0] == '\0')
    return NULL;
  return g_steal_pointer (&fields);
}

/* The worker. */

int
se_service_cancel_fd (const SeService *service)
{
  /* The parent writes only when an answer is awaited: anything else that can be read, its end
   * included, means stop. */
  return service->channel;
}

void
se_service_tellv (SeService *service, const char *const *fields, gsize n_fields)
{
  g_autofree char *text = se_service_encode (fields, n_fields);

  while (send (service->channel, text, strlen (text), MSG_NOSIGNAL) < 0 && errno == EINTR)
    ;
}

void
se_service_tell (SeService *service, const char *name, ...)
{
  const char *fields[MAX_FIELDS] = { name };
  gsize n = 1;
  va_list arguments;
  const char *field;

  va_start (arguments, name);
  while ((field = va_arg (arguments, const char *)) != NULL && n < MAX_FIELDS)
    fields[n++] = field;
  va_end (arguments);
  se_service_tellv (service, fields, n);
}

gboolean
se_service_await (SeService *service, gboolean *yes, GError **error)
{
  char answer[16];
  gboolean stopped = FALSE;
  ssize_t n;

  do
    {
      n = recv (service->channel, answer, sizeof answer, 0);
      if (n == 4 && memcmp (answer, "stop", 4) == 0)
        stopped = TRUE;
    }
  while ((n < 0 && errno == EINTR) || n == 4);
  /* cancel_fd goes on telling it. */
  if (stopped)
    shutdown (service->channel, SHUT_RD);
  *yes = n == 3 && memcmp (answer, "yes", 3) == 0;
  if (*yes || (n == 2 && memcmp (answer, "no", 2) == 0))
    return TRUE;
  g_set_error_literal (error, SE_ERROR, (int)SE_ERROR_CANCELLED, "Stopped on request");
  return FALSE;
}

int
se_service_ask_line (SeService *service)
{
  se_service_tell (service, EVENT_INPUT, "on", NULL);
  return service->input;
}

char *
se_service_read_line (SeService *service)
{
  g_autofree char *buffer = g_malloc0 (MAX_LINE + 1);
  char *line = NULL;
  ssize_t n;

  do
    n = recv (service->input, buffer, MAX_LINE, 0);
  while (n < 0 && errno == EINTR);
  if (n > 0)
    line = g_strndup (buffer, strcspn (buffer, "\r\n"));
  explicit_bzero (buffer, MAX_LINE);
  return line;
}

void
se_service_drop_line (SeService *service)
{
  se_service_tell (service, EVENT_INPUT, "off", NULL);
}

static gboolean
drop_privileges (const char *user, uid_t uid, gid_t gid, GError **error)
{
  uid_t r, e, s;

  if (geteuid () != 0)
    return TRUE;
  if (initgroups (user, gid) != 0 || setresgid (gid, gid, gid) != 0
      || setresuid (uid, uid, uid) != 0 || getresuid (&r, &e, &s) != 0)
    {
      se_error_set_errno (error, errno, "Cannot become the service user \"%s\"", user);
      return FALSE;
    }
  if (r != uid || e != uid || s != uid || setuid (0) == 0)
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                   "Root's rights could not be given up for those of \"%s\"", user);
      return FALSE;
    }
  return TRUE;
}

/* cupsd gives a backend little more than these. What a login shell has besides (a session's bus,
 * OPENSSL_CONF, SSL_CERT_FILE, XDG_…) would make the set-up work where the jobs do not. */
static void
clean_environment (void)
{
  static const char *const kept[] = { "PATH", "LANG", "LANGUAGE", "TZ", "CUPS_SERVERROOT", NULL };
  g_auto (GStrv) names = g_listenv ();
  char **name;

  for (name = names; *name != NULL; name++)
    if (!g_strv_contains (kept, *name) && !g_str_has_prefix (*name, "LC_"))
      g_unsetenv (*name);
}

/* Keeps nothing of the parent but the channels and standard error: no terminal to type into, no
 * connection that is root's at cupsd. */
static gboolean
isolate (const SeService *service, GError **error)
{
  int null = open ("/dev/null", O_RDWR);
  /* Out of the way of the numbers that they get. */
  int channel = fcntl (service->channel, F_DUPFD, INPUT_FD + 1);
  int input = fcntl (service->input, F_DUPFD, INPUT_FD + 1);

  if (null < 0 || dup2 (null, STDIN_FILENO) < 0 || dup2 (null, STDOUT_FILENO) < 0
      || dup2 (channel, CHANNEL_FD) < 0 || dup2 (input, INPUT_FD) < 0
      || close_range (INPUT_FD + 1, ~0U, 0) != 0 || setsid () < 0 || chdir ("/") != 0
      || prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    {
      se_error_set_errno (error, errno, "Cannot set up the worker");
      return FALSE;
    }
  umask (077);
  return TRUE;
}

static void
tell_end (SeService *service, const GError *error)
{
  if (error == NULL)
    {
      se_service_tell (service, EVENT_DONE, NULL);
      return;
    }
  {
    g_autofree char *code = g_strdup_printf ("%d", error->code);
    g_auto (GStrv) lines = g_strsplit (error->message, "\n", -1);
    const char *fields[MAX_FIELDS] = { EVENT_FAILED, code };
    gsize n = 2;
    char **line;

    /* A configuration error has a line a problem. */
    for (line = lines; *line != NULL && n < MAX_FIELDS; line++)
      fields[n++] = *line;
    se_service_tellv (service, fields, n);
  }
}

/* The jobs need the configuration, and nobody is there then to be told. */
static gboolean
check_configuration (const char *user, GError **error)
{
  g_autofree char *path = se_config_path ();

  if (access (path, R_OK) == 0 || errno != EACCES)
    return TRUE;
  g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
               "The service user \"%s\" cannot read %s: make it that user's group's, mode 0640",
               user, path);
  return FALSE;
}

static void G_GNUC_NORETURN
run_worker (SeService service, const char *user, uid_t uid, gid_t gid, SeServiceWork work,
            gpointer data)
{
  g_autoptr (GError) error = NULL;

  clean_environment ();
  if (isolate (&service, &error))
    {
      service = (SeService){ CHANNEL_FD, INPUT_FD };
      if (drop_privileges (user, uid, gid, &error) && check_configuration (user, &error))
        (void)work (&service, data, &error);
    }
  tell_end (&service, error);
  _exit (0);
}

/* The parent. */

gboolean
se_service_lookup_user (const SeServerConfig *server, uid_t *uid, gid_t *gid, GError **error)
{
  const struct passwd *user = NULL;

  errno = 0;
  user = getpwnam (server->user);
  if (user == NULL)
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                   "There is no service user \"%s\": create it with systemd-sysusers, or useradd "
                   "--system --home-dir %s --shell /usr/sbin/nologin %s",
                   server->user, server->state_directory, server->user);
      return FALSE;
    }
  if (user->pw_uid == 0 || user->pw_gid == 0)
    {
      g_set_error (
          error, SE_ERROR, (int)SE_ERROR_CONFIG,
          "The service user \"%s\" ([server] user) is root or in root's group: name a user "
          "without rights",
          server->user);
      return FALSE;
    }
  *uid = user->pw_uid;
  *gid = user->pw_gid;
  return TRUE;
}

typedef struct
{
  int channel;
  int lines;    /* where they go to the worker; -1: they have ended */
  int terminal; /* where they come from; -1: none */
  gboolean line_asked;
  int signals;
  pid_t pid;
  gboolean asked_to_stop;
  SeServiceEvent event;
  gpointer data;
} Parent;

static void
answer (const Parent *parent, const char *text)
{
  while (send (parent->channel, text, strlen (text), MSG_NOSIGNAL) < 0 && errno == EINTR)
    ;
}

static void
take_signal (Parent *parent)
{
  struct signalfd_siginfo info;

  if (read (parent->signals, &info, sizeof info) != sizeof info)
    return;
  if (parent->asked_to_stop)
    (void)kill (parent->pid, SIGKILL);
  else
    answer (parent, "stop");
  parent->asked_to_stop = TRUE;
}

/* Hands over a line, as a terminal gives it; nothing of it stays here. */
static void
take_line (Parent *parent)
{
  char line[MAX_LINE];
  /* In the background a read would stop us. */
  gboolean ours = !isatty (parent->terminal) || tcgetpgrp (parent->terminal) == getpgrp ();
  ssize_t n = ours ? read (parent->terminal, line, sizeof line) : 0;

  if (n < 0 && errno == EINTR)
    return;
  parent->line_asked = FALSE;
  if (n > 0)
    (void)!send (parent->lines, line, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT);
  else
    se_io_clear_fd (&parent->lines);
  explicit_bzero (line, sizeof line);
}

/* The end of the worker as it tells it. */
static void
set_worker_error (const char *const *fields, GError **error)
{
  int code = fields[1] != NULL ? atoi (fields[1]) : -1;
  g_autofree char *message = NULL;

  if (code < SE_ERROR_USAGE || code > SE_ERROR_CANCELLED || fields[2] == NULL)
    code = SE_ERROR_TEMPORARY;
  message = g_strjoinv ("\n", (char **)fields + MIN (2, g_strv_length ((char **)fields)));
  g_set_error_literal (error, SE_ERROR, code, message);
}

/* Takes one event. Returns FALSE at the worker's end; ended: the worker said how it ended. */
static gboolean
take_event (Parent *parent, gboolean *ended, GError **error)
{
  char text[MAX_EVENT];
  ssize_t n = recv (parent->channel, text, sizeof text, 0);
  g_auto (GStrv) fields = NULL;
  const char *said = NULL;

  /* A worker that ended without reading "stop" resets the socket; its last packets come after that.
   */
  if (n < 0 && (errno == EINTR || errno == ECONNRESET))
    return TRUE;
  if (n <= 0)
    return FALSE;
  fields = se_service_decode (text, (gsize)n);
  if (fields == NULL)
    {
      g_set_error_literal (error, SE_ERROR, (int)SE_ERROR_TEMPORARY,
                           "The worker sent what is not an event");
      *ended = TRUE;
      return FALSE;
    }
  if (g_str_equal (fields[0], EVENT_DONE) || g_str_equal (fields[0], EVENT_FAILED))
    {
      *ended = TRUE;
      if (g_str_equal (fields[0], EVENT_FAILED))
        set_worker_error ((const char *const *)fields, error);
      return FALSE;
    }
  if (g_str_equal (fields[0], EVENT_INPUT))
    {
      parent->line_asked = g_strcmp0 (fields[1], "on") == 0;
      if (parent->terminal < 0)
        se_io_clear_fd (&parent->lines);
      return TRUE;
    }
  said = parent->event ((const char *const *)fields, parent->data);
  if (said != NULL)
    answer (parent, said);
  return TRUE;
}

static gboolean
attend (Parent *parent, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean ended = FALSE, going = TRUE;
  int status = 0;

  while (going)
    {
      gboolean reads = parent->line_asked && parent->lines >= 0;
      struct pollfd polled[] = { { parent->channel, POLLIN, 0 },
                                 { parent->signals, POLLIN, 0 },
                                 { reads ? parent->terminal : -1, POLLIN, 0 } };

      if (poll (polled, G_N_ELEMENTS (polled), -1) < 0)
        continue;
      if (polled[1].revents != 0)
        take_signal (parent);
      if (polled[0].revents != 0)
        going = take_event (parent, &ended, &local);
      else if (polled[2].revents != 0)
        take_line (parent);
    }
  /* After its last word it has nothing left to do, and a signal would no longer be seen here. */
  if (ended)
    (void)kill (parent->pid, SIGKILL);
  while (waitpid (parent->pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (!ended && parent->asked_to_stop)
    g_set_error_literal (&local, SE_ERROR, (int)SE_ERROR_CANCELLED, "Stopped on request");
  else if (!ended)
    g_set_error (&local, SE_ERROR, (int)SE_ERROR_TEMPORARY,
                 "The worker ended without a result (%s %d)",
                 WIFSIGNALED (status) ? "signal" : "exit status",
                 WIFSIGNALED (status) ? WTERMSIG (status) : WEXITSTATUS (status));
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return TRUE;
}

static gboolean
fork_worker (Parent *parent, const SeServerConfig *server, SeServiceWork work, GError **error)
{
  int ends[2] = { -1, -1 }, lines[2] = { -1, -1 };
  uid_t uid = 0;
  gid_t gid = 0;

  if (geteuid () == 0 && !se_service_lookup_user (server, &uid, &gid, error))
    return FALSE;
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0
      || socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lines) != 0)
    {
      se_error_set_errno (error, errno, "Cannot make a socket pair");
      se_io_clear_fd (&ends[0]);
      se_io_clear_fd (&ends[1]);
      return FALSE;
    }
  fflush (NULL);
  parent->pid = fork ();
  if (parent->pid == 0)
    {
      sigset_t none;

      sigemptyset (&none);
      (void)sigprocmask (SIG_SETMASK, &none, NULL);
      run_worker ((SeService){ ends[1], lines[1] }, server->user, uid, gid, work, parent->data);
    }
  if (parent->pid < 0)
    se_error_set_errno (error, errno, "Cannot start a process");
  close (ends[1]);
  close (lines[1]);
  parent->channel = ends[0];
  parent->lines = lines[0];
  return parent->pid > 0;
}

gboolean
se_service_run_with_input (const SeServerConfig *server, SeServiceWork work, SeServiceEvent event,
                           int input, gpointer data, GError **error)
{
  Parent parent = {
    .channel = -1, .lines = -1, .terminal = input, .signals = -1, .event = event, .data = data
  };
  sigset_t stops, before;
  gboolean good = FALSE;

  sigemptyset (&stops);
  sigaddset (&stops, SIGINT);
  sigaddset (&stops, SIGTERM);
  sigaddset (&stops, SIGHUP);
  (void)sigprocmask (SIG_BLOCK, &stops, &before);
  parent.signals = signalfd (-1, &stops, SFD_CLOEXEC);
  if (parent.signals < 0)
    se_error_set_errno (error, errno, "Cannot watch for signals");
  else if (fork_worker (&parent, server, work, error))
    good = attend (&parent, error);
  se_io_clear_fd (&parent.channel);
  se_io_clear_fd (&parent.lines);
  se_io_clear_fd (&parent.signals);
  (void)sigprocmask (SIG_SETMASK, &before, NULL);
  return good;
}

gboolean
se_service_run (const SeServerConfig *server, SeServiceWork work, SeServiceEvent event,
                gpointer data, GError **error)
{
  return se_service_run_with_input (server, work, event, -1, data, error);
}
