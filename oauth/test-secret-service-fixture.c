/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/test-secret-service-fixture.h"

#include <string.h>

static char *module;

void
secret_set_up (Case *test, gconstpointer password)
{
  fixture_set_up (&test->fixture, NULL);
  keyring_start (&test->keyring, test->fixture.directory, password);
  test->fixture.account.token_store = (char *)"secret-service";
  test->fixture.server.secret_service_bus = test->keyring.address;
}

void
secret_tear_down (Case *test, gconstpointer password)
{
  keyring_clear (&test->keyring);
  fixture_tear_down (&test->fixture, NULL);
}

SeStore *
secret_open_store (const Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  SeStore *store
      = se_store_open_with_module (&fixture->server, &fixture->account, secret_module (), &error);

  g_assert_no_error (error);
  return store;
}

void
secret_save (const Fixture *fixture)
{
  g_autoptr (SeStore) store = secret_open_store (fixture);
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 0, 3600);
  g_autoptr (GError) error = NULL;

  se_store_save (store, record, &error);
  g_assert_no_error (error);
}

SeTokenRecord *
secret_load (const Fixture *fixture)
{
  g_autoptr (SeStore) store = secret_open_store (fixture);
  g_autoptr (GError) error = NULL;
  SeTokenRecord *record = NULL;

  se_store_load (store, &record, &error);
  g_assert_no_error (error);
  return record;
}

void
secret_assert_refused (const Fixture *fixture, SeError code, const char *part)
{
  g_autoptr (SeStore) store = secret_open_store (fixture);
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 0, 3600);
  g_autofree char *file = fixture_path (fixture);
  g_autoptr (GError) error = NULL;
  SeTokenRecord *loaded = NULL;

  g_assert_false (se_store_load (store, &loaded, &error));
  g_assert_null (loaded);
  assert_failure (error, code, part);
  g_assert_false (se_store_reserve (store, &error));
  assert_failure (error, code, part);
  g_assert_false (se_store_save (store, record, &error));
  assert_failure (error, code, part);
  g_assert_false (se_store_remove (store, &error));
  assert_failure (error, code, part);
  g_assert_false (g_file_test (file, G_FILE_TEST_EXISTS));
}

void
secret_init (int *argc, char ***argv)
{
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/session", TRUE);
  g_setenv ("SECRET_SERVICE_BUS_NAME", "org.example.Nobody", TRUE);
  g_setenv ("SECRET_BACKEND", "file", TRUE);
  g_test_init (argc, argv, NULL);
  module = g_test_build_filename (G_TEST_BUILT, "oauth", "secret-service.so", NULL);
}

const char *
secret_module (void)
{
  return module;
}

static void
test_missing (gconstpointer name)
{
  g_autofree char *message
      = g_strdup_printf ("%s is missing (Debian: dbus-daemon, gnome-keyring)", (const char *)name);

  g_test_skip (message);
}

int
secret_run (void (*add_tests) (void))
{
  int status;

  if (keyring_missing () == NULL)
    add_tests ();
  else
    g_test_add_data_func ("/store-secret-service/keyring", keyring_missing (), test_missing);
  status = g_test_run ();
  g_free (module);
  return status;
}
