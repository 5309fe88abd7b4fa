/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/store-private.h"

#include "common/io.h"
#include "oauth/json.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* 1: without the time of the sign-in. */
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
  g_autofree char *path = g_shell_quote (store->location);

  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               "%s is damaged (%s); run: rm %s && oauth-setup login %s", store->location, how, path,
               store->address);
}

static SeTokenRecord *
record_from_text (const SeStore *store, const char *text, gsize length, GError **error)
{
  g_autoptr (cJSON) json = se_json_parse (text, length);
  g_autoptr (SeTokenRecord) record = NULL;
  const char *missing = NULL;
  gint64 version = 0;

  if (json == NULL)
    {
      set_damaged (store, "no JSON object", error);
      return NULL;
    }
  if (se_json_integer (json, "version", &version) && version > VERSION_NOW)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   "%s was written by a newer scan-email (format %" G_GINT64_FORMAT
                   ", this one knows %d): install that version again, or remove the file and run: "
                   "oauth-setup login %s",
                   store->location, version, VERSION_NOW, store->address);
      return NULL;
    }
  if (version < 1)
    {
      set_damaged (store, "version", error);
      return NULL;
    }
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

/* Makes path, 0700, if it is missing; only its owner may get at it. user: the service user. */
static gboolean
ensure_directory (const char *path, const char *user, GError **error)
{
  g_autofree char *quoted = g_shell_quote (path);
  struct stat status;

  if (g_mkdir_with_parents (path, 0700) < 0 || stat (path, &status) < 0)
    {
      se_error_set_errno (error, errno, "cannot make the directory %s", path);
      return FALSE;
    }
  if (status.st_uid != geteuid ())
    {
      g_set_error (
          error, SE_ERROR, SE_ERROR_CONFIG,
          "the directory %s belongs to user id %u but is used by user id %u; run: chown -R "
          "%s %s",
          path, (guint)status.st_uid, (guint)geteuid (), user, quoted);
      return FALSE;
    }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   "the directory %s holds secrets but its mode is %04o; run: chmod 0700 %s", path,
                   (guint)(status.st_mode & 07777), quoted);
      return FALSE;
    }
  return TRUE;
}

SeStore *
se_store_open (const SeServerConfig *server, const SeAccount *account, GError **error)
{
  g_autofree char *directory = g_build_filename (server->state_directory, "tokens", NULL);
  g_autofree char *escaped = g_uri_escape_string (account->address, NULL, FALSE);
  SeStore *store = NULL;

  if (account->token_store != NULL && !g_str_equal (account->token_store, "file"))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   "account %s: token-store = %s is not supported; use file", account->address,
                   account->token_store);
      return NULL;
    }
  if (!ensure_directory (directory, server->user, error))
    return NULL;
  store = se_store_file_new (directory, account->address);
  store->address = g_strdup (account->address);
  store->lock_path = g_strdup_printf ("%s/%s.lock", directory, escaped);
  return store;
}

void
se_store_free (SeStore *store)
{
  if (store == NULL)
    return;
  g_free (store->address);
  g_free (store->lock_path);
  g_free (store->location);
  store->class->free (store);
}

int
se_store_lock (SeStore *store, int timeout_ms, int cancel_fd, GError **error)
{
  return se_io_lock (store->lock_path, timeout_ms, cancel_fd, error);
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

  return store->class->write (store, text, error);
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
