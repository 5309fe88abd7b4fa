/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/config-file.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  char *directory;
  char *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->directory = g_dir_make_tmp ("se-config-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->directory, "scan-email.conf", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *real = g_build_filename (fixture->directory, "real.conf", NULL);

  (void)g_unlink (fixture->path);
  (void)g_unlink (real);
  g_assert_cmpint (g_rmdir (fixture->directory), ==, 0);
  g_free (fixture->directory);
  g_free (fixture->path);
}

static void
assert_contents (const char *path, const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

static mode_t
mode_of (const char *path)
{
  struct stat status;

  g_assert_cmpint (lstat (path, &status), ==, 0);
  return status.st_mode & 07777;
}

static gboolean
edit (const char *path, gboolean *changed)
{
  g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;
  gboolean good;

  g_hash_table_insert (keys, (gpointer) "provider", (gpointer) "microsoft");
  g_hash_table_insert (keys, (gpointer) "tenant", (gpointer) "t");
  good = se_config_file_edit (path, "a@x.org", keys, changed, &error);
  g_assert_no_error (error);
  return good;
}

static void
test_edit (Fixture *fixture, gconstpointer unused)
{
  gboolean changed = FALSE;

  g_assert_true (g_file_set_contents (
      fixture->path, "# mine\n[server]\n\n[account a@x.org]\n# old\ntenant = s\n", -1, NULL));
  g_assert_cmpint (chmod (fixture->path, 0604), ==, 0);
  g_assert_true (edit (fixture->path, &changed));
  g_assert_true (changed);
  assert_contents (fixture->path, "# mine\n[server]\n\n[account a@x.org]\n# old\ntenant = t\n"
                                  "provider = microsoft\n");
  g_assert_cmpint (mode_of (fixture->path), ==, 0604);
  g_assert_true (edit (fixture->path, &changed));
  g_assert_false (changed);
}

static void
test_symbolic_link (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *real = g_build_filename (fixture->directory, "real.conf", NULL);
  gboolean changed = FALSE;

  g_assert_true (g_file_set_contents (real, "[server]\n", -1, NULL));
  g_assert_cmpint (symlink ("real.conf", fixture->path), ==, 0);
  g_assert_true (edit (fixture->path, &changed));
  g_assert_true (g_file_test (fixture->path, G_FILE_TEST_IS_SYMLINK));
  assert_contents (real, "[server]\n\n[account a@x.org]\nprovider = microsoft\ntenant = t\n");
}

static void
test_ensure (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeConfig) config = NULL;
  gboolean made = se_config_file_ensure (fixture->path, &error);

  if (!made && geteuid () == 0)
    {
      /* There is no service group on this machine. */
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
      g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpint (mode_of (fixture->path), ==, 0640);
  config = se_config_load (fixture->path, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (config);
}

static void
test_ensure_keeps (Fixture *fixture, gconstpointer unused)
{
  g_assert_true (g_file_set_contents (fixture->path, "# mine\n", -1, NULL));
  g_assert_true (se_config_file_ensure (fixture->path, NULL));
  assert_contents (fixture->path, "# mine\n");
}

static void
test_missing (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;
  gboolean changed = TRUE;

  g_assert_false (se_config_file_edit (fixture->path, "a@x.org", keys, &changed, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_false (changed);
}

/* The files as they are installed. */

static SeConfig *
parse_installed (const char *text)
{
  g_autofree char *presets = g_test_build_filename (G_TEST_DIST, "conf", "providers.conf", NULL);
  g_autoptr (GError) error = NULL;
  SeConfig *config = se_config_parse ("scan-email.conf", text, presets, &error);

  g_assert_no_error (error);
  return config;
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
  g_autoptr (SeConfig) config = parse_installed (text);
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
  g_autoptr (SeConfig) config = parse_installed (uncommented);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeAccount) account = se_config_get_account (config, NULL, &error);
  g_autoptr (SeQueueConfig) queue = NULL;

  g_assert_no_error (error);
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
      = parse_installed ("[account a@x.org]\nprovider = microsoft\ntenant = t\nclient-id = c\n");
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
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/config-file/edit", test_edit);
  ADD ("/config-file/symbolic-link", test_symbolic_link);
  ADD ("/config-file/ensure", test_ensure);
  ADD ("/config-file/ensure-keeps", test_ensure_keeps);
  ADD ("/config-file/missing", test_missing);
  g_test_add_func ("/config-file/installed", test_installed);
  g_test_add_func ("/config-file/installed/examples", test_installed_examples);
  g_test_add_func ("/config-file/microsoft", test_microsoft);
  return g_test_run ();
}
