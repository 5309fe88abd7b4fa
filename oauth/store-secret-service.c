/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/store-private.h"

#include "common/atomic-file.h"
#include "common/io.h"
#include "common/lock.h"
#include "oauth/keyring.h"

#include <dlfcn.h>
#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>

#define MARKER_NAME "secret-service.canary"
#define MARKER_MAX 256
#define LOCK_WAIT_MS 60000
/* How long a record whose room was reserved, and that exists nowhere else, is offered again to a
 * service that is being restarted. */
#define RESTART_SECONDS 20
#define RESTART_POLL_MS 250

/* A Secret Service says of an item that is not there, of one in a locked keyring and of one in
 * another keyring the same: nothing. So the first record is preceded by a canary: an item whose
 * random name stands in the marker, a file. From then on a keyring without that item is not the
 * one that has the tokens. The marker holds no secret. */
typedef struct
{
  SeStore store;
  char *bus;
  char *marker_path;
  char *canary_lock_path;
  const SeKeyringClass *keyring_class;
  gboolean reserved;
} SecretStore;

/* Loads the module at path, for good: it registers types with GObject. */
static const SeKeyringClass *
load_module (const char *path, GError **error)
{
  void *module = dlopen (path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  const SeKeyringClass *class = module == NULL ? NULL : dlsym (module, "se_keyring_class");

  if (class == NULL)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("the module for token-store = secret-service cannot be loaded: %s"),
                 dlerror ());
  return class;
}

/* *id: NULL on return TRUE where there is no marker yet. */
static gboolean
read_marker (const SecretStore *secret, char **id, GError **error)
{
  g_autofree char *quoted = g_shell_quote (secret->marker_path);
  struct stat status;

  *id = NULL;
  if (lstat (secret->marker_path, &status) < 0 && errno == ENOENT)
    return TRUE;
  *id = se_io_read_secret_file (secret->marker_path, MARKER_MAX, NULL, error);
  if (*id == NULL)
    return FALSE;
  g_strchomp (*id);
  if (g_uuid_string_is_valid (*id))
    return TRUE;
  g_clear_pointer (id, g_free);
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("%s is damaged; if the keyring is the right one, run: rm %s"),
               secret->marker_path, quoted);
  return FALSE;
}

static gboolean
write_canary (const SecretStore *secret, SeKeyring *keyring, const char *id, GError **error)
{
  return secret->keyring_class->write (keyring, SE_KEYRING_CANARY, id,
                                       "scan-email: marks this keyring as the one with the tokens",
                                       id, error);
}

static gboolean
check_canary (const SecretStore *secret, SeKeyring *keyring, const char *id, GError **error)
{
  g_autofree char *quoted = g_shell_quote (secret->marker_path);
  se_autosecret char *found = NULL;

  if (!secret->keyring_class->read (keyring, SE_KEYRING_CANARY, id, &found, error))
    return FALSE;
  if (g_strcmp0 (found, id) == 0)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("the Secret Service at %s shows another keyring than the one with the tokens "
                  "(there is no item canary = %s): bring that one back; or give its tokens up: rm "
                  "%s && oauth-setup login %s"),
               secret->bus, id, quoted, secret->store.address);
  return FALSE;
}

/* Opens the keyring and makes sure that it is ours; *id as from read_marker. cancel_fd: -1 where
 * what follows must not be left undone. */
static SeKeyring *
open_keyring (const SecretStore *secret, int cancel_fd, char **id, GError **error)
{
  SeKeyring *keyring = NULL;

  if (!read_marker (secret, id, error))
    return NULL;
  keyring = secret->keyring_class->open (secret->bus, cancel_fd, error);
  if (keyring == NULL || *id == NULL || check_canary (secret, keyring, *id, error))
    return keyring;
  secret->keyring_class->close (keyring);
  return NULL;
}

/* Makes canary and marker where there are none, once for all accounts. */
static gboolean
make_canary (const SecretStore *secret, SeKeyring *keyring, GError **error)
{
  se_autofd int lock = se_lock_take (secret->canary_lock_path, LOCK_WAIT_MS, -1, error);
  g_autofree char *id = NULL;

  if (lock < 0 || !read_marker (secret, &id, error))
    return FALSE;
  if (id != NULL)
    return check_canary (secret, keyring, id, error);
  id = g_uuid_string_random ();
  return write_canary (secret, keyring, id, error)
         && se_atomic_file_replace (secret->marker_path, id, strlen (id), 0600, error);
}

static gboolean
secret_read (SeStore *store, char **text, gsize *length, GError **error)
{
  const SecretStore *secret = (SecretStore *)store;
  g_autofree char *id = NULL;
  SeKeyring *keyring = NULL;
  gboolean done = FALSE;

  *text = NULL;
  keyring = open_keyring (secret, store->cancel_fd, &id, error);
  if (keyring == NULL)
    return FALSE;
  done = secret->keyring_class->read (keyring, SE_KEYRING_ACCOUNT, store->address, text, error);
  secret->keyring_class->close (keyring);
  if (*text != NULL)
    *length = strlen (*text);
  return done;
}

/* A service gives no room beforehand. But a keyring that cannot be written at all, on a full disk
 * or a read-only one, shows by the canary written anew. */
static gboolean
secret_reserve (SeStore *store, GError **error)
{
  SecretStore *secret = (SecretStore *)store;
  g_autofree char *id = NULL;
  SeKeyring *keyring = open_keyring (secret, store->cancel_fd, &id, error);

  if (keyring == NULL)
    return FALSE;
  secret->reserved = id != NULL ? write_canary (secret, keyring, id, error)
                                : make_canary (secret, keyring, error);
  secret->keyring_class->close (keyring);
  return secret->reserved;
}

static gboolean
write_once (const SecretStore *secret, const char *text, GError **error)
{
  const char *address = secret->store.address;
  g_autofree char *label = g_strdup_printf ("scan-email: tokens of %s", address);
  g_autofree char *id = NULL;
  SeKeyring *keyring = open_keyring (secret, -1, &id, error);
  gboolean done = FALSE;

  if (keyring == NULL)
    return FALSE;
  done = (id != NULL || make_canary (secret, keyring, error))
         && secret->keyring_class->write (keyring, SE_KEYRING_ACCOUNT, address, label, text, error);
  secret->keyring_class->close (keyring);
  return done;
}

static gboolean
secret_write (SeStore *store, const char *text, GError **error)
{
  SecretStore *secret = (SecretStore *)store;
  gint64 end = g_get_monotonic_time () + RESTART_SECONDS * G_TIME_SPAN_SECOND;
  gboolean patient = secret->reserved;

  secret->reserved = FALSE;
  for (;;)
    {
      g_autoptr (GError) failure = NULL;

      if (write_once (secret, text, &failure))
        return TRUE;
      if (!patient || !se_error_is (failure, SE_ERROR_TEMPORARY) || g_get_monotonic_time () > end)
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
      g_debug ("%s; trying again", failure->message);
      g_usleep (RESTART_POLL_MS * 1000);
    }
}

static gboolean
secret_remove (SeStore *store, GError **error)
{
  const SecretStore *secret = (SecretStore *)store;
  g_autofree char *id = NULL;
  SeKeyring *keyring = open_keyring (secret, -1, &id, error);
  gboolean done = FALSE;

  if (keyring == NULL)
    return FALSE;
  done = secret->keyring_class->remove (keyring, SE_KEYRING_ACCOUNT, store->address, error);
  secret->keyring_class->close (keyring);
  return done;
}

static void
secret_free (SeStore *store)
{
  SecretStore *secret = (SecretStore *)store;

  g_free (secret->bus);
  g_free (secret->marker_path);
  g_free (secret->canary_lock_path);
  g_free (secret);
}

static const SeStoreClass secret_class = {
  .read = secret_read,
  .reserve = secret_reserve,
  .write = secret_write,
  .remove = secret_remove,
  .free = secret_free,
};

/* One socket: no address that starts a program or crosses a network, and none to fall back to. */
static gboolean
check_bus (const SeServerConfig *server, const char *address, GError **error)
{
  const char *bus = server->secret_service_bus;

  if (bus == NULL)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("account %s: token-store = secret-service needs secret-service-bus in the "
                    "section [server], the address of a D-Bus bus"),
                 address);
  else if ((!g_str_has_prefix (bus, "unix:path=") && !g_str_has_prefix (bus, "unix:abstract="))
           || strchr (bus, ';') != NULL)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("secret-service-bus = %s is not the address of one socket such as "
                    "unix:path=/run/scan-email-secrets/bus"),
                 bus);
  else
    return TRUE;
  return FALSE;
}

/* The command that takes an item away that we cannot read. */
static char *
make_discard (const SeServerConfig *server, const char *address)
{
  g_autofree char *variable
      = g_strdup_printf ("DBUS_SESSION_BUS_ADDRESS=%s", server->secret_service_bus);
  g_autofree char *quoted = g_shell_quote (variable);
  g_autofree char *account = g_shell_quote (address);

  return g_strdup_printf ("runuser -u %s -- env %s secret-tool clear " SE_KEYRING_APPLICATION
                          " " SE_KEYRING_APPLICATION_VALUE " " SE_KEYRING_ACCOUNT " %s",
                          server->user, quoted, account);
}

SeStore *
se_store_secret_service_new (const SeServerConfig *server, const char *directory,
                             const char *address, const char *module, GError **error)
{
  const SeKeyringClass *class = NULL;
  SecretStore *secret = NULL;

  if (module == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("account %s: this scan-email was built without token-store = secret-service; "
                      "use file"),
                   address);
      return NULL;
    }
  if (!check_bus (server, address, error))
    return NULL;
  class = load_module (module, error);
  if (class == NULL)
    return NULL;
  secret = g_new0 (SecretStore, 1);
  secret->store.class = &secret_class;
  secret->store.location
      = g_strdup_printf (_ ("the Secret Service at %s (item %s = %s, %s = %s)"),
                         server->secret_service_bus, SE_KEYRING_APPLICATION,
                         SE_KEYRING_APPLICATION_VALUE, SE_KEYRING_ACCOUNT, address);
  secret->store.discard = make_discard (server, address);
  secret->bus = g_strdup (server->secret_service_bus);
  secret->marker_path = g_build_filename (directory, MARKER_NAME, NULL);
  secret->canary_lock_path = g_strdup_printf ("%s.lock", secret->marker_path);
  secret->keyring_class = class;
  return &secret->store;
}
