/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/login.h"

#include "common/io.h"
#include "oauth/code-grant.h"
#include "oauth/loopback.h"

#include <glib/gi18n-lib.h>

/* Long enough to find a telephone for a second factor. */
#define TIME_TO_SIGN_IN 900

/* The wait for one answer, from the browser or from the terminal. */
typedef struct
{
  const SeCodeRequest *request;
  char *code; /* secret; NULL: not yet */
  GError *error;
} Wait;

static SeLoopbackVerdict
judge (const char *target, gpointer data)
{
  Wait *wait = data;

  switch (se_code_grant_read (wait->request, target, &wait->code, &wait->error))
    {
    case SE_CODE_GRANTED:
      return SE_LOOPBACK_TAKEN;
    case SE_CODE_REFUSED:
      return SE_LOOPBACK_REFUSED;
    case SE_CODE_STRAY:
      break;
    }
  g_debug ("not the answer: %s", wait->error->message);
  g_clear_error (&wait->error);
  return SE_LOOPBACK_STRAY;
}

/* Takes a line that was typed. FALSE where the input has ended. */
static gboolean
take_line (SeService *service, Wait *wait)
{
  se_autosecret char *line = se_service_read_line (service);
  SeCodeAnswer answer;

  if (line == NULL)
    return FALSE;
  if (*g_strstrip (line) == '\0')
    return TRUE;
  answer = se_code_grant_read (wait->request, line, &wait->code, &wait->error);
  if (answer == SE_CODE_STRAY)
    {
      se_service_tell (service, "paste-again", wait->error->message, NULL);
      g_clear_error (&wait->error);
    }
  return TRUE;
}

/* Until there is a code or an error. listener: NULL where nobody can listen. */
static void
wait_for_answer (SeService *service, const SeSignIn *wanted, SeLoopback *listener, Wait *wait)
{
  gint64 deadline = g_get_monotonic_time () + TIME_TO_SIGN_IN * G_USEC_PER_SEC;
  gboolean may_paste = wanted->may_paste;
  int input = -1;

  while (wait->code == NULL && wait->error == NULL)
    {
      if (may_paste && input < 0)
        input = se_service_ask_line (service);
      switch (
          se_loopback_wait (listener, se_service_cancel_fd (service), input, deadline, judge, wait))
        {
        case SE_LOOPBACK_ANSWERED:
          break;
        case SE_LOOPBACK_INPUT:
          may_paste = take_line (service, wait);
          input = -1;
          break;
        case SE_LOOPBACK_TIMED_OUT:
          g_set_error (&wait->error, SE_ERROR, (int)SE_ERROR_AUTHORIZATION,
                       _ ("nobody signed in within %d minutes: start again"), TIME_TO_SIGN_IN / 60);
          break;
        case SE_LOOPBACK_CANCELLED:
          g_set_error_literal (&wait->error, SE_ERROR, (int)SE_ERROR_CANCELLED, _ ("cancelled"));
          break;
        }
    }
  if (input >= 0)
    se_service_drop_line (service);
}

/* Where the redirect leads to this machine: the listener for it. */
static gboolean
listen_for_redirect (const SeSignIn *wanted, SeLoopback **listener, GError **error)
{
  const SeProviderConfig *provider = wanted->account->provider;
  guint16 fixed = se_code_grant_fixed_port (provider);

  *listener = NULL;
  if (!se_code_grant_is_loopback (provider))
    {
      if (wanted->may_paste)
        return TRUE;
      g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                   _ ("redirect-uri = %s of provider %s does not lead to this machine: run "
                      "oauth-setup on a terminal, where the answer can be pasted"),
                   provider->redirect_uri, provider->name);
      return FALSE;
    }
  if (fixed != 0 && wanted->port != 0 && fixed != wanted->port)
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE,
                   _ ("--port %u is not that of redirect-uri = %s of provider %s"), wanted->port,
                   provider->redirect_uri, provider->name);
      return FALSE;
    }
  *listener = se_loopback_new (fixed != 0 ? fixed : wanted->port, error);
  return *listener != NULL;
}

static void
tell_request (SeService *service, const SeCodeRequest *request, const SeLoopback *listener)
{
  g_autofree char *port
      = listener != NULL ? g_strdup_printf ("%u", se_loopback_port (listener)) : NULL;
  g_autofree char *expires_in = g_strdup_printf ("%d", TIME_TO_SIGN_IN);
  const char *const fields[]
      = { "authorize", request->authorization_uri, request->redirect_uri, expires_in, port };

  se_service_tellv (service, fields, G_N_ELEMENTS (fields));
}

SeTokenRecord *
se_sign_in_by_code (SeService *service, const SeSignIn *wanted, const SeTokenContext *context,
                    const SeEndpoints *endpoints, GError **error)
{
  g_autoptr (SeLoopback) listener = NULL;
  g_autoptr (SeCodeRequest) request = NULL;
  se_autosecret char *code = NULL;
  Wait wait = { NULL };

  if (!listen_for_redirect (wanted, &listener, error))
    return NULL;
  request = se_code_grant_start (context, endpoints,
                                 listener != NULL ? se_loopback_port (listener) : 0, error);
  if (request == NULL)
    return NULL;
  tell_request (service, request, listener);
  wait.request = request;
  wait_for_answer (service, wanted, listener, &wait);
  code = wait.code;
  if (code == NULL)
    {
      g_propagate_error (error, wait.error);
      return NULL;
    }
  return se_code_grant_exchange (context, endpoints, request, code, error);
}
