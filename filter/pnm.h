/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/image-pdf.h"
#include "filter/reader.h"

G_BEGIN_DECLS

/* Adds the images of a file of portable bitmaps, graymaps or pixmaps (P1 to P6) to pdf, one behind
 * the other as the raw formats allow. A maximum that no number of bits has is stretched to the
 * next. *more: something else than white space follows. To be called in a child with limits.
 * SE_ERROR_DOCUMENT: one is damaged or incomplete; others as of se_image_pdf_add. */
gboolean se_pnm_add (SeImagePdf *pdf, SeReader *reader, gboolean *more, GError **error);

G_END_DECLS
