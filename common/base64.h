/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The base64 content transfer encoding in lines of 76 columns with CRLF (RFC 2045, 6.8), for large
 * blocks: twelve bits a table look-up. */
#define SE_BASE64_BYTES 57 /* that fill one line */
#define SE_BASE64_LINE 78  /* octets of a full line with its CRLF */

typedef struct
{
  char pairs[4096][2]; /* the two characters of each twelve bits */
} SeBase64;

void se_base64_init (SeBase64 *base64);

/* Size in octets of length bytes when encoded as a whole, line ends included. */
guint64 se_base64_size (guint64 length);

/* Encodes length bytes to out, which has room for se_base64_size (length) octets. Every line ends
 * in CRLF; a block that is not the last one holds a multiple of SE_BASE64_BYTES bytes.
 * Returns the number of octets written. */
gsize se_base64_encode (const SeBase64 *base64, const guint8 *data, gsize length, char *out);

G_END_DECLS
