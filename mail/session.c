/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/session.h"

#include "common/digest.h"
#include "common/fault.h"
#include "common/io.h"
#include "mail/activity.h"
#include "mail/throttle.h"

#include <glib/gi18n-lib.h>

#define QUOTA_WAIT (60 * 60) /* seconds until a sending limit of the server's is tried again */

struct SeSession
{
  const SeDelivery *delivery;
  SeThrottle throttle;
  SePermit *permit; /* NULL: not connected */
  SeSmtp *smtp;     /* NULL: not connected */
};

SeSession *
se_session_new (const SeDelivery *delivery)
{
  SeSession *session = g_new0 (SeSession, 1);

  session->delivery = delivery;
  session->throttle = (SeThrottle){
    .state_directory = delivery->server != NULL ? delivery->server->state_directory : NULL,
    .account = delivery->account,
    .cancel_fd = delivery->cancel_fd,
    .attended = delivery->attended,
  };
  return session;
}

/* The connection is others' when it has ended. */
static void
disconnect (SeSession *session)
{
  g_clear_pointer (&session->smtp, se_smtp_close);
  g_clear_pointer (&session->permit, se_permit_free);
}

void
se_session_free (SeSession *session)
{
  disconnect (session);
  g_free (session);
}

SeSmtpOptions
se_session_options (const SeDelivery *delivery, const char *token)
{
  const SeAccount *account = delivery->account;
  const SeProviderConfig *provider = account->provider;

  return (SeSmtpOptions){
    .account = account,
    .server = provider->smtp_server,
    .ca_file = provider->ca_file,
    .proxy = provider->proxy_smtp != NULL ? provider->proxy_smtp
             : delivery->server != NULL   ? delivery->server->proxy
                                          : NULL,
    .helo_name = provider->helo_name,
    .sasl = provider->sasl,
    .user = account->smtp_user,
    .access_token = token,
    .cancel_fd = delivery->cancel_fd,
  };
}

static SeSmtp *
open_once (const SeDelivery *delivery, const char *token, GError **error)
{
  const SeSmtpOptions options = se_session_options (delivery, token);

  return se_smtp_open (&options, error);
}

/* For the limit of the mails to come. This one's does not depend on it. */
static void
note_size (const SeDelivery *delivery, const SeSmtp *smtp)
{
  const SeAccount *account = delivery->account;
  g_autoptr (GError) error = NULL;

  if (delivery->server != NULL
      && !se_activity_note_size (delivery->server->state_directory, account->address,
                                 account->provider->smtp_server, se_smtp_max_size (smtp), &error))
    g_warning (_ ("The size of mails that the server takes cannot be kept: %s"), error->message);
}

/* A session with a token that the server takes. One that it refuses is refreshed once. */
static SeSmtp *
sign_in (const SeDelivery *delivery, GError **error)
{
  const SeDeliveryEvents *events = delivery->events;
  g_autoptr (GError) local = NULL;
  g_autofree char *fingerprint = NULL;
  se_autosecret char *token = delivery->get_token (NULL, delivery->token_data, error);
  SeSmtp *smtp;

  if (token == NULL)
    return NULL;
  if (events != NULL && events->connecting != NULL)
    events->connecting (events->data);
  smtp = open_once (delivery, token, &local);
  if (smtp == NULL && se_error_is (local, SE_ERROR_TOKEN_REJECTED))
    {
      g_autoptr (GError) none = NULL;

      fingerprint = se_digest_fingerprint (token);
      se_io_clear_secret (&token);
      token = delivery->get_token (fingerprint, delivery->token_data, &none);
      if (token != NULL)
        {
          g_info (_ ("%s; trying a fresh token"), local->message);
          g_clear_error (&local);
          smtp = open_once (delivery, token, &local);
          if (se_error_is (local, SE_ERROR_TOKEN_REJECTED))
            g_prefix_error (&local, _ ("With a fresh token, too, "));
        }
      else if (!se_error_is (none, SE_ERROR_TOKEN_REJECTED))
        {
          g_propagate_error (error, g_steal_pointer (&none));
          return NULL;
        }
    }
  if (se_error_is (local, SE_ERROR_TOKEN_REJECTED))
    g_set_error_literal (error, SE_ERROR, SE_ERROR_AUTHORIZATION, local->message);
  else if (smtp == NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  else
    {
      note_size (delivery, smtp);
      SE_FAULT_POINT ("connected");
      if (events != NULL && events->connected != NULL)
        events->connected (events->data);
    }
  return smtp;
}

/* Begins a pause for a failure that asks for one. */
static void
pause_account (const SeSession *session, GError *failure)
{
  g_autoptr (GError) error = NULL;
  gint64 due;

  if (se_error_is (failure, SE_ERROR_QUOTA) && se_error_due (failure) == 0)
    se_error_set_due (failure, g_get_real_time () / G_USEC_PER_SEC + QUOTA_WAIT);
  if (!se_error_is (failure, SE_ERROR_THROTTLED) && se_error_due (failure) == 0)
    return;
  if (!se_throttle_pause (&session->throttle, failure, &error))
    g_warning (_ ("Other jobs of the account cannot be told to pause: %s"), error->message);
  due = se_throttle_due (&session->throttle, 0, NULL) / G_USEC_PER_SEC;
  if (due > 0)
    se_error_set_due (failure, due);
}

/* The server takes mail again. A person's mail shows that before a pause is over. */
static void
ease (const SeSession *session)
{
  const SeDelivery *delivery = session->delivery;
  g_autoptr (GError) error = NULL;

  if (delivery->attended && delivery->server != NULL
          ? !se_throttle_lift (delivery->server->state_directory, delivery->account->address,
                               &error)
          : !se_throttle_ease (&session->throttle, &error))
    g_warning ("%s", error->message);
}

void
se_session_note (SeSession *session, GError *failure)
{
  if (failure == NULL || se_error_is (failure, SE_ERROR_IN_DOUBT))
    se_permit_keep (session->permit);
  if (failure != NULL)
    pause_account (session, failure);
  else
    ease (session);
}

SeSmtp *
se_session_prepare (SeSession *session, guint recipients, GError **error)
{
  gboolean may = FALSE;
  GError *local = NULL;

  if (session->smtp != NULL && !se_permit_next (session->permit, recipients, &may, error))
    return NULL;
  if (may)
    return session->smtp;
  disconnect (session);
  session->permit = se_throttle_enter (&session->throttle, recipients, error);
  if (session->permit == NULL)
    return NULL;
  session->smtp = sign_in (session->delivery, &local);
  if (session->smtp != NULL)
    return session->smtp;
  pause_account (session, local);
  disconnect (session);
  g_propagate_error (error, local);
  return NULL;
}
