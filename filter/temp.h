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

/* Sets SE_ERROR_TEMPORARY and returns FALSE where the file system of temporary files is full: what
 * was just written there may be cut, whatever the program says that wrote it. To be called while
 * the files that fill it are still there. */
gboolean se_temp_has_space (GError **error);

/* For a failure that seems to be the document's: where little space is left, a program that cleared
 * up behind itself may have run out of it. Replaces an SE_ERROR_DOCUMENT then. */
void se_temp_blame_space (GError **error);

G_END_DECLS
