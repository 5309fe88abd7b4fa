/* SPDX-License-Identifier: Apache-2.0 */
/* The loopback listener against browsers, scanners and worse. */
#include "oauth/loopback.h"

#include "common/io.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define GOOD "/?code=5ecret&state=s"
#define DENIED "/?error=access_denied&state=s"

typedef struct
{
  SeLoopback *loopback;
  guint judged;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->loopback = se_loopback_new (0, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  se_loopback_free (fixture->loopback);
}

static SeLoopbackVerdict
judge (const char *target, gpointer data)
{
  Fixture *fixture = data;

  fixture->judged++;
  if (g_str_equal (target, GOOD))
    return SE_LOOPBACK_TAKEN;
  return g_str_equal (target, DENIED) ? SE_LOOPBACK_REFUSED : SE_LOOPBACK_STRAY;
}

/* A browser's side. Returns -1 if there is nobody. */
static int
dial (const Fixture *fixture, int family)
{
  se_autofd int fd = socket (family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  guint16 port = htons (se_loopback_port (fixture->loopback));
  struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = port };
  struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = port };
  const struct timeval patience = { .tv_sec = 30 };

  v4.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  v6.sin6_addr = in6addr_loopback;
  g_assert_cmpint (setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), ==, 0);
  if (connect (fd, family == AF_INET ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
               family == AF_INET ? sizeof v4 : sizeof v6)
      != 0)
    return -1;
  return se_io_steal_fd (&fd);
}

static void
say (int fd, const char *text, gssize length)
{
  gsize all = length < 0 ? strlen (text) : (gsize)length;

  g_assert_cmpint (send (fd, text, all, MSG_NOSIGNAL), ==, (gssize)all);
}

/* A connection on which a request waits. */
static int
ask (const Fixture *fixture, const char *method, const char *target, const char *host)
{
  int fd = dial (fixture, AF_INET);
  g_autofree char *request = NULL;

  g_assert_cmpint (fd, >=, 0);
  request = g_strdup_printf ("%s %s HTTP/1.1\r\nAccept: */*\r\nHost: %s:%u\r\n\r\n", method, target,
                             host, se_loopback_port (fixture->loopback));
  say (fd, request, -1);
  return fd;
}

/* Everything that comes until the other side closes. Closes fd. */
static char *
hear (int fd)
{
  GString *text = g_string_new (NULL);
  char part[4096];
  gssize n;

  while ((n = recv (fd, part, sizeof part, 0)) > 0)
    g_string_append_len (text, part, n);
  g_assert_cmpint (n, ==, 0);
  close (fd);
  return g_string_free (text, FALSE);
}

static void
assert_heard (int fd, const char *status, const char *words)
{
  g_autofree char *reply = hear (fd);

  g_assert_true (g_str_has_prefix (reply, status));
  g_assert_nonnull (strstr (reply, words));
  g_assert_nonnull (strstr (reply, "\r\nCache-Control: no-store\r\n"));
  g_assert_nonnull (strstr (reply, "\r\nReferrer-Policy: no-referrer\r\n"));
  g_assert_null (strstr (reply, "5ecret"));
  g_assert_null (strstr (reply, "state"));
}

static SeLoopbackEnd
wait_for (Fixture *fixture, int cancel_fd, int input_fd, gint64 milliseconds)
{
  return se_loopback_wait (fixture->loopback, cancel_fd, input_fd,
                           g_get_monotonic_time () + milliseconds * 1000, judge, fixture);
}

#define LONG 60000

static void
test_answer (Fixture *fixture, gconstpointer data)
{
  int fd = ask (fixture, "GET", GOOD, "localhost");

  g_assert_cmpint (wait_for (fixture, -1, -1, LONG), ==, SE_LOOPBACK_ANSWERED);
  assert_heard (fd, "HTTP/1.1 200 OK\r\n", "You can close this window");
}

static void
test_refusal (Fixture *fixture, gconstpointer data)
{
  int fd = ask (fixture, "GET", DENIED, "127.0.0.1");

  g_assert_cmpint (wait_for (fixture, -1, -1, LONG), ==, SE_LOOPBACK_ANSWERED);
  assert_heard (fd, "HTTP/1.1 200 OK\r\n", "did not work");
}

static void
test_ipv6 (Fixture *fixture, gconstpointer data)
{
  se_autofd int fd = dial (fixture, AF_INET6);
  g_autofree char *request = g_strdup_printf ("GET " GOOD " HTTP/1.1\r\nhOST:[::1]:%u\r\n\r\n",
                                              se_loopback_port (fixture->loopback));

  if (fd < 0)
    {
      g_test_skip ("this machine has no ::1");
      return;
    }
  say (fd, request, -1);
  g_assert_cmpint (wait_for (fixture, -1, -1, LONG), ==, SE_LOOPBACK_ANSWERED);
  assert_heard (se_io_steal_fd (&fd), "HTTP/1.1 200 OK\r\n", "close this window");
}

static void
test_strays (Fixture *fixture, gconstpointer data)
{
  int favicon = ask (fixture, "GET", "/favicon.ico", "localhost");
  int head = ask (fixture, "HEAD", GOOD, "localhost");
  int post = ask (fixture, "POST", GOOD, "localhost");
  int rebound = ask (fixture, "GET", GOOD, "evil.test");
  int garbage = dial (fixture, AF_INET);
  int nul = dial (fixture, AF_INET);
  int two_hosts = dial (fixture, AF_INET);
  int no_host = dial (fixture, AF_INET);
  int silent = dial (fixture, AF_INET);
  int gone = dial (fixture, AF_INET);
  int half = dial (fixture, AF_INET);
  int fd;
  g_autofree char *twice
      = g_strdup_printf ("GET " GOOD " HTTP/1.1\r\nHost: localhost:%u\r\nHost: evil.test\r\n\r\n",
                         se_loopback_port (fixture->loopback));

  say (garbage, "\x16\x03\x01\x02 \r\n\r\n", -1);
  say (nul, "GET " GOOD "\0 HTTP/1.1\r\n\r\n", 36);
  say (two_hosts, twice, -1);
  say (no_host, "GET " GOOD " HTTP/1.0\r\n\r\n", -1);
  say (half, "GET " GOOD " HTTP/1.1\r\n", -1);
  close (gone);
  fd = ask (fixture, "GET", GOOD, "LOCALHOST");
  g_assert_cmpint (wait_for (fixture, -1, -1, LONG), ==, SE_LOOPBACK_ANSWERED);
  /* The favicon and the good one: nothing else is even looked at. */
  g_assert_cmpuint (fixture->judged, ==, 2);
  assert_heard (fd, "HTTP/1.1 200 OK\r\n", "close this window");
  assert_heard (favicon, "HTTP/1.1 404 ", "not it");
  assert_heard (head, "HTTP/1.1 405 ", "\r\nAllow: GET\r\n");
  assert_heard (post, "HTTP/1.1 405 ", "cannot be answered");
  assert_heard (rebound, "HTTP/1.1 400 ", "cannot be read");
  assert_heard (garbage, "HTTP/1.1 400 ", "cannot be read");
  assert_heard (nul, "HTTP/1.1 400 ", "cannot be read");
  assert_heard (two_hosts, "HTTP/1.1 400 ", "cannot be read");
  assert_heard (no_host, "HTTP/1.1 400 ", "cannot be read");
  close (silent);
  close (half);
}

static void
test_too_long (Fixture *fixture, gconstpointer data)
{
  g_autofree char *fill = g_strnfill (40000, 'x');
  g_autofree char *target = g_strdup_printf ("/?%s", fill);
  int flood = ask (fixture, "GET", target, "localhost");
  int fd = ask (fixture, "GET", GOOD, "localhost");
  char reply[16];

  g_assert_cmpint (wait_for (fixture, -1, -1, LONG), ==, SE_LOOPBACK_ANSWERED);
  g_assert_cmpuint (fixture->judged, ==, 1);
  assert_heard (fd, "HTTP/1.1 200 OK\r\n", "close this window");
  g_assert_cmpint (recv (flood, reply, 12, MSG_WAITALL), ==, 12);
  g_assert_cmpint (memcmp (reply, "HTTP/1.1 400", 12), ==, 0);
  close (flood);
}

/* A request that comes in pieces, over many silent ones. */
static gpointer
crowd (gpointer data)
{
  const Fixture *fixture = data;
  int silent[60];
  int fd;

  for (gsize i = 0; i < G_N_ELEMENTS (silent); i++)
    silent[i] = dial (fixture, AF_INET);
  fd = dial (fixture, AF_INET);
  say (fd, "GET " GOOD " HTTP/1.1\r\nHost: loc", -1);
  {
    g_autofree char *rest
        = g_strdup_printf ("alhost:%u\r\n\r\n", se_loopback_port (fixture->loopback));

    say (fd, rest, -1);
  }
  assert_heard (fd, "HTTP/1.1 200 OK\r\n", "close this window");
  for (gsize i = 0; i < G_N_ELEMENTS (silent); i++)
    close (silent[i]);
  return NULL;
}

static void
test_crowd (Fixture *fixture, gconstpointer data)
{
  GThread *thread = g_thread_new ("crowd", crowd, fixture);

  g_assert_cmpint (wait_for (fixture, -1, -1, LONG), ==, SE_LOOPBACK_ANSWERED);
  g_thread_join (thread);
}

static void
test_other_ends (Fixture *fixture, gconstpointer data)
{
  int cancel[2], input[2];
  int half = dial (fixture, AF_INET);

  g_assert_cmpint (pipe (cancel), ==, 0);
  g_assert_cmpint (pipe (input), ==, 0);
  say (half, "GET ", -1);
  g_assert_cmpint (wait_for (fixture, cancel[0], input[0], 20), ==, SE_LOOPBACK_TIMED_OUT);
  g_assert_true (se_io_write_all (input[1], "x", 1, NULL));
  g_assert_cmpint (wait_for (fixture, cancel[0], input[0], LONG), ==, SE_LOOPBACK_INPUT);
  close (cancel[1]);
  g_assert_cmpint (wait_for (fixture, cancel[0], input[0], LONG), ==, SE_LOOPBACK_CANCELLED);
  g_assert_cmpint (se_loopback_wait (NULL, -1, input[0], G_MAXINT64, judge, fixture), ==,
                   SE_LOOPBACK_INPUT);
  g_assert_cmpuint (fixture->judged, ==, 0);
  close (half);
  close (cancel[0]);
  close (input[0]);
  close (input[1]);
}

static void
test_port (Fixture *fixture, gconstpointer data)
{
  guint16 port = se_loopback_port (fixture->loopback);
  g_autofree char *number = g_strdup_printf ("port %u", port);
  g_autoptr (GError) error = NULL;
  SeLoopback *second = se_loopback_new (port, &error);

  g_assert_null (second);
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, number));
  g_clear_error (&error);
  se_loopback_free (g_steal_pointer (&fixture->loopback));
  fixture->loopback = se_loopback_new (port, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (se_loopback_port (fixture->loopback), ==, port);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/loopback/answer", test_answer);
  ADD ("/loopback/refusal", test_refusal);
  ADD ("/loopback/ipv6", test_ipv6);
  ADD ("/loopback/strays", test_strays);
  ADD ("/loopback/too-long", test_too_long);
  ADD ("/loopback/crowd", test_crowd);
  ADD ("/loopback/other-ends", test_other_ends);
  ADD ("/loopback/port", test_port);
  return g_test_run ();
}
