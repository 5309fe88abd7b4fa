/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* A document, or a part of one, as it is attached: one file. */
typedef struct
{
  int fd; /* at offset 0; closed with the piece */
  guint64 length;
  const char *mime;
  int pages;            /* -1: not known */
  gboolean begins_mail; /* it and what follows go into another mail */
} SePiece;

/* fd: taken over, rewound and measured. SE_ERROR_TEMPORARY: it cannot be read. */
SePiece *se_piece_new (int fd, const char *mime, int pages, GError **error);
void se_piece_free (SePiece *piece);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SePiece, se_piece_free)

G_END_DECLS
