/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* The file structure of a PDF (ISO 32000-1, 7.5): objects one after the other, and the
 * cross-reference table. Bytes of streams are copied piece by piece. */

/* A piece of a file, or of memory. */
typedef struct
{
  guint64 offset;      /* in the file, bytes */
  guint64 length;      /* bytes */
  const guchar *bytes; /* the piece itself, not of the file; NULL: it is in the file */
  gboolean reversed;   /* the bits of each byte of the file are swapped: the lowest comes first */
} SeRange;

/* To be held by value. Who writes an object appends to text between se_pdf_writer_begin and
 * "endobj\n"; who writes bytes to fd himself, after a flush, counts them in position. */
typedef struct
{
  int fd;           /* the caller's; -1: nothing is written */
  GString *text;    /* not yet written */
  guint64 position; /* in the file, of what is in text */
  GArray *offsets;  /* guint64 of each object, from number 1 */
} SePdfWriter;

/* reserved: objects with the numbers from 1 to this one are begun at any time. */
void se_pdf_writer_init (SePdfWriter *writer, int out_fd, guint reserved);
void se_pdf_writer_clear (SePdfWriter *writer);

/* The number of an object that is to be begun next. */
guint se_pdf_writer_next (const SePdfWriter *writer);
void se_pdf_writer_begin (SePdfWriter *writer, guint number);

/* Appends a length in units with five decimals at most. It is never rounded up: a viewer that draws
 * a page at its image's resolution would add a row of pixels for a hair more. */
void se_pdf_append_number (GString *text, double value);

/* Ends the dictionary that stands in text with its Length, and writes the stream, ranges of SeRange
 * in in_fd, behind it. Errors are those of se_io_write_all and SE_ERROR_TEMPORARY: in_fd cannot be
 * read, or is shorter than its ranges. */
gboolean se_pdf_writer_stream (SePdfWriter *writer, int in_fd, const GArray *ranges,
                               GError **error);

/* Writes text. */
gboolean se_pdf_writer_flush (SePdfWriter *writer, GError **error);

/* Writes the table and the trailer. root: number of the catalog. */
gboolean se_pdf_writer_finish (SePdfWriter *writer, guint root, GError **error);

G_END_DECLS
