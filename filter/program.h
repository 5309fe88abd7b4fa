/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/fields.h"
#include "filter/options.h"

G_BEGIN_DECLS

/* What all conversions of a job have in common; nothing is owned. */
typedef struct
{
  const char *id;    /* the job's number, argv[1] */
  const char *user;  /* argv[2] */
  const char *title; /* argv[3] */
  const GPtrArray *options;
  const SeFields *fields;
  gint64 time;        /* of printing, seconds since 1970; what is made is dated so */
  GPtrArray *remarks; /* gets what Ghostscript says of the job's documents, each once; or NULL */
} SeJob;

/* Runs a stock filter of CUPS from in_fd, a document of type, to out_fd. options: its argv[5].
 * It gets a clean environment and a temporary directory of its own.
 * Errors as of se_child_run; SE_ERROR_DOCUMENT with the program's own words where it had any, or
 * where Ghostscript says that it drew no more than a part of an image;
 * SE_ERROR_TEMPORARY as well where the disk is full or the program is not installed. */
gboolean se_program_run_filter (const char *name, const char *options, const SeType *type,
                                const SeJob *job, int in_fd, int out_fd, GError **error);

/* Makes PDF of PostScript or PDF by Ghostscript itself: gstopdf, which would do it, runs it twice
 * behind a shell and does not tell when it was killed. options: further arguments,
 * NULL-terminated. The result depends on nothing but document, options and job->time. */
gboolean se_program_run_ghostscript (const SeType *type, const char *const *options,
                                     const SeJob *job, int in_fd, int out_fd, GError **error);

/* What is made smooth in a drawing. */
typedef enum
{
  SE_SMOOTH_NOTHING,
  SE_SMOOTH_EDGES, /* of text and lines */
  SE_SMOOTH_ALL,   /* images of another resolution too */
} SeSmoothing;

/* Draws pages (from 1) of a PDF as a viewer shows them, within their CropBox, upright, as PPM, one
 * image behind the other. resolution: pixels an inch. */
gboolean se_program_draw_pages (int first_page, int last_page, guint resolution,
                                SeSmoothing smoothing, const SeJob *job, int in_fd, int out_fd,
                                GError **error);

G_END_DECLS
