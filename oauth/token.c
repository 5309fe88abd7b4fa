/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/token.h"

#include "common/digest.h"
#include "common/fault.h"
#include "common/io.h"
#include "common/log.h"
#include "oauth/grant.h"

#include <glib/gi18n-lib.h>

/* An access token with this much left is used when the server cannot be reached, seconds. */
#define LAST_USE 60

static gint64
now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static gboolean
is_rejected (const SeTokenRecord *record, const char *rejected)
{
  g_autofree char *fingerprint = NULL;

  if (rejected == NULL || record->access_token == NULL)
    return FALSE;
  fingerprint = se_digest_fingerprint (record->access_token);
  return g_str_equal (fingerprint, rejected);
}

/* The access token's time left, 0 if it has none or the clock was set back behind its beginning, so
 * that nobody knows. */
static gint64
seconds_left (const SeTokenRecord *record)
{
  gint64 time = now ();

  if (record->access_token == NULL || time < record->obtained)
    return 0;
  return MAX (record->expires - time, 0);
}

static gboolean
is_fresh (const SeTokenRecord *record, const char *rejected)
{
  gint64 lifetime = record->expires - record->obtained;
  gint64 left = seconds_left (record);

  /* A token that lives for less than the margin must not be refreshed at every use. */
  return left > 0 && left >= MIN (SE_TOKEN_MARGIN, lifetime / 2) && !is_rejected (record, rejected);
}

/* TRUE if the access token can be used though it is not fresh. */
static gboolean
is_for_last_use (const SeTokenRecord *record, const char *rejected)
{
  return seconds_left (record) >= LAST_USE && !is_rejected (record, rejected);
}

/* TRUE if record will do: a fresh one, or one with which the server's wish to be left alone for a
 * while can be met. */
static gboolean
will_do (const SeTokenRecord *record, const char *rejected)
{
  return is_fresh (record, rejected)
         || (now () < record->retry_at && is_for_last_use (record, rejected));
}

static SeTokenRecord *
load (const SeTokenContext *context, SeStore *store, GError **error)
{
  const SeAccount *account = context->account;
  g_autoptr (SeTokenRecord) record = NULL;

  if (!se_store_load (store, &record, error))
    return NULL;
  if (record == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION,
                   _ ("%s is not signed in yet; run: oauth-setup login %s"), account->address,
                   account->address);
      return NULL;
    }
  if (!se_grant_check_record (account, record, error))
    return NULL;
  return g_steal_pointer (&record);
}

/* Moves a response's tokens into record and stores it, before anybody uses them. */
static gboolean
keep (SeStore *store, SeTokenRecord *record, SeTokenResponse *response, GError **error)
{
  se_io_clear_secret (&record->access_token);
  record->access_token = g_steal_pointer (&response->access_token);
  if (response->refresh_token != NULL)
    {
      se_io_clear_secret (&record->refresh_token);
      record->refresh_token = g_steal_pointer (&response->refresh_token);
      /* The server's word about the one before is no longer worth anything. */
      record->refresh_expires = 0;
    }
  if (response->scope != NULL)
    {
      g_free (record->scope);
      record->scope = g_steal_pointer (&response->scope);
    }
  record->obtained = now ();
  record->expires = record->obtained + response->expires_in;
  if (response->refresh_expires_in > 0)
    record->refresh_expires = record->obtained + response->refresh_expires_in;
  record->last_refresh = record->obtained;
  g_clear_pointer (&record->failure, g_free);
  record->failed = 0;
  record->retry_at = 0;
  if (se_store_save (store, record, error))
    return TRUE;
  g_prefix_error (error, _ ("new tokens came but cannot be stored: "));
  return FALSE;
}

/* TRUE where the server itself has refused, for good as far as it goes. */
static gboolean
is_refused (const SeTokenRecord *record)
{
  return record->failure != NULL && !g_str_equal (record->failure, SE_TOKEN_FAILURE_NETWORK)
         && !g_str_equal (record->failure, SE_TOKEN_FAILURE_SETUP)
         && se_response_classify (record->failure) != SE_ERROR_TEMPORARY;
}

/* Notes in the record why a refresh failed; what is told to the user is the error itself. */
static void
note_failure (SeStore *store, SeTokenRecord *record, const char *error_code, const GError *reason)
{
  g_autoptr (GError) error = NULL;

  if (se_error_is (reason, SE_ERROR_CANCELLED))
    return;
  /* A network that is down says nothing about what the server refused before. */
  if (se_error_is (reason, SE_ERROR_TEMPORARY) && is_refused (record))
    return;
  g_free (record->failure);
  /* Where a number or HTTP 429 made it a passing one, the code alone would say another thing. */
  if (error_code != NULL
      && (!se_error_is (reason, SE_ERROR_TEMPORARY)
          || se_response_classify (error_code) == SE_ERROR_TEMPORARY))
    record->failure = se_log_clean (error_code, 64);
  else
    record->failure = g_strdup (se_error_is (reason, SE_ERROR_TEMPORARY) ? SE_TOKEN_FAILURE_NETWORK
                                                                         : SE_TOKEN_FAILURE_SETUP);
  record->failed = now ();
  record->retry_at = se_error_due (reason);
  if (!se_store_save (store, record, &error))
    g_warning ("%s", error->message);
}

/* One request. *superseded: TRUE if the refresh token turned out to be an old one, which a process
 * without our lock has replaced in the store: then *record is the new record. */
static gboolean
refresh_once (const SeTokenContext *context, SeStore *store, SeTokenRecord **record,
              gboolean *superseded, GError **error)
{
  g_autoptr (SeTokenResponse) response = NULL;
  g_autoptr (SeTokenRecord) again = NULL;
  g_autoptr (GError) failure = NULL;
  g_autofree char *error_code = NULL;

  *superseded = FALSE;
  if (se_grant_is_attended ((*record)->grant) && (*record)->refresh_token == NULL)
    {
      g_set_error (
          error, SE_ERROR, SE_ERROR_AUTHORIZATION,
          _ ("the sign-in has run out and brought no refresh token; run: oauth-setup login %s"),
          context->account->address);
      return FALSE;
    }
  /* A full disk must show before the old token is spent. */
  if (!se_store_reserve (store, error))
    return FALSE;
  SE_FAULT_POINT ("refresh");
  response = se_grant_renew (context, *record, &error_code, &failure);
  SE_FAULT_POINT ("refreshed");
  if (response != NULL)
    return keep (store, *record, response, error);

  if (g_strcmp0 (error_code, "invalid_grant") == 0 && se_store_load (store, &again, NULL)
      && again != NULL && se_grant_check_record (context->account, again, NULL)
      && g_strcmp0 (again->refresh_token, (*record)->refresh_token) != 0)
    {
      *superseded = TRUE;
      se_token_record_free (*record);
      *record = g_steal_pointer (&again);
    }
  else
    note_failure (store, *record, error_code, failure);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* Under the lock. force: refresh a fresh token, too. */
static SeTokenRecord *
refresh_locked (const SeTokenContext *context, SeStore *store, const char *rejected, gboolean force,
                GError **error)
{
  g_autoptr (SeTokenRecord) record = load (context, store, error);
  g_autoptr (GError) failure = NULL;
  gboolean superseded = FALSE;

  if (record == NULL)
    return NULL;
  if (!force && will_do (record, rejected))
    return g_steal_pointer (&record);
  if (refresh_once (context, store, &record, &superseded, &failure))
    return g_steal_pointer (&record);
  if (superseded)
    {
      g_clear_error (&failure);
      if (is_fresh (record, rejected)
          || refresh_once (context, store, &record, &superseded, &failure))
        return g_steal_pointer (&record);
    }
  if (se_error_is (failure, SE_ERROR_AUTHORIZATION))
    g_prefix_error (&failure, _ ("%s is no longer authorized: "), context->account->address);
  g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

static SeTokenRecord *
refresh (const SeTokenContext *context, SeStore *store, const char *rejected, gboolean force,
         GError **error)
{
  se_autofd int lock = se_store_lock (store, SE_GRANT_LOCK_WAIT_MS, context->cancel_fd, error);

  return lock < 0 ? NULL : refresh_locked (context, store, rejected, force, error);
}

/* What is stored, if it can be used once more though it could not be refreshed. */
static SeTokenRecord *
load_for_last_use (const SeTokenContext *context, SeStore *store, const char *rejected,
                   const GError *failure)
{
  g_autoptr (SeTokenRecord) record = NULL;
  int left;

  if (!se_error_is (failure, SE_ERROR_TEMPORARY))
    return NULL;
  record = load (context, store, NULL);
  if (record == NULL || !is_for_last_use (record, rejected))
    return NULL;
  left = (int)seconds_left (record);
  g_warning (g_dngettext (GETTEXT_PACKAGE, "%s: %s; its access token is still good for %d second",
                          "%s: %s; its access token is still good for %d seconds", (gulong)left),
             context->account->address, failure->message, left);
  return g_steal_pointer (&record);
}

static SeStore *
open_store (const SeTokenContext *context, GError **error)
{
  SeStore *store = se_store_open (context->server, context->account, error);

  if (store != NULL)
    se_store_watch (store, context->cancel_fd);
  return store;
}

char *
se_token_get (const SeTokenContext *context, const char *rejected, GError **error)
{
  g_autoptr (SeStore) store = open_store (context, error);
  g_autoptr (SeTokenRecord) record = store == NULL ? NULL : load (context, store, NULL);
  g_autoptr (GError) failure = NULL;

  if (store == NULL)
    return NULL;
  /* A record that will not do is looked at again under the lock: it may be in the middle of a
   * login. */
  if (record == NULL || !will_do (record, rejected))
    {
      g_clear_pointer (&record, se_token_record_free);
      record = refresh (context, store, rejected, FALSE, &failure);
      if (record == NULL)
        record = load_for_last_use (context, store, rejected, failure);
    }
  SE_FAULT_POINT ("token");
  if (record != NULL)
    return g_steal_pointer (&record->access_token);
  g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

gboolean
se_token_refresh (const SeTokenContext *context, GError **error)
{
  g_autoptr (SeStore) store = open_store (context, error);
  g_autoptr (SeTokenRecord) record
      = store == NULL ? NULL : refresh (context, store, NULL, TRUE, error);

  return record != NULL;
}

gboolean
se_token_wait (const SeTokenContext *context, GError **error)
{
  g_autoptr (SeStore) store = open_store (context, error);
  se_autofd int lock
      = store == NULL ? -1
                      : se_store_lock (store, SE_GRANT_LOCK_WAIT_MS, context->cancel_fd, error);

  return lock >= 0;
}
