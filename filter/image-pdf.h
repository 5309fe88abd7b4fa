/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"
#include "filter/exif.h"
#include "filter/pdf-writer.h"

G_BEGIN_DECLS

/* A PDF (ISO 32000-1) whose pages are one image each. The image's bytes are copied from a file as
 * they are, piece by piece, or its pixels are given row by row and packed while they come: nothing
 * of an image is held in memory. The same images give the same bytes every time. */

/* An image and the page it fills. Nothing in it is owned. */
typedef struct
{
  guint32 width, height;  /* pixels */
  guint bits;             /* of a component, or of an index: 1, 2, 4, 8 or 16 */
  guint components;       /* of a colour: 1: grey, 3: RGB, 4: CMYK */
  gboolean inverted;      /* the components' values count down from full to none */
  const GArray *data;     /* of SeRange, joined in order; NULL: its rows are given */
  const char *filter;     /* what decodes the data: DCTDecode, … */
  const char *parameters; /* entries of its DecodeParms dictionary; NULL: none */
  const guchar
      *palette;    /* colours of these components, which the data are indices of; NULL: none */
  guint colors;    /* in the palette */
  const char *key; /* lowest and highest value of each component of the colours that are not
                      painted, as in a Mask array; NULL: all are painted */
  guint alpha;     /* bits of a value of opacity, 8 or 16, whose rows are given; 0: none */
  const GArray *profile;      /* of SeRange: an ICC profile of as many components; NULL: none */
  const char *profile_filter; /* what decodes the profile; NULL: it is not compressed */
  SeResolution resolution;    /* of the image as it is stored */
  guint orientation;          /* how it is to be shown, 1 to 8 (TIFF 6.0, Orientation) */
} SeImage;

typedef struct SeImagePdf SeImagePdf;

/* Begins the file on out_fd, which stays the caller's, -1: nothing is written, to try whether an
 * image can be decoded; add a page for each image, then finish. A page is as large as its image at
 * its resolution; where that is unknown, at 72 pixels an inch, but not larger than the paper of
 * width by height points, which may be turned. Errors are those of writing
 * (se_io_write_all) and of temporary files (se_temp_file) and, of in_fd, SE_ERROR_TEMPORARY: it
 * cannot be read, or is shorter than its ranges. After an error only free may follow. */
SeImagePdf *se_image_pdf_new (int out_fd, int width, int height);

/* Adds an image whose data stand in in_fd. */
gboolean se_image_pdf_add (SeImagePdf *pdf, int in_fd, const SeImage *image, GError **error);

/* The same in steps, for an image with rows: begin; then every row of the pixels, if there are no
 * data, and every row of opacity, if there is alpha, each kind from the top down, the two in any
 * order; end. image is needed for begin only. in_fd: for the ranges that are not bytes; -1 where
 * all are.
 * A row is one of pixels without gaps, high bits first, samples of 16 bits high byte first, and
 * what is left of its last byte is 0. Opacity counts from 0, nothing to be seen, up; the colours
 * are not multiplied by it. Where all is opaque, the PDF says nothing of it. */
gboolean se_image_pdf_begin (SeImagePdf *pdf, int in_fd, const SeImage *image, GError **error);
gboolean se_image_pdf_add_row (SeImagePdf *pdf, const guchar *row, GError **error);
gboolean se_image_pdf_add_alpha (SeImagePdf *pdf, const guchar *row, GError **error);
gboolean se_image_pdf_end (SeImagePdf *pdf, GError **error);

guint se_image_pdf_count (const SeImagePdf *pdf); /* of its pages so far */

/* The size of the first page as it is shown, units of its UserUnit; 0 while there is none. */
void se_image_pdf_get_size (const SeImagePdf *pdf, int *width, int *height);

gboolean se_image_pdf_finish (SeImagePdf *pdf, GError **error);
void se_image_pdf_free (SeImagePdf *pdf);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeImagePdf, se_image_pdf_free)

G_END_DECLS
