/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Buffered reading of a regular file that somebody else wrote. Every function returns FALSE where
 * the file ends too early (or cannot be read), and then nothing may be made of its result. */
typedef struct
{
  int fd;
  guint64 length;   /* of the file, bytes */
  guint64 position; /* of the next byte */
  guint64 start;    /* of the buffer, in the file */
  gsize filled;     /* bytes in the buffer */
  guchar buffer[16384];
} SeReader;

gboolean se_reader_open (SeReader *reader, int fd);
gboolean se_reader_seek (SeReader *reader, guint64 position);
gboolean se_reader_skip (SeReader *reader, guint64 length);
gboolean se_reader_read (SeReader *reader, void *data, gsize length);
gboolean se_reader_byte (SeReader *reader, guchar *byte);
gboolean se_reader_find (SeReader *reader, guchar byte); /* goes behind the next such byte */

/* Numbers of 16 and 32 bits; big: the most significant byte first. */
gboolean se_reader_u16 (SeReader *reader, gboolean big, guint32 *value);
gboolean se_reader_u32 (SeReader *reader, gboolean big, guint32 *value);

gboolean se_reader_at_end (const SeReader *reader);

G_END_DECLS
