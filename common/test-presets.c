/* SPDX-License-Identifier: Apache-2.0 */
#include "common/configuration.h"

#include "common/io.h"

#include <string.h>

/* What the preset "generic" leaves to the admin. */
#define OWN                           \
  "[provider generic]\n"              \
  "issuer = https://id.example.com\n" \
  "smtp-server = smtp://mail.example.com\n"

#define ADDRESS "scanner@example.com"

static const char *const grants[]
    = { "device", "code", "client-credentials", "service-account", NULL };

/* A configuration, with the presets as they are installed. */
static SeConfig *
load (const char *text)
{
  g_autofree char *presets = g_test_build_filename (G_TEST_DIST, "conf", "providers.conf", NULL);
  g_autoptr (GError) error = NULL;
  SeConfig *config = se_config_parse ("scan-email.conf", text, presets, &error);

  g_assert_no_error (error);
  return config;
}

/* An account with every key that any grant needs. grant NULL: none is named. A certificate and a
 * secret are one too many, which only a server would notice. */
static SeAccount *
make_account (const SeConfig *config, const char *provider, const char *grant, GError **error)
{
  g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);
  const char *given[][2] = { { "provider", provider },
                             { "tenant", "contoso.onmicrosoft.com" },
                             { "client-id", "8f1c" },
                             { "certificate-file", "/etc/scan-email.crt" },
                             { "key-file", "/etc/scan-email.key" },
                             { "client-secret-file", "/etc/scan-email.secret" },
                             { "service-account-file", "/etc/scan-email.json" },
                             { "grant", grant } };

  for (gsize i = 0; i < G_N_ELEMENTS (given); i++)
    if (given[i][1] != NULL)
      g_hash_table_insert (keys, (gpointer)given[i][0], (gpointer)given[i][1]);
  return se_config_make_account (config, ADDRESS, keys, error);
}

static void
check_https (const char *provider, const char *url)
{
  g_autoptr (GString) plain = g_string_new (url);
  g_autoptr (GUri) uri = NULL;

  if (url == NULL)
    return;
  g_string_replace (plain, "%{tenant}", "t", 0);
  g_string_replace (plain, "%{locale}", "l", 0);
  g_test_message ("%s: %s", provider, plain->str);
  uri = g_uri_parse (plain->str, G_URI_FLAGS_NONE, NULL);
  g_assert_nonnull (uri);
  g_assert_cmpstr (g_uri_get_scheme (uri), ==, "https");
}

/* What the grant needs of the provider is there. */
static void
check_allowed (const SeAccount *account)
{
  const SeProviderConfig *provider = account->provider;
  gboolean found = provider->issuer != NULL;

  check_https (provider->name, provider->issuer);
  check_https (provider->name, provider->device_authorization_endpoint);
  check_https (provider->name, provider->authorization_endpoint);
  check_https (provider->name, provider->token_endpoint);
  check_https (provider->name, provider->revocation_endpoint);
  g_assert_true (found || provider->token_endpoint != NULL);
  if (g_str_equal (account->grant, "device"))
    g_assert_true (found || provider->device_authorization_endpoint != NULL);
  if (g_str_equal (account->grant, "code"))
    {
      g_assert_true (found || provider->authorization_endpoint != NULL);
      g_assert_nonnull (strstr (provider->redirect_uri, ":%{port}/"));
    }
  g_assert_nonnull (account->scope);
  /* RFC 6749, 4.4.3; Google knows no such scope. */
  if (g_str_equal (account->grant, "client-credentials") || g_str_equal (provider->name, "google"))
    g_assert_null (strstr (account->scope, "offline_access"));
  else
    g_assert_nonnull (strstr (account->scope, "offline_access"));
}

static const char *
why_not (const SeProviderConfig *provider, const char *grant)
{
  const char *sentences[] = { provider->no_device, provider->no_code,
                              provider->no_client_credentials, provider->no_service_account };

  for (gsize i = 0; grants[i] != NULL; i++)
    if (g_str_equal (grants[i], grant))
      return sentences[i];
  return NULL;
}

static void
test_grants (void)
{
  g_autoptr (SeConfig) config = load (OWN);
  g_auto (GStrv) providers = se_config_list_providers (config);

  for (char **name = providers; *name != NULL; name++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SeAccount) proposed = make_account (config, *name, NULL, &error);
      const SeProviderConfig *provider;

      g_assert_no_error (error);
      provider = proposed->provider;
      g_assert_nonnull (provider->grants);
      g_assert_cmpstr (proposed->grant, ==, provider->grants[0]);
      for (const char *const *grant = grants; *grant != NULL; grant++)
        {
          g_autoptr (SeAccount) account = make_account (config, *name, *grant, &error);
          const char *sentence = why_not (provider, *grant);

          if (g_strv_contains ((const char *const *)provider->grants, *grant))
            {
              g_assert_no_error (error);
              check_allowed (account);
              g_assert_null (sentence);
              continue;
            }
          g_test_message ("%s", error->message);
          g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
          g_assert_nonnull (sentence);
          g_assert_true (g_str_has_suffix (sentence, "."));
          g_assert_true (g_str_has_suffix (error->message, sentence));
          g_clear_error (&error);
        }
    }
}

static void
test_known (void)
{
  const struct
  {
    const char *provider, *grant, *smtp_server;
  } cases[] = {
    { "microsoft", "device", "smtp://smtp.office365.com:587" },
    { "microsoft-us-gov", "device", "smtp://smtp.office365.us:587" },
    { "microsoft-us-dod", "device", "smtp://outlook-dod.office365.us:587" },
    { "microsoft-china", "device", "smtp://smtp.partner.outlook.cn:587" },
    { "outlook", "device", "smtp://smtp-mail.outlook.com:587" },
    { "google", "code", "smtps://smtp.gmail.com:465" },
    { "fastmail", "code", "smtps://smtp.fastmail.com:465" },
    { "generic", "device", "smtp://mail.example.com" },
  };
  g_autoptr (SeConfig) config = load (OWN);
  g_auto (GStrv) providers = se_config_list_providers (config);

  g_assert_cmpuint (g_strv_length (providers), ==, G_N_ELEMENTS (cases));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SeAccount) account = make_account (config, cases[i].provider, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (account->grant, ==, cases[i].grant);
      g_assert_cmpstr (account->provider->smtp_server, ==, cases[i].smtp_server);
    }
}

/* Microsoft's clouds are one service at other addresses. */
static void
test_clouds (void)
{
  const char *clouds[][3] = {
    { "microsoft-us-gov", "https://login.microsoftonline.us/", "O365USGovGCCHigh" },
    { "microsoft-us-dod", "https://login.microsoftonline.us/", "O365USGovDoD" },
    { "microsoft-china", "https://login.partner.microsoftonline.cn/", "O365China" },
  };
  g_autoptr (SeConfig) config = load (OWN);
  g_autoptr (SeAccount) first = make_account (config, "microsoft", NULL, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (clouds); i++)
    {
      g_autoptr (SeAccount) account = make_account (config, clouds[i][0], NULL, NULL);
      const SeProviderConfig *world = first->provider;
      const SeProviderConfig *cloud = account->provider;
      const char *pairs[][2]
          = { { world->device_authorization_endpoint, cloud->device_authorization_endpoint },
              { world->authorization_endpoint, cloud->authorization_endpoint },
              { world->token_endpoint, cloud->token_endpoint } };

      for (gsize j = 0; j < G_N_ELEMENTS (pairs); j++)
        {
          g_assert_true (g_str_has_prefix (pairs[j][1], clouds[i][1]));
          g_assert_cmpstr (strchr (pairs[j][0], '%'), ==, strchr (pairs[j][1], '%'));
        }
      g_assert_cmpstr (cloud->exchange_environment, ==, clouds[i][2]);
      g_assert_cmpstrv (cloud->grants, world->grants);
      g_assert_cmpstr (cloud->no_service_account, ==, world->no_service_account);
      g_assert_cmpstr (cloud->redirect_uri, ==, world->redirect_uri);
      g_assert_cmpstr (cloud->prompt, ==, world->prompt);
      g_assert_cmpstr (cloud->sasl, ==, world->sasl);
      g_assert_cmpuint (cloud->refresh_token_idle, ==, world->refresh_token_idle);
      g_assert_cmpuint (cloud->max_message_size, ==, world->max_message_size);
      g_assert_cmpuint (cloud->max_connections, ==, world->max_connections);
      g_assert_cmpuint (cloud->max_rate, ==, world->max_rate);
      g_assert_cmpuint (cloud->max_recipients_per_day, ==, world->max_recipients_per_day);
    }
}

/* Whoever names it without a section of their own is told what the section has to hold. */
static void
test_generic_alone (void)
{
  const char *cases[][2] = {
    { "", "no smtp-server: a section [provider generic]" },
    { "[provider generic]\nsmtp-server = smtp://mail.example.com\n", "can give the issuer" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SeConfig) config = load (cases[i][0]);
      g_autoptr (GError) error = NULL;

      g_assert_null (make_account (config, "generic", NULL, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
      g_test_message ("%s", error->message);
      g_assert_nonnull (strstr (error->message, cases[i][1]));
    }
}

/* Nobody signs in at Google in vain: the secret is asked for before. */
static void
test_google_secret (void)
{
  g_autoptr (SeConfig) config = load ("");
  g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeAccount) account = NULL;

  g_hash_table_insert (keys, (gpointer) "provider", (gpointer) "google");
  g_hash_table_insert (keys, (gpointer) "client-id", (gpointer) "8f1c");
  g_assert_null (se_config_make_account (config, ADDRESS, keys, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, "'client-secret-file'"));
  g_clear_error (&error);
  g_hash_table_insert (keys, (gpointer) "client-secret-file", (gpointer) "/etc/scan-email.secret");
  account = se_config_make_account (config, ADDRESS, keys, &error);
  g_assert_no_error (error);
}

/* The comment right above each section, and the section, say where it is known from. */
static void
test_sources (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "conf", "providers.conf", NULL);
  gsize length = 0;
  g_autofree char *text = se_io_read_file (path, 1024 * 1024, &length, NULL);
  g_auto (GStrv) lines = NULL;
  gboolean above = FALSE; /* the comment block that ends here names a source */

  g_assert_nonnull (text);
  lines = g_strsplit (text, "\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      if (g_str_has_prefix (lines[i], "#"))
        {
          above = above || strstr (lines[i], "https://") != NULL;
          continue;
        }
      if (g_str_has_prefix (lines[i], "["))
        {
          g_test_message ("%s", lines[i]);
          g_assert_true (g_str_has_prefix (lines[i], "[provider "));
          g_assert_true (above);
        }
      above = FALSE;
    }
}

static char *
read_installed (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_BUILT, "conf", "scan-email.conf", NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (strstr (text, "@state_dir@"));
  return text;
}

static void
test_installed (void)
{
  g_autofree char *text = read_installed ();
  g_autoptr (SeConfig) config = load (text);
  g_auto (GStrv) accounts = se_config_list_accounts (config);

  g_assert_cmpuint (g_strv_length (accounts), ==, 0);
}

/* Every example in it is one that can be used. */
static void
test_installed_examples (void)
{
  g_autofree char *text = read_installed ();
  g_autoptr (GRegex) comment = g_regex_new ("^#(?=\\[|[a-z-]+ = )", G_REGEX_MULTILINE, 0, NULL);
  g_autofree char *uncommented = g_regex_replace_literal (comment, text, -1, 0, "", 0, NULL);
  g_autoptr (SeConfig) config = load (uncommented);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeAccount) account = se_config_get_account (config, NULL, &error);
  g_autoptr (SeQueueConfig) queue = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (account->address, ==, "scanner@contoso.com");
  g_assert_cmpstr (account->provider->name, ==, "microsoft");
  queue = se_config_get_queue (config, "any", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (queue->account, ==, account->address);
  g_assert_cmpuint (queue->max_message_size, ==, 25 * 1024 * 1024);
}

static void
test_microsoft (void)
{
  g_autoptr (SeConfig) config
      = load ("[account a@x.org]\nprovider = microsoft\ntenant = t\nclient-id = c\n");
  g_autoptr (GError) error = NULL;
  g_autoptr (SeAccount) account = se_config_get_account (config, "a@x.org", &error);

  g_assert_no_error (error);
  g_assert_null (account->provider->issuer);
  g_assert_cmpstr (account->provider->device_authorization_endpoint, ==,
                   "https://login.microsoftonline.com/%{tenant}/oauth2/v2.0/devicecode"
                   "?mkt=%{locale}");
  g_assert_cmpstr (account->provider->smtp_server, ==, "smtp://smtp.office365.com:587");
  g_assert_nonnull (strstr (account->scope, "https://outlook.office.com/SMTP.Send"));
  g_assert_nonnull (strstr (account->scope, "offline_access"));
  g_assert_cmpstr (account->grant, ==, "device");
  g_assert_cmpuint (account->provider->max_connections, ==, 2);
  g_assert_cmpuint (account->provider->max_rate, ==, 30);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (g_getenv ("G_TEST_SRCDIR") == NULL)
    {
      g_print ("1..0 # SKIP G_TEST_SRCDIR is not set: make check sets it\n");
      return 0;
    }
  g_test_add_func ("/presets/grants", test_grants);
  g_test_add_func ("/presets/known", test_known);
  g_test_add_func ("/presets/clouds", test_clouds);
  g_test_add_func ("/presets/generic-alone", test_generic_alone);
  g_test_add_func ("/presets/google-secret", test_google_secret);
  g_test_add_func ("/presets/sources", test_sources);
  g_test_add_func ("/presets/installed", test_installed);
  g_test_add_func ("/presets/installed/examples", test_installed_examples);
  g_test_add_func ("/presets/microsoft", test_microsoft);
  return g_test_run ();
}
