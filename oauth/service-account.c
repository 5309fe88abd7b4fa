/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/service-account.h"

#include "common/io.h"
#include "common/log.h"
#include "oauth/jwt.h"

#include <glib/gi18n-lib.h>

#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define FILE_MAX (64 * 1024)
/* Google takes an hour at most. How long the access token lives does not hang on it. */
#define ASSERTION_LIFETIME 600

/* The key file, with all that se_service_account_add needs of it. */
static cJSON *
read_file (const SeAccount *account, GError **error)
{
  static const char *const needed[] = { "client_email", "private_key" };
  const char *path = account->service_account_file;
  gsize length = 0;
  se_autosecret char *text = NULL;
  g_autoptr (cJSON) json = NULL;
  const char *type = NULL;

  if (path == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("set service-account-file = in [account %s]"), account->address);
      return NULL;
    }
  text = se_io_read_secret_file (path, FILE_MAX, &length, error);
  if (text == NULL)
    return NULL;
  json = se_json_parse (text, length);
  type = json == NULL ? NULL : se_json_string (json, "type");
  if (g_strcmp0 (type, "service_account") != 0)
    {
      g_autofree char *shown = type == NULL ? NULL : se_log_clean (type, 64);

      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s is not the JSON key file of a service account (its type is %s): make one "
                      "in the Google Cloud console at the service account's Keys"),
                   path, shown == NULL ? _ ("not given") : shown);
      return NULL;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (needed); i++)
    if (se_json_string (json, needed[i]) == NULL)
      {
        g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                     _ ("%s has no %s: put the service account's key file there, unchanged"), path,
                     needed[i]);
        return NULL;
      }
  return g_steal_pointer (&json);
}

char *
se_service_account_email (const SeAccount *account, GError **error)
{
  g_autoptr (cJSON) file = read_file (account, error);

  return file == NULL ? NULL : g_strdup (se_json_string (file, "client_email"));
}

gboolean
se_service_account_client_id (const SeAccount *account, char **id, GError **error)
{
  g_autoptr (cJSON) file = read_file (account, error);

  *id = file == NULL ? NULL : g_strdup (se_json_string (file, "client_id"));
  return file != NULL;
}

static SeRsaKey *
read_key (const SeAccount *account, const cJSON *file, GError **error)
{
  g_autofree char *name = g_strdup_printf (_ ("private_key in %s"), account->service_account_file);

  return se_rsa_key_parse (se_json_string (file, "private_key"), name, error);
}

/* To be wiped by the caller. */
static char *
make_assertion (const SeAccount *account, const char *scope, const char *audience, GError **error)
{
  g_autoptr (cJSON) file = read_file (account, error);
  g_autoptr (SeRsaKey) key = file == NULL ? NULL : read_key (account, file, error);
  const char *key_id = file == NULL ? NULL : se_json_string (file, "private_key_id");
  g_autoptr (cJSON) header = cJSON_CreateObject ();
  g_autoptr (cJSON) claims = cJSON_CreateObject ();
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  if (key == NULL)
    return NULL;
  if (key_id != NULL)
    cJSON_AddStringToObject (header, "kid", key_id);
  cJSON_AddStringToObject (claims, "iss", se_json_string (file, "client_email"));
  cJSON_AddStringToObject (claims, "sub", account->login_user);
  cJSON_AddStringToObject (claims, "scope", scope);
  cJSON_AddStringToObject (claims, "aud", audience);
  cJSON_AddNumberToObject (claims, "iat", (double)now);
  cJSON_AddNumberToObject (claims, "exp", (double)(now + ASSERTION_LIFETIME));
  return se_jwt_sign (header, claims, key, SE_RSA_RS256, error);
}

gboolean
se_service_account_add (SeForm *form, const SeAccount *account, const char *scope,
                        const char *audience, GError **error)
{
  se_autosecret char *assertion = make_assertion (account, scope, audience, error);

  if (assertion == NULL)
    return FALSE;
  se_form_add (form, "grant_type", GRANT_TYPE);
  se_form_add_secret (form, "assertion", assertion);
  return TRUE;
}

gboolean
se_service_account_check (const SeAccount *account, GError **error)
{
  g_autoptr (cJSON) file = read_file (account, error);
  g_autoptr (SeRsaKey) key = file == NULL ? NULL : read_key (account, file, error);

  return key != NULL;
}
