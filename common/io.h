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

/* Makes the directory that is to hold path, and those above, 0700 where they are missing. */
gboolean se_io_make_parent (const char *path, GError **error);

/* fsync of the directory that holds path. */
gboolean se_io_sync_parent (const char *path, GError **error);

/* TRUE if there is something to read from fd now, such as a cancel; -1: never. */
gboolean se_io_is_readable (int fd);

/* Overwrites and frees; NULL is fine. se_autosecret frees a char * so at the end of its scope. */
void se_io_free_secret (char *secret);
void se_io_clear_secret (char **secret);
#define se_autosecret __attribute__ ((cleanup (se_io_clear_secret)))

G_END_DECLS
