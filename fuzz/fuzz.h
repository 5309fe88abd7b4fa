/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

#include <stddef.h>
#include <stdint.h>

G_BEGIN_DECLS

/* What the fuzz targets share. A target is one file with one function, which libFuzzer calls with
 * input after input. It looks for more than crashes: whatever a header promises of its module is
 * asserted there. What GLib calls critical ends it as well. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
int LLVMFuzzerInitialize (int *argc, char ***argv);

/* An input that is taken apart from its start on. */
typedef struct
{
  const char *data;
  gsize left;
} FuzzInput;

FuzzInput fuzz_input (const uint8_t *data, size_t size);

/* The next text, up to a NUL or the end; owned by the caller. */
char *fuzz_take_text (FuzzInput *input);

/* All that is left, as a text (up to a NUL). */
char *fuzz_take_rest (FuzzInput *input);

/* 0 at the end. */
guchar fuzz_take_byte (FuzzInput *input);

/* An image of more is too large to be worth its time. */
#define FUZZ_PIXELS_MAX (1 << 20)

/* Tells whether an image of width by height, lowest byte first at these places of the input, is too
 * large; each has so many bytes. */
gboolean fuzz_is_large (const uint8_t *data, size_t size, gsize width, gsize height, gsize bytes);

/* A file in memory with these bytes, at its start; to be closed. */
int fuzz_file (const void *data, gsize length);

/* All that such a file holds, with a NUL behind it; owned by the caller. */
char *fuzz_file_contents (int fd, gsize *length);

/* UTF-8 without a character that could end a line or turn one around; newline: but for '\n'. */
void fuzz_assert_clean (const char *text, gboolean newline);

/* What every function with a GError promises: an error of ours with a clean message exactly if it
 * failed. Clears error. */
void fuzz_assert_outcome (gboolean good, GError **error);

G_END_DECLS
