/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/revoke.h"

#include "common/io.h"
#include "oauth/client-auth.h"
#include "oauth/grant.h"

#include <glib/gi18n-lib.h>

/* Errors after which the token is dead all the same. Google answers invalid_token for what is no
 * longer good; RFC 7009, 2.2 would have 200. */
static gboolean
is_unknown_token (const char *error_code)
{
  return g_strcmp0 (error_code, "invalid_grant") == 0
         || g_strcmp0 (error_code, "invalid_token") == 0;
}

/* RFC 7009, 2.1 and 2.2. *error_code as in se_response_parse. */
static gboolean
revoke_one (const SeTokenContext *context, const SeEndpoints *endpoints, const char *token,
            const char *hint, char **error_code, GError **error)
{
  g_autoptr (SeForm) form = se_form_new ();
  g_autoptr (SeHttpReply) reply = NULL;
  g_autoptr (cJSON) json = NULL;
  g_autoptr (GError) failure = NULL;

  se_form_add_secret (form, "token", token);
  se_form_add (form, "token_type_hint", hint);
  if (!se_client_auth_add (form, context->account, endpoints->token, error))
    return FALSE;
  reply = se_grant_request (context, endpoints->revocation, form, 0, NULL, error);
  if (reply == NULL)
    return FALSE;
  json = se_response_parse (reply, context->account, endpoints->revocation, se_form_secrets (form),
                            error_code, &failure);
  /* The body of a good reply says nothing and need not be JSON. */
  if (json != NULL || (*error_code == NULL && reply->status == 200)
      || is_unknown_token (*error_code))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

static gboolean
tell_server (const SeTokenContext *context, const SeTokenRecord *record, gboolean *told,
             GError **error)
{
  const SeAccount *account = context->account;
  g_autoptr (SeEndpoints) endpoints = NULL;
  g_autofree char *error_code = NULL;
  const char *access_token = record->access_token;

  if (!se_grant_is_client (record->grant))
    return TRUE;
  if (!se_grant_check_record (account, record, error))
    return FALSE;
  endpoints = se_grant_find_endpoints (context, error);
  if (endpoints == NULL)
    return FALSE;
  if (endpoints->revocation == NULL)
    return TRUE;
  if (record->refresh_token != NULL
      && !revoke_one (context, endpoints, record->refresh_token, "refresh_token", &error_code,
                      error))
    return FALSE;
  g_clear_pointer (&error_code, g_free);
  if (access_token != NULL
      && !revoke_one (context, endpoints, access_token, "access_token", &error_code, error))
    {
      /* RFC 7009, 2: a server need not revoke access tokens; the grant itself is gone. */
      if (record->refresh_token == NULL || g_strcmp0 (error_code, "unsupported_token_type") != 0)
        return FALSE;
      g_clear_error (error);
    }
  *told = TRUE;
  return TRUE;
}

/* Says what is left to do by hand. record: NULL if it could not be read. */
static void
explain (const SeAccount *account, const SeTokenRecord *record, GError *error)
{
  g_autofree char *reason = g_steal_pointer (&error->message);
  g_autoptr (GUri) uri
      = record == NULL ? NULL : g_uri_parse (record->token_endpoint, G_URI_FLAGS_NONE, NULL);
  const char *server = uri == NULL ? account->provider->name : g_uri_get_host (uri);
  const char *grant = record == NULL ? account->grant : record->grant;

  if (se_grant_is_attended (grant))
    error->message
        = g_strdup_printf (_ ("%s could not be told (%s) and still honours the tokens of %s, which "
                              "are removed from this machine; to end that, take the application "
                              "away there from what %s gave access to"),
                           server, reason, account->address, account->login_user);
  else
    error->message
        = g_strdup_printf (_ ("%s could not be told (%s) and still honours the tokens of %s, which "
                              "are removed from this machine; to end that, remove the secret, "
                              "certificate or key there that this machine signs in by"),
                           server, reason, account->address);
}

/* A record that cannot be decrypted can be removed all the same. *no_key: why it cannot be. */
static SeStore *
open_store (const SeTokenContext *context, GError **no_key, GError **error)
{
  SeServerConfig keyless = *context->server;
  SeStore *store = se_store_open (context->server, context->account, no_key);

  if (store != NULL)
    return store;
  keyless.token_key_file = NULL;
  store = se_store_open (&keyless, context->account, NULL);
  if (store == NULL)
    g_propagate_error (error, g_steal_pointer (no_key));
  return store;
}

/* Under the lock. no_key: as from open_store. */
static gboolean
revoke_locked (const SeTokenContext *context, SeStore *store, const GError *no_key, gboolean *told,
               GError **error)
{
  g_autoptr (SeTokenRecord) record = NULL;
  g_autoptr (GError) failure = NULL;
  gboolean loaded = se_store_load (store, &record, &failure);

  if (loaded && record == NULL)
    return TRUE;
  if (!loaded && no_key != NULL)
    {
      g_clear_error (&failure);
      failure = g_error_copy (no_key);
    }
  if (loaded && !tell_server (context, record, told, &failure)
      && se_error_is (failure, SE_ERROR_CANCELLED))
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  if (!se_store_remove (store, error))
    return FALSE;
  if (failure == NULL)
    return TRUE;
  explain (context->account, record, failure);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

gboolean
se_token_revoke (const SeTokenContext *context, gboolean *told_server, GError **error)
{
  g_autoptr (GError) no_key = NULL;
  g_autoptr (SeStore) store = open_store (context, &no_key, error);
  se_autofd int lock
      = store == NULL ? -1
                      : se_store_lock (store, SE_GRANT_LOCK_WAIT_MS, context->cancel_fd, error);

  *told_server = FALSE;
  return lock >= 0 && revoke_locked (context, store, no_key, told_server, error);
}
