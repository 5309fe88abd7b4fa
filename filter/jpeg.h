/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"
#include "filter/exif.h"
#include "filter/image-pdf.h"

G_BEGIN_DECLS

/* How a JPEG image (ITU-T T.81) stands in its file, by its markers. */
typedef struct
{
  guint64 end;           /* behind its EOI */
  gboolean arithmetic;   /* its coding, which PDF does not have */
  gboolean last;         /* nothing but padding follows */
  gboolean profile_lost; /* it has an ICC profile that is incomplete or not of its kind */
  GArray *data;          /* of SeRange: the image; without its profile if that stands in profile */
  GArray *profile;       /* of SeRange: its ICC profile, in order; empty: none */
  SeExif exif;
} SeJpeg;

/* Walks the markers of the file up to EOI; nothing is decoded. Clear jpeg with se_jpeg_clear, also
 * after an error.
 * SE_ERROR_DOCUMENT: a segment, a component or the end is missing, or it is of a kind that nobody
 * here can decode (not 8 bits, lossless, hierarchical); the message says which ("it is …"). */
gboolean se_jpeg_read (SeReader *reader, SeJpeg *jpeg, GError **error);
void se_jpeg_clear (SeJpeg *jpeg);

/* What libjpeg found. */
typedef struct
{
  guint32 width, height; /* pixels */
  guint components;
  gboolean adobe;          /* an Adobe marker is there */
  gboolean transform;      /* YCbCr or YCCK */
  gboolean plain;          /* a PDF viewer will see the same colours in it as libjpeg does */
  SeResolution resolution; /* of the JFIF marker */
} SeJpegFacts;

/* Decodes all of the image's coefficients with libjpeg, no pixels; to be called in a child with
 * limits.
 * SE_ERROR_DOCUMENT: libjpeg refuses it or finds damage; the message gives its words. */
gboolean se_jpeg_decode (int fd, SeJpegFacts *facts, GError **error);

G_END_DECLS
