/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/grant.h"

#include "common/io.h"
#include "oauth/id-token.h"

SeHttpReply *
se_grant_request (const SeTokenContext *context, const char *url, const SeForm *form, int grace_ms,
                  gboolean *timed_out, GError **error)
{
  SeHttpFunc http = context->http == NULL ? se_http_perform : context->http;
  se_autosecret char *body = se_form_encode (form);
  const SeHttpOptions options = {
    .ca_file = context->account->provider->ca_file,
    .proxy = context->server->proxy,
    .cancel_fd = context->cancel_fd,
    .grace_ms = grace_ms,
  };

  return http (url, body, &options, timed_out, error);
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
  g_autofree char *endpoint = NULL;
  const char *changed = NULL;

  if (!se_endpoints_configured_token (account, &endpoint, error))
    return FALSE;
  if (g_strcmp0 (record->client_id, account->client_id) != 0)
    changed = "client-id";
  else if (g_strcmp0 (record->login_user, account->login_user) != 0)
    changed = "login-user";
  else if (endpoint != NULL && g_strcmp0 (record->token_endpoint, endpoint) != 0)
    changed = "token-endpoint or tenant";
  else if (endpoint == NULL && g_strcmp0 (record->issuer, account->provider->issuer) != 0)
    changed = "issuer";
  if (changed == NULL)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION,
               "the configuration of %s changed since it was signed in (%s); run: oauth-setup "
               "login %s",
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
               "%s was signed in to the tenant %s first and now to %s: set tenant = in [account "
               "%s] if the change is meant",
               account->address, pinned, tenant_id == NULL ? "an unknown one" : tenant_id,
               account->address);
  return FALSE;
}

SeTokenRecord *
se_grant_make_record (const SeTokenContext *context, const SeEndpoints *endpoints,
                      const SeTokenResponse *response, const SeTokenRecord *stored, GError **error)
{
  const SeAccount *account = context->account;
  g_autoptr (SeTokenRecord) record = g_new0 (SeTokenRecord, 1);
  g_autoptr (SeIdToken) token = NULL;
  gboolean same = stored != NULL && se_grant_check_record (account, stored, NULL);
  const char *pinned = same ? stored->tenant_id : NULL;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  if (response->id_token != NULL)
    {
      token = se_id_token_parse (response->id_token, account->client_id, endpoints->issuer, now,
                                 error);
      if (token == NULL || !check_tenant (account, token->tenant_id, pinned, error))
        return NULL;
    }
  if (response->refresh_token == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   "the server gave %s no refresh token, so the sign-in would end within the hour: "
                   "add offline_access (or what this server calls it) to scope =",
                   account->address);
      return NULL;
    }
  record->issuer = account->provider->token_endpoint == NULL ? g_strdup (endpoints->issuer) : NULL;
  record->token_endpoint = g_strdup (endpoints->token);
  record->client_id = g_strdup (account->client_id);
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
