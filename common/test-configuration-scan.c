/* SPDX-License-Identifier: Apache-2.0 */
#include "common/configuration.h"

#include <string.h>

static SeConfig *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  SeConfig *config = se_config_parse ("F", text, NULL, &error);

  g_assert_no_error (error);
  return config;
}

/* All the problems of text, a line each, without the file's name. */
static char *
problems_of (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeConfig) config = se_config_parse ("F", text, NULL, &error);

  if (config != NULL)
    g_error ("accepted: %s", text);
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  return g_strdup (error->message);
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
      { "account = a", "allowed-recipients = a@b;contoso.com", "allowed-recipients = a@b@c",
        "allowed-recipients = a b@c", "max-recipients = ten", "subject = %{nobody}",
        "subject = %{title", "filename = a\\nb", "report-to = a@%{user}", "reply-to = a@b,c@d",
        "retry-for = 5w", "retry-for = 99999999d", "body = a\\rb", "language = a b" } },
    { "queue q",
      { "allowed-hosts = 192.168.5.20/24", "allowed-hosts = localhost;a b", "allowed-users = a\\nb",
        "only-to-self = yes", "only-to-self = bob@b.c", "only-to-self = %{user}",
        "only-to-self = a@%{user}", "rate-per-user = 30", "rate-per-user = 0/h",
        "rate-per-user = 30/w", "rate-per-user = 30/0h", "rate-per-user = 30/h/h",
        "rate-per-host = -1/h", "rate-per-host = /h", "rate-per-host = 30/" } },
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

static const struct
{
  const char *text, *problem;
} scanned[] = {
  { "[sever]\n", "F:1: unknown section [sever]; did you mean [server]?" },
  { "\n\n[acount a@b.c]\n", "F:3: unknown section [acount a@b.c]; did you mean [account a@b.c]?" },
  { "[\xc2\x85 a@b.c]\n", "F:1: unknown section [  a@b.c]; did you mean [queue a@b.c]?" },
  { "[server x]\n", "F:1: [server x] takes no name; did you mean [server]?" },
  { "[account]\n", "F:1: [account] lacks its name: [account ADDRESS]" },
  { "[queue ]\n", "F:1: [queue ] lacks its name: [queue NAME]" },
  { "[account  a@b.c]\n", "F:1: [account  a@b.c]: ' a@b.c' holds a space" },
  { "[account a]\n", "F:1: [account a]: 'a' is not an email address such as scanner@contoso.com" },
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

static void
test_scan (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (scanned); i++)
    {
      g_autofree char *problems = problems_of (scanned[i].text);

      g_assert_cmpstr (problems, ==, scanned[i].problem);
    }
}

#define TAGS_OF_33 "abcdefgh-abcdefgh-abcdefgh-abcdef"

static void
test_long_language (void)
{
  g_autoptr (SeConfig) config = parse ("[queue *]\nlanguage = d-" TAGS_OF_33 "\n");
  g_autoptr (SeQueueConfig) queue = se_config_get_queue (config, "q", NULL);
  g_autofree char *problems = problems_of ("[queue *]\nlanguage = de-" TAGS_OF_33 "\n");

  g_assert_cmpstr (queue->language, ==, "d-" TAGS_OF_33);
  g_assert_cmpstr (problems, ==, "F:2: language: 'de-" TAGS_OF_33 "' is longer than 35 characters");
}

static void
test_hash_in_value (void)
{
  g_autoptr (SeConfig) config = parse ("[queue *]\nsubject = a#b \\s# c\nbody = \\s#1\n");
  g_autoptr (SeQueueConfig) queue = se_config_get_queue (config, "q", NULL);

  g_assert_cmpstr (queue->subject, ==, "a#b  # c");
  g_assert_cmpstr (queue->body, ==, "#1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/configuration-scan/units", test_units);
  g_test_add_func ("/configuration-scan/bad-values", test_bad_values);
  g_test_add_func ("/configuration-scan/scan", test_scan);
  g_test_add_func ("/configuration-scan/long-language", test_long_language);
  g_test_add_func ("/configuration-scan/hash-in-value", test_hash_in_value);
  return g_test_run ();
}
