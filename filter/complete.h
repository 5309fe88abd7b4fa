/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"
#include "filter/type.h"

G_BEGIN_DECLS

/* Is a document all there? The stock converters make a page of whatever they find: white for the
 * missing half of an image, nothing for the missing pages of a raster.
 * Checks the structure of the document, of type, in a child. PDF, text and the images that
 * se_image_is_known have their own checks: they pass. *pages: of raster; 0: not known.
 * SE_ERROR_DOCUMENT: it ends too early or its structure is broken; others as of se_child_call. */
gboolean se_complete_check (int fd, const SeType *type, guint *pages, GError **error);

G_END_DECLS
