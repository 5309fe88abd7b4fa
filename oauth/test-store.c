/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/test-fixture.h"

#include "common/io.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Tries to load and returns the error that must come. */
static GError *
load_error (const Fixture *fixture)
{
  GError *error = NULL;
  g_autoptr (SeStore) store = se_store_open (&fixture->server, &fixture->account, &error);
  SeTokenRecord *record = NULL;

  if (store != NULL)
    g_assert_false (se_store_load (store, &record, &error));
  g_assert_null (record);
  g_assert_nonnull (error);
  return error;
}

static mode_t
mode_of (const char *path)
{
  struct stat status;

  g_assert_cmpint (lstat (path, &status), ==, 0);
  return status.st_mode & 07777;
}

static void
test_round_trip (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 10, 3590);
  g_autoptr (SeTokenRecord) again = NULL;
  g_autofree char *path = fixture_path (fixture);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *contents = NULL;

  record->issuer = g_strdup ("https://id.test");
  record->scope = g_strdup ("a b");
  record->identity = g_strdup ("Zoë \"Z\" <z@contoso.com>");
  record->tenant_id = g_strdup ("t-1");
  record->failure = g_strdup ("invalid_grant");
  record->failed = record->last_refresh = 1700000000;
  fixture_store (fixture, record);
  again = fixture_load (fixture);
  g_assert_cmpstr (again->issuer, ==, record->issuer);
  g_assert_cmpstr (again->token_endpoint, ==, record->token_endpoint);
  g_assert_cmpstr (again->client_id, ==, record->client_id);
  g_assert_cmpstr (again->login_user, ==, record->login_user);
  g_assert_cmpstr (again->grant, ==, record->grant);
  g_assert_cmpstr (again->access_token, ==, record->access_token);
  g_assert_cmpstr (again->refresh_token, ==, record->refresh_token);
  g_assert_cmpstr (again->scope, ==, record->scope);
  g_assert_cmpstr (again->identity, ==, record->identity);
  g_assert_cmpstr (again->tenant_id, ==, record->tenant_id);
  g_assert_cmpstr (again->failure, ==, record->failure);
  g_assert_cmpint (again->obtained, ==, record->obtained);
  g_assert_cmpint (again->expires, ==, record->expires);
  g_assert_cmpint (again->last_refresh, ==, 1700000000);
  g_assert_cmpint (again->failed, ==, 1700000000);

  g_assert_cmpuint (mode_of (path), ==, 0600);
  g_assert_cmpuint (mode_of (directory), ==, 0700);
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_nonnull (strstr (contents, "\"version\":\t2"));
  g_assert_nonnull (strstr (contents, "\"2023-11-14T22:13:20Z\""));
}

static void
test_none (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeStore) store = se_store_open (&fixture->server, &fixture->account, &error);
  g_autoptr (SeTokenRecord) record = NULL;
  g_autofree char *path = fixture_path (fixture);

  g_assert_no_error (error);
  g_assert_true (se_store_load (store, &record, &error));
  g_assert_null (record);
  g_assert_cmpstr (se_store_location (store), ==, path);
  g_assert_true (se_store_remove (store, &error));
  record = fixture_record (fixture, 0, 1);
  g_assert_true (se_store_save (store, record, &error));
  g_assert_true (se_store_remove (store, &error));
  g_assert_no_error (error);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

/* An address cannot leave the directory, nor meet another's file. */
static void
test_names (Fixture *fixture, gconstpointer unused)
{
  static const char *const addresses[] = { "../../x@y", "a/b@c", "\"a b\"@c", "a%2Fb@c", "ä@c" };
  g_autofree char *directory = g_build_filename (fixture->directory, "tokens", NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_autoptr (SeStore) store = NULL;
      g_autofree char *parent = NULL;

      fixture->account.address = (char *)addresses[i];
      store = se_store_open (&fixture->server, &fixture->account, NULL);
      g_assert_nonnull (store);
      parent = g_path_get_dirname (se_store_location (store));
      g_assert_cmpstr (parent, ==, directory);
      g_assert_true (g_hash_table_add (seen, g_strdup (se_store_location (store))));
    }
}

static char *
lock_path (const char *directory)
{
  return g_build_filename (directory, "scanner%40contoso.com.lock", NULL);
}

static void
test_modes (Fixture *fixture, gconstpointer unused)
{
  static const mode_t bad[] = { 0640, 0604, 0660, 0666, 0644, 0620, 0602 };
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 0, 3600);
  g_autofree char *path = fixture_path (fixture);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *lock = lock_path (directory);
  g_autoptr (GError) error = NULL;

  fixture_store (fixture, record);
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_cmpint (g_chmod (path, bad[i]), ==, 0);
      error = load_error (fixture);
      assert_failure (error, SE_ERROR_CONFIG, "chmod 0600");
    }
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
  g_assert_cmpint (g_chmod (directory, 0750), ==, 0);
  error = load_error (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "chmod 0700");
  g_assert_cmpint (g_chmod (directory, 0700), ==, 0);
  g_assert_cmpint (g_chmod (lock, 0644), ==, 0);
  error = load_error (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "chmod 0600");
  g_assert_cmpint (g_unlink (lock), ==, 0);
  g_assert_cmpint (g_mkdir (lock, 0700), ==, 0);
  error = load_error (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "rm -r ");
}

static void
test_owners (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 0, 3600);
  g_autofree char *path = fixture_path (fixture);
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *lock = lock_path (directory);
  g_autoptr (GError) error = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("giving a file to another user takes root");
      return;
    }
  fixture_store (fixture, record);
  g_assert_cmpint (chown (path, 65534, 0), ==, 0);
  error = load_error (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "chown");
  g_assert_cmpint (chown (path, 0, 0), ==, 0);
  g_assert_cmpint (chown (lock, 65534, 0), ==, 0);
  error = load_error (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "run: chown scan-email ");
  g_assert_cmpint (chown (lock, 0, 0), ==, 0);
  g_assert_cmpint (chown (directory, 65534, 0), ==, 0);
  error = load_error (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "chown");
}

static void
test_links (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 0, 3600);
  g_autofree char *path = fixture_path (fixture);
  g_autofree char *elsewhere = g_build_filename (fixture->directory, "elsewhere", NULL);
  g_autoptr (GError) error = NULL;

  fixture_store (fixture, record);
  g_assert_cmpint (g_rename (path, elsewhere), ==, 0);
  g_assert_cmpint (symlink (elsewhere, path), ==, 0);
  error = load_error (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "symbolic link");
  g_assert_cmpint (g_unlink (elsewhere), ==, 0);
  error = load_error (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "symbolic link");
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  error = load_error (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "not a regular file");
}

/* Cut anywhere, a record is damaged: never taken for none, never for another. */
static void
test_cut (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 0, 3600);
  g_autofree char *path = fixture_path (fixture);
  g_autofree char *contents = NULL;
  gsize length = 0;

  fixture_store (fixture, record);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  for (gsize cut = 0; cut < length; cut++)
    {
      g_autoptr (GError) error = NULL;

      fixture_put (path, contents, (gssize)cut);
      error = load_error (fixture);
      assert_failure (error, SE_ERROR_CONFIG, "oauth-setup login " FIXTURE_ADDRESS);
    }
}

static const struct
{
  const char *name;
  const char *contents;
  const char *part;
} damages[] = {
  { "newer", "{\"version\":3}", "written by a newer scan-email (format 3, this one knows 2)" },
  { "no-version", "{}", "damaged (version)" },
  { "version-zero", "{\"version\":0}", "damaged (version)" },
  { "no-endpoint", "{\"version\":1,\"client_id\":\"c\"}", "damaged (token_endpoint)" },
  { "bad-time",
    "{\"version\":1,\"token_endpoint\":\"t\",\"client_id\":\"c\",\"login_user\":\"l\","
    "\"grant\":\"device\",\"obtained\":\"yesterday\"}",
    "damaged (obtained)" },
  { "text", "hello", "damaged (no JSON object)" },
  { "nothing", "", "damaged" },
};

static void
test_damaged (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *path = fixture_path (fixture);
  g_autoptr (SeStore) store = se_store_open (&fixture->server, &fixture->account, NULL);

  g_assert_nonnull (store);
  for (gsize i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      g_autoptr (GError) error = NULL;

      fixture_put (path, damages[i].contents, -1);
      error = load_error (fixture);
      assert_failure (error, SE_ERROR_CONFIG, damages[i].part);
    }
}

/* Files as the first version wrote them: format 1, without the time of the sign-in. */
#define FIRST_VERSION(rest)                                                        \
  "{\n\t\"version\":\t1,\n\t\"issuer\":\t\"https://id.test\",\n"                   \
  "\t\"token_endpoint\":\t\"" FIXTURE_TOKEN_URL "\",\n"                            \
  "\t\"client_id\":\t\"client-1\",\n\t\"login_user\":\t\"scanner@contoso.com\",\n" \
  "\t\"grant\":\t\"device\",\n\t\"access_token\":\t\"access-0\",\n"                \
  "\t\"refresh_token\":\t\"refresh-0\",\n\t\"scope\":\t\"a b\",\n" rest            \
  "\t\"obtained\":\t\"2026-11-01T08:00:00Z\",\n"                                   \
  "\t\"expires\":\t\"2026-11-01T09:00:00Z\"}"

static const char *const first_version[] = {
  FIRST_VERSION (""),
  FIRST_VERSION ("\t\"identity\":\t\"scanner@contoso.com\",\n\t\"tenant_id\":\t\"t-1\",\n"
                 "\t\"failure\":\t\"invalid_grant\",\n\t\"failed\":\t\"2026-11-01T08:30:00Z\",\n"
                 "\t\"last_refresh\":\t\"2026-11-01T08:00:00Z\",\n"),
};

/* They are read, and become format 2 with the next save and no sooner. */
static void
test_first_version (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *path = fixture_path (fixture);
  g_autoptr (SeStore) store = se_store_open (&fixture->server, &fixture->account, NULL);

  g_assert_nonnull (store);
  for (gsize i = 0; i < G_N_ELEMENTS (first_version); i++)
    {
      g_autoptr (SeTokenRecord) record = NULL;
      g_autoptr (SeTokenRecord) again = NULL;
      g_autofree char *untouched = NULL;
      g_autofree char *upgraded = NULL;

      fixture_put (path, first_version[i], -1);
      record = fixture_load (fixture);
      g_assert_true (g_file_get_contents (path, &untouched, NULL, NULL));
      g_assert_cmpstr (untouched, ==, first_version[i]);
      g_assert_cmpstr (record->refresh_token, ==, "refresh-0");
      g_assert_cmpint (record->obtained, ==, 1793520000);
      g_assert_cmpint (record->authorized, ==, record->obtained);
      g_assert_cmpint (record->refresh_expires, ==, 0);

      fixture_store (fixture, record);
      g_assert_true (g_file_get_contents (path, &upgraded, NULL, NULL));
      g_assert_nonnull (strstr (upgraded, "\"version\":\t2"));
      again = fixture_load (fixture);
      g_assert_cmpint (again->authorized, ==, record->authorized);
      g_assert_cmpstr (again->failure, ==, record->failure);
      g_assert_cmpint (again->failed, ==, record->failed);
    }
}

static void
test_no_directory (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *tokens = g_build_filename (fixture->directory, "tokens", NULL);
  g_autoptr (GError) error = NULL;

  fixture_put (tokens, "", 0);
  error = load_error (fixture);
  assert_failure (error, SE_ERROR_CONFIG, tokens);
}

static void
test_other_store (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  fixture->account.token_store = (char *)"secret-service";
  error = load_error (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "token-store");
}

/* What a killed process left goes with the next write, another account's does not. */
static void
test_leftovers (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 0, 3600);
  g_autofree char *tokens = g_build_filename (fixture->directory, "tokens", NULL);
  g_autofree char *mine = g_build_filename (tokens, ".scanner%40contoso.com.json.ABCDEF", NULL);
  g_autofree char *other = g_build_filename (tokens, ".b-scanner%40contoso.com.json.ABCDEF", NULL);
  /* Of the account scanner@contoso.com.json.example, under another lock. */
  g_autofree char *longer
      = g_build_filename (tokens, ".scanner%40contoso.com.json.example.json.ABCDEF", NULL);
  g_autoptr (SeStore) store = se_store_open (&fixture->server, &fixture->account, NULL);

  g_assert_nonnull (store);
  fixture_put (mine, "x", 1);
  fixture_put (other, "x", 1);
  fixture_put (longer, "x", 1);
  fixture_store (fixture, record);
  g_assert_false (g_file_test (mine, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (other, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (longer, G_FILE_TEST_EXISTS));
}

static void
test_lock (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeStore) store = se_store_open (&fixture->server, &fixture->account, &error);
  se_autofd int lock = se_store_lock (store, 0, -1, &error);
  se_autofd int again = -1;

  g_assert_no_error (error);
  again = se_store_lock (store, 50, -1, &error);
  g_assert_cmpint (again, ==, -1);
  assert_failure (error, SE_ERROR_TEMPORARY, "scanner%40contoso.com.lock");
  se_io_clear_fd (&lock);
  again = se_store_lock (store, 50, -1, &error);
  g_assert_no_error (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/store/round-trip", test_round_trip);
  ADD ("/store/none", test_none);
  ADD ("/store/names", test_names);
  ADD ("/store/modes", test_modes);
  ADD ("/store/owners", test_owners);
  ADD ("/store/links", test_links);
  ADD ("/store/cut", test_cut);
  ADD ("/store/damaged", test_damaged);
  ADD ("/store/first-version", test_first_version);
  ADD ("/store/no-directory", test_no_directory);
  ADD ("/store/other-store", test_other_store);
  ADD ("/store/leftovers", test_leftovers);
  ADD ("/store/lock", test_lock);
  return g_test_run ();
}
