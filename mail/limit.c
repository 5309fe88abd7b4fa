/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/limit.h"

#include "common/error.h"
#include "common/size.h"
#include "mail/activity.h"

#include <glib/gi18n-lib.h>

static void
take_smaller (SeLimit *limit, SeLimitOwner owner, guint64 size, const char *name)
{
  if (size > 0 && (limit->owner == SE_LIMIT_NONE || size < limit->size))
    *limit = (SeLimit){ owner, size, name };
}

SeLimit
se_limit_get (const char *state_directory, const SeAccount *account, guint64 queue_size)
{
  const SeProviderConfig *provider = account->provider;
  SeLimit limit = { .owner = SE_LIMIT_NONE };

  take_smaller (&limit, SE_LIMIT_QUEUE, queue_size, NULL);
  take_smaller (&limit, SE_LIMIT_PROVIDER, provider->max_message_size, provider->name);
  if (state_directory != NULL)
    take_smaller (&limit, SE_LIMIT_SERVER,
                  se_activity_size (state_directory, account->address, provider->smtp_server),
                  provider->smtp_server);
  return limit;
}

gboolean
se_limit_check (const SeLimit *limit, guint64 size, GError **error)
{
  g_autofree char *have = NULL;
  g_autofree char *most = NULL;

  if (limit->owner == SE_LIMIT_NONE || size <= limit->size)
    return TRUE;
  have = se_size_format_exact (size);
  most = se_size_format_exact (limit->size);
  switch (limit->owner)
    {
    case SE_LIMIT_QUEUE:
      g_set_error (error, SE_ERROR, SE_ERROR_TOO_LARGE,
                   _ ("The mail would have %s as it is sent, more than the %s that "
                      "max-message-size of the queue allows"),
                   have, most);
      break;
    case SE_LIMIT_PROVIDER:
      g_set_error (error, SE_ERROR, SE_ERROR_TOO_LARGE,
                   _ ("The mail would have %s as it is sent, more than the %s that "
                      "max-message-size of the provider %s allows"),
                   have, most, limit->name);
      break;
    case SE_LIMIT_SERVER:
      g_set_error (error, SE_ERROR, SE_ERROR_TOO_LARGE,
                   _ ("The mail would have %s as it is sent, more than the %s that the server %s "
                      "takes (SIZE)"),
                   have, most, limit->name);
      break;
    case SE_LIMIT_NONE:
      g_assert_not_reached ();
    }
  return FALSE;
}
