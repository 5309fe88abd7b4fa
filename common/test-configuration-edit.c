/* SPDX-License-Identifier: Apache-2.0 */
/* Accounts that a program sets up: the text that it writes, and what it tries out before. */
#include "common/test-configuration-fixture.h"

#include <string.h>

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
  g_autoptr (GHashTable) keys = make_keys ("provider", "google", "client-id", "new", "from-name",
                                           " a # b\\", "tenant", "", NULL);
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
    { "[account a@b.c]\nclient-id = old\n tenant=x\n# it goes\n[account z@b.c]\ntenant = y\n",
      "[account a@b.c]\nclient-id = new\nprovider = google\nfrom-name = \\sa\\s# b\\\\\n"
      "# it goes\n[account z@b.c]\ntenant = y\n" },
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
      g_autofree char *text = se_config_edit_account (FIXTURE_ACCOUNT, "scanner@contoso.com", keys);
      g_autoptr (SeConfig) config = fixture_parse (text);
      g_autoptr (SeAccount) account = se_config_get_account (config, NULL, NULL);

      g_assert_cmpstr (account->from_name, ==, names[i]);
    }
}

static void
test_make_account (void)
{
  g_autoptr (SeConfig) config = fixture_parse (FIXTURE_ACCOUNT "from-name = Old\n");
  g_autoptr (GHashTable) keys = make_keys ("tenant", "other", NULL);
  g_autoptr (GHashTable) new_keys = make_keys ("provider", "google", "client-id", "x", NULL);
  g_autoptr (GHashTable) bad_value = make_keys ("grant", "devise", NULL);
  g_autoptr (GHashTable) bad_key = make_keys ("tennant", "x", NULL);
  g_autoptr (GHashTable) no_provider = make_keys ("provider", "nowhere", NULL);
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
  g_assert_cmpstr (error->message, ==,
                   "[account new@contoso.com] cannot be set up so: the key 'provider' is missing");
  g_clear_error (&error);
  g_assert_null (se_config_make_account (config, "scanner@contoso.com", no_provider, &error));
  g_assert_nonnull (strstr (error->message, "/etc/x.conf:"));
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
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/configuration-edit/edit", test_edit);
  g_test_add_func ("/configuration-edit/reads-back", test_edit_reads_back);
  g_test_add_func ("/configuration-edit/make-account", test_make_account);
  return fixture_run ();
}
