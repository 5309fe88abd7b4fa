/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/reader.h"

G_BEGIN_DECLS

/* What an image says of its resolution. */
typedef struct
{
  double x, y;    /* pixels an inch; 0: not stated */
  gboolean ratio; /* only how x and y compare is stated */
} SeResolution;

typedef struct
{
  guint orientation; /* 1 to 8; 1 where none is given */
  SeResolution resolution;
} SeExif;

/* Reads Exif data (JEITA CP-3451, a TIFF header and its first directory), which stand from start to
 * end in the file. What is damaged there counts as not given: the image can be shown without. A
 * resolution of 72 counts so as well: by that standard it stands for an unknown one. Leaves the
 * reader's position anywhere. */
void se_exif_read (SeReader *reader, guint64 start, guint64 end, SeExif *exif);

/* Tells whether a resolution, pixels an inch, can be meant. */
gboolean se_resolution_is_sane (double value);

G_END_DECLS
