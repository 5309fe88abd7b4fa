/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/trial.h"

#include "common/io.h"
#include "common/timestamp.h"
#include "mail/delivery.h"
#include "oauth/grant.h"
#include "oauth/jwt.h"
#include "oauth/token-check.h"
#include "setup/mailbox.h"

#include <glib/gi18n-lib.h>

#define DAY ((gint64)24 * 60 * 60)
#define FEW_DAYS 14

typedef enum
{
  STEP_NAME,
  STEP_CONNECTION,
  STEP_TLS,
  STEP_EHLO,
  STEP_MECHANISM,
  STEP_TOKEN,
  STEP_AUTH,
  STEP_SENDER,
  STEP_MAIL,
} Step;

/* As the worker tells them; the parent shows them in its language. */
static const char *const names[] = {
  [STEP_NAME] = N_ ("Name lookup"),
  [STEP_CONNECTION] = "TCP",
  [STEP_TLS] = "TLS",
  [STEP_EHLO] = "EHLO",
  [STEP_MECHANISM] = N_ ("Mechanism"),
  [STEP_TOKEN] = N_ ("Token"),
  [STEP_AUTH] = "AUTH",
  [STEP_SENDER] = "MAIL FROM",
  [STEP_MAIL] = N_ ("Mail"),
};

typedef struct
{
  SeService *service;
  SeTokenContext context;
  SeDeliveryEvents events;
  Step next; /* the one under way */
} Trial;

gboolean
se_trial_is_connecting (const char *step)
{
  return g_str_equal (step, names[STEP_NAME]) || g_str_equal (step, names[STEP_CONNECTION]);
}

static void
done (Trial *trial, Step step, const char *text)
{
  se_service_tell (trial->service, "step", names[step], text, NULL);
  trial->next = step + 1;
}

static void
warn (Trial *trial, const char *text)
{
  se_service_tell (trial->service, "warning", text, NULL);
}

static void
on_resolved (const char *host, const char *const *addresses, gpointer data)
{
  g_autofree char *list = g_strjoinv (", ", (char **)addresses);
  g_autofree char *text = g_strdup_printf (_ ("%s is %s"), host, list);

  done (data, STEP_NAME, text);
}

static void
on_connected (const char *address, int port, gboolean proxy, gpointer data)
{
  Trial *trial = data;
  g_autofree char *text = g_strdup_printf (
      proxy ? _ ("connected to the proxy that the configuration names, %s, port %d")
            : _ ("connected to %s, port %d"),
      address, port);

  if (proxy)
    done (trial, STEP_NAME, _ ("left to the proxy"));
  done (trial, STEP_CONNECTION, text);
}

static void
on_secured (const SeSmtpTls *tls, gpointer data)
{
  int left = (int)((tls->not_after - g_get_real_time () / G_USEC_PER_SEC) / DAY);
  g_autofree char *text = NULL;

  if (tls->not_after == 0)
    text = g_strdup_printf (_ ("%s, certificate %s"), tls->version, tls->subject);
  else
    text = g_strdup_printf (
        g_dngettext (GETTEXT_PACKAGE, "%s, certificate %s, issued by %s, %d day left",
                     "%s, certificate %s, issued by %s, %d days left", (gulong)left),
        tls->version, tls->subject, tls->issuer, left);
  done (data, STEP_TLS, text);
  if (tls->not_after != 0 && left < FEW_DAYS)
    warn (data, _ ("The server's certificate ends soon."));
}

static void
on_greeted (const char *const *capabilities, gpointer data)
{
  g_autofree char *text = g_strjoinv (", ", (char **)capabilities);

  done (data, STEP_EHLO, *text == '\0' ? _ ("no capabilities") : text);
}

static gboolean
try_server (Trial *trial, const SeDelivery *delivery, GError **error)
{
  const SeSmtpProbe probe = { .resolved = on_resolved,
                              .connected = on_connected,
                              .secured = on_secured,
                              .greeted = on_greeted,
                              .data = trial };
  g_autofree char *mechanism = g_ascii_strup (delivery->account->provider->sasl, -1);
  g_autofree char *text = g_strdup_printf (_ ("AUTH %s is offered"), mechanism);

  if (!se_delivery_probe (delivery, &probe, error))
    return FALSE;
  done (trial, STEP_MECHANISM, text);
  return TRUE;
}

static void
show_token (Trial *trial, const char *token, const SeTokenRecord *record, gboolean renewed)
{
  g_autoptr (cJSON) claims = se_jwt_claims (token);
  g_autofree char *described = se_token_check_describe (claims);
  g_autofree char *until = se_timestamp_local (record->expires);
  g_autofree char *validity = g_strdup_printf (
      renewed ? _ ("valid until %s (renewed just now)") : _ ("valid until %s"), until);
  g_autofree char *scope = record->scope != NULL ? g_strdup_printf (_ ("scope %s"), record->scope)
                                                 : g_strdup_printf (_ ("scope as asked: %s"),
                                                                    trial->context.account->scope);
  g_autofree char *seen = described != NULL
                              ? g_strdup_printf (_ ("claims %s"), described)
                              : g_strdup (_ ("not a JWT, so that nothing more can be seen of it"));
  g_autofree char *text = g_strdup_printf ("%s; %s; %s", validity, scope, seen);
  g_auto (GStrv) warnings = se_token_check (trial->context.account, record, claims);

  done (trial, STEP_TOKEN, text);
  for (char **warning = warnings; *warning != NULL; warning++)
    warn (trial, *warning);
}

static gboolean
try_token (Trial *trial, GError **error)
{
  g_autoptr (SeTokenRecord) before = NULL;
  g_autoptr (SeTokenRecord) after = NULL;
  se_autosecret char *token = NULL;

  /* A record that cannot be read is told of by se_token_get. */
  (void)se_grant_load_stored (&trial->context, &before, NULL);
  token = se_token_get (&trial->context, NULL, error);
  if (token == NULL || !se_grant_load_stored (&trial->context, &after, error))
    return FALSE;
  if (after == NULL)
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_AUTHORIZATION,
                   _ ("%s was signed out just now; run: oauth-setup login %s"),
                   trial->context.account->address, trial->context.account->address);
      return FALSE;
    }
  show_token (trial, token, after,
              before == NULL || g_strcmp0 (before->access_token, after->access_token) != 0);
  return TRUE;
}

static void
on_authenticated (gpointer data)
{
  Trial *trial = data;
  g_autofree char *text
      = g_strdup_printf (_ ("signed in as %s"), trial->context.account->smtp_user);

  done (trial, STEP_AUTH, text);
}

static gboolean
try_mailbox (Trial *trial, SeDelivery *delivery, const char *to, GError **error)
{
  g_autofree char *accepted
      = g_strdup_printf (_ ("<%s> is accepted"), delivery->account->from_address);
  g_autofree char *reply = NULL;
  g_autofree char *sent = NULL;

  trial->events = (SeDeliveryEvents){ .connected = on_authenticated, .data = trial };
  delivery->events = &trial->events;
  if (!se_delivery_try_sender (delivery, error))
    return FALSE;
  done (trial, STEP_SENDER, accepted);
  if (to == NULL)
    return TRUE;
  if (!se_mailbox_send_test (&trial->context, to, &reply, error))
    return FALSE;
  sent = g_strdup_printf (_ ("to %s; the server says: %s"), to, reply);
  done (trial, STEP_MAIL, sent);
  return TRUE;
}

gboolean
se_trial_run (SeService *service, const SeServerConfig *server, const SeAccount *account,
              const char *to, GError **error)
{
  Trial trial = { .service = service, .context = se_mailbox_context (service, server, account) };
  SeDelivery delivery = se_mailbox_delivery (&trial.context);

  delivery.attended = TRUE;
  if (try_server (&trial, &delivery, error) && try_token (&trial, error)
      && try_mailbox (&trial, &delivery, to, error))
    return TRUE;
  se_service_tell (service, "broken", names[trial.next], NULL);
  return FALSE;
}
