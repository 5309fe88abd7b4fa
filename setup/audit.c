/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/audit.h"

#include "common/atomic-file.h"
#include "common/io.h"
#include "common/log.h"
#include "setup/lost.h"
#include "setup/queues.h"
#include "setup/service.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP "audit"

enum
{
  MARK_MAX = 1 << 20, /* bytes of its file */
  SAME_TIME = 60,     /* seconds: a file that was made so much later than it says is a copy */
  SLACK = 60,         /* seconds that clocks may differ by, or be set back unnoticed */
  LOOK_BACK = 600,    /* seconds, where they were set back further: two rounds of the timer */
  QUICK = 2,         /* seconds from the journal to the end of a run that is not looked at closer */
  NAME_LENGTH = 200, /* bytes */
};

/* What was audited: the jobs of these queues that were completed before a time, and some that were
 * completed since. */
typedef struct
{
  gint64 until;
  char **queues;     /* NULL: nothing was */
  char **seen;       /* as name_end */
  gboolean doubtful; /* there is one that counts for nothing */
} Mark;

static void
mark_clear (Mark *mark)
{
  g_strfreev (mark->queues);
  g_strfreev (mark->seen);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Mark, mark_clear)

static char *
path_of (const SeAudit *audit)
{
  return g_build_filename (audit->state_directory, "journal", "audited", NULL);
}

/* A journal that came out of a backup, or that is copied while jobs are printed, does not know of
 * the jobs since: its mark counts for nothing. */
static gboolean
is_whole (GKeyFile *file, const char *text, const struct stat *status)
{
  return g_key_file_load_from_data (file, text, strlen (text), G_KEY_FILE_NONE, NULL)
         && status->st_ctime <= g_key_file_get_int64 (file, GROUP, "written", NULL) + SAME_TIME;
}

static gboolean
read_mark (const SeAudit *audit, Mark *mark, GError **error)
{
  g_autofree char *path = path_of (audit);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *text = NULL;
  struct stat status;

  if (stat (path, &status) < 0 && errno == ENOENT)
    return TRUE;
  text = se_io_read_file (path, MARK_MAX, NULL, error);
  if (text == NULL)
    return FALSE;
  mark->doubtful = !is_whole (file, text, &status);
  if (mark->doubtful)
    return TRUE;
  mark->until = g_key_file_get_int64 (file, GROUP, "until", NULL);
  mark->queues = g_key_file_get_string_list (file, GROUP, "queues", NULL, NULL);
  mark->seen = g_key_file_get_string_list (file, GROUP, "seen", NULL, NULL);
  return TRUE;
}

/* One end of one job. */
static char *
name_end (const SePrintJob *job)
{
  return g_strdup_printf ("%d at %" G_GINT64_FORMAT, job->id, job->completion);
}

static gboolean
is_of_queues (const SePrintJob *job, const char *const *queues)
{
  return queues != NULL && g_strv_contains (queues, job->queue);
}

static gboolean
write_mark (const SeAudit *audit, GError **error)
{
  g_autofree char *path = path_of (audit);
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GPtrArray) seen = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *text = NULL;
  gsize length;

  for (guint i = 0; i < audit->completed->len; i++)
    {
      const SePrintJob *job = audit->completed->pdata[i];

      if (job->completion >= audit->time - SLACK && is_of_queues (job, audit->queues))
        g_ptr_array_add (seen, name_end (job));
    }
  g_key_file_set_int64 (file, GROUP, "until", audit->time - SLACK);
  g_key_file_set_int64 (file, GROUP, "written", g_get_real_time () / G_USEC_PER_SEC);
  g_key_file_set_string_list (file, GROUP, "queues", audit->queues,
                              g_strv_length ((char **)audit->queues));
  g_key_file_set_string_list (file, GROUP, "seen", (const char *const *)seen->pdata, seen->len);
  text = g_key_file_to_data (file, &length, NULL);
  return se_io_make_parent (path, error)
         && se_atomic_file_replace (path, text, length, 0600, error);
}

static gboolean
was_set_back (const SeAudit *audit, const Mark *mark)
{
  return mark->until > audit->time - SLACK;
}

gboolean
se_audit_since (const SeAudit *audit, gint64 *since, GError **error)
{
  g_autofree char *path = path_of (audit);
  g_auto (Mark) mark = { 0 };

  if (!read_mark (audit, &mark, error))
    return FALSE;
  if (mark.doubtful)
    g_warning (_ ("%s is damaged, or a copy: jobs that were printed before now are not audited"),
               path);
  if (mark.queues == NULL)
    *since = audit->time - SLACK;
  else if (was_set_back (audit, &mark))
    *since = audit->time - LOOK_BACK;
  else /* of one that is older the entry may be swept */
    *since = MAX (mark.until, audit->time - SE_JOURNAL_KEPT_FOR / 2);
  return TRUE;
}

/* TRUE for a job that no audit has looked at. */
static gboolean
is_new (const SeAudit *audit, const Mark *mark, const SePrintJob *job)
{
  g_autofree char *end = name_end (job);

  return is_of_queues (job, audit->queues) && is_of_queues (job, (const char *const *)mark->queues)
         && (mark->seen == NULL || !g_strv_contains ((const char *const *)mark->seen, end));
}

/* As the worker of its next run will have it. */
static SeJobKey
key_of (const SePrintJob *job)
{
  return (SeJobKey){ .queue = job->queue,
                     .job = job->id,
                     .uuid = job->uuid,
                     .creation = job->creation,
                     .completion = job->completion };
}

void
se_audit_end_free (SeAuditEnd *end)
{
  se_journal_trace_clear (&end->trace);
  g_free (end);
}

/* Consumes trace. */
static void
add_end (GPtrArray *ends, const SePrintJob *job, SeJournalTrace *trace)
{
  SeAuditEnd *end;

  if (trace->ended == NULL && (trace->opened == 0 || job->completion <= trace->opened + QUICK))
    return;
  end = g_new0 (SeAuditEnd, 1);
  *end = (SeAuditEnd){ job, { trace->opened, g_steal_pointer (&trace->ended) } };
  g_ptr_array_add (ends, end);
}

char *
se_audit_judge (const SePrintJob *job, const SeJournalTrace *trace, SeNoticeEvent *event)
{
  *event = SE_NOTICE_JOB_GIVEN_UP;
  if (trace->opened > 0 && job->processing > trace->opened)
    return g_strdup (_ ("The job had been mailed before, and was printed again: the programs that "
                        "mail it were killed, and cupsd takes it for done; nothing was sent this "
                        "time, so print it once more if it is still wanted"));
  if (trace->ended == NULL)
    return NULL;
  *event = SE_NOTICE_JOB_CANCELED;
  return g_strdup_printf (_ ("The job is over, although cupsd takes it for done: %s"),
                          trace->ended);
}

gboolean
se_audit_look (const SeAudit *audit, GPtrArray *lost, GPtrArray *ends, GError **error)
{
  g_auto (Mark) mark = { 0 };

  if (!read_mark (audit, &mark, error))
    return FALSE;
  for (guint i = 0; i < audit->completed->len; i++)
    {
      SePrintJob *job = audit->completed->pdata[i];
      const SeJobKey key = key_of (job);
      g_auto (SeJournalTrace) trace = { 0 };
      gboolean has = TRUE;

      if (is_new (audit, &mark, job)
          && !se_journal_has (audit->state_directory, &key, &has, &trace, error))
        return FALSE;
      if (!has)
        g_ptr_array_add (lost, job);
      else
        add_end (ends, job, &trace);
    }
  /* Where nothing happens nothing is written. */
  if (lost->len + ends->len > 0
      || (audit->completed->len == 0 && mark.queues != NULL && !was_set_back (audit, &mark)
          && g_strv_equal ((const char *const *)mark.queues, audit->queues)))
    return TRUE;
  return write_mark (audit, error);
}

gboolean
se_audit_note (const SeAudit *audit, const GPtrArray *lost, int cancel_fd, GError **error)
{
  for (guint i = 0; i < lost->len; i++)
    {
      const SeJobKey key = key_of (lost->pdata[i]);
      g_autoptr (SeJournal) journal = NULL;
      gboolean has;

      if (!se_journal_has (audit->state_directory, &key, &has, NULL, error))
        return FALSE;
      if (has)
        continue;
      journal = se_journal_open (audit->state_directory, &key, cancel_fd, error);
      if (journal == NULL)
        return FALSE;
    }
  return write_mark (audit, error);
}

/* Parent and worker. */

/* What is to be told of a job. */
typedef struct
{
  SePrintJob *job;
  char *sentence;
  SeNoticeEvent event;
} Told;

static void
told_free (Told *told)
{
  g_clear_pointer (&told->job, se_print_job_free);
  g_free (told->sentence);
  g_free (told);
}

typedef struct
{
  SeAudit audit;
  const SeServerConfig *server;
  http_t *http;
  gint64 since;
  GPtrArray *lost; /* SePrintJob: as cupsd tells of each of them */
  GPtrArray *told; /* Told */
  gboolean noted;  /* FALSE: there may be something to be noted yet */
  GError *error;
} Run;

static gboolean
tell_since (SeService *service, gpointer data, GError **error)
{
  const Run *run = data;
  g_autofree char *text = NULL;
  gint64 since;

  if (!se_audit_since (&run->audit, &since, error))
    return FALSE;
  text = g_strdup_printf ("%" G_GINT64_FORMAT, since);
  se_service_tell (service, "since", text, NULL);
  return TRUE;
}

static gboolean
look (SeService *service, gpointer data, GError **error)
{
  const Run *run = data;
  g_autoptr (GPtrArray) lost = g_ptr_array_new ();
  g_autoptr (GPtrArray) ends = g_ptr_array_new_with_free_func ((GDestroyNotify)se_audit_end_free);

  if (!se_audit_look (&run->audit, lost, ends, error))
    return FALSE;
  for (guint i = 0; i < ends->len; i++)
    {
      const SeAuditEnd *end = ends->pdata[i];
      g_autofree char *id = g_strdup_printf ("%d", end->job->id);
      g_autofree char *opened = g_strdup_printf ("%" G_GINT64_FORMAT, end->trace.opened);

      se_service_tell (service, "end", id, opened, end->trace.ended != NULL ? end->trace.ended : "",
                       NULL);
    }
  for (guint i = 0; i < lost->len; i++)
    {
      g_autofree char *id = g_strdup_printf ("%d", ((const SePrintJob *)lost->pdata[i])->id);

      se_service_tell (service, "lost", id, NULL);
    }
  return TRUE;
}

/* TRUE if the job is still at the end that it was listed with: somebody may have restarted it. */
static gboolean
is_unchanged (const SePrintJob *job, const GPtrArray *listed)
{
  for (guint i = 0; i < listed->len; i++)
    {
      const SePrintJob *other = listed->pdata[i];

      if (other->id == job->id)
        return job->state == IPP_JSTATE_COMPLETED && job->completion == other->completion
               && g_str_equal (job->queue, other->queue);
    }
  return FALSE;
}

/* NULL: it is not, or cupsd does not tell. */
static SePrintJob *
find_unchanged (Run *run, const char *id)
{
  g_autoptr (SePrintJob) job = se_jobs_find (run->http, (int)g_ascii_strtoll (id, NULL, 10));

  run->noted = FALSE;
  if (job == NULL && cupsLastError () != IPP_STATUS_ERROR_NOT_FOUND && run->error == NULL)
    se_cupsd_set_error (&run->error, _ ("The jobs cannot be listed"));
  return job != NULL && is_unchanged (job, run->audit.completed) ? g_steal_pointer (&job) : NULL;
}

static void
take_lost (Run *run, const char *id)
{
  SePrintJob *job = find_unchanged (run, id);

  if (job != NULL)
    g_ptr_array_add (run->lost, job);
}

static void
take_end (Run *run, const char *const *fields)
{
  g_autoptr (SePrintJob) job = find_unchanged (run, fields[1]);
  const SeJournalTrace trace
      = { g_ascii_strtoll (fields[2], NULL, 10), *fields[3] != '\0' ? (char *)fields[3] : NULL };
  SeNoticeEvent event;
  char *sentence = job != NULL ? se_audit_judge (job, &trace, &event) : NULL;
  Told *told;

  if (sentence == NULL)
    return;
  told = g_new0 (Told, 1);
  *told = (Told){ g_steal_pointer (&job), sentence, event };
  g_ptr_array_add (run->told, told);
}

static const char *
take (const char *const *fields, gpointer data)
{
  Run *run = data;

  if (g_str_equal (fields[0], "since") && fields[1] != NULL)
    run->since = g_ascii_strtoll (fields[1], NULL, 10);
  else if (g_str_equal (fields[0], "lost") && fields[1] != NULL)
    take_lost (run, fields[1]);
  else if (g_str_equal (fields[0], "end") && g_strv_length ((char **)fields) == 4)
    take_end (run, fields);
  return NULL;
}

static void
tell (const SeServerConfig *server, const Told *told)
{
  g_autofree char *queue = se_log_clean (told->job->queue, NAME_LENGTH);
  g_autofree char *name = g_strdup_printf ("%s-%d", queue, told->job->id);
  g_autofree char *user
      = se_log_clean (told->job->user != NULL ? told->job->user : "?", NAME_LENGTH);
  g_autofree char *title
      = se_log_clean (told->job->title != NULL ? told->job->title : "?", NAME_LENGTH);

  se_lost_tell (server, told->event, name, user, title, told->sentence);
}

static gboolean
note (SeService *service, gpointer data, GError **error)
{
  const Run *run = data;

  for (guint i = 0; i < run->told->len; i++)
    tell (run->server, run->told->pdata[i]);
  return se_audit_note (&run->audit, run->lost, se_service_cancel_fd (service), error);
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* The names of queues and of their classes, sorted, NULL-terminated. */
static GPtrArray *
list_names (http_t *http, GError **error)
{
  g_autoptr (GPtrArray) queues = se_queues_list (http, error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; queues != NULL && i < queues->len; i++)
    g_ptr_array_add (names, g_strdup (((const SeQueue *)queues->pdata[i])->name));
  if (queues == NULL || !se_queues_list_classes (http, queues, names, error))
    return NULL;
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  return g_steal_pointer (&names);
}

/* Goes through what cupsd has completed by now. */
static gboolean
go_through (Run *run, const SeServerConfig *server, GError **error)
{
  /* Before the journal is read: what ends meanwhile has its entry by then. */
  g_autoptr (GPtrArray) completed = se_jobs_completed (run->http, run->since, error);
  gboolean good;

  if (completed == NULL)
    return FALSE;
  run->audit.completed = completed;
  good = se_service_run (server, look, take, run, error);
  if (good && run->error != NULL)
    g_propagate_error (error, g_steal_pointer (&run->error));
  else if (good)
    return run->noted || se_service_run (server, note, take, run, error);
  g_clear_error (&run->error);
  return FALSE;
}

gboolean
se_audit_run (const SeSetup *setup, http_t *http, GError **error)
{
  g_autoptr (GPtrArray) queues = list_names (http, error);
  g_autoptr (GPtrArray) lost = g_ptr_array_new_with_free_func ((GDestroyNotify)se_print_job_free);
  g_autoptr (GPtrArray) told = g_ptr_array_new_with_free_func ((GDestroyNotify)told_free);
  Run run = { .server = setup->server, .http = http, .lost = lost, .told = told, .noted = TRUE };

  if (queues == NULL)
    return FALSE;
  run.audit = (SeAudit){ .state_directory = setup->server->state_directory,
                         .queues = (const char *const *)queues->pdata,
                         .time = g_get_real_time () / G_USEC_PER_SEC };
  return se_service_run (setup->server, tell_since, take, &run, error)
         && go_through (&run, setup->server, error);
}
