/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/service-private.h"

#include "common/confine-service.h"
#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHANNEL_FD 3
#define INPUT_FD 4

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
  const char *fields[SE_SERVICE_MAX_FIELDS] = { name };
  gsize n = 1;
  va_list arguments;
  const char *field;

  va_start (arguments, name);
  while ((field = va_arg (arguments, const char *)) != NULL && n < SE_SERVICE_MAX_FIELDS)
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
  g_set_error_literal (error, SE_ERROR, (int)SE_ERROR_CANCELLED, _ ("Stopped on request"));
  return FALSE;
}

int
se_service_ask_line (SeService *service)
{
  se_service_tell (service, SE_SERVICE_INPUT, "on", NULL);
  return service->input;
}

char *
se_service_read_line (SeService *service)
{
  g_autofree char *buffer = g_malloc0 (SE_SERVICE_MAX_LINE + 1);
  char *line = NULL;
  ssize_t n;

  do
    n = recv (service->input, buffer, SE_SERVICE_MAX_LINE, 0);
  while (n < 0 && errno == EINTR);
  if (n > 0)
    line = g_strndup (buffer, strcspn (buffer, "\r\n"));
  explicit_bzero (buffer, SE_SERVICE_MAX_LINE);
  return line;
}

void
se_service_drop_line (SeService *service)
{
  se_service_tell (service, SE_SERVICE_INPUT, "off", NULL);
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
      se_error_set_errno (error, errno, _ ("Cannot become the service user \"%s\""), user);
      return FALSE;
    }
  if (r != uid || e != uid || s != uid || setuid (0) == 0)
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                   _ ("Root's rights could not be given up for those of \"%s\""), user);
      return FALSE;
    }
  return TRUE;
}

/* cupsd gives a backend little more than these. What a login shell has besides (a session's bus,
 * OPENSSL_CONF, SSL_CERT_FILE, XDG_…) would make the set-up work where the jobs do not. */
static const char *const kept[]
    = { "PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "CUPS_SERVERROOT", NULL };

/* Keeps nothing of the parent but the channels and errors: no terminal to type into or to read
 * from, no connection that is root's at cupsd. */
static gboolean
isolate (const SeService *service, int errors, GError **error)
{
  int null = open ("/dev/null", O_RDWR);
  /* Out of the way of the numbers that they get. */
  int channel = fcntl (service->channel, F_DUPFD, INPUT_FD + 1);
  int input = fcntl (service->input, F_DUPFD, INPUT_FD + 1);
  int error_fd = fcntl (errors, F_DUPFD, INPUT_FD + 1);

  if (null < 0 || dup2 (null, STDIN_FILENO) < 0 || dup2 (null, STDOUT_FILENO) < 0
      || dup2 (error_fd, STDERR_FILENO) < 0 || dup2 (channel, CHANNEL_FD) < 0
      || dup2 (input, INPUT_FD) < 0 || close_range (INPUT_FD + 1, ~0U, 0) != 0 || setsid () < 0
      || chdir ("/") != 0)
    {
      se_error_set_errno (error, errno, _ ("Cannot set up the worker"));
      return FALSE;
    }
  return TRUE;
}

static void
tell_end (SeService *service, const GError *error)
{
  if (error == NULL)
    {
      se_service_tell (service, SE_SERVICE_DONE, NULL);
      return;
    }
  {
    g_autofree char *code = g_strdup_printf ("%d", error->code);
    g_auto (GStrv) lines = g_strsplit (error->message, "\n", -1);
    const char *fields[SE_SERVICE_MAX_FIELDS] = { SE_SERVICE_FAILED, code };
    gsize n = 2;
    char **line;

    /* A configuration error has a line a problem. */
    for (line = lines; *line != NULL && n < SE_SERVICE_MAX_FIELDS; line++)
      fields[n++] = *line;
    se_service_tellv (service, fields, n);
  }
}

/* The jobs need the configuration, and nobody is there then to be told. */
static gboolean
check_configuration (GError **error)
{
  g_autofree char *path = se_config_path ();

  return se_config_check_access (path, error);
}

/* Those of the configuration. One that is not in order has been told of, or will be. */
static void
add_all_accounts (SeConfineFiles *files)
{
  g_autofree char *path = se_config_path ();
  g_autoptr (SeConfig) config = se_config_load (path, SE_PRESETS_FILE, NULL);
  g_auto (GStrv) addresses = config != NULL ? se_config_list_accounts (config) : NULL;

  for (char **address = addresses; address != NULL && *address != NULL; address++)
    {
      g_autoptr (SeAccount) account = se_config_get_account (config, *address, NULL);

      if (account != NULL)
        se_confine_files_add_account (files, account);
    }
}

static gboolean
confine_files (const SeServerConfig *server, const SeServiceNeeds *needs, GError **error)
{
  g_autoptr (SeConfineFiles) files = NULL;

  if (server->notify_command != NULL)
    return TRUE;
  files = se_confine_files_new ();
  se_confine_files_add_lookups (files);
  se_confine_files_add_server (files, server);
  se_confine_files_add_place (files, needs->file);
  if (needs->accounts == NULL)
    add_all_accounts (files);
  else
    for (const SeAccount *const *account = needs->accounts; *account != NULL; account++)
      se_confine_files_add_account (files, *account);
  return se_confine_files_enter (files, error);
}

void
se_service_work (SeService service, int errors, const SeServerConfig *server,
                 const SeServiceNeeds *needs, uid_t uid, gid_t gid, SeServiceWork work,
                 gpointer data)
{
  /* A browser's answer may be listened for. */
  SeConfineCalls further = server->notify_command == NULL ? SE_CONFINE_NO_PROGRAMS : 0;
  g_autoptr (GError) error = NULL;

  se_confine_environment (kept);
  if (isolate (&service, errors, &error))
    {
      service = (SeService){ CHANNEL_FD, INPUT_FD };
      if (drop_privileges (server->user, uid, gid, &error) && se_confine_process (&error)
          && se_confine_calls (further, &error) && check_configuration (&error)
          && confine_files (server, needs, &error))
        (void)work (&service, data, &error);
    }
  tell_end (&service, error);
  _exit (0);
}
