/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <stdio.h>

#include <jpeglib.h> /* needs stdio.h before it */

G_BEGIN_DECLS

/* Tells that a JPEG image (ITU-T T.81) is whole whose one scan, sequential and Huffman-coded,
 * begins at offset in fd: every code of it is one, and EOI stands right behind it. That is what
 * libjpeg would find, in half of its time, since of the coefficients only the lengths are looked
 * at. decoder: as jpeg_read_header leaves it; it is not changed. FALSE: it is damaged, or of
 * another kind, or cannot be read: libjpeg has to judge it. */
gboolean se_jpeg_scan_is_whole (const struct jpeg_decompress_struct *decoder, int fd, off_t offset);

G_END_DECLS
