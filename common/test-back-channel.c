/* SPDX-License-Identifier: Apache-2.0 */
#include "common/back-channel.h"

#include <fcntl.h>
#include <glib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Asserts what each side takes descriptor 3 for, once it is fd. */
static void
assert_open (int fd, gboolean read, gboolean write)
{
  g_assert_cmpint (dup2 (fd, SE_FD_BACK_CHANNEL), ==, SE_FD_BACK_CHANNEL);
  g_assert_true (se_back_channel_is_open (O_RDONLY) == read);
  g_assert_true (se_back_channel_is_open (O_WRONLY) == write);
  g_assert_cmpint (close (SE_FD_BACK_CHANNEL), ==, 0);
}

static void
test_each (void)
{
  int null = open ("/dev/null", O_RDWR | O_CLOEXEC);
  int ends[2], sockets[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM, 0, sockets), ==, 0);
  (void)close (SE_FD_BACK_CHANNEL);
  g_assert_false (se_back_channel_is_open (O_RDONLY));
  g_assert_false (se_back_channel_is_open (O_WRONLY));
  assert_open (ends[0], TRUE, FALSE);
  assert_open (ends[1], FALSE, TRUE);
  assert_open (sockets[0], FALSE, FALSE);
  assert_open (null, FALSE, FALSE);
}

int
main (int argc, char **argv)
{
  /* Nothing that the test opens is to get the number. */
  g_assert_cmpint (dup2 (STDERR_FILENO, SE_FD_BACK_CHANNEL), ==, SE_FD_BACK_CHANNEL);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/back-channel/each", test_each);
  return g_test_run ();
}
