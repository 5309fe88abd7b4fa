/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/service-private.h"

#include "common/io.h"
#include "common/lines.h"
#include "common/log.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A sign-in address is the longest. */
#define MAX_FIELD 8192

#define MAX_ERROR_LINE 4096
#define PIPE_READS 32 /* take all that a pipe holds */

/* Events: fields joined by newlines, one packet each. */

char *
se_service_encode (const char *const *fields, gsize n_fields)
{
  GString *text = g_string_new (NULL);
  gsize room = MIN (MAX_FIELD, SE_SERVICE_MAX_EVENT / n_fields - 1);
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

  if (length == 0 || length > SE_SERVICE_MAX_EVENT || !g_utf8_validate_len (text, length, NULL))
    return NULL;
  for (at = text; at < text + length; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (c != '\n' && se_log_is_control (c))
        return NULL;
    }
  {
    g_autofree char *copy = g_strndup (text, length);

    fields = g_strsplit (copy, "\n", -1);
  }
  if (g_strv_length (fields) > SE_SERVICE_MAX_FIELDS || *fields[0] == '\0')
    return NULL;
  return g_steal_pointer (&fields);
}

/* The parent. */

/* What filters of cupsd run as (cups-files.conf(5)), where that is not said. */
#define FILTER_USER "lp"

/* The directive User of cups-files.conf, the last one as for cupsd; owned by the caller. */
static char *
find_filter_user (void)
{
  g_autofree char *config = se_config_path ();
  g_autofree char *directory = g_path_get_dirname (config);
  g_autofree char *path = g_build_filename (directory, "cups-files.conf", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  const char *user = FILTER_USER;

  if (g_file_get_contents (path, &text, NULL, NULL))
    lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; line != NULL && *line != NULL; line++)
    {
      (*line)[strcspn (*line, "#")] = '\0';
      g_strstrip (*line);
      if (g_ascii_strncasecmp (*line, "User", 4) == 0 && g_ascii_isspace ((*line)[4]))
        user = g_strchug (*line + 4);
    }
  return g_strdup (user);
}

/* Every document meets the filters of cupsd: what they can read is no secret. */
static gboolean
check_not_of_filters (const char *name, uid_t uid, GError **error)
{
  g_autofree char *filter_user = find_filter_user ();
  const struct passwd *user = getpwnam (filter_user);

  if (user == NULL || user->pw_uid != uid)
    return TRUE;
  g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
               _ ("The service user \"%s\" ([server] user) is the one that cupsd runs all filters "
                  "as (User in cups-files.conf), which could read the tokens: name a user of its "
                  "own"),
               name);
  return FALSE;
}

gboolean
se_service_lookup_user (const SeServerConfig *server, uid_t *uid, gid_t *gid, GError **error)
{
  const struct passwd *user = NULL;

  errno = 0;
  user = getpwnam (server->user);
  if (user == NULL)
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                   _ ("There is no service user \"%s\": create it with systemd-sysusers, or "
                      "useradd --system --home-dir %s --shell /usr/sbin/nologin %s"),
                   server->user, server->state_directory, server->user);
      return FALSE;
    }
  if (user->pw_uid == 0 || user->pw_gid == 0)
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                   _ ("The service user \"%s\" ([server] user) is root or in root's group: name a "
                      "user without rights"),
                   server->user);
      return FALSE;
    }
  *uid = user->pw_uid;
  *gid = user->pw_gid;
  return check_not_of_filters (server->user, *uid, error);
}

typedef struct
{
  int channel;
  int lines;    /* where they go to the worker; -1: they have ended */
  int terminal; /* where they come from; -1: none */
  gboolean line_asked;
  SeLines errors; /* the worker's standard error; fd -1: it has ended */
  int signals;
  pid_t pid;
  gboolean asked_to_stop;
  SeServiceEvent event;
  gpointer data;
} Parent;

/* A worker that has left so many answers lying that there is no room for another is out of its
 * mind. */
static void
answer (const Parent *parent, const char *text)
{
  ssize_t n;

  do
    n = send (parent->channel, text, strlen (text), MSG_NOSIGNAL | MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN)
    (void)kill (parent->pid, SIGKILL);
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
  char line[SE_SERVICE_MAX_LINE];
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

/* The worker does not have our standard error, which may be a terminal: whoever has that can also
 * read what is typed there, and send it commands of its own. */
static void
pass_on (const char *line, gpointer unused)
{
  g_autofree char *clean = se_log_clean (line, MAX_ERROR_LINE);

  fprintf (stderr, "%s\n", clean);
}

/* Takes some of what the worker has printed. FALSE: there is nothing. */
static gboolean
take_errors (Parent *parent)
{
  gssize n = se_lines_read (&parent->errors);

  if (n == 0)
    se_io_clear_fd (&parent->errors.fd);
  return n > 0;
}

/* The worker is over. What it has started may go on printing: a pipe full is enough. */
static void
end_errors (Parent *parent)
{
  for (int i = 0; i < PIPE_READS && parent->errors.fd >= 0 && take_errors (parent); i++)
    ;
  se_lines_end (&parent->errors);
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
  char text[SE_SERVICE_MAX_EVENT];
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
                           _ ("The worker sent what is not an event"));
      *ended = TRUE;
      return FALSE;
    }
  if (g_str_equal (fields[0], SE_SERVICE_DONE) || g_str_equal (fields[0], SE_SERVICE_FAILED))
    {
      *ended = TRUE;
      if (g_str_equal (fields[0], SE_SERVICE_FAILED))
        set_worker_error ((const char *const *)fields, error);
      return FALSE;
    }
  if (g_str_equal (fields[0], SE_SERVICE_INPUT))
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
                                 { parent->errors.fd, POLLIN, 0 },
                                 { reads ? parent->terminal : -1, POLLIN, 0 } };

      if (poll (polled, G_N_ELEMENTS (polled), -1) < 0)
        continue;
      if (polled[1].revents != 0)
        take_signal (parent);
      if (polled[2].revents != 0)
        (void)take_errors (parent);
      if (polled[0].revents != 0)
        going = take_event (parent, &ended, &local);
      else if (polled[3].revents != 0)
        take_line (parent);
    }
  /* After its last word it has nothing left to do, and a signal would no longer be seen here. */
  if (ended)
    (void)kill (parent->pid, SIGKILL);
  while (waitpid (parent->pid, &status, 0) < 0 && errno == EINTR)
    ;
  end_errors (parent);
  if (!ended && parent->asked_to_stop)
    g_set_error_literal (&local, SE_ERROR, (int)SE_ERROR_CANCELLED, _ ("Stopped on request"));
  else if (!ended)
    g_set_error (&local, SE_ERROR, (int)SE_ERROR_TEMPORARY,
                 WIFSIGNALED (status) ? _ ("The worker ended without a result (signal %d)")
                                      : _ ("The worker ended without a result (exit status %d)"),
                 WIFSIGNALED (status) ? WTERMSIG (status) : WEXITSTATUS (status));
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return TRUE;
}

/* ends, lines: pairs of sockets, the parent's end first; errors: a pipe. */
static gboolean
make_channels (int ends[2], int lines[2], int errors[2], GError **error)
{
  if (socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0
      && socketpair (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, lines) == 0
      && pipe2 (errors, O_CLOEXEC) == 0 && fcntl (errors[0], F_SETFL, O_NONBLOCK) == 0)
    return TRUE;
  se_error_set_errno (error, errno, _ ("Cannot make a channel to a process"));
  return FALSE;
}

static gboolean
fork_worker (Parent *parent, const SeServerConfig *server, const SeServiceNeeds *needs,
             SeServiceWork work, GError **error)
{
  int ends[2] = { -1, -1 }, lines[2] = { -1, -1 }, errors[2] = { -1, -1 };
  uid_t uid = 0;
  gid_t gid = 0;

  if (geteuid () == 0 && !se_service_lookup_user (server, &uid, &gid, error))
    return FALSE;
  if (make_channels (ends, lines, errors, error))
    {
      fflush (NULL);
      parent->pid = fork ();
      if (parent->pid < 0)
        se_error_set_errno (error, errno, _ ("Cannot start a process"));
    }
  if (parent->pid == 0)
    {
      sigset_t none;

      sigemptyset (&none);
      (void)sigprocmask (SIG_SETMASK, &none, NULL);
      se_service_work ((SeService){ ends[1], lines[1] }, errors[1], server, needs, uid, gid, work,
                       parent->data);
    }
  se_io_clear_fd (&ends[1]);
  se_io_clear_fd (&lines[1]);
  se_io_clear_fd (&errors[1]);
  parent->channel = ends[0];
  parent->lines = lines[0];
  parent->errors = (SeLines){ .fd = errors[0], .max = MAX_ERROR_LINE, .take = pass_on };
  return parent->pid > 0;
}

gboolean
se_service_run_with (const SeServerConfig *server, const SeServiceNeeds *needs, SeServiceWork work,
                     SeServiceEvent event, gpointer data, GError **error)
{
  Parent parent = { .channel = -1,
                    .lines = -1,
                    .terminal = needs->input,
                    .errors.fd = -1,
                    .signals = -1,
                    .pid = -1,
                    .event = event,
                    .data = data };
  sigset_t stops, before;
  gboolean good = FALSE;

  sigemptyset (&stops);
  sigaddset (&stops, SIGINT);
  sigaddset (&stops, SIGTERM);
  sigaddset (&stops, SIGHUP);
  (void)sigprocmask (SIG_BLOCK, &stops, &before);
  parent.signals = signalfd (-1, &stops, SFD_CLOEXEC);
  if (parent.signals < 0)
    se_error_set_errno (error, errno, _ ("Cannot watch for signals"));
  else if (fork_worker (&parent, server, needs, work, error))
    good = attend (&parent, error);
  se_io_clear_fd (&parent.channel);
  se_io_clear_fd (&parent.lines);
  se_io_clear_fd (&parent.errors.fd);
  se_io_clear_fd (&parent.signals);
  (void)sigprocmask (SIG_SETMASK, &before, NULL);
  return good;
}

gboolean
se_service_run (const SeServerConfig *server, SeServiceWork work, SeServiceEvent event,
                gpointer data, GError **error)
{
  const SeServiceNeeds needs = { .input = -1 };

  return se_service_run_with (server, &needs, work, event, data, error);
}

gboolean
se_service_run_for (const SeServerConfig *server, const SeAccount *account, SeServiceWork work,
                    SeServiceEvent event, gpointer data, GError **error)
{
  const SeAccount *const accounts[] = { account, NULL };
  const SeServiceNeeds needs = { .input = -1, .accounts = accounts };

  return se_service_run_with (server, &needs, work, event, data, error);
}
