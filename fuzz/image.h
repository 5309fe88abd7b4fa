/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/image-pdf.h"
#include "filter/reader.h"
#include "fuzz/fuzz.h"

G_BEGIN_DECLS

/* Adds the file's images to pdf; TRUE in *none: it left the image to a converter. */
typedef gboolean (*FuzzImageFunc) (SeReader *reader, SeImagePdf *pdf, gboolean *none,
                                   GError **error);

/* Has add make a PDF of an image with these bytes. What comes of it is a sound PDF to qpdf, with as
 * many pages. */
void fuzz_image (const uint8_t *data, size_t size, FuzzImageFunc add);

G_END_DECLS
