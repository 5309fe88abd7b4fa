/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* cupsd runs the filter once for each document of a job, one run after the other, all of them
 * writing to the backend's one pipe. The run of the last document does the work for all; the runs
 * before leave a marker that says which document was theirs and what cupsd takes it for. */

/* A document of the job, as it lies in the spool. */
typedef struct
{
  char *path;
  char *type;         /* MIME type that cupsd gave it; NULL: not known */
  gboolean job_sheet; /* its run was told that it is a banner page (CUPS_FILETYPE) */
} SeSpooled;

void se_spooled_free (SeSpooled *spooled);

typedef struct
{
  int number;           /* of this run's document, from 1 */
  GPtrArray *documents; /* of SeSpooled: all of the job's */
  char *marker;         /* path of the marker file; NULL: the job needs none */
  char *pipe;           /* names the pipe to the backend, and so this attempt at the job */
} SePlace;

/* Finds this run's place in the job. job: its number, argv[1]. file: argv[6], NULL without one.
 * stdout_fd: the pipe to the backend. The environment (CUPS_REQUESTROOT, CONTENT_TYPE,
 * CUPS_FILETYPE) is read.
 *
 * argv[6] ends in dJOB-NNN, which names the place. Behind gziptoany there is no argv[6]: then the
 * place is one after those that left their marker for the same pipe. A run that was killed left
 * none; then no run takes itself for the last one and the bundle is missed by the backend, rather
 * than made from too little.
 *
 * Run by hand, on a file that lies in no spool, the file is a job of its own.
 * Any error means that the spool or the markers cannot be read: a fault of the machine. */
SePlace *se_place_find (const char *job, const char *file, int stdout_fd, GError **error);
void se_place_free (SePlace *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SePlace, se_place_free)

gboolean se_place_is_last (const SePlace *place);

/* Leaves the marker of a run that is not the last. */
gboolean se_place_mark (const SePlace *place, GError **error);

/* Completes the documents by the markers of the runs before and removes the marker file.
 * SE_ERROR_TEMPORARY when one is missing: its run did not end well. */
gboolean se_place_collect (SePlace *place, GError **error);

G_END_DECLS
