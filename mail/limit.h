/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

G_BEGIN_DECLS

/* Whose limit it is. */
typedef enum
{
  SE_LIMIT_NONE,
  SE_LIMIT_QUEUE,    /* [queue] max-message-size */
  SE_LIMIT_PROVIDER, /* [provider] max-message-size */
  SE_LIMIT_SERVER,   /* SIZE (RFC 1870) */
} SeLimitOwner;

/* How large a mail may be, in octets as se_message_size counts them. */
typedef struct
{
  SeLimitOwner owner;
  guint64 size;     /* 0 with SE_LIMIT_NONE alone */
  const char *name; /* the provider's or server's, borrowed; else NULL */
} SeLimit;

/* The smallest of queue_size ([queue] max-message-size; 0: none), the provider's max-message-size
 * and the SIZE that the account's server stated when a session was last opened (mail/activity.h).
 * state_directory NULL: no server is remembered. The limit's name is owned by account. */
SeLimit se_limit_get (const char *state_directory, const SeAccount *account, guint64 queue_size);

/* SE_ERROR_TOO_LARGE: a mail of size octets is over the limit; says both numbers and whose limit it
 * is. */
gboolean se_limit_check (const SeLimit *limit, guint64 size, GError **error);

G_END_DECLS
