/* SPDX-License-Identifier: Apache-2.0 */
/* The listener of a browser's redirect: an answer that repeats nothing of the request. */
#include "common/io.h"
#include "fuzz/fuzz.h"
#include "oauth/loopback.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define SECRET "code-0-secret"

static int
connect_to (guint16 port)
{
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons (port) };
  const struct linger reset = { 1, 0 }; /* leaves no port behind that rests for a minute */
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  address.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  g_assert_no_errno (fd);
  g_assert_no_errno (setsockopt (fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
  if (connect (fd, (struct sockaddr *)&address, sizeof address) < 0) /* libFuzzer's clock */
    g_assert_true (errno == EINTR);
  return fd;
}

static SeLoopbackVerdict
judge (const char *target, gpointer data)
{
  g_assert_null (strpbrk (target, " \n"));
  return strstr (target, "code=") != NULL    ? SE_LOOPBACK_TAKEN
         : strstr (target, "error=") != NULL ? SE_LOOPBACK_REFUSED
                                             : SE_LOOPBACK_STRAY;
}

static void
check_page (const char *page, SeLoopbackEnd end)
{
  gboolean good = g_str_has_prefix (page, "HTTP/1.1 200 OK\r\n");

  g_assert_true (end == SE_LOOPBACK_ANSWERED || end == SE_LOOPBACK_INPUT);
  g_assert_true (*page == '\0' || g_str_has_prefix (page, "HTTP/1.1 "));
  g_assert_true ((end == SE_LOOPBACK_ANSWERED) == good);
  g_assert_null (strstr (page, SECRET));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static SeLoopback *loopback;
  GError *error = NULL;
  g_autofree char *port = NULL;
  g_autoptr (GString) request = g_string_new_len ((const char *)data, (gssize)size);
  se_autofd int fd = -1;
  char page[4096] = "";
  SeLoopbackEnd end;

  if (loopback == NULL)
    loopback = se_loopback_new (0, &error);
  g_assert_no_error (error);
  port = g_strdup_printf ("%u", se_loopback_port (loopback));
  g_string_replace (request, "PORT", port, 1);
  fd = connect_to (se_loopback_port (loopback));
  (void)!send (fd, request->str, request->len, MSG_NOSIGNAL);
  shutdown (fd, SHUT_WR);
  end = se_loopback_wait (loopback, -1, fd, g_get_monotonic_time () + 5 * G_USEC_PER_SEC, judge,
                          NULL);
  (void)!recv (fd, page, sizeof page - 1, 0);
  check_page (page, end);
  return 0;
}
