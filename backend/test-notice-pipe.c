/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/test-notice-pipe.h"

#include "backend/phase.h"

#include <fcntl.h>
#include <unistd.h>

int
test_notice_pipe_open (void)
{
  int fds[2];

  g_assert_cmpint (pipe2 (fds, O_NONBLOCK), ==, 0);
  g_assert_cmpint (dup2 (fds[1], SE_FD_NOTICE), ==, SE_FD_NOTICE);
  close (fds[1]);
  return fds[0];
}

void
test_notice_pipe_close (int fd)
{
  close (fd);
  close (SE_FD_NOTICE);
}

void
test_notice_pipe_read (int fd, void (*function) (const SeNotice *notice, gpointer data),
                       gpointer data)
{
  char input[65536];
  const char *next = input;
  gssize n = read (fd, input, sizeof input);
  gsize left = (gsize)MAX (n, 0);
  SeNotice notice;

  while (se_notice_decode (&next, &left, &notice))
    function (&notice, data);
  g_assert_cmpuint (left, ==, 0);
}
