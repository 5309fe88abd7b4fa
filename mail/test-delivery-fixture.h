/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/delivery.h"
#include "mail/test-server.h"

G_BEGIN_DECLS

/* The scripted server of the test program. */
extern TestServer *server;

/* A delivery to it of an entry with one mail of 1000 bytes to a@example.org. */
typedef struct
{
  char *state;
  char *url;
  SeServerConfig server;
  SeProviderConfig provider;
  SeAccount account;
  SeDelivery delivery;
  SeDeliveryEvents events;
  SeJournal *journal;
  GPtrArray *tokens;   /* that get_token gives in turn, then no more */
  GPtrArray *rejected; /* what it was called with */
  GString *steps;      /* events as they came */
  int cancel[2];
} Fixture;

/* options: the server's. */
void set_up (Fixture *f, const char *options);
void set_up_mails (Fixture *f, const char *options); /* three mails */
void tear_down (Fixture *f);

/* As a later worker does; the entry must be closed. */
void open_journal (Fixture *f);

/* Fixes n mails in the open entry. to: a list of addresses. */
void fix_messages (Fixture *f, const char *to, guint n);

/* How many the server has accepted. */
void expect_messages (const char *number);

G_END_DECLS
