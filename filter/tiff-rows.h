/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/tiff-file.h"
#include "filter/tiff-layout.h"

G_BEGIN_DECLS

/* The rows of a page of a TIFF from the top down, decoded one by one: strips by line, tiles by one
 * row of them. */
typedef struct SeTiffRows SeTiffRows;

/* tiff: a handle of file, whose current directory has this layout; all three stay the caller's.
 * SE_ERROR_DOCUMENT: libtiff refuses it, or a row of tiles is too large. */
SeTiffRows *se_tiff_rows_new (SeTiffFile *file, TIFF *tiff, const SeTiffLayout *layout,
                              GError **error);

/* Bytes of a row of colours as se_image_pdf_add_row takes it. */
gsize se_tiff_rows_size (const SeTiffRows *rows);

/* Decodes the next row. color: se_tiff_rows_size bytes; NULL: not wanted. alpha: 16 bits a pixel
 * where the samples have 16, else 8, high byte first; needed where the layout has alpha.
 * FALSE: it cannot be decoded; file->complaint may say why. */
gboolean se_tiff_rows_next (SeTiffRows *rows, guchar *color, guchar *alpha);

void se_tiff_rows_free (SeTiffRows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeTiffRows, se_tiff_rows_free)

G_END_DECLS
