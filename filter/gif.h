/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/image-pdf.h"
#include "filter/reader.h"

G_BEGIN_DECLS

/* Adds the first image of a GIF (87a, 89a) to pdf, as it stands on its screen; what is not painted
 * stays so. *more: others follow, or bytes that are none of its. To be called in a child with
 * limits. SE_ERROR_DOCUMENT: a block is damaged or missing, other than the trailer, or the image's
 * data are; others as of se_image_pdf_add and se_canvas_open. */
gboolean se_gif_add (SeImagePdf *pdf, SeReader *reader, gboolean *more, GError **error);

G_END_DECLS
