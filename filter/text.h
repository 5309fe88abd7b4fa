/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* texttopdf reads UTF-8 and drops what is none. Returns a temporary file with the document in_fd in
 * UTF-8 without a byte order mark; -1 on error. What is valid UTF-8 is copied; with a mark of
 * UTF-16 it is that; anything else is in charset, or where charset is NULL, unknown or says UTF-8
 * or US-ASCII, in Windows-1252, of which ISO 8859-1 is a part. Bytes that are no character become
 * U+FFFD.
 * SE_ERROR_DOCUMENT: it holds NUL bytes, so it is no text; others as of se_child_call. */
int se_text_to_utf8 (int in_fd, const char *charset, GError **error);

G_END_DECLS
