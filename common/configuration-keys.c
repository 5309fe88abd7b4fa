/* SPDX-License-Identifier: Apache-2.0 */
#include "common/configuration-private.h"

#include <string.h>

#define SERVER(key, type, field)                                            \
  {                                                                         \
    "server", key, SE_VALUE_##type, G_STRUCT_OFFSET (SeServerConfig, field) \
  }
#define ACCOUNT(key, type, field)                                       \
  {                                                                     \
    "account", key, SE_VALUE_##type, G_STRUCT_OFFSET (SeAccount, field) \
  }
#define PROVIDER(key, type, field)                                              \
  {                                                                             \
    "provider", key, SE_VALUE_##type, G_STRUCT_OFFSET (SeProviderConfig, field) \
  }
#define QUEUE(key, type, field)                                           \
  {                                                                       \
    "queue", key, SE_VALUE_##type, G_STRUCT_OFFSET (SeQueueConfig, field) \
  }

const SeConfigKey se_config_keys[] = {
  SERVER ("user", NAME, user),
  SERVER ("state-directory", PATH, state_directory),
  SERVER ("cups-server", WORD, cups_server),
  SERVER ("proxy", PROXY, proxy),
  SERVER ("notify-command", COMMAND, notify_command),
  SERVER ("secret-service-bus", WORD, secret_service_bus),
  SERVER ("token-key-file", PATH, token_key_file),

  { "account", "provider", SE_VALUE_NAME, -1 },
  ACCOUNT ("tenant", NAME, tenant),
  ACCOUNT ("client-id", WORD, client_id),
  ACCOUNT ("client-secret-file", PATH, client_secret_file),
  ACCOUNT ("client-secret-expires", DATE, client_secret_expires),
  ACCOUNT ("certificate-file", PATH, certificate_file),
  ACCOUNT ("key-file", PATH, key_file),
  ACCOUNT ("service-account-file", PATH, service_account_file),
  ACCOUNT ("grant", GRANT, grant),
  ACCOUNT ("login-user", WORD, login_user),
  ACCOUNT ("smtp-user", WORD, smtp_user),
  ACCOUNT ("from-address", ADDRESS, from_address),
  ACCOUNT ("from-name", TEXT, from_name),
  ACCOUNT ("scope", TEXT, scope),
  ACCOUNT ("token-store", TOKEN_STORE, token_store),

  PROVIDER ("issuer", ISSUER, issuer),
  PROVIDER ("device-authorization-endpoint", ENDPOINT, device_authorization_endpoint),
  PROVIDER ("authorization-endpoint", ENDPOINT, authorization_endpoint),
  PROVIDER ("token-endpoint", ENDPOINT, token_endpoint),
  PROVIDER ("revocation-endpoint", ENDPOINT, revocation_endpoint),
  PROVIDER ("scope", TEXT, scope),
  { "provider", "scope-device", SE_VALUE_TEXT, -1 },
  { "provider", "scope-code", SE_VALUE_TEXT, -1 },
  { "provider", "scope-client-credentials", SE_VALUE_TEXT, -1 },
  { "provider", "scope-service-account", SE_VALUE_TEXT, -1 },
  PROVIDER ("grants", GRANTS, grants),
  PROVIDER ("grants-with-secret", GRANTS, grants_with_secret),
  PROVIDER ("no-device", TEXT, no_device),
  PROVIDER ("no-code", TEXT, no_code),
  PROVIDER ("no-client-credentials", TEXT, no_client_credentials),
  PROVIDER ("no-service-account", TEXT, no_service_account),
  PROVIDER ("redirect-uri", REDIRECT, redirect_uri),
  PROVIDER ("prompt", TEXT, prompt),
  PROVIDER ("exchange-environment", NAME, exchange_environment),
  PROVIDER ("refresh-token-idle", DURATION, refresh_token_idle),
  PROVIDER ("smtp-server", SMTP_SERVER, smtp_server),
  PROVIDER ("sasl", SASL, sasl),
  PROVIDER ("ca-file", PATH, ca_file),
  PROVIDER ("max-message-size", SIZE, max_message_size),
  PROVIDER ("max-connections", COUNT, max_connections),
  PROVIDER ("max-rate", COUNT, max_rate),
  PROVIDER ("max-recipients-per-day", COUNT, max_recipients_per_day),
  PROVIDER ("helo-name", WORD, helo_name),
  PROVIDER ("proxy-smtp", PROXY, proxy_smtp),

  QUEUE ("account", ADDRESS, account),
  QUEUE ("allowed-recipients", PATTERNS, allowed_recipients),
  QUEUE ("denied-recipients", PATTERNS, denied_recipients),
  QUEUE ("max-recipients", COUNT, max_recipients),
  QUEUE ("only-to-self", USER_ADDRESS, only_to_self),
  QUEUE ("allowed-users", USERS, allowed_users),
  QUEUE ("allowed-hosts", HOSTS, allowed_hosts),
  QUEUE ("rate-per-user", RATE, rate_per_user),
  QUEUE ("rate-per-host", RATE, rate_per_host),
  QUEUE ("max-message-size", SIZE, max_message_size),
  QUEUE ("oversize", OVERSIZE, oversize),
  QUEUE ("subject", TEMPLATE, subject),
  QUEUE ("body", BODY, body),
  QUEUE ("signature", BODY, signature),
  QUEUE ("html-file", PATH, html_file),
  QUEUE ("filename", TEMPLATE, filename),
  QUEUE ("reply-to", ADDRESS_TEMPLATE, reply_to),
  QUEUE ("report-to", ADDRESS_TEMPLATE, report_to),
  QUEUE ("language", LANGUAGE, language),
  QUEUE ("retry-for", DURATION, retry_for),
  QUEUE ("retry-interval", DURATION, retry_interval),
  QUEUE ("in-doubt-interval", DURATION, in_doubt_interval),
  QUEUE ("give-up-after", DURATION, give_up_after),

  { NULL, NULL, SE_VALUE_TEXT, -1 },
};

const SeConfigKey *
se_config_find_key (const char *section, const char *key)
{
  for (const SeConfigKey *known = se_config_keys; known->section != NULL; known++)
    if (strcmp (known->section, section) == 0 && strcmp (known->key, key) == 0)
      return known;
  return NULL;
}

static guint
distance (const char *a, const char *b)
{
  gsize width = strlen (b) + 1;
  g_autofree guint *row = g_new (guint, width);

  for (gsize j = 0; j < width; j++)
    row[j] = (guint)j;
  for (gsize i = 1; a[i - 1] != '\0'; i++)
    {
      guint diagonal = row[0];

      row[0] = (guint)i;
      for (gsize j = 1; j < width; j++)
        {
          guint above = row[j];
          guint changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);

          row[j] = MIN (changed, MIN (above, row[j - 1]) + 1);
          diagonal = above;
        }
    }
  return row[width - 1];
}

const char *
se_config_nearest (const char *word, const char *const *candidates)
{
  /* No known name is nearly as long as this. */
  g_autofree char *start = g_strndup (word, 256);
  const char *nearest = NULL;
  guint smallest = G_MAXUINT;

  for (; *candidates != NULL; candidates++)
    {
      guint found = distance (start, *candidates);

      if (found < smallest)
        {
          smallest = found;
          nearest = *candidates;
        }
    }
  return nearest;
}

void
se_config_clear_fields (const char *section, gpointer object)
{
  for (const SeConfigKey *key = se_config_keys; key->section != NULL; key++)
    {
      gpointer field = G_STRUCT_MEMBER_P (object, key->offset);

      if (key->offset < 0 || strcmp (key->section, section) != 0 || key->type >= SE_VALUE_SIZE)
        continue;
      if (key->type >= SE_VALUE_GRANTS)
        g_clear_pointer ((char ***)field, g_strfreev);
      else
        g_clear_pointer ((char **)field, g_free);
    }
}
