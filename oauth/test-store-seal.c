/* SPDX-License-Identifier: Apache-2.0 */
/* Records encrypted at rest. */
#include "oauth/test-fixture.h"

#include "common/io.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define KEY "0123456789abcdef0123456789abcdef"
#define OTHER_KEY "0123456789abcdef0123456789abcdeF"

/* Puts contents into the key file and configures it. */
static void
set_key (Fixture *fixture, const char *contents)
{
  g_free (fixture->server.token_key_file);
  fixture->server.token_key_file = g_build_filename (fixture->directory, "token-key", NULL);
  fixture_put (fixture->server.token_key_file, contents, -1);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_free (fixture->server.token_key_file);
  fixture_tear_down (fixture, data);
}

/* What opening the store or loading from it says; NULL if both work. */
static GError *
try_load (const Fixture *fixture)
{
  GError *error = NULL;
  g_autoptr (SeStore) store = se_store_open (&fixture->server, &fixture->account, &error);
  g_autoptr (SeTokenRecord) record = NULL;

  if (store != NULL)
    se_store_load (store, &record, &error);
  return error;
}

static char *
contents_of (const Fixture *fixture)
{
  g_autofree char *path = fixture_path (fixture);
  char *contents = NULL;

  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  return contents;
}

static void
test_round_trip (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  set_key (fixture, KEY);
  fixture_store_new (fixture, 0, 3600);
  first = contents_of (fixture);
  fixture_assert_stored (fixture, "access-0", "refresh-0", NULL);
  g_assert_nonnull (strstr (first, "\"version\":\t2"));
  g_assert_nonnull (strstr (first, "\"cipher\":\t\"AES-256-GCM\""));
  g_assert_null (strstr (first, "refresh-0"));
  g_assert_null (strstr (first, FIXTURE_CLIENT));
  fixture_store_new (fixture, 0, 3600);
  second = contents_of (fixture);
  g_assert_cmpstr (first, !=, second);
}

/* A plain record, of either format, is read and then encrypted by the next save. */
static void
test_plain_before (Fixture *fixture, gconstpointer version)
{
  g_autofree char *path = fixture_path (fixture);
  g_autoptr (SeTokenRecord) record = NULL;
  g_autofree char *plain = NULL;
  g_autofree char *sealed = NULL;
  char *digit = NULL;

  fixture_store_new (fixture, 0, 3600);
  plain = contents_of (fixture);
  digit = strstr (plain, "\"version\":\t2") + strlen ("\"version\":\t");
  *digit = *(const char *)version;
  fixture_put (path, plain, -1);
  set_key (fixture, KEY);
  record = fixture_load (fixture);
  fixture_store (fixture, record);
  sealed = contents_of (fixture);
  g_assert_null (strstr (sealed, "refresh-0"));
  fixture_assert_stored (fixture, "access-0", "refresh-0", NULL);
}

/* Line ends that an editor or echo(1) adds do not make another key. */
static void
test_line_ends (Fixture *fixture, gconstpointer unused)
{
  set_key (fixture, KEY "\r\n\n");
  fixture_store_new (fixture, 0, 3600);
  set_key (fixture, KEY);
  fixture_assert_stored (fixture, "access-0", "refresh-0", NULL);
}

static void
test_no_key (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  set_key (fixture, KEY);
  fixture_store_new (fixture, 0, 3600);
  g_clear_pointer (&fixture->server.token_key_file, g_free);
  error = try_load (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "set token-key-file in the section [server]");
}

/* The name of the configured key, as a sealed record has it. */
static char *
key_id (Fixture *fixture)
{
  g_autofree char *contents = NULL;
  const char *id = NULL;

  fixture_store_new (fixture, 0, 3600);
  contents = contents_of (fixture);
  id = strstr (contents, "\"key_id\":\t\"");
  g_assert_nonnull (id);
  return g_strndup (id + strlen ("\"key_id\":\t\""), 16);
}

static void
test_other_key (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = fixture_path (fixture);
  g_autofree char *old_id = NULL;
  g_autofree char *new_id = NULL;
  g_autofree char *old = NULL;
  g_autofree char *untouched = NULL;

  set_key (fixture, KEY);
  old_id = key_id (fixture);
  old = contents_of (fixture);
  set_key (fixture, OTHER_KEY);
  new_id = key_id (fixture);
  g_assert_cmpstr (old_id, !=, new_id);
  fixture_put (path, old, -1);
  error = try_load (fixture);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, old_id));
  g_assert_nonnull (strstr (error->message, new_id));
  g_assert_nonnull (strstr (error->message, fixture->server.token_key_file));
  assert_failure (error, SE_ERROR_CONFIG, "bring the old key back");
  untouched = contents_of (fixture);
  g_assert_cmpstr (untouched, ==, old);
}

static void
assert_damaged (Fixture *fixture, const char *contents, gssize length)
{
  g_autofree char *path = fixture_path (fixture);
  g_autoptr (GError) error = NULL;

  fixture_put (path, contents, length);
  error = try_load (fixture);
  if (error == NULL)
    g_error ("taken for sound: %s", contents);
  assert_failure (error, SE_ERROR_CONFIG, "oauth-setup login " FIXTURE_ADDRESS);
}

/* Cut anywhere, or with any byte of nonce or data another one, it is damaged and says so. */
static void
test_damage (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *contents = NULL;
  gsize length = 0;

  set_key (fixture, KEY);
  fixture_store_new (fixture, 0, 3600);
  contents = contents_of (fixture);
  length = strlen (contents);
  for (gsize cut = 0; cut < length; cut += 7)
    assert_damaged (fixture, contents, (gssize)cut);
  for (char *byte = strstr (contents, "\"nonce\""); *byte != '\0'; byte++)
    {
      const char kept = *byte;

      if (!g_ascii_isalnum (kept))
        continue;
      *byte = kept == 'A' ? 'B' : 'A';
      assert_damaged (fixture, contents, -1);
      *byte = kept;
    }
  for (gsize i = 0; i < length; i++)
    {
      const char kept = contents[i];

      contents[i] = ' ';
      if (kept == ':' || kept == '"')
        assert_damaged (fixture, contents, -1);
      contents[i] = kept;
    }
}

static const char *const nonsense[] = {
  "{\"version\":2,\"cipher\":\"AES-256-GCM\"}",
  "{\"version\":2,\"cipher\":\"ROT13\",\"key_id\":\"0123456789abcdef\",\"nonce\":"
  "\"AAAAAAAAAAAAAAAA\","
  "\"data\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
  "{\"version\":2,\"cipher\":null}",
  "{\"version\":2,\"cipher\":\"AES-256-GCM\",\"key_id\":\"%s\\nx\",\"nonce\":\"AAAAAAAAAAAAAAAA\","
  "\"data\":\"AAAAAAAAAAAAAAAAAAAAAAAA\"}",
  "{\"version\":2,\"cipher\":\"AES-256-GCM\",\"key_id\":\"0123456789abcdef\",\"nonce\":\"AAAA\","
  "\"data\":\"AAAAAAAAAAAAAAAAAAAAAAAA\"}",
  "{\"version\":2,\"cipher\":\"AES-256-GCM\",\"key_id\":\"0123456789abcdef\",\"nonce\":"
  "\"AAAAAAAAAAAAAAAA\","
  "\"data\":\"AAAA\"}",
};

static void
test_nonsense (Fixture *fixture, gconstpointer unused)
{
  set_key (fixture, KEY);
  fixture_store_new (fixture, 0, 3600);
  for (gsize i = 0; i < G_N_ELEMENTS (nonsense); i++)
    assert_damaged (fixture, nonsense[i], -1);
}

/* Whoever can write the directory cannot hand one account's tokens to another. */
static void
test_renamed (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *path = fixture_path (fixture);
  g_autofree char *other
      = g_build_filename (fixture->directory, "tokens", "ceo%40contoso.com.json", NULL);
  g_autoptr (GError) error = NULL;

  set_key (fixture, KEY);
  fixture_store_new (fixture, 0, 3600);
  g_assert_cmpint (g_rename (path, other), ==, 0);
  fixture->account.address = (char *)"ceo@contoso.com";
  error = try_load (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "damaged");
}

/* An encrypted record given another version is none of that version. */
static void
test_other_version (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *contents = NULL;
  char *digit = NULL;

  set_key (fixture, KEY);
  fixture_store_new (fixture, 0, 3600);
  contents = contents_of (fixture);
  digit = strstr (contents, "\"version\":\t2") + strlen ("\"version\":\t");
  *digit = '1';
  assert_damaged (fixture, contents, -1);
}

static void
test_key_file (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  set_key (fixture, "too short\n");
  error = try_load (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "less than 32 bytes");
  set_key (fixture, "");
  error = try_load (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "less than 32 bytes");
  set_key (fixture, KEY);
  g_assert_cmpint (g_chmod (fixture->server.token_key_file, 0640), ==, 0);
  error = try_load (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "run: chmod 0600 ");
  g_assert_cmpint (g_chmod (fixture->server.token_key_file, 0400), ==, 0);
  g_assert_no_error (try_load (fixture));
  if (geteuid () == 0)
    {
      g_assert_cmpint (chown (fixture->server.token_key_file, 65534, 0), ==, 0);
      error = try_load (fixture);
      assert_failure (error, SE_ERROR_CONFIG, "run: chown ");
    }
  g_assert_cmpint (g_unlink (fixture->server.token_key_file), ==, 0);
  error = try_load (fixture);
  assert_failure (error, SE_ERROR_CONFIG, "token-key-file: ");
}

/* What is reserved must hold the largest record, encrypted. */
static void
test_largest (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 0, 3600);
  g_autofree char *path = fixture_path (fixture);
  g_autofree char *tokens = g_path_get_dirname (path);
  g_autoptr (GDir) directory = NULL;
  g_autoptr (SeStore) store = NULL;
  g_autoptr (GError) error = NULL;
  GStatBuf written = { 0 };
  GStatBuf reserved = { 0 };

  set_key (fixture, KEY);
  store = se_store_open (&fixture->server, &fixture->account, &error);
  g_assert_no_error (error);
  g_assert_true (se_store_reserve (store, &error));
  directory = g_dir_open (tokens, 0, NULL);
  for (const char *name; (name = g_dir_read_name (directory)) != NULL;)
    {
      g_autofree char *entry = g_build_filename (tokens, name, NULL);

      if (g_str_has_prefix (name, "."))
        g_assert_cmpint (g_stat (entry, &reserved), ==, 0);
    }
  g_free (record->access_token);
  g_free (record->refresh_token);
  record->access_token = g_strnfill (65536, '"');
  record->refresh_token = g_strnfill (65536, '\\');
  g_assert_true (se_store_save (store, record, &error));
  g_assert_cmpint (g_stat (path, &written), ==, 0);
  g_assert_cmpint (written.st_size, <=, reserved.st_size);
  fixture_assert_stored (fixture, record->access_token, record->refresh_token, NULL);
}

#define ADD_SEAL(name, data, function) \
  g_test_add (name, Fixture, data, fixture_set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_SEAL ("/store-seal/round-trip", NULL, test_round_trip);
  ADD_SEAL ("/store-seal/plain-before/1", "1", test_plain_before);
  ADD_SEAL ("/store-seal/plain-before/2", "2", test_plain_before);
  ADD_SEAL ("/store-seal/line-ends", NULL, test_line_ends);
  ADD_SEAL ("/store-seal/no-key", NULL, test_no_key);
  ADD_SEAL ("/store-seal/other-key", NULL, test_other_key);
  ADD_SEAL ("/store-seal/damage", NULL, test_damage);
  ADD_SEAL ("/store-seal/nonsense", NULL, test_nonsense);
  ADD_SEAL ("/store-seal/renamed", NULL, test_renamed);
  ADD_SEAL ("/store-seal/other-version", NULL, test_other_version);
  ADD_SEAL ("/store-seal/key-file", NULL, test_key_file);
  ADD_SEAL ("/store-seal/largest", NULL, test_largest);
  return g_test_run ();
}
