/* SPDX-License-Identifier: Apache-2.0 */
/* mailto-notify: tells the system log and notify-command what the worker had to say. The supervisor
 * starts it as the service user after the worker's end, with the worker's notices as standard
 * input. Where they come from is not trusted: which program is run stands in the configuration, and
 * which job they are about in the arguments. */
#include "backend/process.h"
#include "common/confine-service.h"
#include "common/io.h"
#include "common/language.h"
#include "common/log.h"
#include "common/notice.h"
#include "common/state-directory.h"
#include "common/told.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTICES_MAX 4         /* of a run */
#define INPUT_MAX (64 * 1024) /* bytes, as much as a pipe holds */
#define ENDED "ended by the supervisor"

typedef struct
{
  SeServerConfig *server; /* NULL: the configuration cannot be read */
  gboolean keeps;         /* can note what was told; else the worker has said why not */
  char *job;              /* "QUEUE-ID" */
  char *user;
  char *title;
} Notifier;

static int null_fd = -1; /* for the signal handler alone */

/* The job was cancelled, or the supervisor is dead: cupsd waits for whoever has standard error.
 * What is to be told is told all the same; the supervisor's alarm (2) ends it. */
static void
on_sigterm (int unused)
{
  (void)dup2 (null_fd, STDERR_FILENO);
}

static gboolean
handle_sigterm (GError **error)
{
  const struct sigaction action = { .sa_handler = on_sigterm, .sa_flags = SA_RESTART };
  sigset_t term;

  sigemptyset (&term);
  sigaddset (&term, SIGTERM);
  null_fd = open ("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null_fd >= 0 && sigaction (SIGTERM, &action, NULL) == 0
      && sigprocmask (SIG_UNBLOCK, &term, NULL) == 0)
    return TRUE;
  se_error_set_errno (error, errno, _ ("Cannot start"));
  return FALSE;
}

/* Whom to tell. The worker has said already what is wrong with the configuration. */
static SeServerConfig *
read_configuration (void)
{
  g_autofree char *path = se_config_path ();
  g_autoptr (SeConfig) config = se_config_load (path, SE_PRESETS_FILE, NULL);

  return config != NULL ? se_config_get_server (config, NULL) : NULL;
}

/* A job is told of something once, and noted after that: rather twice than not at all. */
static void
tell (const Notifier *notifier, SeNotice *notice)
{
  gboolean once = notifier->keeps && notice->once != NULL && *notice->once != '\0';
  g_autofree char *what = g_strconcat ("notice ", notice->once, NULL);
  g_autoptr (GError) error = NULL;

  if (notice->event >= SE_NOTICE_JOB_CANCELED)
    {
      notice->subject = notifier->job;
      notice->user = notifier->user;
      notice->title = notifier->title;
    }
  if (once && se_told_already (notifier->server->state_directory, notifier->job, what))
    return;
  se_notice_announce (notifier->server, notice);
  if (once && !se_told_note (notifier->server->state_directory, notifier->job, what, &error))
    g_warning ("%s", error->message);
}

/* What the pipe holds. Whoever may still have its other end is waited for only where the pipe
 * blocks: that is a worker which the supervisor has left to itself. */
static gsize
read_input (char input[INPUT_MAX])
{
  gsize length = 0;
  ssize_t n;

  while (length < INPUT_MAX
         && ((n = read (STDIN_FILENO, input + length, INPUT_MAX - length)) > 0
             || (n < 0 && errno == EINTR)))
    length += (gsize)MAX (n, 0);
  return length;
}

static void
tell_all (const Notifier *notifier, const char *held)
{
  static char input[INPUT_MAX];
  gsize left = read_input (input);
  const char *data = input;
  SeNotice notice = { .event = SE_NOTICE_JOB_HELD, .sentence = held, .once = ENDED };

  if (held != NULL)
    tell (notifier, &notice);
  for (guint i = 0; i < NOTICES_MAX && se_notice_decode (&data, &left, &notice); i++)
    tell (notifier, &notice);
  if (left > 0)
    g_warning (_ ("There were notices that cannot be told"));
}

/* A notify-command may need anything. Where there is none, the system log is all that is told. */
static gboolean
confine (const SeServerConfig *server, GError **error)
{
  g_autoptr (SeConfineFiles) files = NULL;

  if (server != NULL && server->notify_command != NULL)
    return TRUE;
  files = se_confine_files_new ();
  if (server != NULL)
    se_confine_files_add_server (files, server);
  return se_confine_further_calls (SE_CONFINE_NO_PROGRAMS | SE_CONFINE_NO_SERVER, error)
         && se_confine_files_enter (files, error);
}

int
main (int argc, char **argv)
{
  /* A job of a class is named after that, whichever printer gets it. */
  const char *class = g_getenv ("CLASS");
  const char *queue = class != NULL && *class != '\0' ? class : g_getenv ("PRINTER");
  Notifier notifier = { 0 };
  g_autoptr (GError) error = NULL;

  if (argc < 4 || argc > 5 || queue == NULL)
    {
      se_log_write ("WARNING", "Usage: mailto-notify job-id user title [sentence] <notices");
      return EXIT_FAILURE;
    }
  if (!se_process_begin (0, &error) || !handle_sigterm (&error))
    {
      g_warning ("%s", error->message);
      return EXIT_FAILURE;
    }
  (void)se_language_use (SE_LOCALE_DIR, g_getenv ("LANG"));
  notifier.job = g_strdup_printf ("%s-%s", queue, argv[1]);
  notifier.user = argv[2];
  notifier.title = argv[3];
  notifier.server = read_configuration ();
  notifier.keeps
      = notifier.server != NULL && se_state_directory_check (notifier.server, geteuid (), NULL);
  if (confine (notifier.server, &error))
    tell_all (&notifier, argv[4]);
  else
    g_warning ("%s", error->message);
  g_clear_pointer (&notifier.server, se_server_config_free);
  g_free (notifier.job);
  return error == NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}
