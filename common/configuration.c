/* SPDX-License-Identifier: Apache-2.0 */
#include "common/configuration-private.h"

#include "common/io.h"
#include "common/log.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

/* Larger than any real file, small enough for memory. */
#define FILE_MAX (1024 * 1024)

struct SeConfig
{
  SeConfigFile *file;
  SeConfigFile *presets; /* NULL: there are none */
  char *no_presets;      /* why there are none */
};

void
se_server_config_free (SeServerConfig *server)
{
  if (server != NULL)
    se_config_clear_fields ("server", server);
  g_free (server);
}

void
se_provider_config_free (SeProviderConfig *provider)
{
  if (provider != NULL)
    {
      se_config_clear_fields ("provider", provider);
      g_free (provider->name);
    }
  g_free (provider);
}

void
se_account_free (SeAccount *account)
{
  if (account != NULL)
    {
      se_config_clear_fields ("account", account);
      se_provider_config_free (account->provider);
      g_free (account->address);
    }
  g_free (account);
}

void
se_queue_config_free (SeQueueConfig *queue)
{
  if (queue != NULL)
    {
      se_config_clear_fields ("queue", queue);
      g_free (queue->name);
    }
  g_free (queue);
}

char *
se_config_path (void)
{
  const char *root = g_getenv ("CUPS_SERVERROOT");

  return g_build_filename (root != NULL && *root != '\0' ? root : SE_CONFIG_DIR, "scan-email.conf",
                           NULL);
}

static SeConfigFile *
load_file (const char *path, gboolean presets, GError **error)
{
  gsize length = 0;
  g_autofree char *text = se_io_read_file (path, FILE_MAX, &length, error);

  if (text == NULL)
    return NULL;
  if (strlen (text) != length)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s is not text: it holds a NUL byte"),
                   path);
      return NULL;
    }
  return se_config_file_parse (path, text, presets, error);
}

static SeConfig *
combine (SeConfigFile *file, const char *presets, GError **error)
{
  g_autoptr (SeConfig) config = g_new0 (SeConfig, 1);

  config->file = file;
  if (file == NULL)
    return NULL;
  /* Whoever needs a preset is told why there is none. */
  if (presets == NULL)
    config->no_presets = g_strdup (_ ("no file of presets"));
  else if (access (presets, R_OK) < 0)
    config->no_presets = g_strdup_printf (_ ("no preset, since %s cannot be read (%s)"), presets,
                                          g_strerror (errno));
  else
    {
      config->presets = load_file (presets, TRUE, error);
      if (config->presets == NULL)
        return NULL;
    }
  return g_steal_pointer (&config);
}

gboolean
se_config_check_access (const char *path, GError **error)
{
  const struct passwd *user = NULL;
  const struct group *group = NULL;
  g_autofree char *group_name = NULL;

  if (access (path, R_OK) == 0 || errno != EACCES)
    return TRUE;
  user = getpwuid (geteuid ());
  group = getgrgid (getegid ());
  group_name = group != NULL ? g_strdup (group->gr_name) : g_strdup_printf ("%u", getegid ());
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("The user %s cannot read %s; run: chgrp %s %s && chmod 0640 %s"),
               user != NULL ? user->pw_name : "?", path, group_name, path, path);
  return FALSE;
}

SeConfig *
se_config_load (const char *path, const char *presets, GError **error)
{
  if (!se_config_check_access (path, error))
    return NULL;
  return combine (load_file (path, FALSE, error), presets, error);
}

SeConfig *
se_config_parse (const char *path, const char *text, const char *presets, GError **error)
{
  return combine (se_config_file_parse (path, text, FALSE, error), presets, error);
}

void
se_config_free (SeConfig *config)
{
  if (config == NULL)
    return;
  se_config_file_free (config->file);
  se_config_file_free (config->presets);
  g_free (config->no_presets);
  g_free (config);
}

/* Reading: a key is looked for in two places, and an empty value is none. */
typedef struct
{
  const SeConfigFile *files[2];
  char *sections[2];
} Places;

static void
clear_places (Places *places)
{
  g_free (places->sections[0]);
  g_free (places->sections[1]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Places, clear_places)

static Places
make_places (const SeConfigFile *first_file, const char *first_section,
             const SeConfigFile *second_file, const char *second_section)
{
  return (Places){ .files = { first_file, second_file },
                   .sections = { g_strdup (first_section), g_strdup (second_section) } };
}

/* The value of key, stripped, owned by the caller; NULL: none. */
static char *
look_up (const Places *places, const char *key)
{
  for (gsize i = 0; i < G_N_ELEMENTS (places->files); i++)
    {
      g_autofree char *value = NULL;

      if (places->files[i] == NULL || places->sections[i] == NULL)
        continue;
      value = g_key_file_get_string (places->files[i]->keys, places->sections[i], key, NULL);
      if (value != NULL)
        return *g_strstrip (value) != '\0' ? g_steal_pointer (&value) : NULL;
    }
  return NULL;
}

/* Sets the fields of object, a kind's struct, that have a value. */
static gboolean
fill (const Places *places, const char *kind, gpointer object, GError **error)
{
  for (const SeConfigKey *key = se_config_keys; key->section != NULL; key++)
    {
      g_autofree char *value = NULL;

      if (key->offset < 0 || strcmp (key->section, kind) != 0)
        continue;
      value = look_up (places, key->key);
      if (value != NULL
          && !se_config_parse_value (key->type, value, G_STRUCT_MEMBER_P (object, key->offset),
                                     error))
        {
          g_prefix_error (error, "%s: ", key->key);
          return FALSE;
        }
    }
  return TRUE;
}

static void
set_default (char **field, const char *value)
{
  if (*field == NULL)
    *field = g_strdup (value);
}

SeServerConfig *
se_config_get_server (const SeConfig *config, GError **error)
{
  g_autoptr (SeServerConfig) server = g_new0 (SeServerConfig, 1);
  g_auto (Places) places = make_places (config->file, "server", NULL, NULL);

  if (!fill (&places, "server", server, error))
    return NULL;
  set_default (&server->user, SE_SERVICE_USER);
  set_default (&server->state_directory, SE_STATE_DIR);
  return g_steal_pointer (&server);
}

SeQueueConfig *
se_config_get_queue (const SeConfig *config, const char *name, GError **error)
{
  g_autoptr (SeQueueConfig) queue = g_new0 (SeQueueConfig, 1);
  g_autofree char *section = g_strdup_printf ("queue %s", name);
  g_auto (Places) places = make_places (config->file, section, config->file, "queue *");

  queue->name = g_strdup (name);
  queue->max_recipients = 100;
  queue->retry_for = 10 * 60;
  queue->retry_interval = 30 * 60;
  queue->in_doubt_interval = 15 * 60;
  queue->give_up_after = 5 * 24 * 60 * 60;
  return fill (&places, "queue", queue, error) ? g_steal_pointer (&queue) : NULL;
}

/* Names of the sections of a kind, in the file's order; NULL-terminated, owned by the caller. */
static char **
list_names (const SeConfigFile *file, const SeConfigFile *more, const char *prefix)
{
  const SeConfigFile *files[] = { file, more };
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (files) && files[i] != NULL; i++)
    {
      g_auto (GStrv) sections = g_key_file_get_groups (files[i]->keys, NULL);

      for (char **section = sections; *section != NULL; section++)
        if (g_str_has_prefix (*section, prefix)
            && (i == 0 || !g_key_file_has_group (file->keys, *section)))
          g_strv_builder_add (names, *section + strlen (prefix));
    }
  return g_strv_builder_end (names);
}

char **
se_config_list_accounts (const SeConfig *config)
{
  return list_names (config->file, NULL, "account ");
}

char **
se_config_list_providers (const SeConfig *config)
{
  return list_names (config->file, config->presets, "provider ");
}

/* "FILE:LINE: [account ADDRESS]", for messages; owned by the caller. */
static char *
account_place (const SeConfig *config, const char *address)
{
  g_autofree char *section = g_strdup_printf ("account %s", address);

  return g_strdup_printf ("%s:%u: [%s]", config->file->path,
                          se_config_file_line (config->file, section, NULL), section);
}

static SeProviderConfig *
get_provider (const SeConfig *config, const char *name, const Places *places, GError **error)
{
  g_autoptr (SeProviderConfig) provider = g_new0 (SeProviderConfig, 1);
  g_auto (GStrv) known = se_config_list_providers (config);
  const char *nearest = se_config_nearest (name, (const char *const *)known);

  if (!g_strv_contains ((const char *const *)known, name))
    {
      if (nearest != NULL)
        g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                     _ ("unknown provider '%s'; did you mean '%s'?"), name, nearest);
      else
        g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                     _ ("unknown provider '%s': there is no [provider %s] and %s"), name, name,
                     config->no_presets != NULL ? config->no_presets
                                                : _ ("no preset of that name"));
      return NULL;
    }
  provider->name = g_strdup (name);
  provider->max_connections = 2;
  provider->max_rate = 30;
  if (!fill (places, "provider", provider, error))
    return NULL;
  set_default (&provider->sasl, "xoauth2");
  set_default (&provider->redirect_uri, "http://127.0.0.1:%{port}/");
  return g_steal_pointer (&provider);
}

/* The first that works there. */
static const char *
default_grant (const SeProviderConfig *provider)
{
  return provider->grants != NULL && provider->grants[0] != NULL ? provider->grants[0] : "device";
}

static gboolean
fill_account (const SeConfig *config, SeAccount *account, GError **error)
{
  g_autofree char *section = g_strdup_printf ("account %s", account->address);
  g_auto (Places) places = make_places (config->file, section, NULL, NULL);
  g_autofree char *provider = look_up (&places, "provider");
  g_autofree char *provider_section = g_strdup_printf ("provider %s", provider);
  g_auto (Places) provider_places
      = make_places (config->file, provider_section, config->presets, provider_section);
  g_autofree char *scope_key = NULL;
  g_autofree char *scope = NULL;

  if (provider == NULL)
    {
      g_set_error_literal (error, SE_ERROR, SE_ERROR_CONFIG, _ ("the key 'provider' is missing"));
      return FALSE;
    }
  if (!fill (&places, "account", account, error))
    return FALSE;
  account->provider = get_provider (config, provider, &provider_places, error);
  if (account->provider == NULL)
    return FALSE;
  set_default (&account->grant, default_grant (account->provider));
  set_default (&account->login_user, account->address);
  set_default (&account->smtp_user, account->address);
  set_default (&account->from_address, account->address);
  set_default (&account->token_store, "file");
  scope_key = g_strdup_printf ("scope-%s", account->grant);
  scope = look_up (&provider_places, scope_key);
  set_default (&account->scope, scope);
  set_default (&account->scope, account->provider->scope);
  return se_config_check_account (account, error);
}

/* Finds the account that is meant, in accounts. NULL: error is set. */
static const char *
choose (const char *const *accounts, const char *address, const char *path, GError **error)
{
  g_autofree char *shown = se_log_clean (address, 100);
  const char *nearest;

  if (address != NULL && g_strv_contains (accounts, address))
    return address;
  if (accounts[0] == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s has no [account ADDRESS] section; run: oauth-setup"), path);
      return NULL;
    }
  if (address != NULL)
    {
      nearest = se_config_nearest (address, accounts);
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s has no section [account %s]; did you mean '%s'?"), path, shown, nearest);
      return NULL;
    }
  if (accounts[1] != NULL)
    {
      g_autofree char *all = g_strjoinv (", ", (char **)accounts);

      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s has several accounts; name one of %s"),
                   path, all);
      return NULL;
    }
  return accounts[0];
}

/* The error names no place. */
static SeAccount *
get_account (const SeConfig *config, const char *address, GError **error)
{
  g_autoptr (SeAccount) account = g_new0 (SeAccount, 1);

  account->address = g_strdup (address);
  return fill_account (config, account, error) ? g_steal_pointer (&account) : NULL;
}

SeAccount *
se_config_get_account (const SeConfig *config, const char *address, GError **error)
{
  g_auto (GStrv) accounts = se_config_list_accounts (config);
  const char *chosen = choose ((const char *const *)accounts, address, config->file->path, error);
  SeAccount *account = chosen != NULL ? get_account (config, chosen, error) : NULL;

  if (chosen != NULL && account == NULL)
    {
      g_autofree char *place = account_place (config, chosen);

      g_prefix_error (error, "%s: ", place);
    }
  return account;
}

gboolean
se_config_check_account_key (const char *key, const char *value, GError **error)
{
  const SeConfigKey *known = se_config_find_key ("account", key);

  if (known == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("unknown key '%s'"), key);
      return FALSE;
    }
  if (*value == '\0' || se_config_parse_value (known->type, value, NULL, error))
    return TRUE;
  g_prefix_error (error, "%s: ", known->key);
  return FALSE;
}

static gboolean
check_given (const char *address, GHashTable *keys, GError **error)
{
  GHashTableIter iter;
  gpointer key, value;

  if (!se_config_parse_value (SE_VALUE_ADDRESS, address, NULL, error))
    return FALSE;
  g_hash_table_iter_init (&iter, keys);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (!se_config_check_account_key (key, value, error))
      return FALSE;
  return TRUE;
}

SeAccount *
se_config_make_account (const SeConfig *config, const char *address, GHashTable *keys,
                        GError **error)
{
  g_autofree char *text = NULL;
  SeConfig merged = { .presets = config->presets, .no_presets = config->no_presets };
  g_autoptr (SeConfigFile) file = NULL;
  SeAccount *account = NULL;

  if (!check_given (address, keys, error))
    return NULL;
  text = se_config_edit_account (config->file->text, address, keys);
  file = se_config_file_parse (config->file->path, text, FALSE, error);
  merged.file = file;
  if (file == NULL)
    return NULL;
  account = get_account (&merged, address, error);
  if (account == NULL)
    {
      /* A place in the file that there is, not in the one that would come of it. */
      g_autofree char *section = g_strdup_printf ("account %s", address);
      g_autofree char *place = g_key_file_has_group (config->file->keys, section)
                                   ? account_place (config, address)
                                   : g_strdup_printf ("[%s]", section);

      g_prefix_error (
          error, g_str_equal (text, config->file->text) ? "%s: " : _ ("%s cannot be set up so: "),
          place);
    }
  return account;
}
