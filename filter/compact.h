/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/convert.h"

G_BEGIN_DECLS

/* Makes a PDF smaller: color and grey images of 150 dots an inch, others of 300, text and fonts as
 * they are. Where that does not make it smaller, it stays the file that it is.
 * *smaller: whether it does. SE_ERROR_DOCUMENT: it has a password, is no PDF, or pages were lost;
 * others as of se_program_run_filter. */
gboolean se_compact (SeConverted *converted, const SeJob *job, gboolean *smaller, GError **error);

G_END_DECLS
