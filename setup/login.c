/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/login.h"

#include "common/alert.h"
#include "mail/address.h"
#include "setup/alerts.h"
#include "setup/config-file.h"
#include "setup/console.h"
#include "setup/release.h"
#include "setup/setup.h"

#include <stdio.h>
#include <string.h>

/* The command line, completed by questions. */
typedef struct
{
  char *address;
  char *provider;
  char *tenant;
  char *client_id;
  char *grant;
  char *store;
  char *queue;
  char *to;
  gboolean no_test_mail;
  gboolean json;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->address);
  g_free (options->provider);
  g_free (options->tenant);
  g_free (options->client_id);
  g_free (options->grant);
  g_free (options->store);
  g_free (options->queue);
  g_free (options->to);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse_options (Options *options, int argc, char **argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "provider", 0, 0, G_OPTION_ARG_STRING, &options->provider,
      "microsoft, or the name of a [provider] section", "PROVIDER" },
    { "tenant", 0, 0, G_OPTION_ARG_STRING, &options->tenant, "the directory's id or domain",
      "TENANT" },
    { "client-id", 0, 0, G_OPTION_ARG_STRING, &options->client_id, "the registered application",
      "ID" },
    { "grant", 0, 0, G_OPTION_ARG_STRING, &options->grant, "device (default)", "GRANT" },
    { "store", 0, 0, G_OPTION_ARG_STRING, &options->store,
      "where the token is kept: file (default)", "STORE" },
    { "queue", 0, 0, G_OPTION_ARG_STRING, &options->queue, "create this CUPS queue too", "NAME" },
    { "to", 0, 0, G_OPTION_ARG_STRING, &options->to, "the address that the queue mails to",
      "ADDRESS" },
    { "no-test-mail", 0, 0, G_OPTION_ARG_NONE, &options->no_test_mail,
      "do not send a test mail to the account itself", NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, "for programs: one JSON object a line",
      NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_auto (GStrv) words = se_setup_parse (
      argc, argv, "[ACCOUNT]",
      "Authorizes a mailbox: shows a code to enter in a browser, stores the token, tries it out,\n"
      "writes the account to scan-email.conf and releases the jobs that were held for it.\n"
      "An account that stands in the file needs no options.",
      entries, 1, error);

  if (words == NULL)
    return FALSE;
  options->address = g_strdup (words[0]);
  if ((options->queue == NULL) == (options->to == NULL))
    return TRUE;
  g_set_error_literal (error, SE_ERROR, (int)SE_ERROR_USAGE,
                       "--queue NAME and --to ADDRESS belong together");
  return FALSE;
}

/* Questions. */

static GHashTable *
account_keys (const Options *options)
{
  const struct
  {
    const char *key;
    const char *value;
  } pairs[] = { { "provider", options->provider },
                { "tenant", options->tenant },
                { "client-id", options->client_id },
                { "grant", options->grant },
                { "token-store", options->store } };
  GHashTable *keys = g_hash_table_new (g_str_hash, g_str_equal);
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (pairs); i++)
    if (pairs[i].value != NULL)
      g_hash_table_insert (keys, (gpointer)pairs[i].key, (gpointer)pairs[i].value);
  return keys;
}

static gboolean
ask_into (char **answer, const char *question, const char *fallback, GError **error)
{
  if (*answer == NULL)
    *answer = se_console_ask (question, fallback, error);
  return *answer != NULL;
}

/* Which account: the word, else a question, else the only one there is. */
static gboolean
choose_account (Options *options, const SeSetup *setup, gboolean may_ask, GError **error)
{
  g_auto (GStrv) accounts = se_config_list_accounts (setup->config);
  guint i, n = g_strv_length (accounts);

  if (options->address != NULL)
    return TRUE;
  if (!may_ask)
    {
      options->address = se_setup_choose_account (setup, NULL, error);
      return options->address != NULL;
    }
  for (i = 0; i < n; i++)
    printf ("%s  %s\n", i == 0 ? "Accounts:" : "         ", accounts[i]);
  return ask_into (&options->address, "Mailbox to authorize", n > 0 ? accounts[0] : NULL, error);
}

/* One of the providers there are. */
static gboolean
ask_provider (Options *options, const SeConfig *config, GError **error)
{
  g_auto (GStrv) known = se_config_list_providers (config);
  g_autofree char *names = g_strjoinv (", ", known);
  g_autofree char *question = g_strdup_printf ("Provider (%s)", names);

  if (known[0] == NULL && options->provider == NULL)
    {
      g_set_error_literal (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                           "there is no provider: scan-email.conf has no [provider NAME] section, "
                           "and the presets are missing");
      return FALSE;
    }
  while (options->provider == NULL)
    {
      g_autofree char *answer = se_console_ask (question, known[0], error);

      if (answer == NULL)
        return FALSE;
      if (g_strv_contains ((const char *const *)known, answer))
        options->provider = g_steal_pointer (&answer);
      else
        puts ("There is no such provider; a server of your own needs a [provider NAME] section in "
              "scan-email.conf first.");
    }
  return TRUE;
}

/* TRUE if the provider's endpoints hold the tenant. */
static gboolean
needs_tenant (const SeConfig *config, const Options *options)
{
  g_autoptr (GHashTable) keys = account_keys (options);
  g_autoptr (SeAccount) account = NULL;
  const SeProviderConfig *provider;

  g_hash_table_insert (keys, (gpointer) "tenant", (gpointer) "tenant");
  account = se_config_make_account (config, options->address, keys, NULL);
  if (account == NULL)
    return FALSE;
  provider = account->provider;
  return (provider->token_endpoint != NULL
          && strstr (provider->token_endpoint, "%{tenant}") != NULL)
         || (provider->issuer != NULL && strstr (provider->issuer, "%{tenant}") != NULL);
}

/* An account that is not in the file yet: its keys, by option or question. */
static gboolean
complete_new_account (Options *options, const SeSetup *setup, gboolean may_ask, GError **error)
{
  g_autoptr (SeAddress) address = se_address_parse (options->address, error);

  if (address == NULL)
    {
      if (error != NULL && *error != NULL)
        (*error)->code = SE_ERROR_USAGE;
      return FALSE;
    }
  g_free (options->address);
  options->address = se_address_to_string (address);
  if (may_ask)
    {
      if (!ask_provider (options, setup->config, error)
          || !ask_into (&options->client_id, "Client id of the application registered there", NULL,
                        error))
        return FALSE;
      if (needs_tenant (setup->config, options)
          && !ask_into (&options->tenant, "Tenant (the directory's id or domain)", NULL, error))
        return FALSE;
    }
  if (options->provider != NULL)
    return TRUE;
  g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE,
               "%s is not in %s yet: give --provider and --client-id (Microsoft: --tenant, too)",
               options->address, setup->path);
  return FALSE;
}

static gboolean
ask_queue (Options *options, GError **error)
{
  if (!ask_into (&options->queue, "Queue to create (- for none)", "scan-email", error))
    return FALSE;
  if (g_str_equal (options->queue, "-"))
    {
      g_clear_pointer (&options->queue, g_free);
      return TRUE;
    }
  return ask_into (&options->to, "Address that the queue mails to", options->address, error);
}

static gboolean
complete (Options *options, const SeSetup *setup, gboolean bare, GError **error)
{
  gboolean may_ask = !options->json && se_console_can_ask ();
  g_auto (GStrv) accounts = se_config_list_accounts (setup->config);

  if (!choose_account (options, setup, may_ask, error))
    return FALSE;
  if (g_strv_contains ((const char *const *)accounts, options->address))
    return TRUE;
  if (!complete_new_account (options, setup, may_ask, error))
    return FALSE;
  return !bare || !may_ask || ask_queue (options, error);
}

/* Before the person signs in: what would fail afterwards. */
static gboolean
check_queue (const Options *options, const SeSetup *setup, GError **error)
{
  g_autoptr (http_t) http = NULL;

  if (options->queue == NULL)
    return TRUE;
  if (!se_queues_check_address (options->to, error))
    return FALSE;
  http = se_queues_connect (setup->server, error);
  return http != NULL && se_queues_check_name (http, options->queue, error);
}

/* The worker. */

typedef struct
{
  SeSignIn wanted;
  SeLoginReport *report;
} Worker;

static gboolean
work (SeService *service, gpointer data, GError **error)
{
  const Worker *worker = data;
  const SeSignIn *wanted = &worker->wanted;
  g_autoptr (GError) local = NULL;

  if (!se_sign_in (service, wanted, error))
    return FALSE;
  if (!se_alert_withdraw (wanted->server, wanted->account->address, SE_ALERT_TOKEN, &local)
      || !se_alert_withdraw (wanted->server, wanted->account->address, SE_ALERT_LOGIN, &local))
    g_warning ("%s", local->message);
  return TRUE;
}

static const char *
event (const char *const *fields, gpointer data)
{
  const Worker *worker = data;

  return se_login_report_event (worker->report, fields);
}

static gboolean
sign_in (const Options *options, const SeSetup *setup, const SeAccount *account,
         SeLoginReport *report, GError **error)
{
  Worker worker = { { setup->server, account, !options->no_test_mail }, report };

  if (options->no_test_mail)
    report->test_mail = SE_STEP_SKIPPED;
  return se_service_run (setup->server, work, event, &worker, error);
}

/* Afterwards. */

static gboolean
write_account (const Options *options, const SeSetup *setup, SeLoginReport *report, GError **error)
{
  g_autoptr (GHashTable) keys = account_keys (options);
  gboolean changed = FALSE;

  if (!se_config_file_edit (setup->path, options->address, keys, &changed, error))
    return FALSE;
  if (changed)
    report->config_file = g_strdup (setup->path);
  return TRUE;
}

/* Queue and held jobs. Without a queue to create, a cupsd that is down is no failure. */
static gboolean
tell_cups (const Options *options, SeLoginReport *report, GError **error)
{
  g_autoptr (SeSetup) setup = se_setup_load (error);
  g_autoptr (GError) local = NULL;
  g_autoptr (http_t) http = NULL;

  if (setup == NULL)
    return FALSE;
  http = se_queues_connect (setup->server, &local);
  if (http != NULL && options->queue != NULL)
    {
      if (!se_queues_create (http, options->queue, options->to, options->address, error))
        return FALSE;
      report->queue = g_strdup (options->queue);
    }
  if (http != NULL
      && se_release_account (http, setup->config, options->address, report->released, &local)
      && se_alerts_carry (setup, report->released, &local))
    return TRUE;
  if (options->queue != NULL && report->queue == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  se_login_report_warn (report, "held jobs were not released: %s; later: oauth-setup release",
                        local->message);
  return TRUE;
}

static gboolean
login (Options *options, gboolean bare, SeLoginReport *report, SeAccount **account, GError **error)
{
  g_autofree char *path = se_config_path ();
  g_autoptr (SeSetup) setup = NULL;
  g_autoptr (GHashTable) keys = NULL;
  g_autoptr (GError) local = NULL;
  gboolean good;

  if (!se_config_file_ensure (path, error))
    return FALSE;
  setup = se_setup_load (error);
  if (setup == NULL || !complete (options, setup, bare, error))
    return FALSE;
  keys = account_keys (options);
  *account = se_config_make_account (setup->config, options->address, keys, error);
  report->account = *account;
  if (*account == NULL || !check_queue (options, setup, error))
    return FALSE;
  if (g_hash_table_size (keys) > 0 && !se_config_file_check_writable (setup->path, error))
    return FALSE;
  good = sign_in (options, setup, *account, report, error);
  /* A token that is stored belongs to these keys, whatever became of the mail. */
  if (report->token_store != NULL && !write_account (options, setup, report, &local))
    {
      if (!good)
        se_login_report_warn (report, "%s", local->message);
      else
        g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return good && tell_cups (options, report, error);
}

SeExit
se_verb_login (int argc, char **argv)
{
  g_auto (Options) options = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeLoginReport) report = NULL;
  g_autoptr (SeAccount) account = NULL;
  gboolean bare = argc <= 1;

  if (!parse_options (&options, argc, argv, &error))
    return se_setup_fail (error);
  report = se_login_report_new (options.json);
  (void)login (&options, bare, report, &account, &error);
  report->address = options.address;
  se_login_report_end (report, error);
  return error == NULL ? SE_EXIT_DONE : se_setup_fail (error);
}
