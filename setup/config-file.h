/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

G_BEGIN_DECLS

/* Writing scan-email.conf; for the parent only. */

/* Makes the file with a comment in it, 0640 and the service group's, unless it is there. A file of
 * root's group that others may not read, as an installation before there is a service group leaves
 * it, becomes the service group's. */
gboolean se_config_file_ensure (const char *path, GError **error);

/* Tells before the sign-in whether se_config_file_edit could replace the file. */
gboolean se_config_file_check_writable (const char *path, GError **error);

/* Sets keys of [account ADDRESS] in the file; owner, group, mode and all other text stay. changed:
 * whether anything had to be. A symbolic link is followed. */
gboolean se_config_file_edit (const char *path, const char *address, GHashTable *keys,
                              gboolean *changed, GError **error);

G_END_DECLS
