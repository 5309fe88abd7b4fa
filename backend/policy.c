/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/policy.h"

#include "common/log.h"

#include <glib/gi18n-lib.h>

static gboolean
matches_any (const SeAddress *address, char *const *patterns)
{
  for (; *patterns != NULL; patterns++)
    if (se_address_matches (address, *patterns))
      return TRUE;
  return FALSE;
}

static gboolean
is_one_of (const SeAddress *address, const GPtrArray *list)
{
  for (guint i = 0; i < list->len; i++)
    if (se_address_equal (address, list->pdata[i]))
      return TRUE;
  return FALSE;
}

static gboolean
is_allowed (const SeAddress *address, const GPtrArray *own, const SeQueueConfig *queue)
{
  if (queue->denied_recipients != NULL && matches_any (address, queue->denied_recipients))
    return FALSE;
  return queue->allowed_recipients != NULL ? matches_any (address, queue->allowed_recipients)
                                           : is_one_of (address, own);
}

gboolean
se_policy_check (const GPtrArray *recipients, const GPtrArray *own, const SeQueueConfig *queue,
                 GError **error)
{
  if (recipients->len == 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("Nobody is named whom the mail is for: give the option email-to"));
      return FALSE;
    }
  for (guint i = 0; i < recipients->len; i++)
    if (!is_allowed (recipients->pdata[i], own, queue))
      {
        g_autofree char *address = se_address_to_string (recipients->pdata[i]);
        g_autofree char *clean = se_log_clean (address, 254);

        g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                     _ ("This queue may not send mail to %s; see allowed-recipients and "
                        "denied-recipients in scan-email.conf"),
                     clean);
        return FALSE;
      }
  if (queue->max_recipients > 0 && recipients->len > queue->max_recipients)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("The mail is for %u recipients, this queue allows %u (max-recipients)"),
                   recipients->len, queue->max_recipients);
      return FALSE;
    }
  return TRUE;
}
