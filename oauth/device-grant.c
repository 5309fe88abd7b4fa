/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/device-grant.h"

#include "common/io.h"
#include "common/log.h"
#include "oauth/client-auth.h"
#include "oauth/form.h"
#include "oauth/grant.h"

#include <glib/gi18n-lib.h>

#define GRANT_TYPE "urn:ietf:params:oauth:grant-type:device_code"
#define DEFAULT_INTERVAL 5
#define SLOW_DOWN 5
/* RFC 8628 requires expires_in; a server that leaves it out gets Microsoft's and Google's usual. */
#define DEFAULT_EXPIRES_IN 900

void
se_device_code_free (SeDeviceCode *code)
{
  if (code == NULL)
    return;
  se_io_free_secret (code->device_code);
  g_free (code->user_code);
  g_free (code->verification_uri);
  g_free (code->verification_uri_complete);
  g_free (code);
}

/* An address that may be shown and put into a QR code. */
static char *
read_uri (const cJSON *json, const char *name)
{
  const char *text = se_json_string (json, name);

  if (text == NULL || (!g_str_has_prefix (text, "https://") && !g_str_has_prefix (text, "http://")))
    return NULL;
  for (const char *c = text; *c != '\0'; c++)
    if (!g_ascii_isgraph (*c))
      return NULL;
  return g_strdup (text);
}

static SeDeviceCode *
read_code (const cJSON *json, GError **error)
{
  g_autoptr (SeDeviceCode) code = g_new0 (SeDeviceCode, 1);
  const char *user_code = se_json_string (json, "user_code");

  code->device_code = g_strdup (se_json_string (json, "device_code"));
  code->user_code = user_code == NULL ? NULL : se_log_clean (user_code, 64);
  code->verification_uri = read_uri (json, "verification_uri");
  if (code->verification_uri == NULL)
    code->verification_uri = read_uri (json, "verification_url");
  code->verification_uri_complete = read_uri (json, "verification_uri_complete");
  if (!se_json_integer (json, "expires_in", &code->expires_in) || code->expires_in <= 0)
    code->expires_in = DEFAULT_EXPIRES_IN;
  if (!se_json_integer (json, "interval", &code->interval) || code->interval <= 0)
    code->interval = DEFAULT_INTERVAL;
  code->expires_in = MIN (code->expires_in, G_MAXINT32);
  code->interval = MIN (code->interval, G_MAXINT32);
  if (code->device_code != NULL && code->user_code != NULL && code->verification_uri != NULL)
    return g_steal_pointer (&code);
  g_set_error_literal (error, SE_ERROR, SE_ERROR_CONFIG,
                       _ ("the device authorization endpoint gives no device code, user code or "
                          "verification address: is it the right one?"));
  return NULL;
}

SeDeviceCode *
se_device_grant_start (const SeTokenContext *context, const SeEndpoints *endpoints, GError **error)
{
  const SeAccount *account = context->account;
  g_autoptr (SeTokenRecord) stored = NULL;
  g_autoptr (SeHttpReply) reply = NULL;
  g_autoptr (cJSON) json = NULL;
  g_autofree char *error_code = NULL;
  g_autoptr (SeForm) form = se_form_new ();

  if (endpoints->device_authorization == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("provider %s has no device authorization endpoint: its server does not offer "
                      "this grant, or device-authorization-endpoint = is missing"),
                   account->provider->name);
      return NULL;
    }
  if (!se_grant_load_stored (context, &stored, error)
      || !se_client_auth_add (form, account, endpoints->token, error))
    return NULL;
  se_form_add (form, "scope", account->scope);
  reply = se_grant_request (context, endpoints->device_authorization, form, 0, NULL, error);
  if (reply == NULL)
    return NULL;
  json = se_response_parse (reply, account, endpoints->device_authorization, se_form_secrets (form),
                            &error_code, error);
  return json == NULL ? NULL : read_code (json, error);
}

/* A poll's surroundings. */
typedef struct
{
  const SeTokenContext *context;
  const SeEndpoints *endpoints;
  const SeDeviceCode *code;
  const SeClock *clock;
  void (*tick) (gint64 seconds_left, gpointer data);
  gpointer tick_data;
  gint64 deadline; /* monotonic, microseconds */
  gint64 interval; /* seconds */
} Poll;

static gint64
get_now (const Poll *poll)
{
  if (poll->clock != NULL && poll->clock->now != NULL)
    return poll->clock->now (poll->clock->data);
  return g_get_monotonic_time ();
}

static gboolean
sleep_seconds (const Poll *poll, gint64 seconds, GError **error)
{
  GPollFD cancel = { .fd = poll->context->cancel_fd, .events = G_IO_IN };
  guint watched = cancel.fd >= 0 ? 1 : 0;

  if (poll->clock != NULL && poll->clock->sleep != NULL)
    return poll->clock->sleep (seconds, poll->clock->data, error);
  if (g_poll (&cancel, watched, (int)seconds * 1000) <= 0)
    return TRUE;
  g_set_error_literal (error, SE_ERROR, SE_ERROR_CANCELLED, _ ("cancelled"));
  return FALSE;
}

/* Sleeps through one interval, a second at a time, but not beyond the code's life. */
static gboolean
wait_interval (const Poll *poll, GError **error)
{
  gint64 next = get_now (poll) + poll->interval * G_USEC_PER_SEC;

  for (gint64 now = get_now (poll); now < MIN (next, poll->deadline); now = get_now (poll))
    {
      if (poll->tick != NULL)
        poll->tick ((poll->deadline - now) / G_USEC_PER_SEC, poll->tick_data);
      if (!sleep_seconds (poll, 1, error))
        return FALSE;
    }
  if (get_now (poll) < poll->deadline)
    return TRUE;
  g_set_error_literal (error, SE_ERROR, SE_ERROR_AUTHORIZATION,
                       _ ("the code was not used in time: start again for a new one"));
  return FALSE;
}

/* What a refused poll means, RFC 8628, 3.5. Returns TRUE to go on. */
static gboolean
go_on (Poll *poll, const char *error_code, const SeHttpReply *reply, GError **failure)
{
  if (g_strcmp0 (error_code, "authorization_pending") == 0)
    {
      g_clear_error (failure);
      return TRUE;
    }
  if (g_strcmp0 (error_code, "slow_down") == 0)
    {
      poll->interval += SLOW_DOWN;
      g_clear_error (failure);
      return TRUE;
    }
  /* A reply that cannot be read may have been the tokens: the code must not be used again. */
  if (!se_error_is (*failure, SE_ERROR_TEMPORARY)
      || (reply != NULL && error_code == NULL && reply->status != 429 && reply->status < 500))
    return FALSE;
  /* Time-outs, lost connections and a server in trouble: polled less often from now on. */
  g_debug ("poll again later: %s", (*failure)->message);
  poll->interval = MIN (poll->interval * 2, G_MAXINT32);
  if (reply != NULL)
    poll->interval = MAX (poll->interval, reply->retry_after);
  g_clear_error (failure);
  return TRUE;
}

/* Returns the response, or NULL without an error to poll again. */
static SeTokenResponse *
poll_once (Poll *poll, GError **error)
{
  const char *url = poll->endpoints->token;
  g_autoptr (SeForm) form = se_form_new ();
  g_autoptr (GError) failure = NULL;
  g_autoptr (SeHttpReply) reply = NULL;
  g_autoptr (SeTokenResponse) response = NULL;
  g_autofree char *error_code = NULL;

  se_form_add (form, "grant_type", GRANT_TYPE);
  se_form_add_secret (form, "device_code", poll->code->device_code);
  if (!se_client_auth_add (form, poll->context->account, url, error))
    return NULL;
  reply = se_grant_request (poll->context, url, form, 0, NULL, &failure);
  if (reply != NULL)
    response = se_token_response_parse (reply, poll->context->account, url, se_form_secrets (form),
                                        &error_code, &failure);
  if (response == NULL && !go_on (poll, error_code, reply, &failure))
    g_propagate_error (error, g_steal_pointer (&failure));
  return g_steal_pointer (&response);
}

SeTokenRecord *
se_device_grant_poll (const SeTokenContext *context, const SeEndpoints *endpoints,
                      const SeDeviceCode *code, const SeClock *clock,
                      void (*tick) (gint64 seconds_left, gpointer data), gpointer tick_data,
                      GError **error)
{
  Poll poll = { .context = context,
                .endpoints = endpoints,
                .code = code,
                .clock = clock,
                .tick = tick,
                .tick_data = tick_data,
                .interval = code->interval };
  g_autoptr (SeTokenRecord) stored = NULL;
  g_autoptr (SeTokenResponse) response = NULL;
  g_autoptr (GError) failure = NULL;

  poll.deadline = get_now (&poll) + code->expires_in * G_USEC_PER_SEC;
  if (!se_grant_load_stored (context, &stored, error))
    return NULL;
  while (response == NULL && failure == NULL && wait_interval (&poll, &failure))
    response = poll_once (&poll, &failure);
  if (response == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return NULL;
    }
  return se_grant_make_record (context, endpoints, response, stored, error);
}
