/* SPDX-License-Identifier: Apache-2.0 */
/* Several processes that write at once. */
#include "oauth/test-secret-service-fixture.h"

#include "common/io.h"

#include <stdlib.h>
#include <sys/wait.h>

#define WRITERS 8

static char *program; /* ours, to be started again as a writer */

/* A process of its own: adds one to the number that the account's record has as its scope. */
static int
run_writer (const char *state_directory, const char *bus, const char *address)
{
  Fixture fixture = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeStore) store = NULL;
  g_autoptr (SeTokenRecord) record = NULL;
  se_autofd int lock = -1;
  char *old_scope = NULL;

  fixture.server.state_directory = (char *)state_directory;
  fixture.server.user = (char *)"scan-email";
  fixture.server.secret_service_bus = (char *)bus;
  fixture.account.address = (char *)address;
  fixture.account.token_store = (char *)"secret-service";
  store = secret_open_store (&fixture);
  lock = se_store_lock (store, 60000, -1, &error);
  if (lock >= 0 && se_store_load (store, &record, &error))
    {
      if (record == NULL)
        record = fixture_record (&fixture, 0, 3600);
      old_scope = g_steal_pointer (&record->scope);
      record->scope = g_strdup_printf ("%d", old_scope == NULL ? 1 : atoi (old_scope) + 1);
      g_free (old_scope);
      se_store_save (store, record, &error);
    }
  if (error != NULL)
    g_printerr ("%s\n", error->message);
  return error != NULL;
}

/* Starts WRITERS processes at once, which take these accounts by turns. */
static void
run_writers (const Case *test, const char *const *addresses, gsize n_addresses)
{
  GPid writers[WRITERS];

  for (int i = 0; i < WRITERS; i++)
    {
      char *argv[] = { program,
                       (char *)"--writer",
                       test->fixture.directory,
                       test->keyring.address,
                       (char *)addresses[(gsize)i % n_addresses],
                       NULL };
      g_autoptr (GError) error = NULL;

      g_spawn_async (NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &writers[i], &error);
      g_assert_no_error (error);
    }
  for (int i = 0; i < WRITERS; i++)
    {
      int status = 0;

      g_assert_cmpint (waitpid (writers[i], &status, 0), ==, writers[i]);
      g_assert_cmpint (status, ==, 0);
    }
}

static void
test_one_account_eight_writers (Case *test, gconstpointer unused)
{
  static const char *const addresses[] = { FIXTURE_ADDRESS };
  g_autoptr (SeTokenRecord) record = NULL;

  run_writers (test, addresses, G_N_ELEMENTS (addresses));
  record = secret_load (&test->fixture);
  g_assert_cmpstr (record->scope, ==, "8");
}

/* All first ones: they also meet at the canary. */
static void
test_eight_accounts (Case *test, gconstpointer unused)
{
  static const char *const addresses[WRITERS] = { "a@x.test", "b@x.test", "c@x.test", "d@x.test",
                                                  "e@x.test", "f@x.test", "g@x.test", "h@x.test" };

  run_writers (test, addresses, WRITERS);
  run_writers (test, addresses, WRITERS);
  for (int i = 0; i < WRITERS; i++)
    {
      g_autoptr (SeTokenRecord) record = NULL;

      test->fixture.account.address = (char *)addresses[i];
      record = secret_load (&test->fixture);
      g_assert_nonnull (record);
      g_assert_cmpstr (record->scope, ==, "2");
    }
}

static void
add_tests (void)
{
  ADD_KEYRING ("one-account-eight-writers", SECRET_PASSWORD, test_one_account_eight_writers);
  ADD_KEYRING ("eight-accounts", SECRET_PASSWORD, test_eight_accounts);
}

int
main (int argc, char **argv)
{
  program = argv[0];
  secret_init (&argc, &argv);
  if (argc == 5 && g_str_equal (argv[1], "--writer"))
    return run_writer (argv[2], argv[3], argv[4]);
  return secret_run (add_tests);
}
