/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/store-private.h"

#include "common/io.h"
#include "common/lock.h"
#include "common/state-path.h"
#include "oauth/json.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 1: without the time of the sign-in, never encrypted. */
#define VERSION_NOW 2

void
se_token_record_free (SeTokenRecord *record)
{
  if (record == NULL)
    return;
  se_io_free_secret (record->access_token);
  se_io_free_secret (record->refresh_token);
  g_free (record->issuer);
  g_free (record->token_endpoint);
  g_free (record->client_id);
  g_free (record->login_user);
  g_free (record->grant);
  g_free (record->scope);
  g_free (record->identity);
  g_free (record->tenant_id);
  g_free (record->failure);
  g_free (record);
}

/* The file's members: what is a text, and what is a time. */
typedef struct
{
  const char *name;
  gsize offset;
  gboolean required;
} Member;

#define MEMBER(name, required)                            \
  {                                                       \
#name, G_STRUCT_OFFSET(SeTokenRecord, name), required \
  }

static const Member texts[] = {
  MEMBER (issuer, FALSE),        MEMBER (token_endpoint, TRUE), MEMBER (client_id, TRUE),
  MEMBER (login_user, TRUE),     MEMBER (grant, TRUE),          MEMBER (access_token, FALSE),
  MEMBER (refresh_token, FALSE), MEMBER (scope, FALSE),         MEMBER (identity, FALSE),
  MEMBER (tenant_id, FALSE),     MEMBER (failure, FALSE),
};

static const Member times[] = {
  MEMBER (authorized, FALSE),      MEMBER (obtained, TRUE),      MEMBER (expires, TRUE),
  MEMBER (refresh_expires, FALSE), MEMBER (last_refresh, FALSE), MEMBER (failed, FALSE),
  MEMBER (retry_at, FALSE),
};

static char *
record_to_text (const SeTokenRecord *record)
{
  g_autoptr (cJSON) json = cJSON_CreateObject ();

  cJSON_AddNumberToObject (json, "version", VERSION_NOW);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const char *text = G_STRUCT_MEMBER (char *, record, texts[i].offset);

      if (text != NULL)
        cJSON_AddStringToObject (json, texts[i].name, text);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      gint64 seconds = G_STRUCT_MEMBER (gint64, record, times[i].offset);
      g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (seconds);
      g_autofree char *text = time == NULL ? NULL : g_date_time_format_iso8601 (time);

      if (seconds != 0 && text != NULL)
        cJSON_AddStringToObject (json, times[i].name, text);
    }
  return se_json_print (json);
}

/* Returns NULL, with *missing the member at fault, for a damaged record. */
static SeTokenRecord *
record_from_json (const cJSON *json, const char **missing)
{
  g_autoptr (SeTokenRecord) record = g_new0 (SeTokenRecord, 1);

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const char *text = se_json_string (json, texts[i].name);

      *missing = texts[i].name;
      if (text == NULL && texts[i].required)
        return NULL;
      G_STRUCT_MEMBER (char *, record, texts[i].offset) = g_strdup (text);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      const char *text = se_json_string (json, times[i].name);
      g_autoptr (GDateTime) time = text == NULL ? NULL : g_date_time_new_from_iso8601 (text, NULL);

      *missing = times[i].name;
      if (time == NULL && (text != NULL || times[i].required))
        return NULL;
      if (time != NULL)
        G_STRUCT_MEMBER (gint64, record, times[i].offset) = g_date_time_to_unix (time);
    }
  return g_steal_pointer (&record);
}

static void
set_damaged (const SeStore *store, const char *how, GError **error)
{
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("%s is damaged (%s); run: %s && oauth-setup login %s"), store->location, how,
               store->discard, store->address);
}

/* The version of a record that this program can read; 0 with error set for another. */
static int
check_version (const SeStore *store, const cJSON *json, GError **error)
{
  gint64 version = 0;

  if (se_json_integer (json, "version", &version) && version > VERSION_NOW)
    {
      g_set_error (
          error, SE_ERROR, SE_ERROR_CONFIG,
          _ ("%s was written by a newer scan-email (format %d, this one knows %d): install that "
             "version again, or give the record up and run: %s && oauth-setup login %s"),
          store->location, (int)MIN (version, G_MAXINT), VERSION_NOW, store->discard,
          store->address);
      return 0;
    }
  if (version >= 1)
    return (int)version;
  set_damaged (store, "version", error);
  return 0;
}

/* Decrypts *json, where it is encrypted. */
static gboolean
unseal (const SeStore *store, int version, cJSON **json, GError **error)
{
  se_autosecret char *text = NULL;
  gboolean damaged = FALSE;

  if (!se_seal_is_sealed (*json))
    return TRUE;
  text = se_seal_open (store->seal, *json, version, store->address, store->location, store->discard,
                       &damaged, error);
  g_clear_pointer (json, se_json_free);
  if (text != NULL)
    *json = se_json_parse (text, strlen (text));
  if (damaged || (text != NULL && *json == NULL))
    set_damaged (store, _ ("it cannot be decrypted, or is another account's"), error);
  return *json != NULL;
}

static SeTokenRecord *
record_from_text (const SeStore *store, const char *text, gsize length, GError **error)
{
  g_autoptr (cJSON) json = se_json_parse (text, length);
  g_autoptr (SeTokenRecord) record = NULL;
  const char *missing = NULL;
  int version = 0;

  if (json == NULL)
    {
      set_damaged (store, _ ("no JSON object"), error);
      return NULL;
    }
  version = check_version (store, json, error);
  if (version == 0 || !unseal (store, version, &json, error))
    return NULL;
  record = record_from_json (json, &missing);
  if (record == NULL)
    {
      set_damaged (store, missing, error);
      return NULL;
    }
  if (version == 1)
    record->authorized = record->obtained;
  return g_steal_pointer (&record);
}

/* Tells whether only the service user, who must be the caller, can get at path. what: for people;
 * user: the service user's name; chown, mode: how it should be. */
static gboolean
check_private (const char *what, const char *path, const struct stat *status, const char *user,
               const char *chown, mode_t mode, GError **error)
{
  g_autofree char *quoted = g_shell_quote (path);

  if (status->st_uid != geteuid ())
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s %s belongs to user id %u but is used by user id %u; run: %s %s %s"), what,
                   path, (guint)status->st_uid, (guint)geteuid (), chown, user, quoted);
      return FALSE;
    }
  if ((status->st_mode & (S_IRWXG | S_IRWXO)) != 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s %s must be its owner's alone but its mode is %04o; run: chmod %04o %s"),
                   what, path, (guint)(status->st_mode & 07777), (guint)mode, quoted);
      return FALSE;
    }
  return TRUE;
}

/* Makes path, 0700, if it is missing. */
static gboolean
ensure_directory (const char *path, const char *user, GError **error)
{
  struct stat status;

  if (g_mkdir_with_parents (path, 0700) < 0 || stat (path, &status) < 0)
    {
      se_error_set_errno (error, errno, _ ("cannot make the directory %s"), path);
      return FALSE;
    }
  return check_private (_ ("the directory"), path, &status, user, "chown -R", 0700, error);
}

/* A lock that we cannot take, or that others can, would make every job wait for nothing. */
static gboolean
check_lock_file (const char *path, const char *user, GError **error)
{
  struct stat status;

  if (lstat (path, &status) < 0)
    return TRUE; /* se_lock_take makes it, or says why it cannot */
  if (!S_ISREG (status.st_mode))
    {
      g_autofree char *quoted = g_shell_quote (path);

      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("the lock file %s is not a regular file; run: rm -r %s"), path, quoted);
      return FALSE;
    }
  return check_private (_ ("the lock file"), path, &status, user, "chown", 0600, error);
}

static SeStore *
make_file_store (const SeServerConfig *server, const char *directory, const char *address,
                 GError **error)
{
  g_autoptr (SeSeal) seal = NULL;
  SeStore *store = NULL;

  if (server->token_key_file != NULL)
    {
      seal = se_seal_new (server->token_key_file, error);
      if (seal == NULL)
        return NULL;
    }
  store = se_store_file_new (directory, address);
  store->seal = g_steal_pointer (&seal);
  return store;
}

SeStore *
se_store_open_with_module (const SeServerConfig *server, const SeAccount *account,
                           const char *module, GError **error)
{
  g_autofree char *directory = g_build_filename (server->state_directory, "tokens", NULL);
  g_autofree char *lock_name = se_state_name (account->address, ".lock");
  g_autofree char *lock_path = g_build_filename (directory, lock_name, NULL);
  SeStore *store = NULL;

  if (!ensure_directory (directory, server->user, error)
      || !check_lock_file (lock_path, server->user, error))
    return NULL;
  if (g_strcmp0 (account->token_store, "secret-service") == 0)
    store = se_store_secret_service_new (server, directory, account->address, module, error);
  else
    store = make_file_store (server, directory, account->address, error);
  if (store == NULL)
    return NULL;
  store->address = g_strdup (account->address);
  store->cancel_fd = -1;
  store->lock_path = g_steal_pointer (&lock_path);
  return store;
}

SeStore *
se_store_open (const SeServerConfig *server, const SeAccount *account, GError **error)
{
  return se_store_open_with_module (server, account, SE_SECRET_SERVICE_MODULE, error);
}

void
se_store_watch (SeStore *store, int cancel_fd)
{
  store->cancel_fd = cancel_fd;
}

void
se_store_free (SeStore *store)
{
  if (store == NULL)
    return;
  g_free (store->address);
  g_free (store->lock_path);
  g_free (store->location);
  g_free (store->discard);
  se_seal_free (store->seal);
  store->class->free (store);
}

int
se_store_lock (SeStore *store, int timeout_ms, int cancel_fd, GError **error)
{
  return se_lock_take (store->lock_path, timeout_ms, cancel_fd, error);
}

gboolean
se_store_load (SeStore *store, SeTokenRecord **record, GError **error)
{
  se_autosecret char *text = NULL;
  gsize length = 0;

  *record = NULL;
  if (!store->class->read (store, &text, &length, error))
    return FALSE;
  if (text == NULL)
    return TRUE;
  *record = record_from_text (store, text, length, error);
  return *record != NULL;
}

gboolean
se_store_reserve (SeStore *store, GError **error)
{
  return store->class->reserve == NULL || store->class->reserve (store, error);
}

gboolean
se_store_save (SeStore *store, const SeTokenRecord *record, GError **error)
{
  se_autosecret char *text = record_to_text (record);
  g_autofree char *sealed = NULL;

  if (store->seal == NULL)
    return store->class->write (store, text, error);
  sealed = se_seal_close (store->seal, VERSION_NOW, store->address, text, error);
  return sealed != NULL && store->class->write (store, sealed, error);
}

gboolean
se_store_remove (SeStore *store, GError **error)
{
  return store->class->remove (store, error);
}

const char *
se_store_location (SeStore *store)
{
  return store->location;
}
