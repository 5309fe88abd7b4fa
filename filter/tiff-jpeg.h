/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/tiff-pass.h"

G_BEGIN_DECLS

/* se_tiff_pass_find for JPEG (TIFF Technical Note 2): the tables that stand apart from the data are
 * put back, and what stands for more than one strip becomes one image by markers of restart. Left
 * out is what could give the colours another meaning than the tags do (APPn). */
gboolean se_tiff_jpeg_pass (SeTiffPass *pass, SeTiffFile *file, TIFF *tiff,
                            const SeTiffLayout *layout);

G_END_DECLS
