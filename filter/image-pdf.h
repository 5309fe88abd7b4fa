/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* A PDF (ISO 32000-1) whose pages are one image each. The image's bytes are copied from a file as
 * they are, piece by piece: nothing of them is decoded or held in memory. The same images give the
 * same bytes every time. */

/* A piece of a file, bytes. */
typedef struct
{
  guint64 offset;
  guint64 length;
} SeRange;

/* An image and the page it fills. Nothing in it is owned. */
typedef struct
{
  guint32 width, height;  /* pixels */
  guint bits;             /* of a component, or of an index */
  guint components;       /* of a colour: 1: grey, 3: RGB, 4: CMYK */
  gboolean inverted;      /* the components' values count down from full to none */
  const char *filter;     /* what decodes the data: DCTDecode, … */
  const char *parameters; /* entries of its DecodeParms dictionary; NULL: none */
  const GArray *data;     /* of SeRange, joined in order */
  const guchar
      *palette; /* colours of these components, which the data are indices of; NULL: none */
  guint colors; /* in the palette */
  const GArray *profile;      /* of SeRange: an ICC profile of as many components; NULL: none */
  const char *profile_filter; /* what decodes the profile; NULL: it is not compressed */
  double points_wide, points_high; /* size of the image as it is stored */
  guint orientation;               /* how it is to be shown, 1 to 8 (TIFF 6.0, Orientation) */
} SeImage;

typedef struct SeImagePdf SeImagePdf;

/* Begins the file on out_fd, which stays the caller's; add a page for each image, then finish.
 * Errors are those of writing (se_io_write_all) and, of in_fd, SE_ERROR_TEMPORARY: it cannot be
 * read, or is shorter than its ranges. After an error only free may follow. */
SeImagePdf *se_image_pdf_new (int out_fd);
gboolean se_image_pdf_add (SeImagePdf *pdf, int in_fd, const SeImage *image, GError **error);
gboolean se_image_pdf_finish (SeImagePdf *pdf, GError **error);
void se_image_pdf_free (SeImagePdf *pdf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeImagePdf, se_image_pdf_free)

G_END_DECLS
