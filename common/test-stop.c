/* SPDX-License-Identifier: Apache-2.0 */
#include "common/stop.h"

#include <poll.h>
#include <unistd.h>

static gboolean
is_readable (const SeStop *stop, int milliseconds)
{
  struct pollfd fd = { .fd = stop->fd, .events = POLLIN };

  return poll (&fd, 1, milliseconds) == 1;
}

static void
test_other (void)
{
  g_auto (SeStop) stop = SE_STOP_INIT;
  g_autoptr (GError) error = NULL;
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_true (se_stop_begin (&stop, fds[0], 100, &error));
  g_assert_false (is_readable (&stop, 0));
  g_assert_cmpint (write (fds[1], "x", 1), ==, 1);
  g_assert_true (is_readable (&stop, 0));
  close (fds[0]);
  close (fds[1]);
}

static void
test_time (void)
{
  g_auto (SeStop) stop = SE_STOP_INIT;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  g_assert_true (se_stop_begin (&stop, -1, 1, &error));
  g_assert_false (is_readable (&stop, 0));
  g_assert_true (is_readable (&stop, 20000));
  g_assert_cmpint (g_get_monotonic_time () - start, >=, G_USEC_PER_SEC * 9 / 10);
}

static void
test_failure (void)
{
  g_auto (SeStop) stop = SE_STOP_INIT;
  g_autoptr (GError) error = NULL;

  g_assert_false (se_stop_begin (&stop, 1000000, 1, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CONFIG);
  g_assert_cmpint (stop.fd, ==, -1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stop/other", test_other);
  g_test_add_func ("/stop/time", test_time);
  g_test_add_func ("/stop/failure", test_failure);
  return g_test_run ();
}
