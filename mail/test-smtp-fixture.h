/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/smtp.h"
#include "mail/test-server.h"

G_BEGIN_DECLS

#define FIXTURE_HEADER "From: scanner@example.com\r\nSubject: Scan\r\n\r\n"

/* A session with a scripted server, and a message for it to two recipients. */
typedef struct
{
  SeSmtp *smtp;
  SeMessage *message;
  int fd;
  SeAddress *from;
  GPtrArray *recipients;
  char *digest; /* of the message */
  guint64 progress;
  gboolean at_dot;
  gboolean refuse_dot;
  GArray *results; /* NULL, as at first: all recipients or nothing */
  SeSmtpReply *reply;
} Fixture;

/* A message without a session. size: of its document, in bytes. */
void fixture_prepare (Fixture *f, gsize size);
/* Opens a session with the server at url. cancel_fd, timeouts: as in SeSmtpOptions. */
gboolean fixture_open (Fixture *f, TestServer *server, const char *url, int cancel_fd,
                       const SeSmtpTimeouts *timeouts, GError **error);
/* Both with a new server. options: the server's. */
void fixture_set_up (Fixture *f, TestServer *server, const char *options, gsize size, int cancel_fd,
                     const SeSmtpTimeouts *timeouts);
void fixture_tear_down (Fixture *f);
/* Sends the message; checks its progress on the way. */
gboolean fixture_send (Fixture *f, GError **error);

/* Not checked, so that it can be one that no parser lets through. Owned by the caller. */
SeAddress *fixture_address (const char *local, const char *domain);

/* Adds a test at /smtp/GROUP/NAME, with what a path cannot hold replaced by '-'. */
void fixture_add_case (const char *group, const char *name, gconstpointer data,
                       GTestDataFunc function);

G_END_DECLS
