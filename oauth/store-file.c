/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/store-private.h"

#include "common/atomic-file.h"
#include "common/io.h"

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
  char *directory;
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

/* Tells whether entry is prefix and what mkstemp(3) puts behind it. */
static gboolean
is_temporary (const char *entry, const char *prefix)
{
  return g_str_has_prefix (entry, prefix) && strchr (entry + strlen (prefix), '.') == NULL;
}

/* What a killed process left behind: under the account's lock no other writer is alive. */
static void
remove_leftovers (const FileStore *file)
{
  g_autoptr (GDir) directory = g_dir_open (file->directory, 0, NULL);
  g_autofree char *name = g_path_get_basename (file->store.location);
  g_autofree char *prefix = g_strdup_printf (".%s.", name);
  const char *entry = NULL;

  while (directory != NULL && (entry = g_dir_read_name (directory)) != NULL)
    {
      g_autofree char *path = g_build_filename (file->directory, entry, NULL);

      if (is_temporary (entry, prefix) && unlink (path) < 0)
        g_warning (_ ("cannot remove %s: %s"), path, g_strerror (errno));
    }
}

static gboolean
file_reserve (SeStore *store, GError **error)
{
  FileStore *file = (FileStore *)store;

  if (file->replacement != NULL)
    return TRUE;
  remove_leftovers (file);
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
  g_free (file->directory);
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
  g_autofree char *escaped = g_uri_escape_string (address, NULL, FALSE);
  g_autofree char *quoted = NULL;

  file->store.class = &file_class;
  file->store.location = g_strdup_printf ("%s/%s.json", directory, escaped);
  quoted = g_shell_quote (file->store.location);
  file->store.discard = g_strdup_printf ("rm %s", quoted);
  file->directory = g_strdup (directory);
  return &file->store;
}
