/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/oversize.h"

#include "common/terms.h"

#include <glib/gi18n-lib.h>

static SeLimit
limit_now (const SeOversizeCase *oversize)
{
  return se_limit_get (oversize->server->state_directory, oversize->account,
                       oversize->queue->max_message_size);
}

static gboolean
may_come_smaller (const SeOversizeCase *oversize)
{
  const SeLimit now = limit_now (oversize);

  return se_oversize_parse (oversize->queue->oversize) != SE_OVERSIZE_REJECT
         && se_journal_step (oversize->journal) == SE_JOURNAL_FIXED
         && !se_journal_is_begun (oversize->journal)
         && (oversize->told.owner == SE_LIMIT_NONE || now.size < oversize->told.size
             || se_journal_attempts (oversize->journal) == 1);
}

GError *
se_oversize_judge (const SeOversizeCase *oversize, const GError *error)
{
  g_autoptr (GError) failure = NULL;

  if (!may_come_smaller (oversize))
    return g_error_new (
        SE_ERROR, SE_ERROR_TOO_LARGE,
        se_oversize_parse (oversize->queue->oversize) == SE_OVERSIZE_REJECT
            ? _ ("%s: scan fewer pages at once or with a lower resolution, or let an administrator "
                 "set oversize = split for the queue in scan-email.conf")
            : _ ("%s: scan fewer pages at once or with a lower resolution"),
        error->message);
  if (!se_journal_reopen (oversize->journal, &failure))
    return g_steal_pointer (&failure);
  return g_error_new (SE_ERROR, SE_ERROR_TEMPORARY,
                      _ ("%s: its documents are put into several mails at the next try"),
                      error->message);
}

GError *
se_oversize_ask (const SeOversizeCase *oversize, const SeDelivery *delivery, const GError *error)
{
  g_autoptr (GError) failure = NULL;
  SeLimit now;

  if (oversize->told.owner != SE_LIMIT_SERVER)
    return g_error_copy (error);
  if (!se_delivery_check (delivery, &failure))
    return g_steal_pointer (&failure);
  now = limit_now (oversize);
  if (now.owner != SE_LIMIT_NONE && now.size <= oversize->told.size)
    return g_error_copy (error);
  return g_error_new (SE_ERROR, SE_ERROR_TEMPORARY,
                      _ ("%s; the server takes larger mails by now, for which the documents are "
                         "prepared anew"),
                      error->message);
}
