/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/exif.h"
#include "filter/image-pdf.h"

G_BEGIN_DECLS

#define SE_TIFF_LIST_MAX 1000

/* The pages of a TIFF document (TIFF 6.0, BigTIFF), one after another. Directories of reduced-size
 * copies (thumbnails) and of masks are no pages. To be used in a child with limits: libtiff reads
 * the document. */
typedef struct SeTiff SeTiff;

/* reader stays the caller's. SE_ERROR_DOCUMENT: it is damaged; the message says what of it. */
SeTiff *se_tiff_new (SeReader *reader, GError **error);

/* Goes to the next page. *more: FALSE: there is none. SE_ERROR_DOCUMENT: it, or the way to it, is
 * damaged, or it is of a kind that cannot be read; the message names the page. A document without
 * any page is damaged as well. */
gboolean se_tiff_next (SeTiff *tiff, gboolean *more, GError **error);

/* Decodes all data of the current page to find damage and adds it to pdf: the data themselves
 * where PDF can take them, else the pixels without loss, packed anew. *profile_lost: its ICC
 * profile is damaged or not of its kind: it is left out. SE_ERROR_DOCUMENT: the page is damaged;
 * others as of se_image_pdf_add. */
gboolean se_tiff_add (SeTiff *tiff, SeImagePdf *pdf, gboolean *profile_lost, GError **error);

void se_tiff_free (SeTiff *tiff);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeTiff, se_tiff_free)

/* Where the pages' directories stand in the file. */
typedef struct
{
  gboolean big_endian; /* byte order */
  gboolean plain;      /* one page, which is the file's first directory */
  guint count;
  guint32 offsets[SE_TIFF_LIST_MAX];
} SeTiffList;

/* Lists the pages; the work is done in a child. SE_ERROR_DOCUMENT as above, or it is a
 * BigTIFF, or there are more than SE_TIFF_LIST_MAX; others as of se_child_call. */
gboolean se_tiff_list (int fd, SeTiffList *list, GError **error);

G_END_DECLS
