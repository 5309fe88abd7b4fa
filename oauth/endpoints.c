/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/endpoints.h"

#include "common/log.h"
#include "oauth/json.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define TENANT "%{tenant}"
#define LOCALE "%{locale}"

void
se_endpoints_free (SeEndpoints *endpoints)
{
  if (endpoints == NULL)
    return;
  g_free (endpoints->issuer);
  g_free (endpoints->device_authorization);
  g_free (endpoints->authorization);
  g_free (endpoints->token);
  g_free (endpoints->revocation);
  g_strfreev (endpoints->prompts);
  g_free (endpoints);
}

/* What one of the four endpoints is called where. */
typedef struct
{
  const char *key;    /* in the configuration */
  const char *member; /* in a discovery document */
  gsize configured;   /* offset in SeProviderConfig */
  gsize resolved;     /* offset in SeEndpoints */
} Endpoint;

#define ENDPOINT(key, name)                                                      \
  {                                                                              \
    key, #name "_endpoint", G_STRUCT_OFFSET (SeProviderConfig, name##_endpoint), \
        G_STRUCT_OFFSET (SeEndpoints, name)                                      \
  }

static const Endpoint token_endpoint = ENDPOINT ("token-endpoint", token);
static const Endpoint all[] = {
  ENDPOINT ("device-authorization-endpoint", device_authorization),
  ENDPOINT ("authorization-endpoint", authorization),
  ENDPOINT ("token-endpoint", token),
  ENDPOINT ("revocation-endpoint", revocation),
};

/* RFC 6749, 3.1 and 3.2: an absolute URI without fragment, and TLS. */
static gboolean
check_url (const char *url, const char *what, GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  g_autofree char *shown = se_log_clean (url, 200);
  const char *host = uri == NULL ? NULL : g_uri_get_host (uri);

  if (uri == NULL || host == NULL || *host == '\0'
      || !g_str_equal (g_uri_get_scheme (uri), "https"))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%s %s is not an https address"), what,
                   shown);
      return FALSE;
    }
  if (g_uri_get_fragment (uri) != NULL || g_uri_get_userinfo (uri) != NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s %s must have neither a fragment nor a user name"), what, shown);
      return FALSE;
    }
  return TRUE;
}

/* The language of the person at the terminal as a tag of RFC 5646, such as de-AT. */
static char *
locale_tag (void)
{
  const char *name = g_get_language_names ()[0];
  g_autofree char *tag = g_strdelimit (g_strndup (name, strcspn (name, ".@")), "_", '-');

  for (const char *c = tag; *c != '\0'; c++)
    if (!g_ascii_isalnum (*c) && *c != '-')
      return g_strdup ("en-US");
  return g_str_equal (tag, "C") || g_str_equal (tag, "POSIX") ? g_strdup ("en-US")
                                                              : g_steal_pointer (&tag);
}

static char *
expand_configured (const SeAccount *account, const Endpoint *endpoint, GError **error)
{
  const char *template = G_STRUCT_MEMBER (char *, account->provider, endpoint->configured);
  g_auto (GStrv) parts = g_strsplit (template, TENANT, -1);
  g_autofree char *tenant = NULL;
  g_autofree char *locale = NULL;
  g_autofree char *url = NULL;

  if (g_strv_length (parts) > 1 && (account->tenant == NULL || *account->tenant == '\0'))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("provider %s needs the tenant: set tenant = in [account %s]"),
                   account->provider->name, account->address);
      return NULL;
    }
  tenant = account->tenant == NULL ? NULL : g_uri_escape_string (account->tenant, NULL, FALSE);
  url = g_strjoinv (tenant, parts);
  if (strstr (url, LOCALE) != NULL)
    {
      g_auto (GStrv) pieces = g_strsplit (url, LOCALE, -1);

      locale = locale_tag ();
      g_free (url);
      url = g_strjoinv (locale, pieces);
    }
  if (!check_url (url, endpoint->key, error))
    return NULL;
  return g_steal_pointer (&url);
}

gboolean
se_endpoints_configured_token (const SeAccount *account, char **url, GError **error)
{
  *url = NULL;
  if (account->provider->token_endpoint == NULL)
    return TRUE;
  *url = expand_configured (account, &token_endpoint, error);
  return *url != NULL;
}

/* TRUE with the document in *json, or with NULL there where the server has none at url. */
static gboolean
fetch (const char *url, SeHttpFunc http, const SeHttpOptions *options, cJSON **json, int *status,
       GError **error)
{
  g_autoptr (SeHttpReply) reply = http (url, NULL, options, NULL, error);

  *json = NULL;
  if (reply == NULL)
    return FALSE;
  *status = reply->status;
  if (reply->status == 429 || reply->status >= 500)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("%s is busy or out of order (HTTP %d)"),
                   url, reply->status);
      return FALSE;
    }
  if (reply->status == 200)
    *json = se_json_parse (reply->body, reply->length);
  return TRUE;
}

/* OpenID Connect Discovery 1.0, 4.1: behind the issuer, without its last slash. */
static char *
openid_url (const char *issuer)
{
  gsize length = strlen (issuer);

  if (g_str_has_suffix (issuer, "/"))
    length--;
  return g_strdup_printf ("%.*s/.well-known/openid-configuration", (int)length, issuer);
}

/* RFC 8414, 3.1: between host and path. */
static char *
oauth_url (const char *issuer)
{
  const char *path = strchr (issuer + strlen ("https://"), '/');
  gsize host_length = path == NULL ? strlen (issuer) : (gsize)(path - issuer);
  g_autofree char *bare = g_strdup (path == NULL ? "" : path);

  if (g_str_has_suffix (bare, "/"))
    bare[strlen (bare) - 1] = '\0';
  return g_strdup_printf ("%.*s/.well-known/oauth-authorization-server%s", (int)host_length, issuer,
                          bare);
}

static gboolean
check_issuer (const char *issuer, const cJSON *document, const char *url, GError **error)
{
  const char *found = se_json_string (document, "issuer");
  g_autofree char *shown = NULL;

  if (g_strcmp0 (found, issuer) == 0)
    return TRUE;
  shown = se_log_clean (found == NULL ? "(none)" : found, 200);
  if (strchr (shown, '{') != NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s is for many issuers (%s), so that nothing in it can be relied on: use a "
                      "preset, or name the endpoints in place of issuer ="),
                   url, shown);
      return FALSE;
    }
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("%s is for the issuer %s, not %s: if that is the right one, write it so, letter "
                  "by letter, as issuer ="),
               url, shown, issuer);
  return FALSE;
}

static cJSON *
discover (const char *issuer, SeHttpFunc http, const SeHttpOptions *options, GError **error)
{
  g_autofree char *first = openid_url (issuer);
  g_autofree char *second = oauth_url (issuer);
  int status[2] = { 0, 0 };
  const char *places[] = { first, second };

  for (int i = 0; i < 2; i++)
    {
      g_autoptr (cJSON) json = NULL;

      if (!fetch (places[i], http, options, &json, &status[i], error))
        return NULL;
      if (json == NULL)
        continue;
      if (!check_issuer (issuer, json, places[i], error))
        return NULL;
      return g_steal_pointer (&json);
    }
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("the issuer %s has no discovery document at %s (HTTP %d) nor at %s (HTTP %d): "
                  "check issuer =, or name its endpoints"),
               issuer, first, status[0], second, status[1]);
  return NULL;
}

static gboolean
check_issuer_url (const char *issuer, GError **error)
{
  if (!check_url (issuer, "issuer", error))
    return FALSE;
  /* OpenID Connect Discovery 1.0, 3. Its scheme is compared to the letter further on. */
  if (strchr (issuer, '?') == NULL && g_str_has_prefix (issuer, "https://"))
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("issuer %s must be https:// without a query"),
               issuer);
  return FALSE;
}

/* A member that is an array of strings; NULL where there is none. */
static char **
read_strings (const cJSON *document, const char *name)
{
  const cJSON *array = cJSON_GetObjectItemCaseSensitive (document, name);
  const cJSON *member = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (!cJSON_IsArray (array))
    return NULL;
  cJSON_ArrayForEach (member, array)
  {
    if (cJSON_IsString (member))
      g_strv_builder_add (builder, member->valuestring);
  }
  return g_strv_builder_end (builder);
}

SeEndpoints *
se_endpoints_resolve (const SeAccount *account, SeHttpFunc http, const SeHttpOptions *options,
                      GError **error)
{
  g_autoptr (SeEndpoints) endpoints = g_new0 (SeEndpoints, 1);
  const SeProviderConfig *provider = account->provider;
  g_autoptr (cJSON) document = NULL;

  endpoints->issuer = g_strdup (provider->issuer);
  if (provider->issuer != NULL)
    {
      if (!check_issuer_url (provider->issuer, error))
        return NULL;
      document = discover (provider->issuer, http, options, error);
      if (document == NULL)
        return NULL;
      endpoints->issuer_told = cJSON_IsTrue (cJSON_GetObjectItemCaseSensitive (
          document, "authorization_response_iss_parameter_supported"));
      endpoints->prompts = read_strings (document, "prompt_values_supported");
    }
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    {
      char **resolved = &G_STRUCT_MEMBER (char *, endpoints, all[i].resolved);

      if (G_STRUCT_MEMBER (char *, provider, all[i].configured) != NULL)
        {
          *resolved = expand_configured (account, &all[i], error);
          if (*resolved == NULL)
            return NULL;
          continue;
        }
      *resolved = g_strdup (document == NULL ? NULL : se_json_string (document, all[i].member));
      if (*resolved != NULL && !check_url (*resolved, all[i].member, error))
        return NULL;
    }
  if (endpoints->token == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("provider %s has no token endpoint: set issuer = or token-endpoint ="),
                   provider->name);
      return NULL;
    }
  return g_steal_pointer (&endpoints);
}
