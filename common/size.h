/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A size for people: "999 bytes", "1.2 kB", "25.0 MB" (1000 each). No locale is set, so that the
 * decimal sign is a point. Owned by the caller. */
char *se_size_format (guint64 bytes);

/* The same to the byte where it is rounded: "25.0 MB (25001234 bytes)". */
char *se_size_format_exact (guint64 bytes);

G_END_DECLS
