/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/smtp-private.h"

G_BEGIN_DECLS

/* The handshake of an SMTP session: greeting, EHLO, STARTTLS, EHLO again, AUTH. libcurl does it and
 * tells us little: its header callback shows each line of the server's, and what we conclude from
 * them decides. */
typedef struct
{
  const SeSmtpOptions *options;
  const SeSmtpProbe *probe; /* NULL: sign in; else only look */
  gboolean told_connected, told_secured;
  SeSmtp *smtp;
  const char *mechanism; /* "XOAUTH2" or "OAUTHBEARER" */
  guint replies;
  SeSmtpReply *last;    /* reply */
  SeSmtpReply *refused; /* EHLO that was refused: libcurl goes on with HELO, without AUTH */
  gboolean not_smtp;
  gboolean offered;    /* last is EHLO's list: nothing was asked for since */
  gboolean starttls;   /* offered */
  gboolean challenged; /* 334 seen */
  char *challenge;     /* the last 334's text, decoded and cleaned; NULL: none or empty */
  char **mechanisms;   /* of the AUTH line; NULL: no such line */
  char error[CURL_ERROR_SIZE];
} SeHandshake;

void se_handshake_clear (SeHandshake *hs);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SeHandshake, se_handshake_clear)

/* A CURLOPT_HEADERFUNCTION for each line that libcurl reads from the server, up to the 235; user is
 * an SeHandshake. */
size_t se_handshake_on_header (char *data, size_t size, size_t count, void *user);

/* Tells a probe of the connection. To be called where there is one. */
void se_handshake_tell_connected (SeHandshake *hs);

/* Tells whether EHLO has offered the mechanism, without regard to case. */
gboolean se_handshake_offers (const SeHandshake *hs, const char *mechanism);

/* libcurl's verdict and the last reply as one sentence (smtp-connect-error.c). result CURLE_OK: it
 * took something for a success that is none. */
void se_handshake_set_error (const SeHandshake *hs, CURLcode result, GError **error);

G_END_DECLS
