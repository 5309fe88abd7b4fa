/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/pixmap.h"

G_BEGIN_DECLS

/* How a page that was drawn is written as a file, or part of one. */
typedef struct
{
  guint resolution; /* pixels an inch */
  int number;       /* of the page in the file, from 0 */
  int pages;        /* of the file */
  gboolean compact; /* smaller rather than exact */
} SeEncoding;

/* Each writes the page to out_fd, which stays the caller's and is opened for reading and writing,
 * line by line. SE_ERROR_DOCUMENT: the format cannot hold an image of its size;
 * SE_ERROR_TEMPORARY: it cannot be written. */

/* Appends a page to a TIFF, or begins one with number 0: CCITT Group 4 for black and white, Deflate
 * for grey and colour, JPEG if they are to be compact. */
gboolean se_encode_tiff (SePixmap *pixmap, const SeEncoding *encoding, int out_fd, GError **error);

/* JFIF, in grey where there is no colour. */
gboolean se_encode_jpeg (SePixmap *pixmap, const SeEncoding *encoding, int out_fd, GError **error);

/* Of 1 bit, 8 or 24. */
gboolean se_encode_png (SePixmap *pixmap, const SeEncoding *encoding, int out_fd, GError **error);

/* The quality of JPEG, as libjpeg counts it: little is lost of a scan, and text stays clear. */
#define SE_ENCODE_QUALITY 85

G_END_DECLS
