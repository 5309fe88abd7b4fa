/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/convert.h"
#include "filter/pixmap.h"

G_BEGIN_DECLS

#define SE_DRAWING_PAGES 25 /* the most of a drawing */

/* Consecutive pages as one run of Ghostscript draws them: to start it takes as long as to draw
 * several. */
typedef struct
{
  int fd; /* of the temporary file */
  int first, count;
  struct
  {
    long offset;
    SePixels pixels;
  } pages[SE_DRAWING_PAGES];
} SeDrawing;

/* Draws pages first to last (from 1), or as many of them from first on, at least one, as fit into
 * 128 MiB of temporary space. sizes: of all of them, the first one's first. All are there whole.
 * Clear drawing with se_drawing_clear, also after an error. The message names the page. */
gboolean se_drawing_make (SeDrawing *drawing, const SeConverted *converted, int first, int last,
                          const guint64 *sizes, guint resolution, SeSmoothing smoothing,
                          const SeJob *job, GError **error);
void se_drawing_clear (SeDrawing *drawing);

/* The bytes of each of the pages first to last at a resolution, owned by the caller. NULL: the
 * message names the page that is too large to be drawn. */
guint64 *se_drawing_measure (const SeConverted *converted, int first, int last, guint resolution,
                             GError **error);

G_END_DECLS
