/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/job.h"

#include "common/option-list.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>

static char *
get_variable (const char *name)
{
  const char *value = g_getenv (name);

  return value == NULL || *value == '\0' ? NULL : g_utf8_make_valid (value, -1);
}

SeJob *
se_job_new (char **argv, GError **error)
{
  g_autoptr (SeJob) job = g_new0 (SeJob, 1);

  job->id = atoi (argv[1]);
  job->user = g_utf8_make_valid (argv[2], -1);
  job->title = g_utf8_make_valid (argv[3], -1);
  job->arguments = se_option_list_parse (argv[5]);
  job->queue = get_variable ("PRINTER");
  job->class = get_variable ("CLASS");
  job->uri = get_variable ("DEVICE_URI");
  job->content_type = get_variable ("FINAL_CONTENT_TYPE");
  if (job->id <= 0 || job->queue == NULL || job->uri == NULL)
    {
      g_set_error (
          error, SE_ERROR, SE_ERROR_CONFIG,
          _ ("cupsd has to start this program: a job id, PRINTER or DEVICE_URI is missing"));
      return NULL;
    }
  return g_steal_pointer (&job);
}

void
se_job_free (SeJob *job)
{
  g_free (job->user);
  g_free (job->title);
  g_ptr_array_unref (job->arguments);
  g_free (job->queue);
  g_free (job->class);
  g_free (job->uri);
  g_free (job->content_type);
  g_free (job);
}
