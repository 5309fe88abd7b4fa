/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/convert.h"
#include "filter/piece.h"

G_BEGIN_DECLS

/* Makes what is attached of a document, or of some of its pages, in the job's email-format, and
 * appends it to pieces (SePiece): one piece, or one a page (jpeg, png).
 * first, last: pages, from 1; first 0: the whole document, which in PDF stays the file that it is.
 * What se_convert left as it came is attached so, and only whole; a PDF counts as one.
 * Errors as se_convert. */
gboolean se_format_make (const SeConverted *converted, int first, int last, const SeJob *job,
                         GPtrArray *pieces, GError **error);

G_END_DECLS
