/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"
#include "filter/type.h"

G_BEGIN_DECLS

typedef struct
{
  guint pages;
  int width, height;     /* of the PDF's first page, points */
  gboolean wrapped;      /* out_fd holds the PDF; FALSE: it has to be converted by decoding it */
  gboolean profile_lost; /* the image's ICC profile is damaged or not of its kind: it is left out */
  gboolean more;         /* something else than padding follows the image, such as another image */
} SeImageResult;

/* Tells whether images of this type are checked, and wrapped, by se_image_wrap. */
gboolean se_image_is_known (const SeType *type);

/* Checks all data of an image of a known type and makes a PDF of it, one page, or those of a
 * TIFF or PNM file. The data are held as they are or, where PDF cannot hold them so, packed again
 * without loss; of the pages' size, see se_image_pdf_new. The work is done in a child. out_fd: -1:
 * the image is only checked. width, height: of the paper, points; it may be turned.
 * SE_ERROR_DOCUMENT: the image is damaged, incomplete or of a kind that cannot be read; others as
 * of se_child_call. */
gboolean se_image_wrap (const SeType *type, int in_fd, int out_fd, int width, int height,
                        SeImageResult *result, GError **error);

G_END_DECLS
