/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/reader.h"

G_BEGIN_DECLS

/* Walk raster documents line by line without keeping any: TRUE if the last line of the last page is
 * there and nothing follows it. pages: how many there are. */

/* CUPS raster, versions 1 to 3 (libcups, cups/raster.h), and PWG raster (PWG 5102.4), which is
 * version 2. */
gboolean se_raster_check (SeReader *reader, guint *pages);

/* Apple's URF, as libcups reads it. */
gboolean se_raster_check_urf (SeReader *reader, guint *pages);

G_END_DECLS
