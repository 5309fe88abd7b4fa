/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/login.h"

#include "common/digest.h"
#include "common/io.h"
#include "oauth/device-grant.h"
#include "oauth/grant.h"
#include "oauth/service-account.h"
#include "setup/mailbox.h"

#include <glib/gi18n-lib.h>

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

/* A service account has to be allowed in first. */
static gboolean
tell_delegation (SeService *service, const SeAccount *account, GError **error)
{
  g_autofree char *email = se_service_account_email (account, error);
  g_autofree char *id = NULL;

  if (email == NULL || !se_service_account_client_id (account, &id, error))
    return FALSE;
  {
    const char *const fields[] = { "delegate", id, email, account->scope };

    se_service_tellv (service, fields, G_N_ELEMENTS (fields));
  }
  return TRUE;
}

static SeTokenRecord *
run_grant (SeService *service, const SeSignIn *wanted, const SeTokenContext *context,
           GError **error)
{
  const SeAccount *account = wanted->account;
  g_autoptr (SeEndpoints) endpoints = NULL;

  if (!se_grant_check_files (account, error))
    return NULL;
  endpoints = se_grant_find_endpoints (context, error);
  if (endpoints == NULL)
    return NULL;
  if (g_str_equal (account->grant, "device"))
    return run_device_grant (service, context, endpoints, error);
  if (g_str_equal (account->grant, "code"))
    return se_sign_in_by_code (service, wanted, context, endpoints, error);
  if (g_str_equal (account->grant, "service-account") && !tell_delegation (service, account, error))
    return NULL;
  return se_grant_run (context, endpoints, error);
}

/* Who signed in, and whether that will do. */
static gboolean
ask_identity (SeService *service, const SeAccount *account, const SeTokenRecord *record,
              GError **error)
{
  gboolean go_on = FALSE;

  if (!se_grant_is_attended (account->grant))
    return TRUE;
  se_service_tell (service, "identity", record->identity != NULL ? record->identity : "", NULL);
  if (!se_service_await (service, &go_on, error))
    return FALSE;
  if (!go_on)
    g_set_error (error, SE_ERROR, (int)SE_ERROR_AUTHORIZATION,
                 _ ("Nothing was stored; sign in again as %s"), account->login_user);
  return go_on;
}

/* Whether the account, as it stands in the file, has a token that is good now. */
static gboolean
is_authorized (SeService *service, const SeSignIn *wanted)
{
  SeTokenContext context;
  se_autosecret char *token = NULL;

  if (wanted->before == NULL)
    return FALSE;
  context = se_mailbox_context (service, wanted->server, wanted->before);
  token = se_token_get (&context, NULL, NULL);
  return token != NULL;
}

/* Whether record may take the place of what there is. Another user than expected may well send for
 * the mailbox, or have its address for an alias: the SMTP server knows. What it refuses must not
 * replace a token that is good. */
static gboolean
check_replacement (SeService *service, const SeSignIn *wanted, const SeTokenContext *context,
                   const SeTokenRecord *record, GError **error)
{
  const SeAccount *account = wanted->account;
  gboolean unknown = record->identity == NULL && se_grant_is_attended (account->grant);
  gboolean other = record->identity != NULL
                   && !se_login_identity_matches (record->identity, account->login_user);
  g_autoptr (GError) local = NULL;

  if ((!other && !unknown && wanted->before == NULL)
      || se_mailbox_try_token (context, record->access_token, &local))
    return TRUE;
  if (unknown && se_error_is (local, SE_ERROR_AUTHORIZATION))
    g_set_error (error, SE_ERROR, (int)SE_ERROR_AUTHORIZATION,
                 _ ("The SMTP server does not let whoever signed in use the mailbox %s: nothing "
                    "was stored; sign in as %s"),
                 account->smtp_user, account->login_user);
  else if (other && se_error_is (local, SE_ERROR_AUTHORIZATION))
    g_set_error (error, SE_ERROR, (int)SE_ERROR_AUTHORIZATION,
                 _ ("%s signed in, whom the SMTP server does not let use the mailbox %s: nothing "
                    "was stored; sign in as %s"),
                 record->identity, account->smtp_user, account->login_user);
  else if (other || se_error_is (local, SE_ERROR_CANCELLED) || is_authorized (service, wanted))
    g_propagate_prefixed_error (
        error, g_steal_pointer (&local),
        _ ("The new authorization of %s does not work, nothing was changed: "), account->address);
  else
    return TRUE;
  return FALSE;
}

/* As the backend will read it: nothing of the store that wrote it is used. */
static gboolean
read_back (const SeTokenContext *context, const SeTokenRecord *record, GError **error)
{
  g_autoptr (SeStore) store = se_store_open (context->server, context->account, error);
  g_autoptr (SeTokenRecord) found = NULL;
  g_autofree char *expected = se_digest_fingerprint (record->access_token);
  g_autofree char *fingerprint = NULL;

  if (store == NULL || !se_store_load (store, &found, error))
    return FALSE;
  if (found != NULL && found->access_token != NULL)
    fingerprint = se_digest_fingerprint (found->access_token);
  if (g_strcmp0 (fingerprint, expected) == 0)
    return TRUE;
  g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
               _ ("What was stored in %s is not what is read from there"),
               se_store_location (store));
  return FALSE;
}

/* Makes the store what it was. */
static void
put_back (SeStore *store, const SeTokenRecord *before)
{
  g_autoptr (GError) error = NULL;

  if (!(before != NULL ? se_store_save (store, before, &error) : se_store_remove (store, &error)))
    g_warning (_ ("%s could not be made what it was: %s"), se_store_location (store),
               error->message);
}

/* The old store's record, once nobody reads it any more. The lock is the account's, whatever the
 * store. */
static void
remove_old (SeService *service, const SeSignIn *wanted)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeStore) store = NULL;

  if (wanted->before == NULL
      || g_str_equal (wanted->before->token_store, wanted->account->token_store))
    return;
  store = se_store_open (wanted->server, wanted->before, &error);
  if (store != NULL && se_store_remove (store, &error))
    se_service_tell (service, "removed", se_store_location (store), NULL);
  else
    se_service_tell (service, "not-removed", error->message, NULL);
}

/* New record, configuration, old record: in this order a job finds one that is good at any time but
 * in the moment between the first two, and what it is held for then the parent releases. */
static gboolean
store (SeService *service, const SeSignIn *wanted, const SeTokenContext *context,
       const SeTokenRecord *record, GError **error)
{
  g_autoptr (SeStore) place = se_store_open (wanted->server, wanted->account, error);
  se_autofd int lock
      = place == NULL ? -1
                      : se_store_lock (place, SE_GRANT_LOCK_WAIT_MS, context->cancel_fd, error);
  g_autoptr (SeTokenRecord) before = NULL;
  gboolean written = FALSE;

  if (lock < 0 || !se_store_load (place, &before, error) || !se_store_save (place, record, error))
    return FALSE;
  if (read_back (context, record, error))
    {
      se_service_tell (service, "stored", se_store_location (place), NULL);
      if (se_service_await (service, &written, error) && !written)
        g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                     _ ("The configuration was not written, so nothing was stored"));
    }
  if (!written)
    {
      put_back (place, before);
      return FALSE;
    }
  remove_old (service, wanted);
  return TRUE;
}

/* Token and SMTP login by the configuration as it stands in the file now. */
static gboolean
check_as_written (const SeTokenContext *context, GError **error)
{
  g_autofree char *path = se_config_path ();
  g_autoptr (SeConfig) config = se_config_load (path, SE_PRESETS_FILE, error);
  g_autoptr (SeAccount) account = NULL;
  SeTokenContext written = *context;

  if (config == NULL)
    return FALSE;
  account = se_config_get_account (config, context->account->address, error);
  written.account = account;
  return account != NULL && se_mailbox_login (&written, error);
}

gboolean
se_sign_in (SeService *service, const SeSignIn *wanted, GError **error)
{
  SeTokenContext context = se_mailbox_context (service, wanted->server, wanted->account);
  g_autoptr (SeTokenRecord) record = run_grant (service, wanted, &context, error);
  const char *to = wanted->account->from_address;
  g_autofree char *reply = NULL;

  if (record == NULL || !ask_identity (service, wanted->account, record, error)
      || !check_replacement (service, wanted, &context, record, error)
      || !store (service, wanted, &context, record, error) || !check_as_written (&context, error))
    return FALSE;
  se_service_tell (service, "smtp-login", wanted->account->provider->smtp_server, NULL);
  if (!wanted->send_test)
    return TRUE;
  if (!se_mailbox_send_test (&context, to, &reply, error))
    return FALSE;
  se_service_tell (service, "test-mail", to, reply, NULL);
  return TRUE;
}
