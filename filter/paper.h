/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/options.h"

G_BEGIN_DECLS

/* The paper for PostScript that names none itself, in points: the job's PageSize (cupsd makes one
 * of media), else the default of the queue's PPD ($PPD), else A4. */
void se_paper_find (const GPtrArray *options, int *width, int *height);

G_END_DECLS
