/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oauth/store.h"

G_BEGIN_DECLS

/* An end that is nearer than this is worth a warning, seconds. */
#define SE_DEADLINE_NEAR (14 * 24 * 60 * 60)

/* An end of an account's authorization that is known beforehand. */
typedef struct
{
  gint64 time;        /* seconds since 1970 */
  const char *reason; /* what ends then: one clause, static */
  const char *remedy; /* what to do before; an account's address belongs behind it. Static */
} SeDeadline;

/* Finds the nearest of what the server told of the refresh token, the time after which it forgets
 * one that nobody uses, and the end of the client's secret or certificate; only what the record's
 * grant rests on. record: NULL if there is none, then the account's grant counts. TRUE if an end is
 * known, be it in the past. */
gboolean se_deadline_find (const SeAccount *account, const SeTokenRecord *record,
                           SeDeadline *deadline);

G_END_DECLS
