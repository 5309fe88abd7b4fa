/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/bundle.h"

G_BEGIN_DECLS

/* What comes in by standard input. */

/* Puts the filter's bundle into a new file path, checked and synced. Returns its entries; errors as
 * se_bundle_spool and se_error_set_errno. */
GPtrArray *se_intake_spool (const char *path, int cancel_fd, GError **error);

/* Reads what is left, until cancel_fd is readable, so that no filter is left hanging: cupsd aborts
 * a job whose backend ends before all of its documents were filtered. */
void se_intake_drain (int cancel_fd);

G_END_DECLS
