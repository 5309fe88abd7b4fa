/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* Packs rows of pixels as PDF's FlateDecode with a PNG predictor (15) takes them (ISO 32000-1,
 * 7.4.4.4), row by row while they come. The same rows give the same bytes every time. */
typedef struct SePacker SePacker;

/* out_fd: where the packed bytes go, the caller's; -1: nothing is packed. bits: of a pixel, all its
 * components together. indexed: they are indices of a palette. */
SePacker *se_packer_new (int out_fd, guint32 width, guint bits, gboolean indexed);

/* Packs one row: width pixels without gaps, high bits first, samples of 16 bits high byte first;
 * what is left of its last byte is 0. Errors are those of se_io_write_all. */
gboolean se_packer_add (SePacker *packer, const guchar *row, GError **error);

/* Packs the rest. *length: bytes written in all. */
gboolean se_packer_finish (SePacker *packer, guint64 *length, GError **error);

void se_packer_free (SePacker *packer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SePacker, se_packer_free)

G_END_DECLS
