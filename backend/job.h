/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* What cupsd says about the job by argv and environment (backend(7)). All texts are valid UTF-8 and
 * may be hostile. */
typedef struct
{
  int id;
  char *user;
  char *title;
  GPtrArray *arguments; /* SeOption of argv[5]: an attribute's name can forge any of them */
  char *queue;          /* PRINTER */
  char *class;          /* CLASS: the class that the job was printed to; NULL: none */
  char *uri;            /* DEVICE_URI: argv[0] has lost everything up to the first '@' */
  char *content_type;   /* FINAL_CONTENT_TYPE; NULL on a queue without a PPD */
} SeJob;

/* SE_ERROR_CONFIG: a variable that cupsd always sets is missing. */
SeJob *se_job_new (char **argv, GError **error);
void se_job_free (SeJob *job);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeJob, se_job_free)

G_END_DECLS
