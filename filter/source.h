/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"
#include "filter/type.h"

G_BEGIN_DECLS

/* A document as it was printed: opened and inflated. */
typedef struct
{
  int fd;
  guint64 length;
  const SeType *type; /* told by its bytes; NULL: none that can be converted */
  const char *mime;   /* as it goes where it is not converted; lives as long as the hint */
} SeSource;

/* Opens a spooled document. Where it is compressed by gzip, fd is a temporary file with the
 * inflated contents. hint: MIME type by cupsd, may be NULL. Close it with se_source_clear, also
 * after an error.
 * SE_ERROR_DOCUMENT: it is empty, its compressed data are damaged, or it has a job ticket for the
 * mail (filter/ticket.h);
 * SE_ERROR_TEMPORARY: it cannot be read. */
gboolean se_source_open (SeSource *source, const char *path, const char *hint, GError **error);
void se_source_clear (SeSource *source);

/* SHA-256 of the document, hexadecimal, owned by the caller. */
char *se_source_digest (const SeSource *source, GError **error);

G_END_DECLS
