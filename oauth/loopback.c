/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/loopback.h"

#include "common/io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <glib/gi18n-lib.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_LISTENERS 2
/* Browsers open a connection or two ahead; the rest is somebody else's. */
#define MAX_CONNECTIONS 16
/* A code is at most a few thousand characters, a browser's header fields are as many. */
#define MAX_REQUEST 16384
#define CONNECTION_TIME (10 * G_USEC_PER_SEC)
/* How often a free port of 127.0.0.1 may turn out to be taken at ::1. */
#define TRIES 20

#define N_LISTENERS 2

typedef struct
{
  int fd; /* -1: free */
  gint64 deadline;
  gsize length;
  char text[MAX_REQUEST + 1]; /* may hold the code */
} Connection;

struct SeLoopback
{
  int listeners[N_LISTENERS]; /* 127.0.0.1, ::1; -1: none */
  guint16 port;
  Connection connections[MAX_CONNECTIONS];
};

/* One of the two addresses. */
typedef union
{
  struct sockaddr any;
  struct sockaddr_in v4;
  struct sockaddr_in6 v6;
} Address;

static socklen_t
make_address (Address *address, int family, guint16 port)
{
  memset (address, 0, sizeof *address);
  address->any.sa_family = (sa_family_t)family;
  if (family == AF_INET)
    {
      address->v4.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
      address->v4.sin_port = htons (port);
      return sizeof address->v4;
    }
  address->v6.sin6_addr = in6addr_loopback;
  address->v6.sin6_port = htons (port);
  return sizeof address->v6;
}

/* Returns -1 with errno set. */
static int
listen_at (int family, guint16 port)
{
  se_autofd int fd = socket (family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  Address address;
  socklen_t length = make_address (&address, family, port);
  const int on = 1;

  if (fd < 0 || (family == AF_INET6 && setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on))
      || setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on)
      || bind (fd, &address.any, length) != 0 || listen (fd, MAX_CONNECTIONS) != 0)
    return -1;
  return se_io_steal_fd (&fd);
}

static guint16
port_of (int fd)
{
  Address address = { 0 };
  socklen_t length = sizeof address;

  return getsockname (fd, &address.any, &length) == 0 ? ntohs (address.v4.sin_port) : 0;
}

/* FALSE with errno set; nothing is open then. */
static gboolean
listen_at_both (SeLoopback *loopback, guint16 port)
{
  int saved;

  loopback->listeners[0] = listen_at (AF_INET, port);
  if (loopback->listeners[0] < 0)
    return FALSE;
  loopback->port = port_of (loopback->listeners[0]);
  loopback->listeners[1] = listen_at (AF_INET6, loopback->port);
  if (loopback->listeners[1] >= 0 || errno == EADDRNOTAVAIL || errno == EAFNOSUPPORT)
    return TRUE;
  saved = errno;
  se_io_clear_fd (&loopback->listeners[0]);
  errno = saved;
  return FALSE;
}

SeLoopback *
se_loopback_new (guint16 port, GError **error)
{
  g_autoptr (SeLoopback) loopback = g_new0 (SeLoopback, 1);
  gboolean good = FALSE;

  loopback->listeners[0] = loopback->listeners[1] = -1;
  for (guint i = 0; i < MAX_CONNECTIONS; i++)
    loopback->connections[i].fd = -1;
  for (guint i = 0; i < TRIES && !good; i++)
    {
      good = listen_at_both (loopback, port);
      if (!good && (port != 0 || errno != EADDRINUSE))
        break;
    }
  if (good)
    return g_steal_pointer (&loopback);
  if (port != 0)
    se_error_set_errno (error, errno, _ ("cannot listen at port %u of this machine (--port)"),
                        port);
  else
    se_error_set_errno (error, errno, _ ("cannot listen at a port of this machine"));
  return NULL;
}

static void
hang_up (Connection *connection)
{
  se_io_clear_fd (&connection->fd);
  explicit_bzero (connection->text, sizeof connection->text);
  connection->length = 0;
}

void
se_loopback_free (SeLoopback *loopback)
{
  if (loopback == NULL)
    return;
  for (guint i = 0; i < MAX_CONNECTIONS; i++)
    hang_up (&loopback->connections[i]);
  for (guint i = 0; i < N_LISTENERS; i++)
    se_io_clear_fd (&loopback->listeners[i]);
  g_free (loopback);
}

guint16
se_loopback_port (const SeLoopback *loopback)
{
  return loopback->port;
}

static gboolean
is_loopback (const Address *peer)
{
  if (peer->any.sa_family == AF_INET)
    return ntohl (peer->v4.sin_addr.s_addr) >> 24 == 127;
  return peer->any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK (&peer->v6.sin6_addr);
}

/* A free place, or that of the one who has been silent for the longest. */
static Connection *
make_room (SeLoopback *loopback)
{
  Connection *oldest = &loopback->connections[0];

  for (guint i = 0; i < MAX_CONNECTIONS; i++)
    {
      Connection *connection = &loopback->connections[i];

      if (connection->fd < 0)
        return connection;
      if (connection->deadline < oldest->deadline)
        oldest = connection;
    }
  hang_up (oldest);
  return oldest;
}

static void
take_connection (SeLoopback *loopback, int listener)
{
  Address peer = { 0 };
  socklen_t length = sizeof peer;
  se_autofd int fd = accept4 (listener, &peer.any, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
  Connection *connection;

  if (fd < 0 || !is_loopback (&peer))
    return;
  connection = make_room (loopback);
  connection->fd = se_io_steal_fd (&fd);
  connection->deadline = g_get_monotonic_time () + CONNECTION_TIME;
}

/* Pages: nothing of the request is in them. */

typedef struct
{
  const char *status;
  const char *title;
  const char *text;
} Page;

static const Page taken
    = { "200 OK", N_ ("Signed in"),
        N_ ("You can close this window. oauth-setup goes on where you started it: look there.") };
static const Page refused = { "200 OK", N_ ("Not signed in"),
                              N_ ("The sign-in did not work. You can close this window: "
                                  "oauth-setup tells why, where you started it.") };
static const Page stray
    = { "404 Not Found", N_ ("Nothing here"),
        N_ ("oauth-setup waits here for the end of a sign-in. This was not it.") };
static const Page bad
    = { "400 Bad Request", N_ ("Nothing here"), N_ ("This request cannot be read.") };
static const Page other_method
    = { "405 Method Not Allowed", N_ ("Nothing here"), N_ ("This request cannot be answered.") };

static void
send_page (Connection *connection, const Page *page, gboolean head)
{
  g_autofree char *body = g_strdup_printf (
      /* TRANSLATORS: "en" is your language's code in HTML (BCP 47). */
      "<!DOCTYPE html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\"><title>%s</title></head>\n"
      "<body><h1>%s</h1><p>%s</p></body></html>\n",
      _ ("en"), _ (page->title), _ (page->title), _ (page->text));
  g_autofree char *reply = g_strdup_printf (
      "HTTP/1.1 %s\r\n%sContent-Type: text/html; charset=utf-8\r\n"
      "Content-Length: %zu\r\nCache-Control: no-store\r\n"
      "Referrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n"
      "Content-Security-Policy: default-src 'none'\r\nConnection: close\r\n\r\n%s",
      page->status, page == &other_method ? "Allow: GET\r\n" : "", strlen (body), head ? "" : body);
  char rest[4096];

  /* Short enough for a socket's buffer; who does not read it does without. */
  (void)!send (connection->fd, reply, strlen (reply), MSG_NOSIGNAL);
  shutdown (connection->fd, SHUT_WR);
  /* What is left unread would reset the connection, and the page with it. */
  for (guint i = 0; i < 16 && recv (connection->fd, rest, sizeof rest, 0) > 0; i++)
    ;
  explicit_bzero (rest, sizeof rest);
  hang_up (connection);
}

/* The value of the only Host field (RFC 9112, 3.2), which keeps out pages that call themselves by a
 * name of their own that leads here. */
static gboolean
is_our_host (const SeLoopback *loopback, char *fields)
{
  static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };
  const char *host = NULL;
  char *line;

  while ((line = strsep (&fields, "\n")) != NULL)
    {
      if (g_ascii_strncasecmp (line, "Host:", strlen ("Host:")) != 0)
        continue;
      if (host != NULL)
        return FALSE;
      host = g_strstrip (line + strlen ("Host:"));
    }
  for (guint i = 0; host != NULL && i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *wanted = g_strdup_printf ("%s:%u", names[i], loopback->port);

      if (g_ascii_strcasecmp (host, wanted) == 0
          || (loopback->port == 80 && g_ascii_strcasecmp (host, names[i]) == 0))
        return TRUE;
    }
  return FALSE;
}

/* Answers a complete request, which is cut up. TRUE if it is what was waited for. */
static gboolean
answer (SeLoopback *loopback, Connection *connection, SeLoopbackFunc judge, gpointer data)
{
  char *fields = connection->text;
  char *line = strsep (&fields, "\n");
  char *method = strsep (&line, " ");
  char *target = strsep (&line, " ");
  SeLoopbackVerdict verdict = SE_LOOPBACK_STRAY;

  if (target == NULL || line == NULL || !g_str_has_prefix (line, "HTTP/1."))
    send_page (connection, &bad, FALSE);
  else if (!g_str_equal (method, "GET"))
    send_page (connection, &other_method, g_str_equal (method, "HEAD"));
  else if (!is_our_host (loopback, fields))
    send_page (connection, &bad, FALSE);
  else
    {
      verdict = judge (target, data);
      send_page (connection,
                 verdict == SE_LOOPBACK_TAKEN     ? &taken
                 : verdict == SE_LOOPBACK_REFUSED ? &refused
                                                  : &stray,
                 FALSE);
    }
  return verdict != SE_LOOPBACK_STRAY;
}

/* Reads what there is. TRUE if it is what was waited for. */
static gboolean
read_request (SeLoopback *loopback, Connection *connection, SeLoopbackFunc judge, gpointer data)
{
  gssize n = recv (connection->fd, connection->text + connection->length,
                   MAX_REQUEST - connection->length, 0);

  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return FALSE;
  if (n <= 0)
    {
      hang_up (connection);
      return FALSE;
    }
  connection->length += (gsize)n;
  connection->text[connection->length] = '\0';
  /* A NUL makes the text end before its length. */
  if (strlen (connection->text) != connection->length)
    send_page (connection, &bad, FALSE);
  else if (strstr (connection->text, "\r\n\r\n") != NULL)
    return answer (loopback, connection, judge, data);
  else if (connection->length == MAX_REQUEST)
    send_page (connection, &bad, FALSE);
  return FALSE;
}

enum
{
  CANCEL,
  INPUT,
  LISTENERS,
  CONNECTIONS = LISTENERS + N_LISTENERS,
  N_POLLED = CONNECTIONS + MAX_CONNECTIONS,
};

/* Fills in what to poll; hangs up on who took too long. Returns when the next one will have,
 * monotonic microseconds, deadline at the latest. */
static gint64
prepare (SeLoopback *loopback, struct pollfd polled[N_POLLED], gint64 deadline)
{
  gint64 now = g_get_monotonic_time ();

  for (guint i = LISTENERS; i < N_POLLED; i++)
    polled[i] = (struct pollfd){ -1, POLLIN, 0 };
  if (loopback == NULL)
    return deadline;
  for (guint i = 0; i < N_LISTENERS; i++)
    polled[LISTENERS + i].fd = loopback->listeners[i];
  for (guint i = 0; i < MAX_CONNECTIONS; i++)
    {
      Connection *connection = &loopback->connections[i];

      if (connection->fd >= 0 && connection->deadline <= now)
        hang_up (connection);
      polled[CONNECTIONS + i].fd = connection->fd;
      if (connection->fd >= 0)
        deadline = MIN (deadline, connection->deadline);
    }
  return deadline;
}

/* TRUE if the answer came. */
static gboolean
attend (SeLoopback *loopback, const struct pollfd polled[N_POLLED], SeLoopbackFunc judge,
        gpointer data)
{
  for (guint i = 0; i < MAX_CONNECTIONS; i++)
    if (polled[CONNECTIONS + i].revents != 0
        && read_request (loopback, &loopback->connections[i], judge, data))
      return TRUE;
  for (guint i = 0; i < N_LISTENERS; i++)
    if (polled[LISTENERS + i].revents != 0)
      take_connection (loopback, loopback->listeners[i]);
  return FALSE;
}

SeLoopbackEnd
se_loopback_wait (SeLoopback *loopback, int cancel_fd, int input_fd, gint64 deadline,
                  SeLoopbackFunc judge, gpointer data)
{
  for (;;)
    {
      struct pollfd polled[N_POLLED]
          = { [CANCEL] = { cancel_fd, POLLIN, 0 }, [INPUT] = { input_fd, POLLIN, 0 } };
      gint64 until = prepare (loopback, polled, deadline);
      gint64 left = until - g_get_monotonic_time ();

      if (left <= 0 && until == deadline)
        return SE_LOOPBACK_TIMED_OUT;
      if (poll (polled, N_POLLED, (int)CLAMP (left / 1000 + 1, 0, G_MAXINT)) <= 0)
        continue;
      if (polled[CANCEL].revents != 0)
        return SE_LOOPBACK_CANCELLED;
      if (polled[INPUT].revents != 0)
        return SE_LOOPBACK_INPUT;
      if (loopback != NULL && attend (loopback, polled, judge, data))
        return SE_LOOPBACK_ANSWERED;
    }
}
