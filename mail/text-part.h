/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* A part of type text, header fields and body, from UTF-8 text with any line ends: 7bit where it is
 * ASCII in lines of at most 78 columns, else quoted-printable (RFC 2045, 6.7). Control characters
 * become spaces. subtype: "plain" or "html". Ends in CRLF, and no line begins with a dot or "From
 * ". Owned by the caller. Errors as in header.h. */
char *se_text_part (const char *subtype, const char *text, GError **error);

G_END_DECLS
