/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SE_ICC_HEADER 128 /* bytes */

/* Tells by an ICC profile's header (ICC.1:2010, 7.2) whether PDF allows it for an image of so many
 * components (ISO 32000-1, 8.6.5.5). length: of the whole profile, bytes. */
gboolean se_icc_is_usable (const guchar header[SE_ICC_HEADER], guint64 length, guint components);

G_END_DECLS
