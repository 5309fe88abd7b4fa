/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/convert.h"

G_BEGIN_DECLS

/* Makes images of a PDF's pages, as they would be printed, in the job's email-resolution and
 * email-format, and appends them to pieces (SePiece): one TIFF of all pages, or a JPEG or PNG of
 * each. first, last: as of se_format_make.
 * A page that is nothing but black and white, such as a scan, stays so; for TIFF also one that is
 * nothing else but for the smoothing of edges. Every other page has smooth edges.
 * SE_ERROR_DOCUMENT: it asks for a password, has too many pages, or one cannot be drawn or held by
 * the format; others as of se_convert. */
gboolean se_render (const SeConverted *converted, int first, int last, const SeJob *job,
                    GPtrArray *pieces, GError **error);

G_END_DECLS
