/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* Temporary files. Under cupsd they lie in its TempDir; where TMPDIR was removed from the
 * environment (an AppArmor profile does that), in $CUPS_REQUESTROOT/tmp. */

/* The directory, owned by the caller. */
char *se_temp_base (void);

/* An empty file without a name, open for reading and writing, closed on exec; -1 on error. */
int se_temp_file (GError **error);

/* Makes a private directory. Returns its path, owned by the caller. */
char *se_temp_make_directory (GError **error);

/* Removes a directory with all that is in it; logs what could not be removed. */
void se_temp_remove_directory (const char *path);

/* Tells whether the file system of temporary files is full: then a program that failed did so for
 * want of space, whatever it says. */
gboolean se_temp_is_full (void);

G_END_DECLS
