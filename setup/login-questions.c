/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/login.h"

#include "common/io.h"
#include "mail/address.h"
#include "oauth/grant.h"
#include "oauth/rsa-key.h"
#include "setup/console.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>

/* The grants, with a word on each. */
static const struct
{
  const char *name;
  const char *words;
} grants[] = {
  { "device", N_ ("a person signs in with a browser on any machine, by a short code") },
  { "code", N_ ("a person signs in with a browser here, or by pasting an address") },
  { "client-credentials", N_ ("nobody signs in: the application has a certificate or a secret") },
  { "service-account", N_ ("nobody signs in: a service account acts for the mailbox") },
};

static const char *
get_key (const SeLoginOptions *options, const char *key)
{
  return g_hash_table_lookup (options->keys, key);
}

/* value: given away. key: static. */
static void
set_key (SeLoginOptions *options, const char *key, char *value)
{
  g_hash_table_insert (options->keys, (gpointer)key, value);
}

/* Asks for a key that no option gave. An empty fallback: none is an answer, too. */
static gboolean
ask_key (SeLoginOptions *options, const char *key, const char *question, const char *fallback,
         GError **error)
{
  char *answer = NULL;

  if (get_key (options, key) != NULL)
    return TRUE;
  answer = se_console_ask (question, fallback, error);
  if (answer == NULL)
    return FALSE;
  if (*answer != '\0')
    set_key (options, key, answer);
  else
    g_free (answer);
  return TRUE;
}

static gboolean
ask_into (char **answer, const char *question, const char *fallback, GError **error)
{
  if (*answer == NULL)
    *answer = se_console_ask (question, fallback, error);
  return *answer != NULL;
}

static gboolean
ask_address (char **answer, const char *question, const char *fallback, GError **error)
{
  while (*answer == NULL)
    {
      g_autoptr (GError) local = NULL;
      g_autofree char *text = se_console_ask (question, fallback, error);
      g_autoptr (SeAddress) address = text != NULL ? se_address_parse (text, &local) : NULL;

      if (text == NULL)
        return FALSE;
      if (address != NULL)
        *answer = g_steal_pointer (&text);
      else
        puts (local->message);
    }
  return TRUE;
}

/* Which account: the word, else a question, else the only one there is. */
static gboolean
choose_account (SeLoginOptions *options, const SeSetup *setup, gboolean may_ask, GError **error)
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
  if (n > 0)
    puts (_ ("Accounts:"));
  for (i = 0; i < n; i++)
    printf ("  %s\n", accounts[i]);
  return ask_address (&options->address, _ ("Mailbox to authorize"), n > 0 ? accounts[0] : NULL,
                      error);
}

/* One of known; elsewhere: what to say of another. provider: NULL, or knows why a grant is none. */
static gboolean
ask_one_of (SeLoginOptions *options, const char *key, const char *question,
            const char *const *known, const char *elsewhere, const SeProviderConfig *provider,
            GError **error)
{
  while (get_key (options, key) == NULL)
    {
      g_autofree char *answer = se_console_ask (question, known[0], error);

      if (answer == NULL)
        return FALSE;
      if (g_strv_contains (known, answer))
        set_key (options, key, g_steal_pointer (&answer));
      else
        {
          const char *why = provider != NULL ? se_provider_config_why_not (provider, answer) : NULL;

          puts (why != NULL ? why : elsewhere);
        }
    }
  return TRUE;
}

static gboolean
ask_provider (SeLoginOptions *options, const SeConfig *config, GError **error)
{
  g_auto (GStrv) known = se_config_list_providers (config);
  g_autofree char *names = g_strjoinv (", ", known);
  g_autofree char *question = g_strdup_printf (_ ("Provider (%s)"), names);

  if (known[0] == NULL && get_key (options, "provider") == NULL)
    {
      g_set_error_literal (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                           _ ("there is no provider: scan-email.conf has no [provider NAME] "
                              "section, and the presets are missing"));
      return FALSE;
    }
  return ask_one_of (options, "provider", question, (const char *const *)known,
                     _ ("There is no such provider; a server of your own needs a [provider NAME] "
                        "section in scan-email.conf first."),
                     NULL, error);
}

/* The provider's section, by an account that lacks nothing. NULL: it cannot be used. */
static SeAccount *
look_at_provider (const SeConfig *config, const SeLoginOptions *options, GError **error)
{
  static const char *const needed[][2] = { { "tenant", "t" },
                                           { "client-id", "c" },
                                           { "scope", "s" },
                                           { "client-secret-file", "/s" },
                                           { "service-account-file", "/s" } };
  g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_insert (keys, (gpointer) "provider", (gpointer)get_key (options, "provider"));
  for (gsize i = 0; i < G_N_ELEMENTS (needed); i++)
    g_hash_table_insert (keys, (gpointer)needed[i][0], (gpointer)needed[i][1]);
  return se_config_make_account (config, options->address, keys, error);
}

/* A provider that can be used. One that an option gave and that cannot be is left for the account's
 * own check: NULL in *sample. */
static gboolean
choose_provider (SeLoginOptions *options, const SeConfig *config, SeAccount **sample,
                 GError **error)
{
  gboolean given = get_key (options, "provider") != NULL;

  for (;;)
    {
      g_autoptr (GError) local = NULL;

      if (!ask_provider (options, config, error))
        return FALSE;
      *sample = look_at_provider (config, options, &local);
      if (*sample != NULL || given)
        return TRUE;
      puts (local->message);
      g_hash_table_remove (options->keys, "provider");
    }
}

static gboolean
needs_tenant (const SeProviderConfig *provider)
{
  return provider->token_endpoint != NULL && strstr (provider->token_endpoint, "%{tenant}") != NULL;
}

/* The first of the provider's grants is proposed. */
static gboolean
ask_grant (SeLoginOptions *options, const SeProviderConfig *provider, GError **error)
{
  const char *known[G_N_ELEMENTS (grants) + 1] = { NULL };
  guint n = 0;

  if (get_key (options, "grant") != NULL)
    return TRUE;
  for (char **name = provider->grants; name != NULL && *name != NULL && n < G_N_ELEMENTS (grants);
       name++)
    known[n++] = *name;
  for (gsize i = 0; provider->grants == NULL && i < G_N_ELEMENTS (grants); i++)
    known[n++] = grants[i].name;
  if (n > 1)
    puts (_ ("How to sign in:"));
  for (guint i = 0; n > 1 && i < n; i++)
    for (gsize j = 0; j < G_N_ELEMENTS (grants); j++)
      if (g_str_equal (known[i], grants[j].name))
        printf ("  %-18s  %s\n", grants[j].name, _ (grants[j].words));
  if (n == 1)
    {
      set_key (options, "grant", g_strdup (known[0]));
      return TRUE;
    }
  return ask_one_of (options, "grant", _ ("Grant"), known,
                     _ ("Not there: one of the list, please."), provider, error);
}

/* Files. */

static gboolean
check_files (SeService *service, gpointer data, GError **error)
{
  return se_grant_check_files (data, error);
}

static const char *
ignore (const char *const *fields, gpointer data)
{
  return NULL;
}

/* A key's value as a person typed it. */
typedef struct
{
  const char *key;
  const char *value;
} Typed;

/* Reads a file as those will who use it. */
static gboolean
check_typed (SeService *service, gpointer data, GError **error)
{
  const Typed *typed = data;
  g_autoptr (SeRsaKey) key = NULL;
  se_autosecret char *secret = NULL;
  SeCertificate certificate;

  if (g_str_equal (typed->key, "certificate-file"))
    return se_certificate_read (typed->value, NULL, &certificate, error);
  if (g_str_equal (typed->key, "key-file"))
    {
      key = se_rsa_key_read (typed->value, error);
      return key != NULL;
    }
  if (!g_str_equal (typed->key, "client-secret-file"))
    return TRUE;
  secret = se_io_read_secret_file (typed->value, 4096, NULL, error);
  return secret != NULL;
}

/* ask_key, again until the answer alone will do. */
static gboolean
ask_good_key (SeLoginOptions *options, const SeSetup *setup, const char *key, const char *question,
              const char *fallback, GError **error)
{
  if (get_key (options, key) != NULL)
    return TRUE;
  while (ask_key (options, key, question, fallback, error))
    {
      Typed typed = { key, get_key (options, key) };
      const SeServiceNeeds needs = { .input = -1, .file = typed.value };
      g_autoptr (GError) local = NULL;

      if (typed.value == NULL
          || (se_config_check_account_key (key, typed.value, &local)
              && se_service_run_with (setup->server, &needs, check_typed, ignore, &typed, &local)))
        return TRUE;
      if (se_error_is (local, SE_ERROR_CANCELLED))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      puts (local->message);
      g_hash_table_remove (options->keys, key);
    }
  return FALSE;
}

static gboolean
needs_secret (const SeProviderConfig *provider, const char *grant)
{
  return provider != NULL && provider->grants_with_secret != NULL
         && g_strv_contains ((const char *const *)provider->grants_with_secret, grant);
}

/* Asks for what the grant needs. provider: NULL if not known. */
static gboolean
ask_files (SeLoginOptions *options, const SeSetup *setup, const char *grant,
           const SeProviderConfig *provider, GError **error)
{
  gboolean needed = needs_secret (provider, grant) || g_str_equal (grant, "client-credentials");
  gboolean secret = needs_secret (provider, grant) || g_str_equal (grant, "code");

  if (g_str_equal (grant, "service-account"))
    return ask_good_key (options, setup, "service-account-file",
                         _ ("Service account's key file (JSON)"), NULL, error);
  if (g_str_equal (grant, "client-credentials") && get_key (options, "client-secret-file") == NULL)
    {
      if (!ask_good_key (
              options, setup, "certificate-file",
              _ ("Application's certificate, a PEM file (empty: it has a secret instead)"), "",
              error))
        return FALSE;
      secret = get_key (options, "certificate-file") == NULL;
      if (!secret)
        return ask_good_key (options, setup, "key-file",
                             _ ("The certificate's private key, a PEM file"), NULL, error);
    }
  if (!secret)
    return TRUE;
  if (!ask_good_key (options, setup, "client-secret-file",
                     needed ? _ ("File with the client secret")
                            : _ ("File with the client secret (empty: it has none)"),
                     needed ? NULL : "", error))
    return FALSE;
  return get_key (options, "client-secret-file") == NULL
         || ask_good_key (options, setup, "client-secret-expires",
                          _ ("The secret's last day, YYYY-MM-DD (empty: not known)"), "", error);
}

/* Asks, and looks at the files as the service user, until they will do: nobody should sign in
 * before. Keys that options gave are not asked for again. */
static gboolean
complete_files (SeLoginOptions *options, const SeSetup *setup, const char *grant,
                const SeProviderConfig *provider, GError **error)
{
  for (;;)
    {
      g_autoptr (GHashTable) given = g_hash_table_new (g_str_hash, g_str_equal);
      g_autoptr (SeAccount) account = NULL;
      g_autoptr (GError) local = NULL;
      GHashTableIter iter;
      gpointer key;
      gboolean asked = FALSE;

      g_hash_table_iter_init (&iter, options->keys);
      while (g_hash_table_iter_next (&iter, &key, NULL))
        g_hash_table_add (given, key);
      if (!ask_files (options, setup, grant, provider, error))
        return FALSE;
      account = se_config_make_account (setup->config, options->address, options->keys, &local);
      if (account != NULL
          && se_service_run_for (setup->server, account, check_files, ignore, account, &local))
        return TRUE;
      g_hash_table_iter_init (&iter, options->keys);
      while (g_hash_table_iter_next (&iter, &key, NULL))
        if (!g_hash_table_contains (given, key))
          {
            asked = TRUE;
            g_hash_table_iter_remove (&iter);
          }
      if (!asked || se_error_is (local, SE_ERROR_CANCELLED))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
      puts (local->message);
    }
}

/* The keys of an account that is not in the file yet. */
static gboolean
ask_account (SeLoginOptions *options, const SeSetup *setup, GError **error)
{
  g_autoptr (SeAccount) sample = NULL;
  const char *grant = NULL;

  if (!choose_provider (options, setup->config, &sample, error))
    return FALSE;
  if (get_key (options, "client-id") == NULL)
    puts (_ ("What has to be registered there first: man scan-email-providers"));
  if (sample != NULL && !ask_grant (options, sample->provider, error))
    return FALSE;
  grant = get_key (options, "grant");
  if (g_strcmp0 (grant, "service-account") != 0
      && !ask_key (options, "client-id", _ ("Client id of the application registered there"), NULL,
                   error))
    return FALSE;
  if (sample != NULL && needs_tenant (sample->provider)
      && !ask_key (options, "tenant", _ ("Tenant (the directory's id or domain)"), NULL, error))
    return FALSE;
  return grant == NULL
         || complete_files (options, setup, grant, sample != NULL ? sample->provider : NULL, error);
}

/* An account that is not in the file yet: its keys, by option or question. */
static gboolean
complete_new_account (SeLoginOptions *options, const SeSetup *setup, gboolean may_ask,
                      GError **error)
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
    return ask_account (options, setup, error);
  if (get_key (options, "provider") != NULL)
    return TRUE;
  g_set_error (
      error, SE_ERROR, (int)SE_ERROR_USAGE,
      _ ("%s is not in %s yet: give --provider and --client-id (Microsoft: --tenant, too)"),
      options->address, setup->path);
  return FALSE;
}

/* Another grant for an account that is in the file may need files that are not. */
static gboolean
complete_account (SeLoginOptions *options, const SeSetup *setup, gboolean may_ask, GError **error)
{
  const char *grant = get_key (options, "grant");
  g_autoptr (SeAccount) account = NULL;

  if (grant == NULL || !may_ask)
    return TRUE;
  account = se_config_make_account (setup->config, options->address, options->keys, NULL);
  return account != NULL || complete_files (options, setup, grant, NULL, error);
}

static gboolean
ask_queue (SeLoginOptions *options, GError **error)
{
  if (!ask_into (&options->queue, _ ("Queue to create (- for none)"), "scan-email", error))
    return FALSE;
  if (g_str_equal (options->queue, "-"))
    {
      g_clear_pointer (&options->queue, g_free);
      return TRUE;
    }
  return ask_address (&options->to, _ ("Address that the queue mails to"), options->address, error);
}

gboolean
se_login_ask (SeLoginOptions *options, const SeSetup *setup, gboolean bare, GError **error)
{
  gboolean may_ask = !options->json && se_console_can_ask ();
  g_auto (GStrv) accounts = se_config_list_accounts (setup->config);

  if (!choose_account (options, setup, may_ask, error))
    return FALSE;
  if (g_strv_contains ((const char *const *)accounts, options->address))
    return complete_account (options, setup, may_ask, error);
  if (!complete_new_account (options, setup, may_ask, error))
    return FALSE;
  return !bare || !may_ask || ask_queue (options, error);
}
