/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/throttle.h"

G_BEGIN_DECLS

/* The throttle of an account of a provider that limits nothing until a test says so; longest_wait
 * is 100 ms. */
typedef struct
{
  char *directory, *folder; /* the state directory, and the account's in it */
  SeProviderConfig provider;
  SeAccount account, other; /* of the same provider */
  SeThrottle throttle;
} Fixture;

void fixture_set_up (Fixture *f, gconstpointer unused);
void fixture_tear_down (Fixture *f, gconstpointer unused);

/* Asserts that one may enter. */
SePermit *fixture_enter (const Fixture *f, guint recipients);

/* A mail that the server accepts. */
void fixture_send_mail (const Fixture *f, guint recipients);

/* Asserts that one may not enter, as these words say. Returns when to come again. */
gint64 fixture_assert_quota (const Fixture *f, guint recipients, const char *words);

/* Whether the next mail may go. */
gboolean fixture_may_next (SePermit *permit, guint recipients);

#define ADD(name, function) \
  g_test_add (name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)

G_END_DECLS
