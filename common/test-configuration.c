/* SPDX-License-Identifier: Apache-2.0 */
#include "common/configuration.h"

#include "common/io.h"

#include <glib/gstdio.h>
#include <string.h>

#define PRESETS                                                                      \
  "[provider microsoft]\n"                                                           \
  "device-authorization-endpoint = https://login.example.com/%{tenant}/devicecode\n" \
  "token-endpoint = https://login.example.com/%{tenant}/token\n"                     \
  "scope = offline_access smtp\n"                                                    \
  "scope-client-credentials = .default\n"                                            \
  "grants = device;client-credentials\n"                                             \
  "redirect-uri = http://localhost:%{port}/\n"                                       \
  "smtp-server = smtp://smtp.example.com:587\n"                                      \
  "max-message-size = 35M\n"                                                         \
  "[provider google]\n"                                                              \
  "issuer = https://accounts.example.com\n"                                          \
  "scope = mail\n"                                                                   \
  "smtp-server = smtps://smtp.example.org\n"

#define ACCOUNT                        \
  "[account scanner@contoso.com]\n"    \
  "provider = microsoft\n"             \
  "tenant = contoso.onmicrosoft.com\n" \
  "client-id = 8f1c\n"

static char *presets; /* path of a file that holds PRESETS */

static SeConfig *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  SeConfig *config = se_config_parse ("/etc/x.conf", text, presets, &error);

  g_assert_no_error (error);
  return config;
}

/* All the problems of text, a line each, without the file's name. */
static char *
problems_of (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeConfig) config = se_config_parse ("F", text, presets, &error);

  if (config != NULL)
    g_error ("accepted: %s", text);
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  return g_strdup (error->message);
}

static void
test_defaults (void)
{
  g_autoptr (SeConfig) config = parse ("");
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
  g_autoptr (SeConfig) config
      = parse ("# comment\n  # another\n\n[server]\r\nuser = scan\nstate-directory = /tmp/a b\n"
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
  g_autoptr (SeConfig) config = parse (ACCOUNT "from-name = Front desk\\sscanner\n");
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
      g_autofree char *text = g_strconcat (ACCOUNT, cases[i].more, NULL);
      g_autoptr (SeConfig) config = parse (text);
      g_autoptr (SeAccount) account = se_config_get_account (config, NULL, NULL);

      g_assert_cmpstr (account->scope, ==, cases[i].scope);
    }
}

static void
test_provider_override (void)
{
  g_autoptr (SeConfig) config
      = parse (ACCOUNT "[provider microsoft]\nsmtp-server = smtp://other.example.com\ngrants=\n");
  g_autoptr (SeAccount) account = se_config_get_account (config, NULL, NULL);

  g_assert_cmpstr (account->provider->smtp_server, ==, "smtp://other.example.com");
  g_assert_null (account->provider->grants);
  g_assert_cmpstr (account->provider->scope, ==, "offline_access smtp");
}

static void
test_which_account (void)
{
  g_autoptr (SeConfig) none = parse ("");
  g_autoptr (SeConfig) two
      = parse (ACCOUNT "[account b@contoso.com]\nprovider = google\nclient-id = x\n");
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
    { "provider = google\nclient-id = x\ngrant = service-account\n", "'service-account-file'" },
    { "provider = google\nclient-id = x\ngrant = client-credentials\n", "client-secret-file" },
    { "provider = google\nclient-id = x\nkey-file = /k\n", "go together" },
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
      g_autoptr (SeConfig) config = parse (text);
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
      = se_config_parse ("F", ACCOUNT, "/nonexistent/providers.conf", &error);

  g_assert_no_error (error);
  g_assert_null (se_config_get_account (config, NULL, &error));
  g_assert_nonnull (strstr (error->message, "no file of presets"));
}

static void
test_queue (void)
{
  g_autoptr (SeConfig) config
      = parse ("[queue *]\naccount = a@b.c\nallowed-recipients = *@b.c; d@e.f ;\nsubject = S\n"
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
test_units (void)
{
  const struct
  {
    const char *size;
    guint64 bytes;
  } sizes[] = {
    { "0", 0 },          { "1", 1 },           { "512b", 512 },
    { "25M", 26214400 }, { "25MB", 26214400 }, { "25 MiB", 26214400 },
    { "3k", 3072 },      { "2G", 2147483648 },
  };
  const struct
  {
    const char *time;
    guint seconds;
  } times[] = { { "0", 0 },     { "7", 7 },       { "90s", 90 },
                { "10m", 600 }, { "5d", 432000 }, { "1 h", 3600 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *text = g_strdup_printf ("[queue *]\nmax-message-size=%s\n", sizes[i].size);
      g_autoptr (SeConfig) config = parse (text);
      g_autoptr (SeQueueConfig) queue = se_config_get_queue (config, "q", NULL);

      g_assert_cmpuint (queue->max_message_size, ==, sizes[i].bytes);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      g_autofree char *text = g_strdup_printf ("[queue *]\nretry-for=%s\n", times[i].time);
      g_autoptr (SeConfig) config = parse (text);
      g_autoptr (SeQueueConfig) queue = se_config_get_queue (config, "q", NULL);

      g_assert_cmpuint (queue->retry_for, ==, times[i].seconds);
    }
}

/* Each line in the section before it is refused, with the file's line. */
static void
test_bad_values (void)
{
  const struct
  {
    const char *section;
    const char *lines[16];
  } cases[] = {
    { "server",
      { "user = a b", "user = ../x", "state-directory = relative", "proxy = proxy:3128",
        "proxy = http://user:password@proxy", "notify-command = notify x",
        "notify-command = /bin/x \"", "cups-server = a b", "cups-server = a\\nb" } },
    { "account a@b.c",
      { "provider = a/b", "tenant = a/../b", "tenant = a?b", "client-id = a b", "grant = devise",
        "token-store = files", "from-address = a", "from-address = a@b@c", "from-address = @b",
        "from-address = a@", "from-address = A <a@b.c>", "from-name = a\\nb",
        "smtp-user = a\x01"
        "b",
        "login-user = CONTOSO\\bob", "key-file = key" } },
    { "provider p",
      { "issuer = http://i.example.com", "issuer = https://", "issuer = https://i.example.com?x",
        "issuer = https://i.example.com#x", "token-endpoint = http://i.example.com/",
        "token-endpoint = ftp://i.example.com/", "token-endpoint = i.example.com",
        "token-endpoint = https://u:p@i.example.com/", "token-endpoint = https://i/%{tennant}",
        "token-endpoint = https://i/a b", "smtp-server = http://m.example.com",
        "smtp-server = m.example.com:25", "smtp-server = smtp://m/path",
        "smtp-server = smtp://m:99999", "smtp-server = smtp://u@m" } },
    { "provider p",
      { "sasl = plain", "grants = device;password", "redirect-uri = http://evil.example.com/",
        "max-rate = -1", "max-rate = 1.5", "max-rate = 9999999999", "max-message-size = M",
        "max-message-size = 25X", "max-message-size = 25 i", "helo-name = a b",
        "max-message-size = 99999999999G", "max-message-size = -1", "issuer = https://[::1" } },
    { "queue q",
      { "account = a", "allowed-recipients = *", "allowed-recipients = a@b;contoso.com",
        "allowed-recipients = a@b@c", "allowed-recipients = a b@c", "max-recipients = ten",
        "subject = %{nobody}", "subject = %{title", "filename = a\\nb", "report-to = a@%{user}",
        "reply-to = a@b,c@d", "retry-for = 5w", "retry-for = 99999999d", "body = a\\rb",
        "language = a b" } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (cases[i].lines) && cases[i].lines[j] != NULL; j++)
      {
        g_autofree char *text
            = g_strdup_printf ("# x\n[%s]\n\n%s\n", cases[i].section, cases[i].lines[j]);
        g_autofree char *problems = problems_of (text);
        g_autofree char *key = g_strndup (cases[i].lines[j], strcspn (cases[i].lines[j], " "));
        g_autofree char *start = g_strdup_printf ("F:4: %s: ", key);

        g_test_message ("%s", problems);
        g_assert_true (g_str_has_prefix (problems, start));
        g_assert_null (strchr (problems, '\n'));
        g_assert_null (strstr (problems, "password@"));
      }
}

static void
test_scan (void)
{
  const struct
  {
    const char *text, *problem;
  } cases[] = {
    { "[sever]\n", "F:1: unknown section [sever]; did you mean [server]?" },
    { "\n\n[acount a@b.c]\n",
      "F:3: unknown section [acount a@b.c]; did you mean [account a@b.c]?" },
    { "[\xc2\x85 a@b.c]\n", "F:1: unknown section [  a@b.c]; did you mean [queue a@b.c]?" },
    { "[server x]\n", "F:1: [server x] takes no name; did you mean [server]?" },
    { "[account]\n", "F:1: [account] lacks its name: [account ADDRESS]" },
    { "[queue ]\n", "F:1: [queue ] lacks its name: [queue NAME]" },
    { "[account  a@b.c]\n", "F:1: [account  a@b.c]: ' a@b.c' holds a space" },
    { "[account a]\n",
      "F:1: [account a]: 'a' is not an email address such as scanner@contoso.com" },
    { "[queue a/b]\n", "F:1: [queue a/b]: 'a/b' cannot be a queue's name" },
    { "[provider a b]\n",
      "F:1: [provider a b]: 'a b' may hold only letters, digits, '.', '_' and '-'" },
    { "[provider \xc3\xa4]\n",
      "F:1: [provider \xc3\xa4]: '\xc3\xa4' may hold only letters, digits, '.', '_' and '-'" },
    { "[queue a]b]\n", "F:1: [queue a]b]: a name may not hold brackets" },
    { "[server\n", "F:1: the section lacks its closing bracket" },
    { "[server] # x\n", "F:1: nothing may follow a section; comments stand on lines of their own" },
    { "[server]\n[queue *]\n[server]\n", "F:3: [server] stands in line 1 already" },
    { "user = x\n", "F:1: a key stands before the first [section]" },
    { "[server]\nsecret here\n", "F:2: neither a [section] nor KEY = VALUE nor a # comment" },
    { "[server]\nuser\n", "F:2: neither a [section] nor KEY = VALUE nor a # comment" },
    { "[server]\nusr = x\n", "F:2: unknown key 'usr' in [server]; did you mean 'user'?" },
    { "[account a@b.c]\nclient-secret = hush\n",
      "F:2: unknown key 'client-secret' in [account]; did you mean 'client-secret-file'?" },
    { "[account a@b.c]\nclient_id = x\n",
      "F:2: unknown key 'client_id' in [account]; did you mean 'client-id'?" },
    { "[server]\nuser[de] = x\n", "F:2: unknown key 'user[de]' in [server]; did you mean 'user'?" },
    { "[server]\n= x\n", "F:2: unknown key '' in [server]; did you mean 'user'?" },
    { "[account a@b.c]\nsubject = x\n",
      "F:2: unknown key 'subject' in [account]; it belongs into a [queue] section" },
    { "[server]\nuser = x\nproxy =\nuser = x\n", "F:4: 'user' stands in line 2 already" },
    { "[queue *]\nsubject = x # y\n",
      "F:2: a '#' after a value: comments stand on lines of their own (a space before a '#' that "
      "is meant is written \\s)" },
    { "[queue *]\nsubject =\t#\n",
      "F:2: a '#' after a value: comments stand on lines of their own (a space before a '#' that "
      "is meant is written \\s)" },
    { "[queue *]\nsubject = a\\qb\n", "F:2: subject: a backslash is written \\\\ here" },
    { "[queue *]\nsubject = \xff\n", "F:2: the line is not valid UTF-8" },
    { "[server]\nusr = x\nuser = a b\npaht = y\nthis\n",
      "F:2: unknown key 'usr' in [server]; did you mean 'user'?\n"
      "F:4: unknown key 'paht' in [server]; did you mean 'user'?\n"
      "F:5: neither a [section] nor KEY = VALUE nor a # comment" },
    { "[server]\nusr = x\nuser = a b\nproxy = x\n",
      "F:2: unknown key 'usr' in [server]; did you mean 'user'?\n"
      "F:3: user: 'a b' may hold only letters, digits, '.', '_' and '-'\n"
      "F:4: proxy: 'x' is not a valid URL beginning with http:// or https:// or socks4:// or "
      "socks4a:// or socks5:// or socks5h://" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *problems = problems_of (cases[i].text);

      g_assert_cmpstr (problems, ==, cases[i].problem);
    }
}

static void
test_hash_in_value (void)
{
  g_autoptr (SeConfig) config = parse ("[queue *]\nsubject = a#b \\s# c\nbody = \\s#1\n");
  g_autoptr (SeQueueConfig) queue = se_config_get_queue (config, "q", NULL);

  g_assert_cmpstr (queue->subject, ==, "a#b  # c");
  g_assert_cmpstr (queue->body, ==, "#1");
}

static void
test_files (void)
{
  g_autofree char *path = g_strconcat (presets, ".conf", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeConfig) config = NULL;

  g_assert_null (se_config_load (path, presets, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "[server]\0\n", 10, NULL));
  g_assert_null (se_config_load (path, presets, &error));
  g_assert_nonnull (strstr (error->message, "NUL"));
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, ACCOUNT, -1, NULL));
  config = se_config_load (path, presets, &error);
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

static GHashTable *make_keys (const char *first, ...) G_GNUC_NULL_TERMINATED;

static GHashTable *
make_keys (const char *first, ...)
{
  GHashTable *keys = g_hash_table_new (g_str_hash, g_str_equal);
  va_list arguments;

  va_start (arguments, first);
  for (const char *key = first; key != NULL; key = va_arg (arguments, const char *))
    g_hash_table_insert (keys, (gpointer)key, va_arg (arguments, char *));
  va_end (arguments);
  return keys;
}

static void
test_edit (void)
{
  g_autoptr (GHashTable) keys
      = make_keys ("provider", "google", "client-id", "new", "from-name", " a # b\\", NULL);
  const struct
  {
    const char *before, *after;
  } cases[] = {
    { "", "[account a@b.c]\nprovider = google\nclient-id = new\nfrom-name = \\sa\\s# b\\\\\n" },
    { "# top\n[server]\nuser = x",
      "# top\n[server]\nuser = x\n\n"
      "[account a@b.c]\nprovider = google\nclient-id = new\nfrom-name = \\sa\\s# b\\\\\n" },
    { "[account a@b.c]\n# own comment\n  client-id=old\n#client-id = older\n\n# about the queue\n"
      "[queue *]\nsubject =  odd   spaces \n",
      "[account a@b.c]\n# own comment\nclient-id = new\nprovider = google\n"
      "from-name = \\sa\\s# b\\\\\n#client-id = older\n\n# about the queue\n"
      "[queue *]\nsubject =  odd   spaces \n" },
    { "[account x@b.c]\nclient-id = old\n[account a@b.c]\n\n[account z@b.c]\nclient-id = old\n",
      "[account x@b.c]\nclient-id = old\n[account a@b.c]\nprovider = google\nclient-id = new\n"
      "from-name = \\sa\\s# b\\\\\n\n[account z@b.c]\nclient-id = old\n" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *edited = se_config_edit_account (cases[i].before, "a@b.c", keys);
      g_autofree char *again = se_config_edit_account (edited, "a@b.c", keys);

      g_assert_cmpstr (edited, ==, cases[i].after);
      g_assert_cmpstr (again, ==, edited);
    }
}

static void
test_edit_reads_back (void)
{
  const char *names[] = { "plain",      "#1",  "a # b", "back\\slash \\n",
                          "semi;colon", "=",   "[x]",   "\xc3\xa4\xe2\x82\xac",
                          "a  b",       "%{x}" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GHashTable) keys = make_keys ("from-name", names[i], NULL);
      g_autofree char *text = se_config_edit_account (ACCOUNT, "scanner@contoso.com", keys);
      g_autoptr (SeConfig) config = parse (text);
      g_autoptr (SeAccount) account = se_config_get_account (config, NULL, NULL);

      g_assert_cmpstr (account->from_name, ==, names[i]);
    }
}

static void
test_make_account (void)
{
  g_autoptr (SeConfig) config = parse (ACCOUNT "from-name = Old\n");
  g_autoptr (GHashTable) keys = make_keys ("tenant", "other", NULL);
  g_autoptr (GHashTable) new_keys = make_keys ("provider", "google", "client-id", "x", NULL);
  g_autoptr (GHashTable) bad_value = make_keys ("grant", "devise", NULL);
  g_autoptr (GHashTable) bad_key = make_keys ("tennant", "x", NULL);
  g_autoptr (GHashTable) none = make_keys ("from-name", "x", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeAccount) merged
      = se_config_make_account (config, "scanner@contoso.com", keys, &error);
  g_autoptr (SeAccount) new = se_config_make_account (config, "new@contoso.com", new_keys, &error);
  g_autoptr (SeAccount) old = se_config_get_account (config, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (merged->tenant, ==, "other");
  g_assert_cmpstr (merged->from_name, ==, "Old");
  g_assert_cmpstr (new->provider->name, ==, "google");
  g_assert_cmpstr (new->address, ==, "new@contoso.com");
  g_assert_cmpstr (old->tenant, ==, "contoso.onmicrosoft.com");

  g_assert_null (se_config_make_account (config, "new@contoso.com", bad_value, &error));
  g_assert_cmpstr (error->message, ==,
                   "grant: 'devise' is none of device, code, client-credentials, "
                   "service-account; did you mean 'device'?");
  g_clear_error (&error);
  g_assert_null (se_config_make_account (config, "new@contoso.com", bad_key, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_null (se_config_make_account (config, "new@contoso.com", none, &error));
  g_assert_nonnull (strstr (error->message, "'provider' is missing"));
  g_clear_error (&error);
  g_assert_null (se_config_make_account (config, "x@y]\nuser = root", new_keys, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_clear_error (&error);
  g_assert_null (se_config_make_account (config, "x@y]", new_keys, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
}

int
main (int argc, char **argv)
{
  g_autofree char *directory = g_dir_make_tmp ("test-configuration-XXXXXX", NULL);
  int status;

  presets = g_build_filename (directory, "providers", NULL);
  g_assert_true (g_file_set_contents (presets, PRESETS, -1, NULL));
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/configuration/defaults", test_defaults);
  g_test_add_func ("/configuration/server", test_server);
  g_test_add_func ("/configuration/account", test_account);
  g_test_add_func ("/configuration/scope", test_scope);
  g_test_add_func ("/configuration/provider-override", test_provider_override);
  g_test_add_func ("/configuration/which-account", test_which_account);
  g_test_add_func ("/configuration/account-problems", test_account_problems);
  g_test_add_func ("/configuration/no-presets", test_no_presets);
  g_test_add_func ("/configuration/queue", test_queue);
  g_test_add_func ("/configuration/units", test_units);
  g_test_add_func ("/configuration/bad-values", test_bad_values);
  g_test_add_func ("/configuration/scan", test_scan);
  g_test_add_func ("/configuration/hash-in-value", test_hash_in_value);
  g_test_add_func ("/configuration/files", test_files);
  g_test_add_func ("/configuration/path", test_path);
  g_test_add_func ("/configuration/edit", test_edit);
  g_test_add_func ("/configuration/edit-reads-back", test_edit_reads_back);
  g_test_add_func ("/configuration/make-account", test_make_account);
  status = g_test_run ();
  g_remove (presets);
  g_rmdir (directory);
  g_free (presets);
  return status;
}
