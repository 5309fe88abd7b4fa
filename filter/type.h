/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a document is, told by its bytes: the type that a client or cupsd names is only a hint. */
typedef enum
{
  SE_FAMILY_PDF,
  SE_FAMILY_POSTSCRIPT,
  SE_FAMILY_TEXT,
  SE_FAMILY_IMAGE,
  SE_FAMILY_RASTER,
  SE_FAMILY_BANNER, /* CUPS's own page description, its test page for one */
} SeFamily;

typedef struct
{
  SeFamily family;
  const char *mime;
  const char *title;     /* for messages: "is a damaged or incomplete TITLE", by _ () */
  const char *converter; /* program that makes PDF of it: gs or one in CUPS's filter directory;
                            NULL: none */
} SeType;

#define SE_TYPE_HEAD 4096 /* bytes from the document's beginning that are enough to tell */

/* head: the document's first length bytes, SE_TYPE_HEAD of them where it has as many.
 * hint: MIME type by cupsd, may be NULL.
 * Returns the type; NULL: not one that can be sent. */
const SeType *se_type_find (const guchar *head, gsize length, const char *hint);

/* The MIME type under which the document goes as it came. type: as found, NULL: none. hint: by
 * cupsd, may be NULL; it counts for a text and for an unknown document, unless it names nothing
 * specific, or a type whose documents are known by their bytes. Returns type's, hint, or a
 * constant.
 */
const char *se_type_mime (const SeType *type, const char *hint);

/* PDF. */
const SeType *se_type_pdf (void);

/* Tells whether these are the first bytes of gzip data (RFC 1952). */
gboolean se_type_is_gzip (const guchar *head, gsize length);

G_END_DECLS
