/* SPDX-License-Identifier: Apache-2.0 */
/* The module secret-service.so. libsecret's calls are blocking: it runs loops of its own, so that a
 * program without a main loop can use it. */
#include "oauth/keyring.h"

#include "common/log.h"

#include <glib/gi18n-lib.h>
#include <libsecret/secret.h>
#include <string.h>
#include <unistd.h>

/* Of one operation; a healthy service answers within milliseconds. */
#define PATIENCE_SECONDS 20
#define LOOK_EVERY (100 * G_TIME_SPAN_MILLISECOND) /* whether there is a cancel */
#define BUS_NAME "org.freedesktop.secrets"
#define SERVICE_PATH "/org/freedesktop/secrets"
#define SERVICE_INTERFACE "org.freedesktop.Secret.Service"

static const SecretSchema schema = {
  "org.scan-email.Token",
  SECRET_SCHEMA_NONE,
  {
      { SE_KEYRING_APPLICATION, SECRET_SCHEMA_ATTRIBUTE_STRING },
      { SE_KEYRING_ACCOUNT, SECRET_SCHEMA_ATTRIBUTE_STRING },
      { SE_KEYRING_CANARY, SECRET_SCHEMA_ATTRIBUTE_STRING },
      { NULL, 0 },
  },
  0,
  NULL,
  NULL,
  NULL,
  NULL,
  NULL,
  NULL,
  NULL,
};

/* A SecretService on the bus that we say, where libsecret always takes the session's; and one that
 * never asks a person, since there is none. */
typedef struct
{
  SecretService parent;
} Service;

typedef struct
{
  SecretServiceClass parent;
} ServiceClass;

static GType service_get_type (void);
G_DEFINE_TYPE (Service, service, SECRET_TYPE_SERVICE)

static GObject *
service_constructor (GType type, guint n_properties, GObjectConstructParam *properties)
{
  /* The parent's constructor would set name and bus; that of its parent, the proxy, does not. */
  gpointer proxy_class = g_type_class_peek_parent (service_parent_class);

  return G_OBJECT_CLASS (proxy_class)->constructor (type, n_properties, properties);
}

static GError *
prompt_error (void)
{
  return g_error_new_literal (SE_ERROR, SE_ERROR_CONFIG,
                              _ ("it wants to ask a person, and there is none: its keyring is "
                                 "locked or wants a confirmation"));
}

static GVariant *
service_prompt_sync (SecretService *service, SecretPrompt *prompt, GCancellable *cancellable,
                     const GVariantType *type, GError **error)
{
  g_propagate_error (error, prompt_error ());
  return NULL;
}

static void
service_prompt_async (SecretService *service, SecretPrompt *prompt, const GVariantType *type,
                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
  g_task_report_error (service, callback, data, NULL, prompt_error ());
}

static GVariant *
service_prompt_finish (SecretService *service, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
service_class_init (ServiceClass *class)
{
  G_OBJECT_CLASS (class)->constructor = service_constructor;
  class->parent.prompt_sync = service_prompt_sync;
  class->parent.prompt_async = service_prompt_async;
  class->parent.prompt_finish = service_prompt_finish;
}

static void
service_init (Service *service)
{
}

struct SeKeyring
{
  char *bus;
  int cancel_fd;
  GDBusConnection *connection;
  SecretService *service;
  SecretCollection *collection; /* the default one */
};

/* A time limit of a row of blocking calls, some of which know none; a cancel ends them, too. */
typedef struct
{
  GMutex mutex;
  GCond changed;
  gboolean done;
  int cancel_fd;
  GCancellable *cancellable;
  GThread *thread;
} Limit;

static gboolean
is_readable (int fd)
{
  GPollFD poll_fd = { .fd = fd, .events = G_IO_IN };

  return fd >= 0 && g_poll (&poll_fd, 1, 0) > 0;
}

static gpointer
limit_run (gpointer data)
{
  Limit *limit = data;
  gint64 end = g_get_monotonic_time () + PATIENCE_SECONDS * G_TIME_SPAN_SECOND;

  g_mutex_lock (&limit->mutex);
  while (!limit->done && !is_readable (limit->cancel_fd) && g_get_monotonic_time () < end)
    g_cond_wait_until (&limit->changed, &limit->mutex, g_get_monotonic_time () + LOOK_EVERY);
  g_mutex_unlock (&limit->mutex);
  g_cancellable_cancel (limit->cancellable);
  return NULL;
}

static Limit *
limit_begin (int cancel_fd)
{
  Limit *limit = g_new0 (Limit, 1);

  g_mutex_init (&limit->mutex);
  g_cond_init (&limit->changed);
  limit->cancel_fd = cancel_fd;
  limit->cancellable = g_cancellable_new ();
  limit->thread = g_thread_new ("secret-service", limit_run, limit);
  return limit;
}

static void
limit_end (Limit *limit)
{
  g_mutex_lock (&limit->mutex);
  limit->done = TRUE;
  g_cond_signal (&limit->changed);
  g_mutex_unlock (&limit->mutex);
  g_thread_join (limit->thread);
  g_mutex_clear (&limit->mutex);
  g_cond_clear (&limit->changed);
  g_object_unref (limit->cancellable);
  g_free (limit);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Limit, limit_end)

#define UNIT_BUS "unix:path=/run/scan-email-secrets/bus"

/* What mends the service at bus; otherwise: where it is another than our unit's. */
static const char *
remedy_for (const char *bus, const char *otherwise)
{
  return g_str_equal (bus, UNIT_BUS) ? _ ("run: systemctl restart scan-email-secrets.service")
                                     : otherwise;
}

static void
set_locked (const char *bus, GError **error)
{
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("the keyring of the Secret Service at %s is locked: it was not unlocked when the "
                  "service started, or its password is another one; %s"),
               bus, remedy_for (bus, _ ("unlock it")));
}

static gboolean
is_locked (const GError *failure)
{
  return g_error_matches (failure, SECRET_ERROR, SECRET_ERROR_IS_LOCKED);
}

static gboolean
needs_admin (const GError *failure)
{
  return g_error_matches (failure, G_DBUS_ERROR, G_DBUS_ERROR_ACCESS_DENIED)
         || g_error_matches (failure, G_DBUS_ERROR, G_DBUS_ERROR_AUTH_FAILED)
         || g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED)
         || g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
}

/* Takes failure, an error of libsecret or GIO. */
static void
set_error (const SeKeyring *keyring, const char *what, GError *failure, GError **error)
{
  const char *bus = keyring->bus;
  g_autoptr (GError) local = failure;
  g_autofree char *words = NULL;

  if (is_locked (local))
    {
      set_locked (bus, error);
      return;
    }
  if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED) && is_readable (keyring->cancel_fd))
    {
      g_set_error_literal (error, SE_ERROR, SE_ERROR_CANCELLED, _ ("cancelled"));
      return;
    }
  if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   /* TRANSLATORS: where it is, and what it does, such as "opens no session". */
                   _ ("the Secret Service at %s %s: no answer within %d seconds"), bus, what,
                   PATIENCE_SECONDS);
      return;
    }
  g_dbus_error_strip_remote_error (local);
  words = se_log_clean (local->message, 300);
  g_set_error (error, SE_ERROR,
               local->domain == SE_ERROR ? local->code
               : needs_admin (local)     ? (int)SE_ERROR_CONFIG
                                         : (int)SE_ERROR_TEMPORARY,
               /* TRANSLATORS: where it is, what it does, such as "opens no session", and why. */
               _ ("the Secret Service at %s %s: %s"), bus, what, words);
}

static void
keyring_close (SeKeyring *keyring)
{
  if (keyring == NULL)
    return;
  g_clear_object (&keyring->collection);
  g_clear_object (&keyring->service);
  if (keyring->connection != NULL)
    g_dbus_connection_close_sync (keyring->connection, NULL, NULL);
  g_clear_object (&keyring->connection);
  g_free (keyring->bus);
  g_free (keyring);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeKeyring, keyring_close)

/* The unique name of who owns BUS_NAME: calls to it start nothing, and go to nobody else when the
 * service is replaced meanwhile. */
static char *
find_owner (GDBusConnection *connection, GCancellable *cancellable, GError **error)
{
  char *owner = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_sync (connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "GetNameOwner",
                                     g_variant_new ("(s)", BUS_NAME), G_VARIANT_TYPE ("(s)"),
                                     G_DBUS_CALL_FLAGS_NONE, -1, cancellable, error);

  if (reply != NULL)
    g_variant_get (reply, "(s)", &owner);
  return owner;
}

static gboolean
find_service (SeKeyring *keyring, GCancellable *cancellable, GError **error)
{
  GError *failure = NULL;
  g_autofree char *owner = find_owner (keyring->connection, cancellable, &failure);

  if (owner == NULL && g_error_matches (failure, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
    {
      g_error_free (failure);
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   _ ("there is no Secret Service on the bus %s: nobody has the name %s; %s"),
                   keyring->bus, BUS_NAME, remedy_for (keyring->bus, _ ("start it")));
      return FALSE;
    }
  if (owner != NULL)
    keyring->service = g_initable_new (service_get_type (), cancellable, &failure, "g-connection",
                                       keyring->connection, "g-name", owner, "g-object-path",
                                       SERVICE_PATH, "g-interface-name", SERVICE_INTERFACE, "flags",
                                       SECRET_SERVICE_OPEN_SESSION, NULL);
  if (keyring->service != NULL)
    return TRUE;
  set_error (keyring, _ ("opens no session"), failure, error);
  return FALSE;
}

static gboolean
find_collection (SeKeyring *keyring, GCancellable *cancellable, GError **error)
{
  GError *failure = NULL;

  keyring->collection = secret_collection_for_alias_sync (
      keyring->service, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, cancellable, &failure);
  if (failure != NULL)
    {
      set_error (keyring, _ ("shows no default keyring"), failure, error);
      return FALSE;
    }
  if (keyring->collection == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("the Secret Service at %s has no default keyring; start it so that it makes "
                      "one, as scan-email-secrets.service does"),
                   keyring->bus);
      return FALSE;
    }
  if (secret_collection_get_locked (keyring->collection))
    {
      set_locked (keyring->bus, error);
      return FALSE;
    }
  return TRUE;
}

/* Whoever owns the socket may put himself in the service's place, and is given the tokens then. */
static gboolean
check_owner (SeKeyring *keyring, GError **error)
{
  GIOStream *stream = g_dbus_connection_get_stream (keyring->connection);
  GSocket *socket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream));
  GError *failure = NULL;
  g_autoptr (GCredentials) owner = g_socket_get_credentials (socket, &failure);
  uid_t user = owner == NULL ? (uid_t)-1 : g_credentials_get_unix_user (owner, &failure);

  if (failure != NULL)
    {
      set_error (keyring, _ ("does not show whose it is"), failure, error);
      return FALSE;
    }
  if (user == geteuid () || user == 0)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("the bus %s belongs to user id %u, neither root nor the user id %u that the "
                  "tokens are of: name that user's own bus as secret-service-bus"),
               keyring->bus, (guint)user, (guint)geteuid ());
  return FALSE;
}

static SeKeyring *
keyring_open (const char *bus, int cancel_fd, GError **error)
{
  g_autoptr (Limit) limit = limit_begin (cancel_fd);
  g_autoptr (SeKeyring) keyring = g_new0 (SeKeyring, 1);
  g_autoptr (GError) down = NULL;
  GError *failure = NULL;

  keyring->bus = g_strdup (bus);
  keyring->cancel_fd = cancel_fd;
  keyring->connection = g_dbus_connection_new_for_address_sync (
      bus,
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL, limit->cancellable, &failure);
  if (keyring->connection == NULL)
    {
      set_error (keyring, _ ("cannot be reached (the bus is down, or lets only another user in)"),
                 failure, &down);
      g_set_error (error, down->domain, down->code, "%s; %s", down->message,
                   remedy_for (bus, _ ("start it")));
      return NULL;
    }
  if (!check_owner (keyring, error) || !find_service (keyring, limit->cancellable, error)
      || !find_collection (keyring, limit->cancellable, error))
    return NULL;
  return g_steal_pointer (&keyring);
}

static GHashTable *
make_attributes (const char *kind, const char *name)
{
  GHashTable *attributes = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_insert (attributes, (char *)SE_KEYRING_APPLICATION,
                       (char *)SE_KEYRING_APPLICATION_VALUE);
  g_hash_table_insert (attributes, (char *)kind, (char *)name);
  return attributes;
}

static gboolean
is_in_collection (SeKeyring *keyring, gpointer item)
{
  const char *path = g_dbus_proxy_get_object_path (G_DBUS_PROXY (item));
  const char *parent = g_dbus_proxy_get_object_path (G_DBUS_PROXY (keyring->collection));

  return g_str_has_prefix (path, parent) && path[strlen (parent)] == '/';
}

/* *item: NULL on return TRUE means that there is none. (A search in the collection alone leaks in
 * libsecret 0.20.) */
static gboolean
find_item (SeKeyring *keyring, const char *kind, const char *name, GCancellable *cancellable,
           SecretItem **item, GError **error)
{
  g_autoptr (GHashTable) attributes = make_attributes (kind, name);
  GError *failure = NULL;
  GList *found = secret_service_search_sync (keyring->service, &schema, attributes,
                                             SECRET_SEARCH_ALL, cancellable, &failure);

  *item = NULL;
  for (GList *one = found; one != NULL && *item == NULL; one = one->next)
    if (is_in_collection (keyring, one->data))
      *item = g_object_ref (one->data);
  g_list_free_full (found, g_object_unref);
  if (failure == NULL)
    return TRUE;
  set_error (keyring, _ ("cannot be searched"), failure, error);
  return FALSE;
}

static gboolean
keyring_read (SeKeyring *keyring, const char *kind, const char *name, char **secret, GError **error)
{
  g_autoptr (Limit) limit = limit_begin (keyring->cancel_fd);
  g_autoptr (SecretItem) item = NULL;
  SecretValue *value = NULL;
  GError *failure = NULL;
  const char *text = NULL;
  gsize length = 0;

  *secret = NULL;
  if (!find_item (keyring, kind, name, limit->cancellable, &item, error))
    return FALSE;
  if (item == NULL)
    return TRUE;
  if (!secret_item_load_secret_sync (item, limit->cancellable, &failure))
    {
      set_error (keyring, _ ("does not give the item"), failure, error);
      return FALSE;
    }
  value = secret_item_get_secret (item);
  if (value == NULL)
    {
      set_locked (keyring->bus, error);
      return FALSE;
    }
  text = secret_value_get (value, &length);
  *secret = g_strndup (text, length);
  secret_value_unref (value);
  return TRUE;
}

static gboolean
keyring_write (SeKeyring *keyring, const char *kind, const char *name, const char *label,
               const char *secret, GError **error)
{
  g_autoptr (Limit) limit = limit_begin (-1);
  g_autoptr (GHashTable) attributes = make_attributes (kind, name);
  g_autoptr (SecretItem) item = NULL;
  SecretValue *value = secret_value_new (secret, -1, "text/plain");
  GError *failure = NULL;

  item = secret_item_create_sync (keyring->collection, &schema, attributes, label, value,
                                  SECRET_ITEM_CREATE_REPLACE, limit->cancellable, &failure);
  secret_value_unref (value);
  if (item != NULL)
    return TRUE;
  set_error (keyring, _ ("does not take the item (is its disk full?)"), failure, error);
  return FALSE;
}

static gboolean
keyring_remove (SeKeyring *keyring, const char *kind, const char *name, GError **error)
{
  g_autoptr (Limit) limit = limit_begin (-1);
  g_autoptr (SecretItem) item = NULL;
  GError *failure = NULL;

  if (!find_item (keyring, kind, name, limit->cancellable, &item, error))
    return FALSE;
  if (item == NULL || secret_item_delete_sync (item, limit->cancellable, &failure))
    return TRUE;
  set_error (keyring, _ ("does not remove the item"), failure, error);
  return FALSE;
}

G_MODULE_EXPORT const SeKeyringClass se_keyring_class = {
  .open = keyring_open,
  .read = keyring_read,
  .write = keyring_write,
  .remove = keyring_remove,
  .close = keyring_close,
};
