/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h> /* needs stdio.h before it */

G_BEGIN_DECLS

/* How libjpeg, which would end the program on an error, gets back to us: by a jump. What lives
 * longer than the function that it comes back to must not be that function's. */
typedef struct
{
  struct jpeg_error_mgr base;
  jmp_buf failed; /* to be set by setjmp before libjpeg is called */
  char message[JMSG_LENGTH_MAX];
} SeJpegError;

/* Makes it libjpeg's; returns what stands as err in its structures. */
struct jpeg_error_mgr *se_jpeg_error_init (SeJpegError *error);

/* Notes the message and jumps. */
void se_jpeg_error_jump (j_common_ptr info) G_GNUC_NORETURN;

G_END_DECLS
