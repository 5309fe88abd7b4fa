/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/smtp.h"

G_BEGIN_DECLS

/* Whose sessions they are. */
extern const SeAccount test_server_account;

/* The scripted SMTP server (test-smtp-server.py), for unit tests. */
typedef struct TestServer TestServer;

/* Starts the server, adds the tests, runs them and stops it; the tests are skipped with a reason
 * where python3 or openssl is missing. Returns main's status. */
int test_server_run (TestServer **server, void (*add_tests) (void));

/* How a client signs in at the server at url; url stays the caller's. */
#define TEST_SERVER_USER "scanner@example.com"
#define TEST_SERVER_TOKEN "ya29.a0-secret_Token~+/=="
SeSmtpOptions test_server_options (const TestServer *server, const char *url);

/* The same as a provider of the configuration. */
SeProviderConfig test_server_provider (const TestServer *server, char *url);

/* One command, its words separated by tabs; returns the answer, owned by the caller. */
char *test_server_ask (TestServer *server, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* The same for several commands, one a line, whose answers do not matter. */
void test_server_tell (TestServer *server, const char *commands);

/* A new server; returns "smtp://localhost:PORT", or smtps:// if options have tls=implicit. */
char *test_server_new (TestServer *server, const char *options);

/* A cancel as soon as the server's last pause is reached: from then on fds[0] is readable. */
typedef struct
{
  int fds[2];  /* a pipe, made by the test */
  gboolean go; /* whether the server goes on afterwards */
  TestServer *server;
  gint64 time; /* when */
  GThread *thread;
} TestCancel;

void test_cancel_start (TestCancel *cancel, TestServer *server);
/* Closes the pipe. Returns the milliseconds since the cancel. */
gint64 test_cancel_finish (TestCancel *cancel);

G_END_DECLS
