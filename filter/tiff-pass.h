/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/image-pdf.h"
#include "filter/tiff-file.h"
#include "filter/tiff-layout.h"

G_BEGIN_DECLS

/* The data of a page of a TIFF as PDF can take them: fax, JPEG or Deflate. */
typedef struct
{
  const char *filter;   /* as in SeImage */
  char parameters[128]; /* as in SeImage */
  GArray *data;         /* of SeRange, of the file */
  GPtrArray *bytes;     /* what the ranges need that is not in the file */
} SeTiffPass;

/* Tells whether PDF can take them, and how. Nothing of them is decoded: whether they are sound is
 * another matter. Clear pass with se_tiff_pass_clear in any case. */
gboolean se_tiff_pass_find (SeTiffPass *pass, SeTiffFile *file, TIFF *tiff,
                            const SeTiffLayout *layout);
void se_tiff_pass_clear (SeTiffPass *pass);

G_END_DECLS
