/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

#include <sys/types.h>

G_BEGIN_DECLS

/* A descriptor closed at the end of its scope: se_autofd int fd = -1; */
#define se_autofd __attribute__ ((cleanup (se_io_clear_fd)))
void se_io_clear_fd (int *fd); /* closes *fd if it is >= 0 and sets it to -1; keeps errno */
int se_io_steal_fd (int *fd);  /* returns *fd and sets it to -1 */

/* Writes all of data, going on after EINTR and short writes. */
gboolean se_io_write_all (int fd, const void *data, gsize length, GError **error);

/* Reads up to length bytes, fewer only at the end of the file.
 * Returns the number read, -1 on error. */
gssize se_io_read_full (int fd, void *data, gsize length, GError **error);

/* Reads a whole small file. max: largest size in bytes that is accepted (larger: SE_ERROR_CONFIG).
 * Returns NUL-terminated contents, owned by the caller. */
char *se_io_read_file (const char *path, gsize max, gsize *length, GError **error);

/* As se_io_read_file, for secrets: the file must be regular (no symbolic link), owned by the
 * calling user and not accessible to anybody else (0600 or less); checked by fstat on the opened
 * file. It must be text: a NUL byte is refused. SE_ERROR_CONFIG names the chown/chmod command that
 * mends it. The caller wipes the contents with se_io_free_secret. */
char *se_io_read_secret_file (const char *path, gsize max, gsize *length, GError **error);

/* Commits contents to path so that a reader, and a machine that loses power, sees either the old
 * file or the new one: temporary file in the same directory, write, fsync, rename, fsync of the
 * directory. mode: permissions of the new file, whatever the umask; owner and group of an old file
 * are kept. A symbolic link at path is itself replaced. On error the old file is untouched and the
 * temporary file is gone, but for an error of the last fsync, when the new file is in place. */
gboolean se_io_replace_file (const char *path, const void *contents, gsize length, mode_t mode,
                             GError **error);

/* The same in two steps, for contents that must not be lost once they exist: begin makes the
 * temporary file and takes reserve bytes of the disk for it (posix_fallocate), so that a full disk
 * shows before the contents are fetched; commit writes them and renames, and where that fails and
 * there was a reserve, tries once more with a new file. Free without commit
 * removes the temporary file. */
typedef struct SeReplacement SeReplacement;
SeReplacement *se_io_replace_begin (const char *path, mode_t mode, gsize reserve, GError **error);
gboolean se_io_replace_commit (SeReplacement *replacement, const void *contents, gsize length,
                               GError **error);
void se_io_replace_free (SeReplacement *replacement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeReplacement, se_io_replace_free)

/* Removes what processes that were killed left of these in a directory: temporary files that nobody
 * has written to for ten minutes. */
gboolean se_io_sweep (const char *directory, GError **error);

/* Makes a new file, whole or not at all, unless there is one: of several processes that do so
 * exactly one gets *created TRUE. An old file stays as it is. */
gboolean se_io_create_file (const char *path, const void *contents, gsize length, mode_t mode,
                            gboolean *created, GError **error);

/* Makes the directory that is to hold path, and those above, 0700 where they are missing. */
gboolean se_io_make_parent (const char *path, GError **error);

/* fsync of the directory that holds path. */
gboolean se_io_sync_parent (const char *path, GError **error);

/* TRUE if there is something to read from fd now, such as a cancel; -1: never. */
gboolean se_io_is_readable (int fd);

/* Takes an exclusive lock (flock) on the file at path, made with mode 0600 if it is missing.
 * timeout_ms: how long to wait, 0 = not at all, -1 = for ever. cancel_fd: gives up with
 * SE_ERROR_CANCELLED as soon as it is readable; -1 for none.
 * Returns the descriptor that holds the lock (close it to let go); -1 with SE_ERROR_TEMPORARY when
 * the time is out. The lock dies with its holder; the file may be removed by who holds the lock. */
int se_io_lock (const char *path, int timeout_ms, int cancel_fd, GError **error);

/* Takes the lock if it is free. *fd: as above; -1 without an error: another process has it. The two
 * are never to be told apart by an error's code: a full disk is SE_ERROR_TEMPORARY, too. */
gboolean se_io_try_lock (const char *path, int *fd, GError **error);

/* TRUE if a process holds that lock. Makes no file, and keeps nobody from taking the lock but for
 * an instant. */
gboolean se_io_is_locked (const char *path);

/* Overwrites and frees; NULL is fine. se_autosecret frees a char * so at the end of its scope. */
void se_io_free_secret (char *secret);
void se_io_clear_secret (char **secret);
#define se_autosecret __attribute__ ((cleanup (se_io_clear_secret)))

G_END_DECLS
