/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/grant.h"

#include "common/io.h"
#include "common/log.h"
#include "oauth/client-auth.h"
#include "oauth/id-token.h"
#include "oauth/service-account.h"

#include <glib/gi18n-lib.h>

/* How long a cancelled refresh that is awaited still waits for the reply that may hold the next
 * refresh token. */
#define CANCEL_GRACE_MS 5000

typedef struct
{
  const char *name;
  /* Who the account's client is, which its records are bound to; owned by the caller. */
  char *(*client) (const SeAccount *account, GError **error);
  const char *client_key; /* that says so */
  gboolean (*check_files) (const SeAccount *account, GError **error);
  /* Adds the whole token request; NULL: it takes a person. */
  gboolean (*add) (SeForm *form, const SeAccount *account, const char *scope, const char *audience,
                   GError **error);
} Grant;

static char *
get_client_id (const SeAccount *account, GError **error)
{
  return g_strdup (account->client_id == NULL ? "" : account->client_id);
}

/* RFC 6749, 4.4.2. */
static gboolean
add_client_credentials (SeForm *form, const SeAccount *account, const char *scope,
                        const char *audience, GError **error)
{
  se_form_add (form, "grant_type", "client_credentials");
  se_form_add (form, "scope", scope);
  return se_client_auth_add (form, account, audience, error);
}

static const Grant grants[] = {
  { "device", get_client_id, "client-id", se_client_auth_check, NULL },
  { "code", get_client_id, "client-id", se_client_auth_check, NULL },
  { "client-credentials", get_client_id, "client-id", se_client_auth_check,
    add_client_credentials },
  { "service-account", se_service_account_email, "service-account-file", se_service_account_check,
    se_service_account_add },
};

/* A record may have been written by a version that knows another grant. */
static const Grant *
find_grant (const char *name, GError **error)
{
  g_autofree char *shown = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (grants); i++)
    if (g_str_equal (grants[i].name, name))
      return &grants[i];
  shown = se_log_clean (name, 64);
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("the grant %s is not known to this version"),
               shown);
  return NULL;
}

gboolean
se_grant_is_attended (const char *grant)
{
  const Grant *found = find_grant (grant, NULL);

  return found == NULL || found->add == NULL;
}

gboolean
se_grant_check_files (const SeAccount *account, GError **error)
{
  const Grant *grant = find_grant (account->grant, error);

  return grant != NULL && grant->check_files (account, error);
}

gboolean
se_grant_is_client (const char *grant)
{
  const Grant *found = find_grant (grant, NULL);

  return found == NULL || found->client == get_client_id;
}

static SeHttpFunc
http_of (const SeTokenContext *context)
{
  return context->http == NULL ? se_http_perform : context->http;
}

static SeHttpOptions
options_for (const SeTokenContext *context, int grace_ms)
{
  return (SeHttpOptions){
    .ca_file = context->account->provider->ca_file,
    .proxy = context->server->proxy,
    .cancel_fd = context->cancel_fd,
    .grace_ms = grace_ms,
  };
}

SeEndpoints *
se_grant_find_endpoints (const SeTokenContext *context, GError **error)
{
  const SeHttpOptions options = options_for (context, 0);

  return se_endpoints_resolve (context->account, http_of (context), &options, error);
}

SeHttpReply *
se_grant_request (const SeTokenContext *context, const char *url, const SeForm *form, int grace_ms,
                  gboolean *timed_out, GError **error)
{
  se_autosecret char *body = se_form_encode (form);
  const SeHttpOptions options = options_for (context, grace_ms);

  return http_of (context) (url, body, &options, timed_out, error);
}

gboolean
se_grant_load_stored (const SeTokenContext *context, SeTokenRecord **stored, GError **error)
{
  g_autoptr (SeStore) store = se_store_open (context->server, context->account, error);

  *stored = NULL;
  return store != NULL && se_store_load (store, stored, error);
}

gboolean
se_grant_check_record (const SeAccount *account, const SeTokenRecord *record, GError **error)
{
  const Grant *grant = find_grant (record->grant, error);
  g_autofree char *endpoint = NULL;
  g_autofree char *client = NULL;
  const char *changed = NULL;

  if (grant == NULL || !se_endpoints_configured_token (account, &endpoint, error))
    return FALSE;
  client = grant->client (account, error);
  if (client == NULL)
    return FALSE;
  if (!g_str_equal (record->client_id, client))
    changed = grant->client_key;
  else if (g_strcmp0 (record->login_user, account->login_user) != 0)
    changed = "login-user";
  else if (endpoint != NULL && g_strcmp0 (record->token_endpoint, endpoint) != 0)
    changed = _ ("token-endpoint or tenant");
  else if (endpoint == NULL && g_strcmp0 (record->issuer, account->provider->issuer) != 0)
    changed = "issuer";
  if (changed == NULL)
    return TRUE;
  g_set_error (
      error, SE_ERROR, SE_ERROR_AUTHORIZATION,
      _ ("the configuration of %s changed since it was signed in (%s); run: oauth-setup login %s"),
      account->address, changed, account->address);
  return FALSE;
}

/* Microsoft's tid must stay what it was at the first login. pinned: that one, NULL: none yet. */
static gboolean
check_tenant (const SeAccount *account, const char *tenant_id, const char *pinned, GError **error)
{
  if (pinned == NULL || g_strcmp0 (tenant_id, pinned) == 0)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION,
               _ ("%s was signed in to the tenant %s first and now to %s: set tenant = in [account "
                  "%s] if the change is meant"),
               account->address, pinned, tenant_id == NULL ? _ ("an unknown one") : tenant_id,
               account->address);
  return FALSE;
}

static SeTokenResponse *
ask (const SeTokenContext *context, const char *url, const SeForm *form, int grace_ms,
     char **error_code, GError **error)
{
  g_autoptr (SeHttpReply) reply = se_grant_request (context, url, form, grace_ms, NULL, error);

  if (reply == NULL)
    return NULL;
  return se_token_response_parse (reply, context->account, url, se_form_secrets (form), error_code,
                                  error);
}

/* By a grant that takes no person. */
static SeTokenResponse *
run (const SeTokenContext *context, const Grant *grant, const char *url, const char *scope,
     char **error_code, GError **error)
{
  g_autoptr (SeForm) form = se_form_new ();
  SeTokenResponse *response = NULL;

  if (grant->add (form, context->account, scope, url, error))
    response = ask (context, url, form, 0, error_code, error);
  if (response == NULL)
    return NULL;
  /* RFC 6749, 4.4.3 advises against one. The key or secret is what the account lives by. */
  se_io_clear_secret (&response->refresh_token);
  /* Kept, since the same is asked for again when the configuration names another grant by then. */
  if (response->scope == NULL)
    response->scope = g_strdup (scope);
  return response;
}

/* RFC 6749, 6: without scope, which then stays what it was. */
static SeTokenResponse *
refresh (const SeTokenContext *context, const SeTokenRecord *record, char **error_code,
         GError **error)
{
  g_autoptr (SeForm) form = se_form_new ();

  se_form_add (form, "grant_type", "refresh_token");
  se_form_add_secret (form, "refresh_token", record->refresh_token);
  if (!se_client_auth_add (form, context->account, record->token_endpoint, error))
    return NULL;
  return ask (context, record->token_endpoint, form,
              context->awaited ? CANCEL_GRACE_MS : SE_HTTP_GRACE_ALL, error_code, error);
}

SeTokenResponse *
se_grant_renew (const SeTokenContext *context, const SeTokenRecord *record, char **error_code,
                GError **error)
{
  const SeAccount *account = context->account;
  const Grant *grant = find_grant (record->grant, error);
  const char *scope = account->scope;

  *error_code = NULL;
  if (grant == NULL)
    return NULL;
  if (grant->add == NULL)
    return refresh (context, record, error_code, error);
  /* The configured scope is the configured grant's. */
  if (!g_str_equal (account->grant, record->grant) && record->scope != NULL)
    scope = record->scope;
  return run (context, grant, record->token_endpoint, scope, error_code, error);
}

SeTokenRecord *
se_grant_run (const SeTokenContext *context, const SeEndpoints *endpoints, GError **error)
{
  const SeAccount *account = context->account;
  const Grant *grant = find_grant (account->grant, error);
  g_autoptr (SeTokenRecord) stored = NULL;
  g_autoptr (SeTokenResponse) response = NULL;
  g_autofree char *error_code = NULL;

  if (grant == NULL)
    return NULL;
  g_return_val_if_fail (grant->add != NULL, NULL);
  if (!se_grant_load_stored (context, &stored, error))
    return NULL;
  response = run (context, grant, endpoints->token, account->scope, &error_code, error);
  if (response == NULL)
    return NULL;
  return se_grant_make_record (context, endpoints, response, stored, error);
}

/* Who signed in, and that it is the right one. *token NULL on return TRUE: the server does not say.
 */
static gboolean
check_person (const SeAccount *account, const SeEndpoints *endpoints,
              const SeTokenResponse *response, const char *pinned, SeIdToken **token,
              GError **error)
{
  *token = NULL;
  if (response->refresh_token == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("the server gave %s no refresh token, so the sign-in would end within the "
                      "hour: add offline_access (or what this server calls it) to scope ="),
                   account->address);
      return FALSE;
    }
  if (response->id_token == NULL)
    return TRUE;
  *token = se_id_token_parse (response->id_token, account->client_id, endpoints->issuer,
                              g_get_real_time () / G_USEC_PER_SEC, error);
  return *token != NULL && check_tenant (account, (*token)->tenant_id, pinned, error);
}

SeTokenRecord *
se_grant_make_record (const SeTokenContext *context, const SeEndpoints *endpoints,
                      const SeTokenResponse *response, const SeTokenRecord *stored, GError **error)
{
  const SeAccount *account = context->account;
  const Grant *grant = find_grant (account->grant, error);
  g_autoptr (SeTokenRecord) record = g_new0 (SeTokenRecord, 1);
  g_autoptr (SeIdToken) token = NULL;
  gboolean same = stored != NULL && se_grant_check_record (account, stored, NULL);
  const char *pinned = same ? stored->tenant_id : NULL;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  if (grant == NULL)
    return NULL;
  if (grant->add == NULL && !check_person (account, endpoints, response, pinned, &token, error))
    return NULL;
  record->client_id = grant->client (account, error);
  if (record->client_id == NULL)
    return NULL;
  record->issuer = account->provider->token_endpoint == NULL ? g_strdup (endpoints->issuer) : NULL;
  record->token_endpoint = g_strdup (endpoints->token);
  record->login_user = g_strdup (account->login_user);
  record->grant = g_strdup (account->grant);
  record->access_token = g_strdup (response->access_token);
  record->refresh_token = g_strdup (response->refresh_token);
  record->scope = g_strdup (response->scope);
  record->authorized = record->obtained = now;
  record->expires = now + response->expires_in;
  record->refresh_expires
      = response->refresh_expires_in > 0 ? now + response->refresh_expires_in : 0;
  record->identity = token == NULL ? NULL : g_steal_pointer (&token->identity);
  record->tenant_id = token == NULL ? g_strdup (pinned) : g_steal_pointer (&token->tenant_id);
  return g_steal_pointer (&record);
}
