/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/reader.h"

G_BEGIN_DECLS

#define SE_TIFF_PAGES_MAX 1000

/* Where the pages of a TIFF document (TIFF 6.0) stand. */
typedef struct
{
  gboolean big;   /* byte order */
  gboolean plain; /* one page, which is the file's first directory */
  guint count;
  guint32 offsets[SE_TIFF_PAGES_MAX]; /* of each page's directory */
} SeTiff;

/* Walks the directories: TRUE if each one and the data of all its strips or tiles lie within the
 * file, and there is a page. Reduced-size copies (thumbnails) are no pages. FALSE too for more than
 * SE_TIFF_PAGES_MAX pages or directories in a circle. */
gboolean se_tiff_check (SeReader *reader, SeTiff *tiff);

G_END_DECLS
