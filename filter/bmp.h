/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/image-pdf.h"
#include "filter/reader.h"

G_BEGIN_DECLS

/* Adds a BMP image, of OS/2 or Windows, to pdf: with a palette, run lengths, colours of 16, 24 or
 * 32 bits, and opacity where its header says where that stands. To be called in a child with
 * limits. SE_ERROR_DOCUMENT: it is damaged, incomplete or of a kind that is not read (a JPEG or PNG
 * inside, for one); others as of se_image_pdf_add and se_canvas_open. */
gboolean se_bmp_add (SeImagePdf *pdf, SeReader *reader, GError **error);

G_END_DECLS
