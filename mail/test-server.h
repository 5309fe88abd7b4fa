/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The scripted SMTP server (test-smtp-server.py), for unit tests. */
typedef struct TestServer TestServer;

/* NULL with a reason where python3 or openssl is missing. */
TestServer *test_server_start (char **reason);
void test_server_stop (TestServer *server);

/* Path of the certificate authority that "good" and "expired" certificates are signed by. */
const char *test_server_ca (const TestServer *server);

/* One command, its words separated by tabs; returns the answer, owned by the caller. */
char *test_server_ask (TestServer *server, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* The same for several commands, one a line, whose answers do not matter. */
void test_server_tell (TestServer *server, const char *commands);

/* A new server; returns "smtp://localhost:PORT", or smtps:// if options have tls=implicit. */
char *test_server_new (TestServer *server, const char *options);

/* A pipe whose reading end becomes readable as soon as the server's last pause is reached. */
typedef struct
{
  TestServer *server;
  int fds[2];
  gint64 time; /* when */
  GThread *thread;
} TestCancel;

void test_cancel_start (TestCancel *cancel, TestServer *server);
/* Returns the milliseconds since the cancel. */
gint64 test_cancel_finish (TestCancel *cancel);

G_END_DECLS
