/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "setup/queues.h"

G_BEGIN_DECLS

/* Takes the account's reasons off its queues and lets its held jobs go on. account NULL: all.
 * Names of the jobs ("QUEUE-ID") are added to released. */
gboolean se_release_account (http_t *http, const SeConfig *config, const char *account,
                             GPtrArray *released, GError **error);

G_END_DECLS
