/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/jpeg-error.h"

void
se_jpeg_error_jump (j_common_ptr info)
{
  SeJpegError *error = (SeJpegError *)info->err;

  info->err->format_message (info, error->message);
  longjmp (error->failed, 1);
}

struct jpeg_error_mgr *
se_jpeg_error_init (SeJpegError *error)
{
  struct jpeg_error_mgr *base = jpeg_std_error (&error->base);

  base->error_exit = se_jpeg_error_jump;
  return base;
}
