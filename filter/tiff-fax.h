/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/tiff-rows.h"

G_BEGIN_DECLS

/* Encodes all rows of a bilevel page as fax of group 4 (ITU-T T.6) with black as 1, in out_fd,
 * which is empty. *range: where they stand there; of length 0: Deflate makes fewer bytes of them,
 * as of a halftone. SE_ERROR_DOCUMENT: a row cannot be decoded
 * (without a message of its own); SE_ERROR_TEMPORARY: out_fd cannot be written. */
gboolean se_tiff_fax_encode (SeTiffFile *file, SeTiffRows *rows, const SeTiffLayout *layout,
                             int out_fd, SeRange *range, GError **error);

G_END_DECLS
