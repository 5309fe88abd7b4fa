/* SPDX-License-Identifier: Apache-2.0 */
#include "common/configuration-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static gboolean
needs_tenant (const SeProviderConfig *provider)
{
  const char *endpoints[]
      = { provider->device_authorization_endpoint, provider->authorization_endpoint,
          provider->token_endpoint, provider->revocation_endpoint };

  for (gsize i = 0; i < G_N_ELEMENTS (endpoints); i++)
    if (endpoints[i] != NULL && strstr (endpoints[i], "%{tenant}") != NULL)
      return TRUE;
  return FALSE;
}

/* Returns FALSE. */
static gboolean missing (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
missing (GError **error, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error_literal (error, SE_ERROR, SE_ERROR_CONFIG, what);
  return FALSE;
}

const char *
se_provider_config_why_not (const SeProviderConfig *provider, const char *grant)
{
  const struct
  {
    const char *grant;
    const char *why;
  } sentences[] = { { "device", provider->no_device },
                    { "code", provider->no_code },
                    { "client-credentials", provider->no_client_credentials },
                    { "service-account", provider->no_service_account } };

  for (gsize i = 0; i < G_N_ELEMENTS (sentences); i++)
    if (strcmp (sentences[i].grant, grant) == 0)
      return sentences[i].why;
  return NULL;
}

static gboolean
check_provider (const SeAccount *account, GError **error)
{
  const SeProviderConfig *provider = account->provider;
  const char *name = provider->name;

  if (provider->smtp_server == NULL)
    return missing (error,
                    _ ("provider '%s' has no smtp-server: a section [provider %s] can give it"),
                    name, name);
  if (provider->grants != NULL
      && !g_strv_contains ((const char *const *)provider->grants, account->grant))
    {
      g_autofree char *grants = g_strjoinv (", ", provider->grants);
      const char *why = se_provider_config_why_not (provider, account->grant);

      if (why != NULL)
        return missing (error, _ ("grant '%s' does not work at provider '%s', only: %s. %s"),
                        account->grant, name, grants, why);
      return missing (error, _ ("grant '%s' does not work at provider '%s', only: %s"),
                      account->grant, name, grants);
    }
  if (provider->issuer == NULL && provider->token_endpoint == NULL)
    return missing (error,
                    _ ("provider '%s' has neither issuer nor token-endpoint: a section [provider "
                       "%s] can give the issuer"),
                    name, name);
  if (provider->issuer == NULL && provider->device_authorization_endpoint == NULL
      && strcmp (account->grant, "device") == 0)
    return missing (error, _ ("provider '%s' has neither issuer nor device-authorization-endpoint"),
                    name);
  if (provider->issuer == NULL && provider->authorization_endpoint == NULL
      && strcmp (account->grant, "code") == 0)
    return missing (error, _ ("provider '%s' has neither issuer nor authorization-endpoint"), name);
  return TRUE;
}

gboolean
se_config_check_account (const SeAccount *account, GError **error)
{
  gboolean certificate = account->certificate_file != NULL && account->key_file != NULL;
  const char *grant = account->grant;

  if (!check_provider (account, error))
    return FALSE;
  if (account->tenant == NULL && needs_tenant (account->provider))
    return missing (error, _ ("provider '%s' needs the key 'tenant'"), account->provider->name);
  if (account->scope == NULL)
    return missing (error, _ ("no scope stands here or in [provider %s]"), account->provider->name);
  if ((account->certificate_file == NULL) != (account->key_file == NULL))
    return missing (error, _ ("certificate-file and key-file go together"));
  if (strcmp (grant, "service-account") == 0)
    return account->service_account_file != NULL
           || missing (error, _ ("grant 'service-account' needs the key 'service-account-file'"));
  if (account->client_id == NULL)
    return missing (error, _ ("the key 'client-id' is missing"));
  if (account->provider->grants_with_secret != NULL && account->client_secret_file == NULL
      && g_strv_contains ((const char *const *)account->provider->grants_with_secret, grant))
    return missing (error,
                    _ ("provider '%s' wants the application's secret for grant '%s': set the key "
                       "'client-secret-file'"),
                    account->provider->name, grant);
  if (strcmp (grant, "client-credentials") == 0 && account->client_secret_file == NULL
      && !certificate)
    return missing (error, _ ("grant 'client-credentials' needs certificate-file and key-file, or "
                              "client-secret-file"));
  return TRUE;
}
