/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/store-private.h"

#include "common/atomic-file.h"
#include "common/io.h"
#include "common/state-path.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX (1024 * 1024)
/* Two tokens of a whole reply each (64 KiB), every character escaped, and the rest of the record;
 * all of it in base64. */
#define RESERVE (272 * 1024 * 4 / 3)

typedef struct
{
  SeStore store;
  SeAtomicFile *replacement; /* room for the next write; NULL: none taken */
} FileStore;

static gboolean
file_read (SeStore *store, char **text, gsize *length, GError **error)
{
  struct stat status;

  *text = NULL;
  if (lstat (store->location, &status) < 0 && errno == ENOENT)
    return TRUE;
  *text = se_io_read_secret_file (store->location, FILE_MAX, length, error);
  return *text != NULL;
}

static gboolean
file_reserve (SeStore *store, GError **error)
{
  FileStore *file = (FileStore *)store;

  if (file->replacement != NULL)
    return TRUE;
  se_atomic_file_clear (store->location);
  file->replacement = se_atomic_file_begin (store->location, 0600, RESERVE, error);
  return file->replacement != NULL;
}

static gboolean
file_write (SeStore *store, const char *text, GError **error)
{
  FileStore *file = (FileStore *)store;
  gboolean done = file_reserve (store, error)
                  && se_atomic_file_commit (file->replacement, text, strlen (text), error);

  g_clear_pointer (&file->replacement, se_atomic_file_free);
  return done;
}

static gboolean
file_remove (SeStore *store, GError **error)
{
  if (unlink (store->location) < 0 && errno != ENOENT)
    {
      se_error_set_errno (error, errno, _ ("cannot remove %s"), store->location);
      return FALSE;
    }
  return se_io_sync_parent (store->location, error);
}

static void
file_free (SeStore *store)
{
  FileStore *file = (FileStore *)store;

  se_atomic_file_free (file->replacement);
  g_free (file);
}

static const SeStoreClass file_class = {
  .read = file_read,
  .reserve = file_reserve,
  .write = file_write,
  .remove = file_remove,
  .free = file_free,
};

SeStore *
se_store_file_new (const char *directory, const char *address)
{
  FileStore *file = g_new0 (FileStore, 1);
  g_autofree char *name = se_state_name (address, ".json");
  g_autofree char *quoted = NULL;

  file->store.class = &file_class;
  file->store.location = g_build_filename (directory, name, NULL);
  quoted = g_shell_quote (file->store.location);
  file->store.discard = g_strdup_printf ("rm %s", quoted);
  return &file->store;
}
