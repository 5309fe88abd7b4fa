/* SPDX-License-Identifier: Apache-2.0 */
#include "common/alert.h"
#include "common/timestamp.h"
#include "mail/activity.h"
#include "mail/throttle.h"
#include "oauth/json.h"
#include "setup/console.h"
#include "setup/mailbox.h"
#include "setup/setup.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

typedef struct
{
  const SeSetup *setup;
  const char *only; /* NULL: every account */
  GPtrArray *rows;  /* GStrv as told by the worker */
} Status;

/* One account as the worker tells it, "" for what is not known; times as RFC 3339. */
enum
{
  ACCOUNT = 1,
  PROVIDER,
  GRANT,
  STORE,
  WORD,
  IDENTITY,
  EXPIRES,
  LAST_REFRESH,
  LAST_MAIL,
  NEXT_MAIL,
  NEXT_MAIL_REASON,
  DEADLINE,
  DEADLINE_REASON,
  HINT,
  N_JSON_FIELDS,
  AUTHORIZED = N_JSON_FIELDS, /* for people only */
  N_FIELDS
};

static void
tell_account (SeService *service, const SeServerConfig *server, const SeAccount *account)
{
  SeTokenContext context = se_mailbox_context (service, server, account);
  g_autoptr (SeTokenReport) report = se_token_report_new (&context);
  const SeTokenRecord *record = report->record;
  g_autofree char *expires = record != NULL ? se_timestamp_utc (record->expires) : NULL;
  g_autofree char *last_refresh = record != NULL ? se_timestamp_utc (record->last_refresh) : NULL;
  g_autofree char *authorized = record != NULL ? se_timestamp_utc (record->authorized) : NULL;
  g_autofree char *last_mail
      = se_timestamp_utc (se_activity_last_mail (server->state_directory, account->address));
  const SeThrottle throttle
      = { .state_directory = server->state_directory, .account = account, .cancel_fd = -1 };
  g_autofree char *wait = NULL;
  g_autofree char *next_mail
      = se_timestamp_utc (se_throttle_due (&throttle, 1, &wait) / G_USEC_PER_SEC);
  g_autofree char *deadline = se_timestamp_utc (report->deadline.time);
  g_autoptr (SeAlert) alert = se_alert_get (server, account->address);
  /* The token is good, and the mail server refuses the account all the same. */
  gboolean refused = alert != NULL && alert->cause == SE_ALERT_LOGIN
                     && (report->status == SE_TOKEN_ACTIVE || report->status == SE_TOKEN_EXPIRING);
  const char *const fields[N_FIELDS] = {
    [0] = "status",
    [ACCOUNT] = account->address,
    [PROVIDER] = account->provider->name,
    [GRANT] = account->grant,
    [STORE] = account->token_store,
    [WORD] = se_token_status_word (refused ? SE_TOKEN_MISCONFIGURED : report->status),
    [IDENTITY] = record != NULL ? record->identity : NULL,
    [EXPIRES] = expires,
    [LAST_REFRESH] = last_refresh,
    [LAST_MAIL] = last_mail,
    [NEXT_MAIL] = next_mail,
    [NEXT_MAIL_REASON] = wait,
    [DEADLINE] = deadline,
    [DEADLINE_REASON] = report->deadline.reason,
    [HINT] = refused ? alert->sentence : report->hint,
    [AUTHORIZED] = authorized,
  };

  se_service_tellv (service, fields, N_FIELDS);
}

static gboolean
look (SeService *service, gpointer data, GError **error)
{
  const Status *status = data;
  g_auto (GStrv) addresses = se_config_list_accounts (status->setup->config);
  char **address;

  for (address = addresses; *address != NULL; address++)
    {
      g_autoptr (GError) wrong = NULL;
      g_autoptr (SeAccount) account = NULL;

      if (status->only != NULL && !g_str_equal (status->only, *address))
        continue;
      account = se_config_get_account (status->setup->config, *address, &wrong);
      if (account != NULL)
        tell_account (service, status->setup->server, account);
      else
        {
          const char *const fields[N_FIELDS]
              = { [0] = "status",
                  [ACCOUNT] = *address,
                  [WORD] = se_token_status_word (SE_TOKEN_MISCONFIGURED),
                  [HINT] = wrong->message };

          se_service_tellv (service, fields, N_FIELDS);
        }
    }
  return TRUE;
}

static const char *
take (const char *const *fields, gpointer data)
{
  Status *status = data;

  if (g_str_equal (fields[0], "status") && g_strv_length ((char **)fields) == N_FIELDS)
    g_ptr_array_add (status->rows, g_strdupv ((char **)fields));
  return NULL;
}

static SeExit
exit_status_of (const char *word)
{
  static const SeTokenStatus good[] = { SE_TOKEN_ACTIVE, SE_TOKEN_EXPIRING };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (good); i++)
    if (g_str_equal (word, se_token_status_word (good[i])))
      return SE_EXIT_DONE;
  return g_str_equal (word, se_token_status_word (SE_TOKEN_UNREACHABLE)) ? SE_EXIT_FAILED
                                                                         : SE_EXIT_PERSON;
}

static void
print_json (const GPtrArray *rows)
{
  static const char *const names[N_JSON_FIELDS]
      = { NULL,        "account",          "provider",       "grant",           "store",
          "status",    "identity",         "access_expires", "last_refresh",    "last_mail",
          "next_mail", "next_mail_reason", "deadline",       "deadline_reason", "hint" };
  cJSON *list = cJSON_CreateArray ();
  g_autofree char *text = NULL;
  guint i;

  for (i = 0; i < rows->len; i++)
    {
      const char *const *row = rows->pdata[i];
      cJSON *object = cJSON_CreateObject ();
      guint k;

      for (k = 1; k < N_JSON_FIELDS; k++)
        (void)cJSON_AddItemToObject (
            object, names[k], *row[k] != '\0' ? cJSON_CreateString (row[k]) : cJSON_CreateNull ());
      (void)cJSON_AddItemToArray (list, object);
    }
  text = se_json_take_line (list);
  printf ("%s\n", text);
}

/* reason: NULL for none. */
static void
print_time (const char *what, const char *text, const char *reason)
{
  g_autofree char *time = *text != '\0' ? se_console_time (text) : NULL;
  g_autofree char *both
      = time != NULL && reason != NULL ? g_strdup_printf ("%s: %s", time, reason) : g_strdup (time);

  if (both != NULL)
    se_console_field (what, both);
}

static void
print_row (const char *const *row)
{
  printf ("%s: %s\n", row[ACCOUNT], _ (row[WORD]));
  if (*row[HINT] != '\0')
    printf ("  %s\n", row[HINT]);
  if (*row[PROVIDER] != '\0')
    {
      g_autofree char *text
          = g_strdup_printf (_ ("%s, grant %s, store %s"), row[PROVIDER], row[GRANT], row[STORE]);

      se_console_field (_ ("provider"), text);
    }
  if (*row[IDENTITY] != '\0')
    se_console_field (_ ("identity"), row[IDENTITY]);
  print_time (_ ("signed in"), row[AUTHORIZED], NULL);
  print_time (_ ("refreshed"), row[LAST_REFRESH], NULL);
  print_time (_ ("last mail"), row[LAST_MAIL], NULL);
  print_time (_ ("next mail"), row[NEXT_MAIL], row[NEXT_MAIL_REASON]);
  print_time (_ ("deadline"), row[DEADLINE], row[DEADLINE_REASON]);
}

SeExit
se_verb_status (int argc, char **argv)
{
  gboolean json = FALSE;
  const GOptionEntry entries[] = {
    { "json", 0, 0, G_OPTION_ARG_NONE, &json, N_ ("for programs: a JSON array"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) words = se_setup_parse (argc, argv, N_ ("[ACCOUNT]"),
                                         N_ ("Shows how each account stands; no network is used."),
                                         entries, 1, &error);
  g_autoptr (SeSetup) setup = words != NULL ? se_setup_load (&error) : NULL;
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify)g_strfreev);
  g_autofree char *only = NULL;
  Status status = { setup, NULL, rows };
  SeExit exit_status = SE_EXIT_DONE;
  guint i;

  if (setup != NULL && words[0] != NULL)
    only = se_setup_choose_account (setup, words[0], &error);
  status.only = only;
  if (setup == NULL || error != NULL
      || !se_service_run (setup->server, look, take, &status, &error))
    return se_setup_fail (error);
  if (json)
    print_json (rows);
  else if (rows->len == 0)
    printf (_ ("%s has no account yet: run oauth-setup login.\n"), setup->path);
  for (i = 0; i < rows->len; i++)
    {
      const char *const *row = rows->pdata[i];

      if (!json)
        print_row (row);
      exit_status = se_setup_worse (exit_status, exit_status_of (row[WORD]));
    }
  return exit_status;
}
