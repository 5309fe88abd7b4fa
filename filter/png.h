/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"
#include "filter/exif.h"
#include "filter/image-pdf.h"

G_BEGIN_DECLS

/* How a PNG image (ISO/IEC 15948) stands in its file. */
typedef struct
{
  guint32 width, height;
  guint bits;       /* of a sample, or of a palette's index */
  guint components; /* of its colours, alpha not counted: 1 or 3 */
  gboolean indexed; /* by a palette */
  gboolean alpha;   /* behind each pixel's colours stands its opacity, of as many bits */
  gboolean interlaced;
  guchar palette[3 * 256];
  guint colors;          /* in the palette */
  guchar opacity[256];   /* of the palette's colours */
  gboolean translucent;  /* not all of them are opaque */
  gboolean keyed;        /* one colour is not painted: */
  guchar key[6];         /* its components, 16 bits each, big-endian */
  GArray *data;          /* of SeRange: one zlib stream, of lines with their filter bytes */
  GArray *profile;       /* of SeRange: its ICC profile, a zlib stream; empty: none */
  gboolean profile_lost; /* it has one that is damaged or not of its kind */
  gboolean more;         /* further frames or other bytes follow the image */
  SeResolution resolution;
} SePng;

/* Walks the chunks and inflates all image data to see whether they are whole, by their checksums
 * too; to be called in a child with limits. Clear png with se_png_clear, also after an error.
 * SE_ERROR_DOCUMENT: it is damaged or incomplete. */
gboolean se_png_read (SeReader *reader, SePng *png, GError **error);

/* Adds the image to pdf: its data as they are, but with alpha or interlace its pixels as libpng
 * decodes them; an interlaced one takes a temporary file (filter/canvas.h). To be called in the
 * child. SE_ERROR_DOCUMENT: libpng refuses it, in its words; others as of se_image_pdf_add and
 * se_canvas_open. */
gboolean se_png_add (SeImagePdf *pdf, SeReader *reader, const SePng *png, GError **error);
void se_png_clear (SePng *png);

G_END_DECLS
