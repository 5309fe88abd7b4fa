/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/login.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* An option that is a key of [account]. */
typedef struct
{
  const char *key; /* and the option's name, unless option is given */
  const char *option;
  gboolean path;
  const char *help;
  const char *parameter;
} KeyOption;

static const KeyOption key_options[] = {
  { "provider", NULL, FALSE, N_ ("a preset's name (microsoft, google, …), or that of a [provider]"),
    N_ ("PROVIDER") },
  { "tenant", NULL, FALSE, N_ ("the directory's id or domain"), N_ ("TENANT") },
  { "client-id", NULL, FALSE, N_ ("the registered application"), "ID" },
  { "grant", NULL, FALSE, N_ ("device, code, client-credentials or service-account"),
    N_ ("GRANT") },
  { "client-secret-file", NULL, TRUE, N_ ("file with the application's secret"), N_ ("FILE") },
  { "client-secret-expires", NULL, FALSE, N_ ("the secret's last day"), N_ ("YYYY-MM-DD") },
  { "certificate-file", NULL, TRUE, N_ ("the application's certificate (PEM)"), N_ ("FILE") },
  { "key-file", NULL, TRUE, N_ ("the certificate's private key (PEM)"), N_ ("FILE") },
  { "service-account-file", NULL, TRUE, N_ ("the service account's key file (JSON)"), N_ ("FILE") },
  { "login-user", NULL, FALSE, N_ ("who signs in, if not the account's address"), N_ ("USER") },
  { "smtp-user", NULL, FALSE, N_ ("who the SMTP server is told, if not that address"),
    N_ ("USER") },
  { "from-address", NULL, FALSE, N_ ("the sender, if not that address"), N_ ("ADDRESS") },
  { "from-name", NULL, FALSE, N_ ("the sender's name"), "NAME" },
  { "scope", NULL, FALSE, N_ ("what to ask for, if not the provider's"), "SCOPE" },
  { "token-store", "store", FALSE, N_ ("where the token is kept: file or secret-service"),
    N_ ("STORE") },
};

#define N_KEYS G_N_ELEMENTS (key_options)

void
se_login_options_clear (SeLoginOptions *options)
{
  g_free (options->address);
  g_clear_pointer (&options->keys, g_hash_table_unref);
  g_free (options->queue);
  g_free (options->to);
}

/* Moves what was given into options. */
static gboolean
take_keys (SeLoginOptions *options, char *values[N_KEYS], GError **error)
{
  const KeyOption *wrong = NULL;

  options->keys = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  for (gsize i = 0; i < N_KEYS; i++)
    {
      char *value = values[i];

      if (value == NULL)
        continue;
      if (!g_utf8_validate (value, -1, NULL))
        wrong = &key_options[i];
      /* The worker and the jobs run elsewhere. */
      if (key_options[i].path && *value != '\0')
        {
          value = g_canonicalize_filename (values[i], NULL);
          g_free (values[i]);
        }
      g_hash_table_insert (options->keys, (gpointer)key_options[i].key, value);
    }
  if (wrong == NULL)
    return TRUE;
  g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE, _ ("--%s is not valid UTF-8"),
               wrong->option != NULL ? wrong->option : wrong->key);
  return FALSE;
}

static gboolean
check (const SeLoginOptions *options, int port, GError **error)
{
  if ((options->queue == NULL) != (options->to == NULL))
    {
      g_set_error_literal (error, SE_ERROR, (int)SE_ERROR_USAGE,
                           _ ("--queue NAME and --to ADDRESS belong together"));
      return FALSE;
    }
  if (port < 0 || port > G_MAXUINT16)
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE, _ ("--port %d is not from 1 to 65535"),
                   port);
      return FALSE;
    }
  return TRUE;
}

gboolean
se_login_options_parse (SeLoginOptions *options, int argc, char **argv, GError **error)
{
  char *values[N_KEYS] = { NULL };
  int port = 0;
  const GOptionEntry others[] = {
    { "port", 0, 0, G_OPTION_ARG_INT, &port,
      N_ ("where to wait for the browser (grant code); default: a free port"), N_ ("PORT") },
    { "queue", 0, 0, G_OPTION_ARG_STRING, &options->queue, N_ ("create this CUPS queue too"),
      "NAME" },
    { "to", 0, 0, G_OPTION_ARG_STRING, &options->to, N_ ("the address that the queue mails to"),
      N_ ("ADDRESS") },
    { "no-test-mail", 0, 0, G_OPTION_ARG_NONE, &options->no_test_mail,
      N_ ("do not send a test mail to the account itself"), NULL },
    { "json", 0, 0, G_OPTION_ARG_NONE, &options->json, N_ ("for programs: one JSON object a line"),
      NULL },
    G_OPTION_ENTRY_NULL,
  };
  GOptionEntry entries[N_KEYS + G_N_ELEMENTS (others)];
  g_auto (GStrv) words = NULL;

  for (gsize i = 0; i < N_KEYS; i++)
    {
      const KeyOption *known = &key_options[i];

      /* Text, too: GOption would convert it from the locale's encoding, which may be none. */
      entries[i] = (GOptionEntry){ known->option != NULL ? known->option : known->key,
                                   0,
                                   0,
                                   G_OPTION_ARG_FILENAME,
                                   &values[i],
                                   known->help,
                                   known->parameter };
    }
  memcpy (entries + N_KEYS, others, sizeof others);
  words = se_setup_parse (argc, argv, N_ ("[ACCOUNT]"),
                          N_ ("Authorizes a mailbox: a person signs in with a browser, or the "
                              "application by its own key.\n"
                              "Stores the token, tries it out, writes the account to "
                              "scan-email.conf and releases the jobs\n"
                              "that were held for it. An account that stands in the file needs no "
                              "options; an option is\n"
                              "written there as the key of its name."),
                          entries, 1, error);
  if (!take_keys (options, values, words != NULL ? error : NULL) || words == NULL)
    return FALSE;
  options->address = g_strdup (words[0]);
  if (!check (options, port, error))
    return FALSE;
  options->port = (guint16)port;
  return TRUE;
}
