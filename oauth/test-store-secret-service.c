/* SPDX-License-Identifier: Apache-2.0 */
/* What the store keeps, and in what state of the keyring. */
#include "oauth/test-secret-service-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static char *
in_tokens (const Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->directory, "tokens", name, NULL);
}

static void
test_round_trip (Case *test, gconstpointer password)
{
  const Fixture *fixture = &test->fixture;
  g_autoptr (SeStore) store = secret_open_store (fixture);
  g_autofree char *location
      = g_strdup_printf ("the Secret Service at %s (item application = scan-email, "
                         "account = " FIXTURE_ADDRESS ")",
                         test->keyring.address);
  g_autoptr (SeTokenRecord) record = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (se_store_location (store), ==, location);
  g_assert_null (secret_load (fixture));
  secret_save (fixture);
  secret_save (fixture);
  record = secret_load (fixture);
  g_assert_cmpstr (record->refresh_token, ==, "refresh-0");
  keyring_kill (&test->keyring);
  keyring_run (&test->keyring, password);
  se_token_record_free (g_steal_pointer (&record));
  record = secret_load (fixture);
  g_assert_cmpstr (record->access_token, ==, "access-0");
  g_assert_true (se_store_reserve (store, &error));
  g_assert_true (se_store_save (store, record, &error));
  g_assert_true (se_store_remove (store, &error));
  g_assert_no_error (error);
  g_assert_null (secret_load (fixture));
  g_assert_true (se_store_remove (store, &error));
}

/* One item an account, and nothing of it in a file. */
static void
test_accounts (Case *test, gconstpointer unused)
{
  Fixture *fixture = &test->fixture;
  g_autofree char *tokens = in_tokens (fixture, "");
  g_autoptr (GDir) directory = NULL;
  g_autoptr (SeStore) other = NULL;
  g_autoptr (SeTokenRecord) record = NULL;

  secret_save (fixture);
  fixture->account.address = (char *)"ceo@contoso.com";
  g_assert_null (secret_load (fixture));
  secret_save (fixture);
  other = secret_open_store (fixture);
  g_assert_true (se_store_remove (other, NULL));
  fixture->account.address = (char *)FIXTURE_ADDRESS;
  record = secret_load (fixture);
  g_assert_nonnull (record);

  directory = g_dir_open (tokens, 0, NULL);
  for (const char *name; (name = g_dir_read_name (directory)) != NULL;)
    {
      g_autofree char *path = in_tokens (fixture, name);
      g_autofree char *contents = NULL;

      g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
      g_assert_null (strstr (contents, "access-0"));
      g_assert_null (strstr (contents, "refresh-0"));
    }
}

/* The largest record that a server's replies can make. */
static void
test_large (Case *test, gconstpointer unused)
{
  g_autoptr (SeStore) store = secret_open_store (&test->fixture);
  g_autoptr (SeTokenRecord) record = fixture_record (&test->fixture, 0, 3600);
  g_autoptr (SeTokenRecord) again = NULL;
  g_autoptr (GError) error = NULL;

  g_free (record->access_token);
  g_free (record->refresh_token);
  record->access_token = g_strnfill (65536, '"');
  record->refresh_token = g_strnfill (65536, 'r');
  se_store_save (store, record, &error);
  g_assert_no_error (error);
  again = secret_load (&test->fixture);
  g_assert_cmpstr (again->access_token, ==, record->access_token);
  g_assert_cmpstr (again->refresh_token, ==, record->refresh_token);
}

/* Started without a password, or with another one. */
static void
test_locked (Case *test, gconstpointer unused)
{
  static const char *const passwords[] = { NULL, "wrong\n", "correct horse" };
  g_autoptr (SeTokenRecord) record = NULL;

  secret_save (&test->fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (passwords); i++)
    {
      keyring_kill (&test->keyring);
      keyring_run (&test->keyring, passwords[i]);
      secret_assert_refused (&test->fixture, SE_ERROR_CONFIG, "password is another one; unlock it");
    }
  keyring_kill (&test->keyring);
  keyring_run (&test->keyring, SECRET_PASSWORD);
  record = secret_load (&test->fixture);
  g_assert_nonnull (record);
}

/* An unlocked keyring that never saw our items is not taken for one without tokens. */
static void
test_other_keyring (Case *test, gconstpointer unused)
{
  g_autofree char *marker = in_tokens (&test->fixture, "secret-service.canary");
  g_autofree char *id = NULL;

  secret_save (&test->fixture);
  keyring_kill (&test->keyring);
  keyring_forget (&test->keyring);
  keyring_run (&test->keyring, SECRET_PASSWORD);
  secret_assert_refused (&test->fixture, SE_ERROR_CONFIG, "another keyring");
  secret_assert_refused (&test->fixture, SE_ERROR_CONFIG, "oauth-setup login " FIXTURE_ADDRESS);
  g_assert_true (g_file_get_contents (marker, &id, NULL, NULL));
  secret_assert_refused (&test->fixture, SE_ERROR_CONFIG, id);
  /* As the message says. */
  g_assert_cmpint (g_unlink (marker), ==, 0);
  g_assert_null (secret_load (&test->fixture));
  secret_save (&test->fixture);
}

static void
test_marker (Case *test, gconstpointer unused)
{
  g_autofree char *marker = in_tokens (&test->fixture, "secret-service.canary");
  g_autoptr (SeTokenRecord) record = NULL;

  g_assert_null (secret_load (&test->fixture));
  g_assert_false (g_file_test (marker, G_FILE_TEST_EXISTS));
  secret_save (&test->fixture);
  g_assert_cmpint (g_chmod (marker, 0644), ==, 0);
  secret_assert_refused (&test->fixture, SE_ERROR_CONFIG, "chmod 0600");
  fixture_put (marker, "hello", -1);
  secret_assert_refused (&test->fixture, SE_ERROR_CONFIG, "is damaged");
  fixture_put (marker, "", -1);
  secret_assert_refused (&test->fixture, SE_ERROR_CONFIG, "is damaged");
  /* A state directory that is new: the record is there all the same. */
  g_assert_cmpint (g_unlink (marker), ==, 0);
  record = secret_load (&test->fixture);
  g_assert_nonnull (record);
}

static void
test_no_default_keyring (Case *test, gconstpointer unused)
{
  secret_assert_refused (&test->fixture, SE_ERROR_CONFIG, "has no default keyring");
}

static void
assert_refused_at_open (const Fixture *fixture, const char *path, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (se_store_open_with_module (&fixture->server, &fixture->account, path, &error));
  assert_failure (error, SE_ERROR_CONFIG, part);
}

static void
test_configuration (Case *test, gconstpointer unused)
{
  static const char *const bad[] = { "",
                                     "/run/bus",
                                     "unix:",
                                     "autolaunch:",
                                     "tcp:host=h,port=1",
                                     "unixexec:path=/bin/true",
                                     "unix:path=/a;autolaunch:" };
  Fixture *fixture = &test->fixture;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      fixture->server.secret_service_bus = (char *)bad[i];
      assert_refused_at_open (fixture, secret_module (), "is not the address of one socket");
    }
  fixture->server.secret_service_bus = NULL;
  assert_refused_at_open (fixture, secret_module (), "needs secret-service-bus");
  fixture->server.secret_service_bus = test->keyring.address;
  assert_refused_at_open (fixture, NULL, "was built without token-store = secret-service");
  assert_refused_at_open (fixture, "/nonexistent.so", "/nonexistent.so");
}

/* libsecret is in the module and nowhere else. */
static void
test_linked (void)
{
  static const char *const programs[] = { "backend/mailto-worker", "setup/oauth-setup" };
  g_autofree char *output = NULL;
  g_autofree char *of_module = g_strdup_printf ("ldd %s", secret_module ());

  g_assert_true (g_spawn_command_line_sync (of_module, &output, NULL, NULL, NULL));
  g_assert_nonnull (strstr (output, "libsecret-1"));
  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autofree char *path = g_test_build_filename (G_TEST_BUILT, programs[i], NULL);
      g_autofree char *command = g_strdup_printf ("ldd %s", path);
      g_autofree char *linked = NULL;

      g_assert_true (g_spawn_command_line_sync (command, &linked, NULL, NULL, NULL));
      g_assert_nonnull (strstr (linked, "libcurl"));
      g_assert_null (strstr (linked, "libsecret"));
      g_assert_null (strstr (linked, "libgio"));
    }
}

static void
add_tests (void)
{
  ADD_KEYRING ("round-trip", SECRET_PASSWORD, test_round_trip);
  ADD_KEYRING ("accounts", SECRET_PASSWORD, test_accounts);
  ADD_KEYRING ("large", SECRET_PASSWORD, test_large);
  ADD_KEYRING ("locked", SECRET_PASSWORD, test_locked);
  ADD_KEYRING ("other-keyring", SECRET_PASSWORD, test_other_keyring);
  ADD_KEYRING ("marker", SECRET_PASSWORD, test_marker);
  ADD_KEYRING ("no-default-keyring", NULL, test_no_default_keyring);
  ADD_KEYRING ("configuration", SECRET_PASSWORD, test_configuration);
}

int
main (int argc, char **argv)
{
  secret_init (&argc, &argv);
  g_test_add_func ("/store-secret-service/linked", test_linked);
  return secret_run (add_tests);
}
