/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* Rows of an image that are not decoded from the top down, as of interlaced ones: in a temporary
 * file that is mapped, so that the kernel need not keep them in memory. */
typedef struct
{
  guchar *rows; /* one behind the other, all 0 at first */
  gsize size;   /* of a row, bytes */
  gsize length; /* of all */
} SeCanvas;

/* Tells whether height rows of size bytes are an image that we unpack at all. FALSE with
 * SE_ERROR_DOCUMENT: it takes more than 512 MiB. */
gboolean se_canvas_fits (guint64 size, guint32 height, GError **error);

/* To be closed with se_canvas_close, also after an error. SE_ERROR_DOCUMENT: it does not fit;
 * SE_ERROR_TEMPORARY: there is no space for it. */
gboolean se_canvas_open (SeCanvas *canvas, guint64 size, guint32 height, GError **error);
guchar *se_canvas_row (const SeCanvas *canvas, guint32 y);
void se_canvas_close (SeCanvas *canvas);

G_END_DECLS
