/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/jobs.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static const char *const wanted[] = {
  "job-id",
  "job-name",
  "job-originating-user-name",
  "job-state",
  "job-hold-until",
  "job-printer-uri",
  "job-printer-state-message",
  "job-printer-state-reasons",
  "time-at-creation",
  "time-at-processing",
  "time-at-completed",
  "job-uuid",
};

/* What cupsd tells without reading the job's file: with anything more it tells of 500 finished jobs
 * at most, whatever limit is asked for. */
static const char *const cheap[]
    = { "job-id", "job-state", "job-printer-uri", "time-at-creation", "time-at-completed" };

void
se_print_job_free (SePrintJob *job)
{
  g_free (job->queue);
  g_free (job->hold_until);
  g_strfreev (job->reasons);
  g_free (job->user);
  g_free (job->title);
  g_free (job->uuid);
  g_free (job->message);
  g_free (job);
}

static char *
text_of (ipp_attribute_t *attribute)
{
  const char *text = ippGetString (attribute, 0, NULL);

  return text != NULL ? g_utf8_make_valid (text, -1) : NULL;
}

/* The queue of ipp://HOST/printers/NAME or …/classes/NAME. */
static char *
queue_of (ipp_attribute_t *attribute)
{
  const char *uri = ippGetString (attribute, 0, NULL);
  const char *slash = uri != NULL ? strrchr (uri, '/') : NULL;

  return slash != NULL ? g_uri_unescape_string (slash + 1, "/") : NULL;
}

/* One attribute's value, where it is one that a job has. */
static void
read_attribute (SePrintJob *job, ipp_attribute_t *at)
{
  const struct
  {
    const char *name;
    char **text;
  } texts[] = { { "job-hold-until", &job->hold_until },
                { "job-originating-user-name", &job->user },
                { "job-name", &job->title },
                { "job-uuid", &job->uuid },
                { "job-printer-state-message", &job->message } };
  const struct
  {
    const char *name;
    gint64 *time;
  } times[] = { { "time-at-creation", &job->creation },
                { "time-at-processing", &job->processing },
                { "time-at-completed", &job->completion } };
  const char *name = ippGetName (at);

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    if (g_strcmp0 (name, texts[i].name) == 0 && *texts[i].text == NULL)
      *texts[i].text = text_of (at);
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    if (g_strcmp0 (name, times[i].name) == 0 && ippGetValueTag (at) == IPP_TAG_INTEGER)
      *times[i].time = ippGetInteger (at, 0);
  if (g_strcmp0 (name, "job-id") == 0)
    job->id = ippGetInteger (at, 0);
  else if (g_strcmp0 (name, "job-state") == 0)
    job->state = (ipp_jstate_t)ippGetInteger (at, 0);
  else if (g_strcmp0 (name, "job-printer-uri") == 0 && job->queue == NULL)
    job->queue = queue_of (at);
  else if (g_strcmp0 (name, "job-printer-state-reasons") == 0 && job->reasons == NULL)
    job->reasons = se_cupsd_keywords (at);
}

/* The job that the attributes from *at on describe; moves *at behind them. NULL: it is none. */
static SePrintJob *
read_job (ipp_t *response, ipp_attribute_t **at)
{
  g_autoptr (SePrintJob) job = g_new0 (SePrintJob, 1);

  for (; *at != NULL && ippGetGroupTag (*at) == IPP_TAG_JOB; *at = ippNextAttribute (response))
    read_attribute (job, *at);
  if (job->reasons == NULL)
    job->reasons = se_cupsd_keywords (NULL);
  return job->id > 0 && job->queue != NULL ? g_steal_pointer (&job) : NULL;
}

static void
ask_for (ipp_t *request, const char *const *attributes, int n)
{
  ippAddStrings (request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "requested-attributes", n, NULL,
                 attributes);
}

/* which: which-jobs (RFC 8011, 4.2.6). limit: 0 for none. */
static GPtrArray *
list_jobs (http_t *http, const char *which, int limit, const char *const *attributes, int n,
           GError **error)
{
  ipp_t *request = se_cupsd_request (IPP_OP_GET_JOBS, "printer-uri", "ipp://localhost/");
  g_autoptr (ipp_t) response = NULL;
  g_autoptr (GPtrArray) jobs = g_ptr_array_new_with_free_func ((GDestroyNotify)se_print_job_free);
  ipp_attribute_t *at;

  ippAddString (request, IPP_TAG_OPERATION, IPP_TAG_KEYWORD, "which-jobs", NULL, which);
  if (limit > 0)
    ippAddInteger (request, IPP_TAG_OPERATION, IPP_TAG_INTEGER, "limit", limit);
  ask_for (request, attributes, n);
  response = se_cupsd_do (http, request, "/", _ ("The jobs cannot be listed"), error);
  if (response == NULL)
    return NULL;
  for (at = ippFirstAttribute (response); at != NULL; at = ippNextAttribute (response))
    if (ippGetGroupTag (at) == IPP_TAG_JOB)
      {
        SePrintJob *job = read_job (response, &at);

        if (job != NULL)
          g_ptr_array_add (jobs, job);
        if (at == NULL)
          break;
      }
  return g_steal_pointer (&jobs);
}

GPtrArray *
se_jobs_unfinished (http_t *http, GError **error)
{
  return list_jobs (http, "not-completed", 0, wanted, G_N_ELEMENTS (wanted), error);
}

GPtrArray *
se_jobs_completed (http_t *http, gint64 since, GError **error)
{
  g_autoptr (GPtrArray) jobs = NULL;
  gboolean whole = FALSE;

  /* cupsd lists what was finished last first. Asked for more and more, since a list in parts could
   * miss what changes in between. */
  for (int limit = 100; !whole; limit = limit < G_MAXINT / 10 ? limit * 10 : G_MAXINT)
    {
      g_clear_pointer (&jobs, g_ptr_array_unref);
      jobs = list_jobs (http, "completed", limit, cheap, G_N_ELEMENTS (cheap), error);
      if (jobs == NULL)
        return NULL;
      whole = (int)jobs->len < limit
              || ((const SePrintJob *)jobs->pdata[jobs->len - 1])->completion < since;
    }
  for (guint i = jobs->len; i > 0; i--)
    {
      const SePrintJob *job = jobs->pdata[i - 1];

      if (job->state != IPP_JSTATE_COMPLETED || job->completion < since)
        g_ptr_array_remove_index_fast (jobs, i - 1);
    }
  return g_steal_pointer (&jobs);
}

SePrintJob *
se_jobs_find (http_t *http, int id)
{
  g_autofree char *uri = g_strdup_printf ("ipp://localhost/jobs/%d", id);
  ipp_t *request = se_cupsd_request (IPP_OP_GET_JOB_ATTRIBUTES, "job-uri", uri);
  g_autoptr (ipp_t) response = NULL;
  ipp_attribute_t *at;

  ask_for (request, wanted, G_N_ELEMENTS (wanted));
  response = cupsDoRequest (http, request, "/");
  for (at = ippFirstAttribute (response); at != NULL; at = ippNextAttribute (response))
    if (ippGetGroupTag (at) == IPP_TAG_JOB)
      return read_job (response, &at);
  return NULL;
}

/* done: FALSE where the job is not in a state for it. */
static gboolean
change (http_t *http, const SePrintJob *job, ipp_op_t operation, gboolean *done, GError **error)
{
  g_autofree char *uri = g_strdup_printf ("ipp://localhost/jobs/%d", job->id);
  g_autofree char *what
      = g_strdup_printf (operation == IPP_OP_RESTART_JOB ? _ ("Job %d cannot be printed again")
                                                         : _ ("Job %d cannot be released"),
                         job->id);
  ipp_t *request = se_cupsd_request (operation, "job-uri", uri);

  if (operation == IPP_OP_HOLD_JOB)
    ippAddString (request, IPP_TAG_JOB, IPP_TAG_KEYWORD, "job-hold-until", NULL, "no-hold");
  ippDelete (cupsDoRequest (http, request, "/jobs/"));
  *done = cupsLastError () <= IPP_STATUS_OK_CONFLICTING;
  if (*done || cupsLastError () == IPP_STATUS_ERROR_NOT_POSSIBLE
      || cupsLastError () == IPP_STATUS_ERROR_NOT_FOUND)
    return TRUE;
  se_cupsd_set_error (error, what);
  return FALSE;
}

gboolean
se_jobs_release (http_t *http, const SePrintJob *job, gboolean *released, GError **error)
{
  /* A stopped one could be restarted, too, but so could a job that another release has restarted
   * and that is done by now: it would be mailed again. */
  if (job->state == IPP_JSTATE_STOPPED && !change (http, job, IPP_OP_HOLD_JOB, released, error))
    return FALSE;
  return change (http, job, IPP_OP_RELEASE_JOB, released, error);
}

gboolean
se_jobs_restart (http_t *http, const SePrintJob *job, gboolean *restarted, gboolean *gone,
                 GError **error)
{
  g_autoptr (SePrintJob) now = NULL;

  *gone = FALSE;
  if (!change (http, job, IPP_OP_RESTART_JOB, restarted, error))
    return FALSE;
  if (*restarted)
    return TRUE;
  /* cupsd refuses in the same way what it has no documents of and what is printed just now. */
  *gone = cupsLastError () == IPP_STATUS_ERROR_NOT_FOUND;
  now = se_jobs_find (http, job->id);
  *gone |= now != NULL && now->state == job->state && now->completion == job->completion;
  return TRUE;
}

gboolean
se_print_job_is_ours (const SePrintJob *job)
{
  if ((job->state != IPP_JSTATE_HELD && job->state != IPP_JSTATE_STOPPED)
      || (job->hold_until != NULL && !g_str_equal (job->hold_until, "no-hold")))
    return FALSE;
  for (char **reason = job->reasons; *reason != NULL; reason++)
    if (se_cupsd_is_our_reason (*reason))
      return TRUE;
  return FALSE;
}

gboolean
se_print_job_is_deferred (const SePrintJob *job)
{
  return se_print_job_is_ours (job)
         && !g_strv_contains ((const char *const *)job->reasons, SE_REASON_AUTHORIZATION);
}
