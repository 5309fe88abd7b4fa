/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

#include <sys/types.h>

G_BEGIN_DECLS

/* Files that are there whole or not at all, whoever reads them, and whenever a process is killed or
 * the machine loses power: written into a temporary file of the same directory (".NAME.XXXXXX"),
 * which is synced and takes the name, and then the directory is synced. */

/* Commits contents to path: a reader sees either the old file or the new one. mode: permissions of
 * the new file, whatever the umask; owner and group of an old file are kept. A symbolic link at
 * path is itself replaced. On error the old file is untouched and the temporary file is gone, but
 * for an error of the last fsync, when the new file is in place. */
gboolean se_atomic_file_replace (const char *path, const void *contents, gsize length, mode_t mode,
                                 GError **error);

/* The same in two steps, for contents that must not be lost once they exist: begin makes the
 * temporary file and takes reserve bytes of the disk for it (posix_fallocate), so that a full disk
 * shows before the contents are fetched; commit writes them and renames, and where that fails and
 * there was a reserve, tries once more with a new file. Free without commit removes the temporary
 * file. */
typedef struct SeAtomicFile SeAtomicFile;
SeAtomicFile *se_atomic_file_begin (const char *path, mode_t mode, gsize reserve, GError **error);
gboolean se_atomic_file_commit (SeAtomicFile *file, const void *contents, gsize length,
                                GError **error);
void se_atomic_file_free (SeAtomicFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeAtomicFile, se_atomic_file_free)

/* Makes a new file unless there is one: of several processes that do so exactly one gets *created
 * TRUE. An old file stays as it is. */
gboolean se_atomic_file_create (const char *path, const void *contents, gsize length, mode_t mode,
                                gboolean *created, GError **error);

/* Removes what processes that were killed left of writing path. To be called under a lock that
 * keeps all other writers away; logs what could not be removed. */
void se_atomic_file_clear (const char *path);

/* TRUE if name, without a directory, can be one of a temporary file. */
gboolean se_atomic_file_is_temporary (const char *name);

/* The same of a directory, without a lock: temporary files that nobody has written to for ten
 * minutes. Not for a directory where a reserve waits for its contents as long. */
gboolean se_atomic_file_sweep (const char *directory, GError **error);

G_END_DECLS
