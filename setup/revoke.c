/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/revoke.h"

#include "common/log.h"
#include "oauth/grant.h"
#include "setup/console.h"
#include "setup/mailbox.h"
#include "setup/setup.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

typedef struct
{
  const SeServerConfig *server;
  const SeAccount *account;
} Revoke;

/* Tells: gone GRANT SERVER-WAS-TOLD ("yes", "no"), or nothing-there. */
static gboolean
work (SeService *service, gpointer data, GError **error)
{
  const Revoke *wanted = data;
  SeTokenContext context = se_mailbox_context (service, wanted->server, wanted->account);
  g_autoptr (SeTokenRecord) stored = NULL;
  gboolean told_server = FALSE;

  /* A record that cannot be read is removed all the same. */
  gboolean readable = se_grant_load_stored (&context, &stored, NULL);

  if (!se_token_revoke (&context, &told_server, error))
    return FALSE;
  if (readable && stored == NULL)
    se_service_tell (service, "nothing-there", NULL);
  else
    se_service_tell (service, "gone", stored != NULL ? stored->grant : wanted->account->grant,
                     told_server ? "yes" : "no", NULL);
  return TRUE;
}

/* Where the server cannot be told, a person has to. */
static void
show_what_is_left (const SeAccount *account, const char *grant)
{
  if (!se_grant_is_attended (grant))
    printf (_ ("Whoever has the secret, certificate or key of %s can still sign in: remove it at "
               "the provider, too.\n"),
            account->address);
  else if (account->provider->exchange_environment != NULL)
    printf (_ ("Microsoft cannot be told by a program. To end the sign-in there, in the Entra "
               "admin center: Users, %s, Revoke sessions;\nto take the consent away: Enterprise "
               "applications, the application with the id %s, Permissions.\n"),
            account->login_user, account->client_id);
  else
    printf (_ ("The provider %s offers no revocation: take the application away there from what %s "
               "gave access to.\n"),
            account->provider->name, account->login_user);
}

static const char *
report (const char *const *fields, gpointer data)
{
  const Revoke *wanted = data;
  const SeAccount *account = wanted->account;
  guint n = g_strv_length ((char **)fields);

  if (g_str_equal (fields[0], "nothing-there"))
    printf (_ ("%s is not signed in: there is nothing to revoke.\n"), account->address);
  else if (g_str_equal (fields[0], "gone") && n == 3)
    {
      printf (_ ("The tokens of %s are removed from this machine.\n"), account->address);
      if (g_str_equal (fields[2], "yes"))
        printf (_ ("The provider %s has revoked them.\n"), account->provider->name);
      else
        show_what_is_left (account, fields[1]);
      printf (_ ("Jobs for this account are held from now on, until: oauth-setup login %s\n"),
              account->address);
    }
  return NULL;
}

/* Before the question. Tells: unreadable REASON. */
static gboolean
look (SeService *service, gpointer data, GError **error)
{
  const Revoke *wanted = data;
  SeTokenContext context = se_mailbox_context (service, wanted->server, wanted->account);
  g_autoptr (SeTokenRecord) stored = NULL;
  g_autoptr (GError) failure = NULL;

  if (!se_grant_load_stored (&context, &stored, &failure))
    se_service_tell (service, "unreadable", failure->message, NULL);
  return TRUE;
}

static const char *
show_unreadable (const char *const *fields, gpointer data)
{
  const Revoke *wanted = data;

  if (g_str_equal (fields[0], "unreadable") && fields[1] != NULL)
    printf (_ ("%s could not be told and would still honour the tokens, of which this is the only "
               "copy: %s\nIf you mend that first, it can be told.\n"),
            wanted->account->provider->name, fields[1]);
  return NULL;
}

static gboolean
confirm (const SeServerConfig *server, const SeAccount *account, gboolean yes, GError **error)
{
  Revoke wanted = { server, account };
  g_autofree char *question
      = g_strdup_printf (_ ("Take the authorization to send as %s away?"), account->from_address);

  if (yes)
    return TRUE;
  if (!se_console_can_ask ())
    {
      g_set_error_literal (error, SE_ERROR, (int)SE_ERROR_USAGE,
                           _ ("There is no terminal to ask whether it is meant: give --yes"));
      return FALSE;
    }
  if (!se_service_run_for (server, account, look, show_unreadable, &wanted, error))
    return FALSE;
  if (se_console_confirm (question))
    return TRUE;
  g_set_error_literal (error, SE_ERROR, (int)SE_ERROR_CANCELLED, _ ("Nothing was changed"));
  return FALSE;
}

SeExit
se_verb_revoke (int argc, char **argv)
{
  gboolean yes = FALSE;
  const GOptionEntry entries[] = {
    { "yes", 0, 0, G_OPTION_ARG_NONE, &yes, N_ ("do not ask whether it is meant"), NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) words = se_setup_parse (
      argc, argv, N_ ("ACCOUNT"),
      N_ ("Has the server revoke an account's tokens, and removes them from this machine."),
      entries, 1, &error);
  g_autoptr (SeSetup) setup = NULL;
  g_autofree char *address = NULL;
  g_autoptr (SeAccount) account = NULL;
  Revoke wanted = { 0 };

  if (words != NULL && words[0] == NULL)
    g_set_error_literal (&error, SE_ERROR, (int)SE_ERROR_USAGE,
                         _ ("Which account? There is no revocation without its name"));
  if (words != NULL && error == NULL)
    setup = se_setup_load (&error);
  if (setup != NULL)
    address = se_setup_choose_account (setup, words[0], &error);
  if (address != NULL)
    account = se_config_get_account (setup->config, address, &error);
  if (account == NULL || !confirm (setup->server, account, yes, &error))
    return se_setup_fail (error);
  wanted = (Revoke){ setup->server, account };
  return se_service_run_for (setup->server, account, work, report, &wanted, &error)
             ? SE_EXIT_DONE
             : se_setup_fail (error);
}
