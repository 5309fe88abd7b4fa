/* SPDX-License-Identifier: Apache-2.0 */
#include "common/test-configuration-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static void
test_defaults (void)
{
  g_autoptr (SeConfig) config = fixture_parse ("");
  g_autoptr (SeServerConfig) server = se_config_get_server (config, NULL);
  g_autoptr (SeQueueConfig) queue = se_config_get_queue (config, "q", NULL);
  g_auto (GStrv) accounts = se_config_list_accounts (config);

  g_assert_cmpstr (server->user, ==, SE_SERVICE_USER);
  g_assert_cmpstr (server->state_directory, ==, SE_STATE_DIR);
  g_assert_null (server->notify_command);
  g_assert_cmpstr (queue->name, ==, "q");
  g_assert_null (queue->allowed_recipients);
  g_assert_cmpuint (queue->max_recipients, ==, 100);
  g_assert_cmpuint (queue->retry_for, ==, 600);
  g_assert_cmpuint (queue->retry_interval, ==, 1800);
  g_assert_cmpuint (queue->give_up_after, ==, 432000);
  g_assert_null (accounts[0]);
}

static void
test_server (void)
{
  g_autoptr (SeConfig) config = fixture_parse (
      "# comment\n  # another\n\n[server]\r\nuser = scan\nstate-directory = /tmp/a b\n"
      "cups-server=/run/cups.sock  \nproxy = http://proxy.example.com:3128\n"
      "notify-command = /usr/bin/notify --title \"two words\" x\nsecret-service-bus=\n");
  g_autoptr (SeServerConfig) server = se_config_get_server (config, NULL);

  g_assert_cmpstr (server->user, ==, "scan");
  g_assert_cmpstr (server->state_directory, ==, "/tmp/a b");
  g_assert_cmpstr (server->cups_server, ==, "/run/cups.sock");
  g_assert_cmpstr (server->proxy, ==, "http://proxy.example.com:3128");
  g_assert_cmpuint (g_strv_length (server->notify_command), ==, 4);
  g_assert_cmpstr (server->notify_command[2], ==, "two words");
  g_assert_null (server->secret_service_bus);
}

static void
test_account (void)
{
  g_autoptr (SeConfig) config
      = fixture_parse (FIXTURE_ACCOUNT "from-name = Front desk\\sscanner\n");
  g_autoptr (GError) error = NULL;
  g_autoptr (SeAccount) account = se_config_get_account (config, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (account->address, ==, "scanner@contoso.com");
  g_assert_cmpstr (account->login_user, ==, "scanner@contoso.com");
  g_assert_cmpstr (account->smtp_user, ==, "scanner@contoso.com");
  g_assert_cmpstr (account->from_address, ==, "scanner@contoso.com");
  g_assert_cmpstr (account->from_name, ==, "Front desk scanner");
  g_assert_cmpstr (account->grant, ==, "device");
  g_assert_cmpstr (account->token_store, ==, "file");
  g_assert_cmpstr (account->scope, ==, "offline_access smtp");
  g_assert_cmpstr (account->provider->name, ==, "microsoft");
  g_assert_cmpstr (account->provider->token_endpoint, ==,
                   "https://login.example.com/%{tenant}/token");
  g_assert_cmpstr (account->provider->sasl, ==, "xoauth2");
  g_assert_cmpuint (account->provider->max_message_size, ==, 35 * 1024 * 1024);
  g_assert_cmpstr (account->provider->redirect_uri, ==, "http://localhost:%{port}/");
}

/* Without a grant the account has the first one of its provider. */
static void
test_default_grant (void)
{
  const struct
  {
    const char *more, *grant;
  } cases[] = {
    { "", "device" },
    { "[provider microsoft]\ngrants = client-credentials;device\n", "client-credentials" },
    { "grant = device\n[provider microsoft]\ngrants = code;device\n", "device" },
    { "[provider microsoft]\ngrants = code\n"
      "authorization-endpoint = https://login.example.com/authorize\n",
      "code" },
    { "[provider microsoft]\ngrants =\n", "device" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text
          = g_strconcat (FIXTURE_ACCOUNT "client-secret-file = /s\n", cases[i].more, NULL);
      g_autoptr (SeConfig) config = fixture_parse (text);
      g_autoptr (GError) error = NULL;
      g_autoptr (SeAccount) account = se_config_get_account (config, NULL, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (account->grant, ==, cases[i].grant);
    }
}

/* The account's scope beats the provider's for the grant, that the provider's general one. */
static void
test_scope (void)
{
  const struct
  {
    const char *more, *scope;
  } cases[] = {
    { "", "offline_access smtp" },
    { "grant = client-credentials\nclient-secret-file = /s\n", ".default" },
    { "grant = client-credentials\nclient-secret-file = /s\nscope = own\n", "own" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strconcat (FIXTURE_ACCOUNT, cases[i].more, NULL);
      g_autoptr (SeConfig) config = fixture_parse (text);
      g_autoptr (SeAccount) account = se_config_get_account (config, NULL, NULL);

      g_assert_cmpstr (account->scope, ==, cases[i].scope);
    }
}

static void
test_provider_override (void)
{
  g_autoptr (SeConfig) config = fixture_parse (
      FIXTURE_ACCOUNT "[provider microsoft]\nsmtp-server = smtp://other.example.com\ngrants=\n");
  g_autoptr (SeAccount) account = se_config_get_account (config, NULL, NULL);

  g_assert_cmpstr (account->provider->smtp_server, ==, "smtp://other.example.com");
  g_assert_null (account->provider->grants);
  g_assert_cmpstr (account->provider->scope, ==, "offline_access smtp");
}

static void
test_which_account (void)
{
  g_autoptr (SeConfig) none = fixture_parse ("");
  g_autoptr (SeConfig) two = fixture_parse (
      FIXTURE_ACCOUNT "[account b@contoso.com]\nprovider = google\nclient-id = x\n");
  g_auto (GStrv) accounts = se_config_list_accounts (two);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeAccount) account = NULL;

  g_assert_cmpuint (g_strv_length (accounts), ==, 2);
  g_assert_cmpstr (accounts[0], ==, "scanner@contoso.com");
  g_assert_null (se_config_get_account (none, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_null (se_config_get_account (two, NULL, &error));
  g_assert_nonnull (strstr (error->message, "scanner@contoso.com, b@contoso.com"));
  g_clear_error (&error);
  g_assert_null (se_config_get_account (two, "scaner@contoso.com\n", &error));
  g_assert_nonnull (strstr (error->message, "did you mean 'scanner@contoso.com'?"));
  g_assert_null (strchr (error->message, '\n'));
  g_clear_error (&error);
  account = se_config_get_account (two, "b@contoso.com", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (account->provider->issuer, ==, "https://accounts.example.com");
  g_assert_cmpstr (account->provider->redirect_uri, ==, "http://127.0.0.1:%{port}/");
}

static void
test_account_problems (void)
{
  const struct
  {
    const char *text, *problem;
  } cases[] = {
    { "client-id = x\n", "'provider' is missing" },
    { "provider = microsft\n", "did you mean 'microsoft'?" },
    { "provider = microsoft\nclient-id = x\n", "needs the key 'tenant'" },
    { "provider = microsoft\ntenant = t\n", "'client-id' is missing" },
    { "provider = microsoft\ntenant = t\nclient-id = x\ngrant = code\n",
      "grant 'code' does not work" },
    { "provider = microsoft\ntenant = t\nclient-id = x\ngrant = service-account\n",
      "does not work at provider 'microsoft', only: device, client-credentials" },
    { "provider = google\nclient-id = x\ngrant = device\n[provider google]\n"
      "grants = code;service-account\nno-device = No device may ask for mail.\n",
      "grant 'device' does not work at provider 'google', only: code, service-account. No device "
      "may ask for mail." },
    { "provider = google\nclient-id = x\ngrant = service-account\n", "'service-account-file'" },
    { "provider = google\nclient-id = x\ngrant = client-credentials\n", "client-secret-file" },
    { "provider = google\nclient-id = x\nkey-file = /k\n", "go together" },
    { "provider = google\nclient-id = x\ngrant = code\n[provider google]\n"
      "grants-with-secret = code\n",
      "wants the application's secret for grant 'code'" },
    { "provider = p\nclient-id = x\n[provider p]\nissuer=https://i.example.com\n",
      "no smtp-server" },
    { "provider = p\nclient-id = x\n[provider p]\nsmtp-server=smtp://i.example.com\n",
      "neither issuer nor token-endpoint" },
    { "provider = p\nclient-id = x\n[provider p]\nsmtp-server=smtp://i.example.com\n"
      "token-endpoint=https://i.example.com/\n",
      "neither issuer nor device-authorization-endpoint" },
    { "provider = p\nclient-id = x\n[provider p]\nsmtp-server=smtp://i.example.com\n"
      "issuer=https://i.example.com/\n",
      "no scope" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strconcat ("\n[account a@b.c]\n", cases[i].text, NULL);
      g_autoptr (SeConfig) config = fixture_parse (text);
      g_autoptr (GError) error = NULL;

      g_assert_null (se_config_get_account (config, NULL, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
      g_test_message ("%s", error->message);
      g_assert_true (g_str_has_prefix (error->message, "/etc/x.conf:2: [account a@b.c]: "));
      g_assert_nonnull (strstr (error->message, cases[i].problem));
    }
}

static void
test_no_presets (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeConfig) config
      = se_config_parse ("F", FIXTURE_ACCOUNT, "/nonexistent/providers.conf", &error);

  g_assert_no_error (error);
  g_assert_null (se_config_get_account (config, NULL, &error));
  g_assert_nonnull (strstr (error->message, "/nonexistent/providers.conf cannot be read"));
}

static void
test_queue (void)
{
  g_autoptr (SeConfig) config = fixture_parse (
      "[queue *]\naccount = a@b.c\nallowed-recipients = *@b.c; d@e.f ;\nsubject = S\n"
      "max-recipients = 0\nmax-message-size = 25M\nretry-for = 90s\nreply-to = r@b.c\n"
      "[queue q]\nsubject = %{queue}: %{title}\nbody = one\\ntwo\nreply-to =\n"
      "retry-interval = 5m\ngive-up-after = 2d\nreport-to = %{user}@b.c\n");
  g_autoptr (SeQueueConfig) queue = se_config_get_queue (config, "q", NULL);
  g_autoptr (SeQueueConfig) other = se_config_get_queue (config, "other", NULL);

  g_assert_cmpstr (queue->account, ==, "a@b.c");
  g_assert_cmpuint (g_strv_length (queue->allowed_recipients), ==, 2);
  g_assert_cmpstr (queue->allowed_recipients[0], ==, "*@b.c");
  g_assert_cmpstr (queue->allowed_recipients[1], ==, "d@e.f");
  g_assert_cmpuint (queue->max_recipients, ==, 0);
  g_assert_cmpuint (queue->max_message_size, ==, 25 * 1024 * 1024);
  g_assert_cmpstr (queue->subject, ==, "%{queue}: %{title}");
  g_assert_cmpstr (queue->body, ==, "one\ntwo");
  g_assert_null (queue->reply_to);
  g_assert_cmpstr (queue->report_to, ==, "%{user}@b.c");
  g_assert_cmpuint (queue->retry_for, ==, 90);
  g_assert_cmpuint (queue->retry_interval, ==, 300);
  g_assert_cmpuint (queue->give_up_after, ==, 172800);
  g_assert_cmpstr (other->subject, ==, "S");
  g_assert_cmpstr (other->reply_to, ==, "r@b.c");
}

static void
test_policy (void)
{
  g_autoptr (SeConfig) config = fixture_parse (
      "[queue *]\nallowed-users = bob; CONTOSO\\\\*;\nrate-per-user = 30/h\n"
      "allowed-hosts = 192.168.5.0/24;*.b.c ; localhost\nonly-to-self = %{user}@b.c\n"
      "[queue q]\nallowed-users =\nrate-per-user =\nrate-per-host = 5 / 10m\n");
  g_autoptr (SeQueueConfig) queue = se_config_get_queue (config, "q", NULL);
  g_autoptr (SeQueueConfig) other = se_config_get_queue (config, "other", NULL);

  g_assert_cmpuint (g_strv_length (other->allowed_users), ==, 2);
  g_assert_cmpstr (other->allowed_users[1], ==, "CONTOSO\\*");
  g_assert_cmpuint (other->rate_per_user.count, ==, 30);
  g_assert_cmpuint (other->rate_per_user.period, ==, 3600);
  g_assert_cmpuint (other->rate_per_host.count, ==, 0);
  g_assert_null (queue->allowed_users);
  g_assert_cmpuint (g_strv_length (queue->allowed_hosts), ==, 3);
  g_assert_cmpstr (queue->allowed_hosts[1], ==, "*.b.c");
  g_assert_cmpstr (queue->only_to_self, ==, "%{user}@b.c");
  g_assert_cmpuint (queue->rate_per_user.count, ==, 0);
  g_assert_cmpuint (queue->rate_per_host.count, ==, 5);
  g_assert_cmpuint (queue->rate_per_host.period, ==, 600);
}

static void
test_files (void)
{
  g_autofree char *path = g_strconcat (fixture_presets (), ".conf", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeConfig) config = NULL;

  g_assert_null (se_config_load (path, fixture_presets (), &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "[server]\0\n", 10, NULL));
  g_assert_null (se_config_load (path, fixture_presets (), &error));
  g_assert_nonnull (strstr (error->message, "NUL"));
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, FIXTURE_ACCOUNT, -1, NULL));
  config = se_config_load (path, fixture_presets (), &error);
  g_assert_no_error (error);
  g_assert_nonnull (config);
  /* Presets hold providers and nothing else. */
  g_assert_null (se_config_parse ("F", "", path, &error));
  g_assert_nonnull (strstr (error->message, ".conf:1: [account scanner@contoso.com] cannot"));
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
test_path (void)
{
  g_autofree char *configured = NULL;
  g_autofree char *given = NULL;

  g_unsetenv ("CUPS_SERVERROOT");
  configured = se_config_path ();
  g_assert_cmpstr (configured, ==, SE_CONFIG_DIR "/scan-email.conf");
  g_setenv ("CUPS_SERVERROOT", "/tmp/cups", TRUE);
  given = se_config_path ();
  g_assert_cmpstr (given, ==, "/tmp/cups/scan-email.conf");
}

/* 0 is not limited, an empty value the default. */
static void
test_throttle (void)
{
  g_autoptr (SeConfig) config = fixture_parse (FIXTURE_ACCOUNT);
  g_autoptr (SeConfig) unlimited
      = fixture_parse (FIXTURE_ACCOUNT "[provider microsoft]\nmax-connections = 0\nmax-rate = 0\n"
                                       "max-recipients-per-day = 500\n");
  g_autoptr (SeConfig) empty = fixture_parse (FIXTURE_ACCOUNT "[provider microsoft]\nmax-rate =\n");
  g_autoptr (SeAccount) account = se_config_get_account (config, NULL, NULL);
  g_autoptr (SeAccount) free_account = se_config_get_account (unlimited, NULL, NULL);
  g_autoptr (SeAccount) empty_account = se_config_get_account (empty, NULL, NULL);

  g_assert_cmpuint (account->provider->max_connections, ==, 2);
  g_assert_cmpuint (account->provider->max_rate, ==, 30);
  g_assert_cmpuint (account->provider->max_recipients_per_day, ==, 0);
  g_assert_cmpuint (free_account->provider->max_connections, ==, 0);
  g_assert_cmpuint (free_account->provider->max_rate, ==, 0);
  g_assert_cmpuint (free_account->provider->max_recipients_per_day, ==, 500);
  g_assert_cmpuint (empty_account->provider->max_rate, ==, 30);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/configuration/defaults", test_defaults);
  g_test_add_func ("/configuration/throttle", test_throttle);
  g_test_add_func ("/configuration/server", test_server);
  g_test_add_func ("/configuration/account", test_account);
  g_test_add_func ("/configuration/default-grant", test_default_grant);
  g_test_add_func ("/configuration/scope", test_scope);
  g_test_add_func ("/configuration/provider-override", test_provider_override);
  g_test_add_func ("/configuration/which-account", test_which_account);
  g_test_add_func ("/configuration/account-problems", test_account_problems);
  g_test_add_func ("/configuration/no-presets", test_no_presets);
  g_test_add_func ("/configuration/queue", test_queue);
  g_test_add_func ("/configuration/policy", test_policy);
  g_test_add_func ("/configuration/files", test_files);
  g_test_add_func ("/configuration/path", test_path);
  return fixture_run ();
}
