/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A PDF whose page n is 100 + n by 200 points, turned by 90 degrees, and holds the text "page n".
 * off: error of its startxref. fillers: bytes by which each page is larger than that, which nothing
 * compresses; NULL: none. */
GString *test_pdf_new (int pages, int off, const guint *fillers);

G_END_DECLS
