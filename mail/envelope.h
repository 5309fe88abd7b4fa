/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/address.h"

G_BEGIN_DECLS

/* Whom a message is for (RFC 5321, 2.3.1), and what the server said of each. */
typedef struct
{
  const SeAddress *from;
  GPtrArray *recipients; /* SeAddress: To, Cc and Bcc */
} SeEnvelope;

typedef enum
{
  SE_RCPT_OPEN,     /* not asked for, or the server takes no more of them in this transaction */
  SE_RCPT_ACCEPTED, /* 2xx */
  SE_RCPT_DEFERRED, /* 4xx: for now */
  SE_RCPT_REFUSED,  /* 5xx: for good */
} SeRcptFate;

/* The reply to one RCPT. */
typedef struct
{
  SeRcptFate fate;
  char *words; /* "550 5.1.1 no such user", cleaned and short; NULL: OPEN */
} SeRcptResult;

/* A result for each of n recipients, all of them OPEN; freed by g_array_unref. */
GArray *se_rcpt_results_new (guint n);

/* Sets one of them. words: copied, cleaned for messages and cut. */
void se_rcpt_results_set (GArray *results, guint index, SeRcptFate fate, const char *words);

SeRcptFate se_rcpt_results_fate (const GArray *results, guint index);
const char *se_rcpt_results_words (const GArray *results, guint index);

/* How many have that fate. */
guint se_rcpt_results_count (const GArray *results, SeRcptFate fate);

/* A recipient that the server refuses, and its words. */
typedef struct
{
  char *address;
  char *words; /* cleaned */
} SeRcptRefusal;

SeRcptRefusal *se_rcpt_refusal_new (const char *address, const char *words);
void se_rcpt_refusal_free (SeRcptRefusal *refusal);

/* "ADDRESS: WORDS; ADDRESS: WORDS" of an array of SeRcptRefusal, owned by the caller. */
char *se_rcpt_refusals_to_string (const GPtrArray *refusals);

G_END_DECLS
