/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/login.h"

#include "oauth/device-grant.h"
#include "setup/mailbox.h"

static void
tick (gint64 seconds_left, gpointer data)
{
  g_autofree char *left = g_strdup_printf ("%" G_GINT64_FORMAT, seconds_left);

  se_service_tell (data, "tick", left, NULL);
}

static SeTokenRecord *
run_device_grant (SeService *service, const SeTokenContext *context, const SeEndpoints *endpoints,
                  GError **error)
{
  g_autoptr (SeDeviceCode) code = se_device_grant_start (context, endpoints, error);
  g_autofree char *expires_in = NULL;

  if (code == NULL)
    return NULL;
  expires_in = g_strdup_printf ("%" G_GINT64_FORMAT, code->expires_in);
  {
    const char *const fields[] = { "code", code->verification_uri, code->verification_uri_complete,
                                   code->user_code, expires_in };

    se_service_tellv (service, fields, G_N_ELEMENTS (fields));
  }
  return se_device_grant_poll (context, endpoints, code, NULL, tick, service, error);
}

/* The grants that this version knows. */
static SeTokenRecord *
run_grant (SeService *service, const SeTokenContext *context, GError **error)
{
  const SeHttpOptions options = { .ca_file = context->account->provider->ca_file,
                                  .proxy = context->server->proxy,
                                  .cancel_fd = context->cancel_fd };
  g_autoptr (SeEndpoints) endpoints = NULL;

  if (!g_str_equal (context->account->grant, "device"))
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                   "[account %s] grant = %s cannot be set up by this version: use device",
                   context->account->address, context->account->grant);
      return NULL;
    }
  endpoints = se_endpoints_resolve (context->account, se_http_perform, &options, error);
  return endpoints != NULL ? run_device_grant (service, context, endpoints, error) : NULL;
}

/* Another user than expected may well send for the mailbox, or have its address for an alias: the
 * SMTP server knows. What it refuses must not take the place of a token that is good. */
static gboolean
check_other_user (const SeTokenContext *context, const SeTokenRecord *record, GError **error)
{
  const SeAccount *account = context->account;
  g_autoptr (GError) local = NULL;

  if (record->identity == NULL || se_login_identity_matches (record->identity, account->login_user)
      || se_mailbox_try_token (context, record->access_token, &local))
    return TRUE;
  if (se_error_is (local, SE_ERROR_AUTHORIZATION))
    g_set_error (error, SE_ERROR, (int)SE_ERROR_AUTHORIZATION,
                 "%s signed in, whom the SMTP server does not let use the mailbox %s: nothing was "
                 "stored; sign in as %s",
                 record->identity, account->smtp_user, account->login_user);
  else
    g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

static gboolean
store (SeService *service, const SeTokenContext *context, const SeTokenRecord *record,
       GError **error)
{
  g_autoptr (SeStore) place = NULL;

  if (!se_token_adopt (context, record, error))
    return FALSE;
  place = se_store_open (context->server, context->account, error);
  if (place == NULL)
    return FALSE;
  se_service_tell (service, "stored", se_store_location (place), NULL);
  return TRUE;
}

gboolean
se_sign_in (SeService *service, const SeSignIn *wanted, GError **error)
{
  SeTokenContext context = se_mailbox_context (service, wanted->server, wanted->account);
  g_autoptr (SeTokenRecord) record = run_grant (service, &context, error);
  const char *to = wanted->account->from_address;
  g_autofree char *reply = NULL;
  gboolean go_on = FALSE;

  if (record == NULL)
    return FALSE;
  se_service_tell (service, "identity", record->identity != NULL ? record->identity : "", NULL);
  if (!se_service_await (service, &go_on, error))
    return FALSE;
  if (!go_on)
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_AUTHORIZATION,
                   "Nothing was stored; sign in again as %s", wanted->account->login_user);
      return FALSE;
    }
  if (!check_other_user (&context, record, error) || !store (service, &context, record, error)
      || !se_mailbox_login (&context, error))
    return FALSE;
  se_service_tell (service, "smtp-login", wanted->account->provider->smtp_server, NULL);
  if (!wanted->send_test)
    return TRUE;
  if (!se_mailbox_send_test (&context, to, &reply, error))
    return FALSE;
  se_service_tell (service, "test-mail", to, reply, NULL);
  return TRUE;
}
