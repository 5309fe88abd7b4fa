/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/login.h"

#include "common/configuration-private.h"

#include <string.h>

/* Parses a command line, its words separated by '|'. */
static gboolean
parse (SeLoginOptions *options, const char *line, GError **error)
{
  g_auto (GStrv) words = g_strsplit (line, "|", -1);
  /* GOption moves the pointers about. */
  g_autofree char **argv = g_memdup2 (words, sizeof *words * (g_strv_length (words) + 1));

  return se_login_options_parse (options, (int)g_strv_length (words), argv, error);
}

static void
test_all (void)
{
  g_auto (SeLoginOptions) options = { 0 };
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer key, value;
  guint n = 0;

  g_assert_true (parse (&options,
                        "login|a@b.c|--provider=p|--tenant=t|--client-id=i|--grant=code|"
                        "--client-secret-file=/s|--client-secret-expires=2027-01-31|"
                        "--certificate-file=/c|--key-file=/k|--service-account-file=/j|"
                        "--login-user=l|--smtp-user=s|--from-address=f@b.c|--from-name=Front desk|"
                        "--scope=x y|--store=file|--port=4711|--queue=q|--to=d@e.f|--no-test-mail|"
                        "--json",
                        &error));
  g_assert_no_error (error);
  g_assert_cmpstr (options.address, ==, "a@b.c");
  g_assert_cmpuint (options.port, ==, 4711);
  g_assert_cmpstr (options.queue, ==, "q");
  g_assert_cmpstr (options.to, ==, "d@e.f");
  g_assert_true (options.no_test_mail && options.json);
  g_assert_cmpstr (g_hash_table_lookup (options.keys, "token-store"), ==, "file");
  g_assert_cmpstr (g_hash_table_lookup (options.keys, "scope"), ==, "x y");
  g_assert_cmpstr (g_hash_table_lookup (options.keys, "from-name"), ==, "Front desk");
  g_hash_table_iter_init (&iter, options.keys);
  while (g_hash_table_iter_next (&iter, &key, &value))
    g_assert_nonnull (se_config_find_key ("account", key));
  /* An account has no key that no option sets. */
  for (const SeConfigKey *known = se_config_keys; known->section != NULL; known++)
    if (g_str_equal (known->section, "account"))
      {
        g_assert_true (g_hash_table_contains (options.keys, known->key));
        n++;
      }
  g_assert_cmpuint (g_hash_table_size (options.keys), ==, n);
}

static void
test_paths (void)
{
  g_auto (SeLoginOptions) options = { 0 };
  g_autofree char *here = g_get_current_dir ();
  g_autofree char *expected = g_build_filename (here, "x", "secret", NULL);

  g_assert_true (parse (&options, "login|--client-secret-file=./x/../x/secret|--key-file=", NULL));
  g_assert_cmpstr (g_hash_table_lookup (options.keys, "client-secret-file"), ==, expected);
  g_assert_cmpstr (g_hash_table_lookup (options.keys, "key-file"), ==, "");
  g_assert_null (options.address);
  g_assert_cmpuint (options.port, ==, 0);
}

/* In the locale "C", as under one that was never generated. */
static void
test_utf8 (void)
{
  g_auto (SeLoginOptions) options = { 0 };
  g_auto (SeLoginOptions) bad = { 0 };
  g_autoptr (GError) error = NULL;

  g_assert_true (parse (&options, "login|--from-name=B\303\274ro|--key-file=/b\303\274ro", &error));
  g_assert_no_error (error);
  g_assert_cmpstr (g_hash_table_lookup (options.keys, "from-name"), ==, "B\303\274ro");
  g_assert_cmpstr (g_hash_table_lookup (options.keys, "key-file"), ==, "/b\303\274ro");
  g_assert_false (parse (&bad, "login|--store=file|--from-name=B\374ro", &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_USAGE);
  g_assert_cmpstr (error->message, ==, "--from-name is not valid UTF-8");
}

static void
test_refused (void)
{
  static const char *const lines[]
      = { "login|a@b.c|d@e.f", "login|--queue=q",    "login|--to=a@b.c",  "login|--port=65536",
          "login|--port=-1",   "login|--port=eight", "login|--password=x" };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_auto (SeLoginOptions) options = { 0 };
      g_autoptr (GError) error = NULL;

      g_assert_false (parse (&options, lines[i], &error));
      g_assert_error (error, SE_ERROR, (int)SE_ERROR_USAGE);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_set_prgname ("oauth-setup login");
  g_test_add_func ("/login-options/all", test_all);
  g_test_add_func ("/login-options/paths", test_paths);
  g_test_add_func ("/login-options/utf8", test_utf8);
  g_test_add_func ("/login-options/refused", test_refused);
  return g_test_run ();
}
