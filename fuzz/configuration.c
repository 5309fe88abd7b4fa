/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration: GKeyFile sees no key that the scan has not, and what is edited can be read. */
#include "common/configuration-private.h"
#include "fuzz/fuzz.h"

#include <string.h>

#define PATH "/etc/cups/scan-email.conf"
#define NO_PRESETS "/nonexistent/providers.conf"
#define NEW_ADDRESS "new@contoso.com"
#define NEW_NAME "# \\ \"Front\" desk #1; =[x]"

static void
check_lines (const SeConfigFile *file)
{
  g_auto (GStrv) sections = g_key_file_get_groups (file->keys, NULL);

  for (char **section = sections; *section != NULL; section++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (file->keys, *section, NULL, NULL);

      g_assert_cmpuint (se_config_file_line (file, *section, NULL), >, 0);
      for (char **key = keys; *key != NULL; key++)
        g_assert_cmpuint (se_config_file_line (file, *section, *key), >, 0);
    }
}

static void
check_accounts (const SeConfig *config)
{
  g_auto (GStrv) accounts = se_config_list_accounts (config);

  for (char **address = accounts; *address != NULL; address++)
    {
      GError *error = NULL;
      g_autoptr (SeAccount) account = se_config_get_account (config, *address, &error);

      fuzz_assert_outcome (account != NULL, &error);
      if (account == NULL)
        continue;
      g_assert_cmpstr (account->address, ==, *address);
      g_assert_true (account->provider != NULL && account->scope != NULL && account->grant != NULL
                     && account->login_user != NULL && account->smtp_user != NULL
                     && account->from_address != NULL && account->token_store != NULL);
    }
}

static void
check_rest (const SeConfig *config)
{
  GError *error = NULL;
  g_autoptr (SeServerConfig) server = se_config_get_server (config, &error);
  g_autoptr (SeQueueConfig) queue = NULL;
  g_auto (GStrv) providers = se_config_list_providers (config);

  fuzz_assert_outcome (server != NULL, &error);
  g_assert_nonnull (providers);
  queue = se_config_get_queue (config, "office", &error);
  fuzz_assert_outcome (queue != NULL, &error);
}

/* An account that is added, and changed, stands there, and the rest as it was. */
static void
check_edited (const char *text, const char *address)
{
  g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);
  g_autofree char *edited = NULL;
  g_autofree char *twice = NULL;
  g_autofree char *section = g_strdup_printf ("account %s", address);
  g_autofree char *name = NULL;
  g_autoptr (SeConfigFile) file = NULL;
  GError *error = NULL;

  g_hash_table_insert (keys, (gpointer) "from-name", (gpointer)NEW_NAME);
  g_hash_table_insert (keys, (gpointer) "scope", (gpointer) "");
  edited = se_config_edit_account (text, address, keys);
  file = se_config_file_parse (PATH, edited, FALSE, &error);
  g_assert_no_error (error);
  name = g_key_file_get_string (file->keys, section, "from-name", NULL);
  g_assert_cmpstr (g_strchug (name), ==, NEW_NAME);
  g_assert_false (g_key_file_has_key (file->keys, section, "scope", NULL));
  twice = se_config_edit_account (edited, address, keys);
  g_assert_cmpstr (twice, ==, edited);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput input = fuzz_input (data, size);
  g_autofree char *text = fuzz_take_rest (&input);
  GError *error = NULL;
  g_autoptr (SeConfigFile) presets = se_config_file_parse (PATH, text, TRUE, &error);
  g_autoptr (SeConfigFile) file = NULL;
  g_autoptr (SeConfig) config = NULL;

  fuzz_assert_outcome (presets != NULL, &error);
  file = se_config_file_parse (PATH, text, FALSE, &error);
  fuzz_assert_outcome (file != NULL, &error);
  if (file == NULL)
    return 0;
  check_lines (file);
  check_edited (text, NEW_ADDRESS);
  config = se_config_parse (PATH, text, NO_PRESETS, &error);
  fuzz_assert_outcome (config != NULL, &error);
  if (config == NULL)
    return 0;
  check_accounts (config);
  check_rest (config);
  return 0;
}
