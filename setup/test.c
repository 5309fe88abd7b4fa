/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/address.h"
#include "setup/mailbox.h"
#include "setup/setup.h"

#include <stdio.h>

typedef struct
{
  const SeServerConfig *server;
  const SeAccount *account;
  const char *to; /* NULL: no mail */
} Test;

static gboolean
try_out (SeService *service, gpointer data, GError **error)
{
  const Test *test = data;
  SeTokenContext context = se_mailbox_context (service, test->server, test->account);
  g_autofree char *reply = NULL;

  if (!se_mailbox_login (&context, error))
    return FALSE;
  se_service_tell (service, "smtp-login", NULL);
  if (test->to == NULL)
    return TRUE;
  if (!se_mailbox_send_test (&context, test->to, &reply, error))
    return FALSE;
  se_service_tell (service, "test-mail", reply, NULL);
  return TRUE;
}

static const char *
report (const char *const *fields, gpointer data)
{
  const Test *test = data;

  if (g_str_equal (fields[0], "smtp-login"))
    printf ("SMTP login at %s as %s: good.\n", test->account->provider->smtp_server,
            test->account->smtp_user);
  else if (g_str_equal (fields[0], "test-mail") && fields[1] != NULL)
    printf ("Test mail to %s: the server says \"%s\".\n", test->to, fields[1]);
  fflush (stdout);
  return NULL;
}

static gboolean
check_recipient (const char *to, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GPtrArray) recipients = to != NULL ? se_address_parse_list (to, &local) : NULL;

  if (to == NULL || recipients != NULL)
    return TRUE;
  g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE, "--to: %s", local->message);
  return FALSE;
}

SeExit
se_verb_test (int argc, char **argv)
{
  g_autofree char *to = NULL;
  const GOptionEntry entries[] = {
    { "to", 0, 0, G_OPTION_ARG_STRING, &to, "send a test mail there", "ADDRESS" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) words
      = se_setup_parse (argc, argv, "[ACCOUNT]",
                        "Gets a token and logs in at the SMTP server; sends nothing but with --to.",
                        entries, 1, &error);
  g_autoptr (SeSetup) setup = NULL;
  g_autofree char *address = NULL;
  g_autoptr (SeAccount) account = NULL;
  Test test = { NULL };

  if (words == NULL || !check_recipient (to, &error))
    return se_setup_fail (error);
  setup = se_setup_load (&error);
  if (setup != NULL)
    address = se_setup_choose_account (setup, words[0], &error);
  if (address != NULL)
    account = se_config_get_account (setup->config, address, &error);
  if (account == NULL)
    return se_setup_fail (error);
  test = (Test){ setup->server, account, to };
  if (!se_service_run (setup->server, try_out, report, &test, &error))
    return se_setup_fail (error);
  return SE_EXIT_DONE;
}
