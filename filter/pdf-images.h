/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* Looks for JPEG images in the PDF that are cut or damaged: Ghostscript draws what it has of them
 * and says nothing. To be called before it makes anything of a document; other images it complains
 * of itself (se_child_run, remarks).
 * Errors are those of se_child_call; SE_ERROR_DOCUMENT: there is one, or the PDF does not open. */
gboolean se_pdf_images_check (int fd, GError **error);

G_END_DECLS
