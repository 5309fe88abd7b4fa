/* SPDX-License-Identifier: Apache-2.0 */
/* The store in a real Secret Service: gnome-keyring on a bus of our own. */
#include "config.h"

#include "oauth/test-fixture.h"

#include "common/io.h"
#include "common/test-tree.h"
#include "oauth/keyring.h"
#include "oauth/store-private.h"
#include "oauth/test-keyring.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PASSWORD "correct horse\n"
#define WRITERS 8

static char *program; /* ours, to be started again as a writer */
static char *module;

typedef struct
{
  Fixture fixture;
  Keyring keyring;
} Case;

static void
set_up (Case *test, gconstpointer password)
{
  fixture_set_up (&test->fixture, NULL);
  keyring_start (&test->keyring, test->fixture.directory, password);
  test->fixture.account.token_store = (char *)"secret-service";
  test->fixture.server.secret_service_bus = test->keyring.address;
}

static void
tear_down (Case *test, gconstpointer password)
{
  keyring_clear (&test->keyring);
  fixture_tear_down (&test->fixture, NULL);
}

static SeStore *
open_store (const Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  SeStore *store = se_store_open_with_module (&fixture->server, &fixture->account, module, &error);

  g_assert_no_error (error);
  return store;
}

static void
save (const Fixture *fixture)
{
  g_autoptr (SeStore) store = open_store (fixture);
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 0, 3600);
  g_autoptr (GError) error = NULL;

  se_store_save (store, record, &error);
  g_assert_no_error (error);
}

/* NULL: there is none. */
static SeTokenRecord *
load (const Fixture *fixture)
{
  g_autoptr (SeStore) store = open_store (fixture);
  g_autoptr (GError) error = NULL;
  SeTokenRecord *record = NULL;

  se_store_load (store, &record, &error);
  g_assert_no_error (error);
  return record;
}

static char *
in_tokens (const Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->directory, "tokens", name, NULL);
}

/* Asserts that every access fails so, and leaves nothing in a file. */
static void
assert_refused (const Fixture *fixture, SeError code, const char *part)
{
  g_autoptr (SeStore) store = open_store (fixture);
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

static void
assert_refused_at_open (const Fixture *fixture, const char *path, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (se_store_open_with_module (&fixture->server, &fixture->account, path, &error));
  assert_failure (error, SE_ERROR_CONFIG, part);
}

static void
test_round_trip (Case *test, gconstpointer password)
{
  const Fixture *fixture = &test->fixture;
  g_autoptr (SeStore) store = open_store (fixture);
  g_autofree char *location
      = g_strdup_printf ("the Secret Service at %s (item application = scan-email, "
                         "account = " FIXTURE_ADDRESS ")",
                         test->keyring.address);
  g_autoptr (SeTokenRecord) record = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (se_store_location (store), ==, location);
  g_assert_null (load (fixture));
  save (fixture);
  save (fixture);
  record = load (fixture);
  g_assert_cmpstr (record->refresh_token, ==, "refresh-0");
  keyring_kill (&test->keyring);
  keyring_run (&test->keyring, password);
  se_token_record_free (g_steal_pointer (&record));
  record = load (fixture);
  g_assert_cmpstr (record->access_token, ==, "access-0");
  g_assert_true (se_store_reserve (store, &error));
  g_assert_true (se_store_save (store, record, &error));
  g_assert_true (se_store_remove (store, &error));
  g_assert_no_error (error);
  g_assert_null (load (fixture));
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

  save (fixture);
  fixture->account.address = (char *)"ceo@contoso.com";
  g_assert_null (load (fixture));
  save (fixture);
  other = open_store (fixture);
  g_assert_true (se_store_remove (other, NULL));
  fixture->account.address = (char *)FIXTURE_ADDRESS;
  record = load (fixture);
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
  g_autoptr (SeStore) store = open_store (&test->fixture);
  g_autoptr (SeTokenRecord) record = fixture_record (&test->fixture, 0, 3600);
  g_autoptr (SeTokenRecord) again = NULL;
  g_autoptr (GError) error = NULL;

  g_free (record->access_token);
  g_free (record->refresh_token);
  record->access_token = g_strnfill (65536, '"');
  record->refresh_token = g_strnfill (65536, 'r');
  se_store_save (store, record, &error);
  g_assert_no_error (error);
  again = load (&test->fixture);
  g_assert_cmpstr (again->access_token, ==, record->access_token);
  g_assert_cmpstr (again->refresh_token, ==, record->refresh_token);
}

/* Started without a password, or with another one. */
static void
test_locked (Case *test, gconstpointer unused)
{
  static const char *const passwords[] = { NULL, "wrong\n", "correct horse" };
  g_autoptr (SeTokenRecord) record = NULL;

  save (&test->fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (passwords); i++)
    {
      keyring_kill (&test->keyring);
      keyring_run (&test->keyring, passwords[i]);
      assert_refused (&test->fixture, SE_ERROR_CONFIG, "password is another one; unlock it");
    }
  keyring_kill (&test->keyring);
  keyring_run (&test->keyring, PASSWORD);
  record = load (&test->fixture);
  g_assert_nonnull (record);
}

/* An unlocked keyring that never saw our items is not taken for one without tokens. */
static void
test_other_keyring (Case *test, gconstpointer unused)
{
  g_autofree char *marker = in_tokens (&test->fixture, "secret-service.canary");
  g_autofree char *id = NULL;

  save (&test->fixture);
  keyring_kill (&test->keyring);
  keyring_forget (&test->keyring);
  keyring_run (&test->keyring, PASSWORD);
  assert_refused (&test->fixture, SE_ERROR_CONFIG, "another keyring");
  assert_refused (&test->fixture, SE_ERROR_CONFIG, "oauth-setup login " FIXTURE_ADDRESS);
  g_assert_true (g_file_get_contents (marker, &id, NULL, NULL));
  assert_refused (&test->fixture, SE_ERROR_CONFIG, id);
  /* As the message says. */
  g_assert_cmpint (g_unlink (marker), ==, 0);
  g_assert_null (load (&test->fixture));
  save (&test->fixture);
}

static void
test_marker (Case *test, gconstpointer unused)
{
  g_autofree char *marker = in_tokens (&test->fixture, "secret-service.canary");
  g_autoptr (SeTokenRecord) record = NULL;

  g_assert_null (load (&test->fixture));
  g_assert_false (g_file_test (marker, G_FILE_TEST_EXISTS));
  save (&test->fixture);
  g_assert_cmpint (g_chmod (marker, 0644), ==, 0);
  assert_refused (&test->fixture, SE_ERROR_CONFIG, "chmod 0600");
  fixture_put (marker, "hello", -1);
  assert_refused (&test->fixture, SE_ERROR_CONFIG, "is damaged");
  fixture_put (marker, "", -1);
  assert_refused (&test->fixture, SE_ERROR_CONFIG, "is damaged");
  /* A state directory that is new: the record is there all the same. */
  g_assert_cmpint (g_unlink (marker), ==, 0);
  record = load (&test->fixture);
  g_assert_nonnull (record);
}

static void
test_no_default_keyring (Case *test, gconstpointer unused)
{
  assert_refused (&test->fixture, SE_ERROR_CONFIG, "has no default keyring");
}

static void
test_nobody (Case *test, gconstpointer unused)
{
  keyring_kill (&test->keyring);
  assert_refused (&test->fixture, SE_ERROR_TEMPORARY, "there is no Secret Service on the bus");
  keyring_stop_bus (&test->keyring);
  assert_refused (&test->fixture, SE_ERROR_TEMPORARY, "cannot be reached");
  test->fixture.server.secret_service_bus = (char *)"unix:path=/nonexistent/bus";
  assert_refused (&test->fixture, SE_ERROR_TEMPORARY, "unix:path=/nonexistent/bus");
}

static void
test_our_own_unit (Case *test, gconstpointer unused)
{
  if (g_file_test ("/run/scan-email-secrets/bus", G_FILE_TEST_EXISTS))
    {
      g_test_skip ("this machine has the unit");
      return;
    }
  test->fixture.server.secret_service_bus = (char *)"unix:path=/run/scan-email-secrets/bus";
  assert_refused (&test->fixture, SE_ERROR_TEMPORARY,
                  "; run: systemctl restart scan-email-secrets.service");
}

/* Who owns the bus could put itself in the service's place, and be given the tokens. */
static void
test_foreign_bus (void)
{
  Case test = { .keyring = { .directory = NULL } };
  g_autofree char *directory = NULL;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can start a program as another user");
      return;
    }
  fixture_set_up (&test.fixture, NULL);
  directory = g_dir_make_tmp ("scan-email-XXXXXX", NULL);
  keyring_start_at_foreign_bus (&test.keyring, directory, PASSWORD);
  test.fixture.account.token_store = (char *)"secret-service";
  test.fixture.server.secret_service_bus = test.keyring.address;
  assert_refused (&test.fixture, SE_ERROR_CONFIG, "belongs to user id 65534");
  tear_down (&test, NULL);
  test_remove_tree (directory);
}

static gpointer
cancel_soon (gpointer data)
{
  g_usleep (100 * 1000);
  g_assert_cmpint (write (GPOINTER_TO_INT (data), "x", 1), ==, 1);
  return NULL;
}

/* A bus that takes the connection and says nothing. */
static void
test_cancelled (Case *test, gconstpointer unused)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autofree char *path = g_build_filename (test->fixture.directory, "silent", NULL);
  g_autofree char *bus = g_strconcat ("unix:path=", path, NULL);
  int silent = socket (AF_UNIX, SOCK_STREAM, 0);
  g_autoptr (SeStore) store = NULL;
  g_autoptr (GError) error = NULL;
  SeTokenRecord *record = NULL;
  gint64 start = g_get_monotonic_time ();
  GThread *thread;
  int cancel[2];

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (silent, (struct sockaddr *)&address, sizeof address), ==, 0);
  g_assert_cmpint (listen (silent, 1), ==, 0);
  g_assert_cmpint (pipe (cancel), ==, 0);
  test->fixture.server.secret_service_bus = bus;
  store = open_store (&test->fixture);
  se_store_watch (store, cancel[0]);
  thread = g_thread_new ("cancel", cancel_soon, GINT_TO_POINTER (cancel[1]));
  g_assert_false (se_store_load (store, &record, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (se_store_reserve (store, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - start, <, G_USEC_PER_SEC);
  g_thread_join (thread);
  close (cancel[0]);
  close (cancel[1]);
  close (silent);
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
      assert_refused_at_open (fixture, module, "is not the address of one socket");
    }
  fixture->server.secret_service_bus = NULL;
  assert_refused_at_open (fixture, module, "needs secret-service-bus");
  fixture->server.secret_service_bus = test->keyring.address;
  assert_refused_at_open (fixture, NULL, "was built without token-store = secret-service");
  assert_refused_at_open (fixture, "/nonexistent.so", "/nonexistent.so");
}

static const SeKeyringClass *
keyring_class (void)
{
  void *handle = dlopen (module, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  const SeKeyringClass *class = handle == NULL ? NULL : dlsym (handle, "se_keyring_class");

  g_assert_nonnull (class);
  return class;
}

static void
test_damaged (Case *test, gconstpointer unused)
{
  const SeKeyringClass *class = keyring_class ();
  g_autoptr (SeStore) store = open_store (&test->fixture);
  g_autoptr (GError) error = NULL;
  SeTokenRecord *record = NULL;
  SeKeyring *keyring = NULL;

  save (&test->fixture);
  keyring = class->open (test->keyring.address, -1, &error);
  g_assert_no_error (error);
  g_assert_true (
      class->write (keyring, SE_KEYRING_ACCOUNT, FIXTURE_ADDRESS, "x", "{\"version\":", &error));
  class->close (keyring);
  g_assert_false (se_store_load (store, &record, &error));
  assert_failure (error, SE_ERROR_CONFIG,
                  "secret-tool clear application scan-email account 'scanner@contoso.com' && "
                  "oauth-setup login " FIXTURE_ADDRESS);
}

/* A GLogFunc: restarts the service as soon as the store has found nobody. */
static void
restart (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  Keyring *keyring = data;

  if (keyring->keyring == 0 && strstr (message, "; trying again") != NULL)
    keyring_run (keyring, PASSWORD);
}

/* Dead between request and reply, and back soon, the service still gets the only copy of the new
 * tokens. */
static void
test_restarted (Case *test, gconstpointer unused)
{
  g_autoptr (SeStore) store = open_store (&test->fixture);
  g_autoptr (SeTokenRecord) record = fixture_record (&test->fixture, 0, 3600);
  g_autoptr (SeTokenRecord) again = NULL;
  g_autoptr (GError) error = NULL;
  guint handler = 0;

  save (&test->fixture);
  g_assert_true (se_store_reserve (store, &error));
  keyring_kill (&test->keyring);
  g_free (record->refresh_token);
  record->refresh_token = g_strdup ("refresh-1");
  handler = g_log_set_handler (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, restart, &test->keyring);
  se_store_save (store, record, &error);
  g_log_remove_handler (G_LOG_DOMAIN, handler);
  g_assert_no_error (error);
  again = load (&test->fixture);
  g_assert_cmpstr (again->refresh_token, ==, "refresh-1");
}

/* Starts the keyring anew, on a small file system of its own. Returns FALSE where it may not be
 * mounted. */
static gboolean
move_to_small_disk (Case *test)
{
  g_autofree char *data = g_build_filename (test->fixture.directory, "data", NULL);

  keyring_kill (&test->keyring);
  keyring_forget (&test->keyring);
  g_assert_cmpint (g_mkdir (data, 0700), ==, 0);
  if (unshare (CLONE_NEWNS) < 0 || mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0
      || mount ("none", data, "tmpfs", 0, "size=64k,mode=0700") < 0)
    return FALSE;
  keyring_run (&test->keyring, PASSWORD);
  return TRUE;
}

/* A full disk shows before a token is spent, and what is stored stays. */
static void
test_full_disk (Case *test, gconstpointer unused)
{
  g_autofree char *data = g_build_filename (test->fixture.directory, "data", NULL);
  g_autofree char *filler = g_build_filename (data, "filler", NULL);
  g_autofree char *zeros = g_malloc0 (64 * 1024);
  g_autoptr (SeStore) store = open_store (&test->fixture);
  g_autoptr (SeTokenRecord) record = NULL;
  g_autoptr (GError) error = NULL;
  int fd = -1;

  if (!move_to_small_disk (test))
    {
      g_test_skip ("a small file system cannot be mounted here (that takes root)");
      return;
    }
  save (&test->fixture);
  record = load (&test->fixture);
  fd = g_open (filler, O_WRONLY | O_CREAT, 0600);
  g_assert_cmpint (fd, >=, 0);
  while (write (fd, zeros, 4096) > 0)
    ;
  close (fd);
  g_assert_false (se_store_reserve (store, &error));
  assert_failure (error, SE_ERROR_TEMPORARY, "is its disk full?");
  g_free (record->refresh_token);
  record->refresh_token = g_strdup ("refresh-1");
  g_assert_false (se_store_save (store, record, &error));
  assert_failure (error, SE_ERROR_TEMPORARY, "is its disk full?");

  g_assert_cmpint (g_unlink (filler), ==, 0);
  keyring_kill (&test->keyring);
  keyring_run (&test->keyring, PASSWORD);
  g_clear_pointer (&record, se_token_record_free);
  record = load (&test->fixture);
  g_assert_cmpstr (record->refresh_token, ==, "refresh-0");
  g_assert_true (se_store_reserve (store, &error));
  keyring_kill (&test->keyring);
  g_assert_cmpint (umount (data), ==, 0);
}

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
  store = open_store (&fixture);
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

/* Starts WRITERS processes at once; address: with %d for its number, if they are to differ. */
static void
run_writers (const Case *test, const char *const *addresses, gsize n_addresses)
{
  GPid writers[WRITERS];

  for (int i = 0; i < WRITERS; i++)
    {
      char *argv[] = { program,
                       (char *)"--writer",
                       module,
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
  record = load (&test->fixture);
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
      record = load (&test->fixture);
      g_assert_nonnull (record);
      g_assert_cmpstr (record->scope, ==, "2");
    }
}

/* libsecret is in the module and nowhere else. */
static void
test_linked (void)
{
  static const char *const programs[] = { "backend/mailto-worker", "setup/oauth-setup" };
  g_autofree char *output = NULL;
  g_autofree char *of_module = g_strdup_printf ("ldd %s", module);

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
test_missing (gconstpointer name)
{
  g_autofree char *message
      = g_strdup_printf ("%s is missing (Debian: dbus-daemon, gnome-keyring)", (const char *)name);

  g_test_skip (message);
}

#define ADD_KEYRING(name, password, function) \
  g_test_add ("/store-secret-service/" name, Case, password, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  /* None of these is ever used. */
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/session", TRUE);
  g_setenv ("SECRET_SERVICE_BUS_NAME", "org.example.Nobody", TRUE);
  g_setenv ("SECRET_BACKEND", "file", TRUE);
  program = argv[0];
  if (argc == 6 && g_str_equal (argv[1], "--writer"))
    {
      module = argv[2];
      return run_writer (argv[3], argv[4], argv[5]);
    }
  g_test_init (&argc, &argv, NULL);
  module = g_test_build_filename (G_TEST_BUILT, "oauth", "secret-service.so", NULL);
  g_test_add_func ("/store-secret-service/linked", test_linked);
  if (keyring_missing () != NULL)
    {
      g_test_add_data_func ("/store-secret-service/keyring", keyring_missing (), test_missing);
      return g_test_run ();
    }
  ADD_KEYRING ("round-trip", PASSWORD, test_round_trip);
  ADD_KEYRING ("accounts", PASSWORD, test_accounts);
  ADD_KEYRING ("large", PASSWORD, test_large);
  ADD_KEYRING ("locked", PASSWORD, test_locked);
  ADD_KEYRING ("other-keyring", PASSWORD, test_other_keyring);
  ADD_KEYRING ("marker", PASSWORD, test_marker);
  ADD_KEYRING ("no-default-keyring", NULL, test_no_default_keyring);
  ADD_KEYRING ("nobody", PASSWORD, test_nobody);
  ADD_KEYRING ("our-own-unit", PASSWORD, test_our_own_unit);
  g_test_add_func ("/store-secret-service/foreign-bus", test_foreign_bus);
  ADD_KEYRING ("cancelled", PASSWORD, test_cancelled);
  ADD_KEYRING ("configuration", PASSWORD, test_configuration);
  ADD_KEYRING ("damaged", PASSWORD, test_damaged);
  ADD_KEYRING ("restarted", PASSWORD, test_restarted);
  ADD_KEYRING ("one-account-eight-writers", PASSWORD, test_one_account_eight_writers);
  ADD_KEYRING ("eight-accounts", PASSWORD, test_eight_accounts);
  ADD_KEYRING ("full-disk", PASSWORD, test_full_disk);
  return g_test_run ();
}
