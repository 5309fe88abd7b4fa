/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

#include <qpdf/qpdf-c.h>

G_BEGIN_DECLS

/* Annotations of a PDF, form fields among them (ISO 32000-1, 12.5). What goes into a mail is what a
 * viewer shows, be it made for the printer or not. */

/* Flags of annotations (table 165). */
#define SE_ANNOTATION_INVISIBLE 1
#define SE_ANNOTATION_HIDDEN 2
#define SE_ANNOTATION_PRINT 4
#define SE_ANNOTATION_NO_VIEW 32
#define SE_ANNOTATION_TOGGLE_NO_VIEW 256

/* Returns the items of a page's /Annots, 0 if it has none. */
int se_annotations_count (qpdf_data qpdf, qpdf_oh annotations);

/* Tells whether a viewer shows the annotation. */
gboolean se_annotation_is_shown (qpdf_data qpdf, qpdf_oh annotation);

/* Makes an annotation that a viewer shows appear in print, and sets off the flags in clear.
 * Returns whether that changed it. */
gboolean se_annotation_make_printable (qpdf_data qpdf, qpdf_oh annotation, int clear);

/* What se_annotations_show found. */
typedef struct
{
  gboolean changed; /* out_fd has been written */
  int bare;         /* annotations that no program draws but viewers: they have no appearance */
  int page;         /* the first one's, from 1 */
} SeAnnotations;

/* Writes the PDF in_fd to out_fd, an empty file, with all that a viewer shows appearing in print,
 * and nothing else; nothing is written where that is so already. The work is done in a child.
 * Errors are those of se_child_call; SE_ERROR_DOCUMENT: the PDF does not open. */
gboolean se_annotations_show (int in_fd, int out_fd, SeAnnotations *found, GError **error);

G_END_DECLS
