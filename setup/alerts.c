/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/alerts.h"

#include "common/alert.h"
#include "common/log.h"
#include "setup/release.h"
#include "setup/service.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

typedef struct
{
  const SeSetup *setup;
  GPtrArray *released;
  http_t *http;      /* NULL: cupsd was not asked yet */
  GPtrArray *queues; /* all of ours, as they were before */
  GError *error;     /* the first */
} Carry;

/* The worker. */

static gboolean
tell_alerts (SeService *service, gpointer data, GError **error)
{
  const Carry *carry = data;
  g_autoptr (GPtrArray) alerts = se_alert_list (carry->setup->server);
  guint i;

  for (i = 0; i < alerts->len; i++)
    {
      const SeAlert *alert = alerts->pdata[i];
      gboolean over = FALSE;

      se_service_tell (service, "alert", alert->account, alert->raised ? "raised" : "withdrawn",
                       alert->sentence, NULL);
      if (!se_service_await (service, &over, error)
          || (over && !se_alert_forget (carry->setup->server, alert, error)))
        return FALSE;
    }
  return TRUE;
}

/* The parent. */

static gboolean
ask_cupsd (Carry *carry, GError **error)
{
  if (carry->http == NULL)
    carry->http = se_cupsd_connect (carry->setup->server, error);
  if (carry->http != NULL && carry->queues == NULL)
    carry->queues = se_queues_list (carry->http, error);
  return carry->queues != NULL;
}

static gboolean
set_reasons (Carry *carry, const char *account, const char *sentence, GError **error)
{
  guint i;

  for (i = 0; i < carry->queues->len; i++)
    {
      const SeQueue *queue = carry->queues->pdata[i];

      if (se_queue_is_of (queue, carry->setup->config, account)
          && !se_queues_set_authorization_reason (carry->http, queue, sentence, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
has_account (const SeConfig *config, const char *account)
{
  g_auto (GStrv) accounts = se_config_list_accounts (config);

  return g_strv_contains ((const char *const *)accounts, account);
}

/* over: nothing is left to be done about it. */
static gboolean
carry_one (Carry *carry, const char *account, gboolean raised, const char *sentence, gboolean *over,
           GError **error)
{
  const SeConfig *config = carry->setup->config;

  *over = !raised || !has_account (config, account);
  if (!ask_cupsd (carry, error))
    return FALSE;
  if (*over)
    return se_release_account (carry->http, config, account, carry->released, error);
  return set_reasons (carry, account, sentence, error);
}

static const char *
take (const char *const *fields, gpointer data)
{
  Carry *carry = data;
  g_autoptr (GError) local = NULL;
  gboolean over = FALSE;

  if (!g_str_equal (fields[0], "alert") || g_strv_length ((char **)fields) != 4)
    return NULL;
  if (carry_one (carry, fields[1], g_str_equal (fields[2], "raised"), fields[3], &over, &local))
    return over ? "yes" : "no";
  if (carry->error == NULL)
    carry->error = g_steal_pointer (&local);
  return "no";
}

gboolean
se_alerts_carry (const SeSetup *setup, GPtrArray *released, GError **error)
{
  Carry carry = { .setup = setup, .released = released };
  gboolean good = se_service_run (setup->server, tell_alerts, take, &carry, error);

  g_clear_pointer (&carry.queues, g_ptr_array_unref);
  g_clear_pointer (&carry.http, httpClose);
  if (carry.error == NULL)
    return good;
  if (good)
    g_propagate_error (error, carry.error);
  else
    g_error_free (carry.error);
  return FALSE;
}

void
se_alerts_carry_or_warn (const SeSetup *setup)
{
  g_autoptr (GPtrArray) released = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  guint i;

  if (!se_alerts_carry (setup, released, &error))
    {
      fflush (stdout);
      se_log_write (_ ("oauth-setup: warning"),
                    _ ("%s; the queues are told by: oauth-setup release --due"), error->message);
    }
  for (i = 0; i < released->len; i++)
    printf (_ ("Released job %s.\n"), (const char *)released->pdata[i]);
}
