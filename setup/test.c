/* SPDX-License-Identifier: Apache-2.0 */
#include "common/alert.h"
#include "common/log.h"
#include "mail/address.h"
#include "setup/console.h"
#include "setup/setup.h"
#include "setup/trial.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>

/* As wide as the longest step's name. */
#define WIDTH 11

typedef struct
{
  const SeServerConfig *server;
  const SeAccount *account;
  const char *to; /* NULL: no mail */
  /* The parent's. */
  gboolean refused;     /* jobs wait, since the mail server did not let the account in */
  gboolean unreachable; /* there is no connection to the mail server */
} Test;

static gboolean
try_out (SeService *service, gpointer data, GError **error)
{
  const Test *test = data;
  g_autoptr (SeAlert) alert = NULL;

  if (!se_trial_run (service, test->server, test->account, test->to, error))
    return FALSE;
  alert = se_alert_get (test->server, test->account->address);
  if (alert != NULL && alert->cause == SE_ALERT_LOGIN)
    se_service_tell (service, "refused", NULL);
  return TRUE;
}

static void
print_line (const char *what, const char *text)
{
  g_autofree char *label = se_console_pad (what, WIDTH);

  printf ("%s  %s\n", label, text);
}

static const char *
report (const char *const *fields, gpointer data)
{
  Test *test = data;

  if (g_str_equal (fields[0], "step") && fields[1] != NULL && fields[2] != NULL)
    print_line (_ (fields[1]), fields[2]);
  else if (g_str_equal (fields[0], "warning") && fields[1] != NULL)
    print_line (_ ("  warning"), fields[1]);
  else if (g_str_equal (fields[0], "broken") && fields[1] != NULL)
    {
      print_line (_ (fields[1]), _ ("failed"));
      test->unreachable = se_trial_is_connecting (fields[1]);
    }
  else if (g_str_equal (fields[0], "refused"))
    test->refused = TRUE;
  fflush (stdout);
  return NULL;
}

/* libcurl and others would use them; cupsd gives the backend none, so that neither of us does. */
static void
warn_of_proxies (void)
{
  g_auto (GStrv) variables = g_listenv ();
  g_autoptr (GString) list = g_string_new (NULL);

  for (char **name = variables; *name != NULL; name++)
    {
      g_autofree char *lower = g_ascii_strdown (*name, -1);
      const char *value = g_getenv (*name);

      if (g_str_has_suffix (lower, "_proxy") && !g_str_equal (lower, "no_proxy") && value != NULL
          && *value != '\0')
        g_string_append_printf (list, "%s%s", list->len > 0 ? ", " : "", *name);
    }
  if (list->len > 0)
    se_log_write (
        "oauth-setup",
        _ ("warning: the environment names a proxy (%s), which is not used here nor by jobs: set "
           "proxy in [server], or proxy-smtp of the provider, if one is needed"),
        list->str);
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

/* The last line: the one thing to do next. */
static void
say_next (const Test *test, const GError *error)
{
  const char *address = test->account->address;
  g_autofree char *login = g_strconcat ("oauth-setup login ", address, NULL);

  if (error == NULL && test->refused)
    printf (
        _ ("The mail server lets the account in again; next: oauth-setup release --account %s\n"),
        address);
  else if (error == NULL && test->to == NULL)
    printf (_ ("Logged in, sending rights not proven; next: oauth-setup test %s --to ADDRESS\n"),
            address);
  else if (error == NULL)
    printf (_ ("All is well; look whether the mail has come to %s.\n"), test->to);
  else if (strstr (error->message, login) != NULL)
    printf (_ ("Next: do what is said above, with: %s\n"), login);
  else if (se_setup_exit_status (error) == SE_EXIT_PERSON)
    printf (_ ("Next: do what is said above, then run: oauth-setup test %s\n"), address);
  else if (test->unreachable)
    printf (_ ("Next: check smtp-server = %s, or wait; then run: oauth-setup test %s\n"),
            test->account->provider->smtp_server, address);
  else
    printf (_ ("Next: wait some minutes, then run: oauth-setup test %s\n"), address);
  fflush (stdout);
}

SeExit
se_verb_test (int argc, char **argv)
{
  g_autofree char *to = NULL;
  const GOptionEntry entries[] = {
    { "to", 0, 0, G_OPTION_ARG_STRING, &to, N_ ("send a test mail there"), N_ ("ADDRESS") },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) words
      = se_setup_parse (argc, argv, N_ ("[ACCOUNT]"),
                        N_ ("Tries an account step by step; sends nothing but with --to."), entries,
                        1, &error);
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
  test = (Test){ .server = setup->server, .account = account, .to = to };
  warn_of_proxies ();
  if (!se_service_run_for (setup->server, account, try_out, report, &test, &error))
    (void)se_setup_fail (error);
  say_next (&test, error);
  return se_setup_exit_status (error);
}
