/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/image-pdf.h"
#include "filter/reader.h"

#include <tiffio.h>

G_BEGIN_DECLS

/* A TIFF file as libtiff reads it, and what libtiff says about it: its messages are the only sign
 * of much damage. In a child only: libtiff has one place for messages in a process. */
typedef struct
{
  SeReader *reader;
  gboolean big_endian;
  gboolean big;        /* a BigTIFF, of 64 bits */
  gboolean strict;     /* warnings tell of damage as errors do: image data are being decoded */
  gboolean damaged;    /* such a message has come */
  int write_error;     /* errno of a write that failed; 0: none */
  char complaint[160]; /* the first such message */
} SeTiffFile;

/* reader stays the caller's. FALSE: it is no TIFF file. */
gboolean se_tiff_file_init (SeTiffFile *file, SeReader *reader);

/* Begins to listen for messages anew. */
void se_tiff_file_listen (SeTiffFile *file, gboolean strict);

/* Opens the file with its first directory. There may be several handles. NULL: it is damaged. */
TIFF *se_tiff_file_open (SeTiffFile *file);

/* Finds a strip or tile of the current directory. FALSE: it does not lie within the file. */
gboolean se_tiff_file_find_part (const SeTiffFile *file, TIFF *tiff, guint32 number,
                                 SeRange *range);

/* Begins a TIFF file in out_fd, which is empty, to have a strip of it encoded. NULL: it cannot be
 * written. */
TIFF *se_tiff_file_create (SeTiffFile *file, int out_fd);

/* Ends a handle; of a created one, nothing more is written. NULL is allowed. */
void se_tiff_file_close (TIFF *tiff);

G_END_DECLS
