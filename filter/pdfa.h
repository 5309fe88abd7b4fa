/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/program.h"

G_BEGIN_DECLS

/* Makes PDF/A-2b (ISO 19005-2) of the PDF in_fd in out_fd, an empty file: fonts embedded, colors as
 * sRGB, no encryption. What has no place in PDF/A is left out with a warning: sound, scripts, form
 * fields (what they show stays). The result is checked to call itself PDF/A and to have all pages.
 * SE_ERROR_DOCUMENT: it does not; others as of se_program_run_filter. */
gboolean se_pdfa_make (int in_fd, int out_fd, int pages, const SeJob *job, GError **error);

G_END_DECLS
