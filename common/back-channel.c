/* SPDX-License-Identifier: Apache-2.0 */
#include "common/back-channel.h"

#include <fcntl.h>
#include <sys/stat.h>

bool
se_back_channel_is_open (int access)
{
  int flags = fcntl (SE_FD_BACK_CHANNEL, F_GETFL);
  int mode = flags & O_ACCMODE;
  struct stat status;

  return flags >= 0 && (mode == access || mode == O_RDWR)
         && fstat (SE_FD_BACK_CHANNEL, &status) == 0 && S_ISFIFO (status.st_mode);
}
