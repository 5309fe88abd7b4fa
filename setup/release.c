/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/release.h"

#include "common/alert.h"
#include "common/log.h"
#include "mail/journal-list.h"
#include "setup/alerts.h"
#include "setup/jobs.h"
#include "setup/service.h"
#include "setup/setup.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

typedef struct
{
  const SeServerConfig *server;
  const char *account; /* NULL: all */
  gboolean due;
  http_t *http;       /* the parent's */
  GPtrArray *jobs;    /* SePrintJob */
  GHashTable *chosen; /* the parent's: ids of the jobs to release */
} Release;

/* The held jobs of the queues that send from account. */
static GPtrArray *
held_jobs_of (http_t *http, const SeConfig *config, const GPtrArray *queues, const char *account,
              GError **error)
{
  g_autoptr (GPtrArray) jobs = se_jobs_unfinished (http, error);
  guint i;

  if (jobs == NULL)
    return NULL;
  for (i = jobs->len; i > 0; i--)
    {
      const SePrintJob *job = jobs->pdata[i - 1];
      const SeQueue *queue = se_queues_find (queues, job->queue);

      /* A class, say, has no account: only a release of all jobs is meant for its jobs, too. */
      if (!se_print_job_is_ours (job)
          || (account != NULL && (queue == NULL || !se_queue_is_of (queue, config, account))))
        g_ptr_array_remove_index (jobs, i - 1);
    }
  return g_steal_pointer (&jobs);
}

static gboolean
release_job (http_t *http, const SePrintJob *job, GPtrArray *released, GError **error)
{
  gboolean went = FALSE;

  if (!se_jobs_release (http, job, &went, error))
    return FALSE;
  if (went)
    g_ptr_array_add (released, g_strdup_printf ("%s-%d", job->queue, job->id));
  return TRUE;
}

gboolean
se_release_account (http_t *http, const SeConfig *config, const char *account, GPtrArray *released,
                    GError **error)
{
  g_autoptr (GPtrArray) queues = se_queues_list (http, error);
  g_autoptr (GPtrArray) jobs = NULL;
  guint i;

  if (queues == NULL)
    return FALSE;
  for (i = 0; i < queues->len; i++)
    if (se_queue_is_of (queues->pdata[i], config, account)
        && !se_queues_clear_reasons (http, queues->pdata[i], error))
      return FALSE;
  jobs = held_jobs_of (http, config, queues, account, error);
  if (jobs == NULL)
    return FALSE;
  for (i = 0; i < jobs->len; i++)
    if (!release_job (http, jobs->pdata[i], released, error))
      return FALSE;
  return TRUE;
}

/* The worker: only the service user may look into the state directory. */

/* A deferred job is due when the journal says so; where it says nothing, the backend died before it
 * could write a time. */
static gboolean
is_due (const char *state_directory, const SePrintJob *job)
{
  gint64 next_try = 0;

  if (!se_print_job_is_deferred (job))
    return FALSE;
  return !se_journal_peek_due (state_directory, job->queue, job->id, &next_try)
         || next_try <= g_get_real_time () / G_USEC_PER_SEC;
}

/* What the backend's worker left of a job whose end it could not tell; see backend/orphan.h. */
static void
tell_orphan (SeService *service, const char *path)
{
  static const char *const keys[] = { "queue", "job", "user", "title", "message" };
  g_autoptr (GKeyFile) file = g_key_file_new ();
  const char *fields[G_N_ELEMENTS (keys) + 2] = { "orphan", path };
  char *values[G_N_ELEMENTS (keys)] = { NULL };
  gsize i;

  /* A file that cannot be read is told all the same. */
  (void)g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL);
  for (i = 0; i < G_N_ELEMENTS (keys); i++)
    fields[i + 2] = values[i] = g_key_file_get_string (file, "orphan", keys[i], NULL);
  se_service_tellv (service, fields, G_N_ELEMENTS (fields));
  for (i = 0; i < G_N_ELEMENTS (keys); i++)
    g_free (values[i]);
}

static void
tell_orphans (SeService *service, const char *state_directory)
{
  g_autofree char *path = g_build_filename (state_directory, "orphans", NULL);
  g_autoptr (GDir) directory = g_dir_open (path, 0, NULL);
  const char *name;

  while (directory != NULL && (name = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *whole = g_build_filename (path, name, NULL);

      tell_orphan (service, whole);
    }
}

/* Awaits the parent's word, which can ask cupsd. One that is asked to stop says no. */
static gboolean
is_over (const char *queue, int job, gint64 creation, gpointer data)
{
  g_autofree char *id = g_strdup_printf ("%d", job);
  g_autofree char *time = g_strdup_printf ("%" G_GINT64_FORMAT, creation);
  gboolean over = FALSE;

  se_service_tell (data, "unfinished", queue, id, time, NULL);
  return se_service_await (data, &over, NULL) && over;
}

static gboolean
look (SeService *service, gpointer data, GError **error)
{
  const Release *release = data;
  guint i;

  for (i = 0; i < release->jobs->len; i++)
    {
      const SePrintJob *job = release->jobs->pdata[i];
      g_autofree char *id = g_strdup_printf ("%d", job->id);

      if (!release->due || is_due (release->server->state_directory, job))
        se_service_tell (service, "due", id, NULL);
    }
  tell_orphans (service, release->server->state_directory);
  if (release->due)
    se_journal_forget_over (release->server->state_directory, is_over, service);
  return TRUE;
}

static void
warn_of_orphan (const char *const *fields)
{
  const char *path = fields[1], *queue = fields[2], *job = fields[3];

  if (*queue == '\0')
    se_log_write (_ ("oauth-setup: warning"),
                  _ ("%s should tell of a mail that failed after cupsd took its job for done, but "
                     "it cannot be read: look at it, then remove it"),
                  path);
  else
    se_log_write (_ ("oauth-setup: warning"),
                  _ ("job %s-%s of %s (%s) failed after cupsd took it for done: %s; print it again "
                     "(lp -i %s-%s -H restart, as long as cupsd keeps it), then remove %s"),
                  queue, job, fields[4], fields[5], fields[6], queue, job, path);
}

/* creation: of the job that is meant; cupsd may count from 1 again. */
static gboolean
is_canceled (http_t *http, int id, gint64 creation)
{
  g_autoptr (SePrintJob) job = se_jobs_find (http, id);

  return job != NULL && job->state == IPP_JSTATE_CANCELED && job->creation == creation;
}

static const char *
take (const char *const *fields, gpointer data)
{
  Release *release = data;

  if (fields[1] == NULL)
    return NULL;
  if (g_str_equal (fields[0], "due"))
    g_hash_table_add (release->chosen,
                      GINT_TO_POINTER ((int)g_ascii_strtoll (fields[1], NULL, 10)));
  else if (g_str_equal (fields[0], "unfinished") && g_strv_length ((char **)fields) == 4)
    return is_canceled (release->http, (int)g_ascii_strtoll (fields[2], NULL, 10),
                        g_ascii_strtoll (fields[3], NULL, 10))
               ? "yes"
               : "no";
  else if (g_str_equal (fields[0], "orphan") && g_strv_length ((char **)fields) == 7)
    warn_of_orphan (fields);
  return NULL;
}

/* A person who names the account says that its login is mended. If it is not, the next job tells
 * anew. */
static gboolean
withdraw (SeService *service, gpointer data, GError **error)
{
  const Release *release = data;

  return se_alert_withdraw (release->server, release->account, SE_ALERT_LOGIN, error);
}

static gboolean
run (const SeSetup *setup, const char *account, gboolean due, GPtrArray *released, GError **error)
{
  g_autoptr (http_t) http = se_cupsd_connect (setup->server, error);
  g_autoptr (GPtrArray) queues = http != NULL ? se_queues_list (http, error) : NULL;
  g_autoptr (GPtrArray) jobs
      = queues != NULL ? held_jobs_of (http, setup->config, queues, account, error) : NULL;
  g_autoptr (GHashTable) chosen = g_hash_table_new (NULL, NULL);
  Release release = { setup->server, account, due, http, jobs, chosen };
  guint i;

  if (jobs == NULL || !se_service_run (setup->server, look, take, &release, error))
    return FALSE;
  for (i = 0; i < jobs->len; i++)
    {
      const SePrintJob *job = jobs->pdata[i];

      if (g_hash_table_contains (chosen, GINT_TO_POINTER (job->id))
          && !release_job (http, job, released, error))
        return FALSE;
    }
  return TRUE;
}

SeExit
se_verb_release (int argc, char **argv)
{
  g_autofree char *account = NULL;
  gboolean due = FALSE;
  const GOptionEntry entries[] = {
    { "account", 0, 0, G_OPTION_ARG_STRING, &account, N_ ("only jobs of queues that send from it"),
      N_ ("ACCOUNT") },
    { "due", 0, 0, G_OPTION_ARG_NONE, &due, N_ ("only jobs whose next try is due"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) unsaid = NULL;
  g_auto (GStrv) words = se_setup_parse (argc, argv, "",
                                         N_ ("Lets those held jobs go on that scan-email held "
                                             "itself. Jobs that a person held stay held."),
                                         entries, 0, &error);
  g_autoptr (SeSetup) setup = words != NULL ? se_setup_load (&error) : NULL;
  g_autoptr (GPtrArray) released = g_ptr_array_new_with_free_func (g_free);
  Release mended = { .server = setup != NULL ? setup->server : NULL, .account = account };
  /* Whether the queues show how the accounts stand is no reason not to let jobs go on. */
  gboolean carried = setup != NULL
                     && (account == NULL || due
                         || se_service_run (setup->server, withdraw, take, &mended, &unsaid))
                     && se_alerts_carry (setup, released, &unsaid);
  gboolean good = setup != NULL && run (setup, account, due, released, &error);
  guint i;

  for (i = 0; i < released->len; i++)
    printf (_ ("Released job %s.\n"), (const char *)released->pdata[i]);
  if (!good)
    return se_setup_fail (error);
  return carried ? SE_EXIT_DONE : se_setup_fail (unsaid);
}
