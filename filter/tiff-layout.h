/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"
#include "filter/exif.h"

#include <tiffio.h>

G_BEGIN_DECLS

#define SE_TIFF_COLORS_MAX 256

/* How the pixels of a page of a TIFF stand in its data, and what they are in PDF. */
typedef struct
{
  guint32 width, height; /* pixels */
  guint bits;            /* of a sample: 1, 2, 4, 8 or 16 */
  guint samples;         /* of a pixel */
  guint components;      /* the first samples, which make the colour or the index */
  guint alpha;           /* number of the sample of opacity, from 1; 0: none */
  gboolean associated;   /* the colour is multiplied by it */
  gboolean separate;     /* each sample is in data of its own */
  gboolean tiled;
  gboolean rgba;     /* libtiff has to turn the pixels into RGBA */
  gboolean inverted; /* 0 is white */
  guint16 compression;
  gboolean low_first; /* FillOrder is 2 */
  guint colors;       /* in the palette; 0: none */
  guchar palette[3 * SE_TIFF_COLORS_MAX];
  guint orientation; /* 1 to 8 */
  SeResolution resolution;
} SeTiffLayout;

/* Reads the tags of the current directory. After it libtiff gives RGB for a JPEG image of YCbCr.
 * page: its number, for messages. SE_ERROR_DOCUMENT: the page is of a kind that cannot be read. */
gboolean se_tiff_layout_read (SeTiffLayout *layout, TIFF *tiff, guint page, GError **error);

G_END_DECLS
