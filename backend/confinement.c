/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/confinement.h"

#include "common/confine-service.h"

gboolean
se_confinement_enter (const SeServerConfig *server, const SeAccount *account,
                      const SeQueueConfig *queue, GError **error)
{
  g_autoptr (SeConfineFiles) files = se_confine_files_new ();

  se_confine_files_add_lookups (files);
  se_confine_files_add_server (files, server);
  se_confine_files_add_account (files, account);
  se_confine_files_add_place (files, queue->html_file);
  return se_confine_files_enter (files, error);
}

gboolean
se_confinement_misses (const SeAccount *account)
{
  return se_confine_files_hide_account (account);
}
