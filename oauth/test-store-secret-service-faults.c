/* SPDX-License-Identifier: Apache-2.0 */
/* A service that is not there, is somebody else's, says nothing, dies, or has no room. */
#include "oauth/test-secret-service-fixture.h"

#include "common/test-tree.h"
#include "oauth/keyring.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void
test_nobody (Case *test, gconstpointer unused)
{
  keyring_kill (&test->keyring);
  secret_assert_refused (&test->fixture, SE_ERROR_TEMPORARY,
                         "there is no Secret Service on the bus");
  keyring_stop_bus (&test->keyring);
  secret_assert_refused (&test->fixture, SE_ERROR_TEMPORARY, "cannot be reached");
  test->fixture.server.secret_service_bus = (char *)"unix:path=/nonexistent/bus";
  secret_assert_refused (&test->fixture, SE_ERROR_TEMPORARY, "unix:path=/nonexistent/bus");
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
  secret_assert_refused (&test->fixture, SE_ERROR_TEMPORARY,
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
  keyring_start_at_foreign_bus (&test.keyring, directory, SECRET_PASSWORD);
  test.fixture.account.token_store = (char *)"secret-service";
  test.fixture.server.secret_service_bus = test.keyring.address;
  secret_assert_refused (&test.fixture, SE_ERROR_CONFIG, "belongs to user id 65534");
  secret_tear_down (&test, NULL);
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
  store = secret_open_store (&test->fixture);
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

static const SeKeyringClass *
keyring_class (void)
{
  void *handle = dlopen (secret_module (), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  const SeKeyringClass *class = handle == NULL ? NULL : dlsym (handle, "se_keyring_class");

  g_assert_nonnull (class);
  return class;
}

static void
test_damaged (Case *test, gconstpointer unused)
{
  const SeKeyringClass *class = keyring_class ();
  g_autoptr (SeStore) store = secret_open_store (&test->fixture);
  g_autoptr (GError) error = NULL;
  SeTokenRecord *record = NULL;
  SeKeyring *keyring = NULL;

  secret_save (&test->fixture);
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
    keyring_run (keyring, SECRET_PASSWORD);
}

/* Dead between request and reply, and back soon, the service still gets the only copy of the new
 * tokens. */
static void
test_restarted (Case *test, gconstpointer unused)
{
  g_autoptr (SeStore) store = secret_open_store (&test->fixture);
  g_autoptr (SeTokenRecord) record = fixture_record (&test->fixture, 0, 3600);
  g_autoptr (SeTokenRecord) again = NULL;
  g_autoptr (GError) error = NULL;
  guint handler = 0;

  secret_save (&test->fixture);
  g_assert_true (se_store_reserve (store, &error));
  keyring_kill (&test->keyring);
  g_free (record->refresh_token);
  record->refresh_token = g_strdup ("refresh-1");
  handler = g_log_set_handler (G_LOG_DOMAIN, G_LOG_LEVEL_DEBUG, restart, &test->keyring);
  se_store_save (store, record, &error);
  g_log_remove_handler (G_LOG_DOMAIN, handler);
  g_assert_no_error (error);
  again = secret_load (&test->fixture);
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
  keyring_run (&test->keyring, SECRET_PASSWORD);
  return TRUE;
}

/* A full disk shows before a token is spent, and what is stored stays. */
static void
test_full_disk (Case *test, gconstpointer unused)
{
  g_autofree char *data = g_build_filename (test->fixture.directory, "data", NULL);
  g_autofree char *filler = g_build_filename (data, "filler", NULL);
  g_autofree char *zeros = g_malloc0 (64 * 1024);
  g_autoptr (SeStore) store = secret_open_store (&test->fixture);
  g_autoptr (SeTokenRecord) record = NULL;
  g_autoptr (GError) error = NULL;
  int fd = -1;

  if (!move_to_small_disk (test))
    {
      g_test_skip ("a small file system cannot be mounted here (that takes root)");
      return;
    }
  secret_save (&test->fixture);
  record = secret_load (&test->fixture);
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
  keyring_run (&test->keyring, SECRET_PASSWORD);
  g_clear_pointer (&record, se_token_record_free);
  record = secret_load (&test->fixture);
  g_assert_cmpstr (record->refresh_token, ==, "refresh-0");
  g_assert_true (se_store_reserve (store, &error));
  keyring_kill (&test->keyring);
  g_assert_cmpint (umount (data), ==, 0);
}

static void
add_tests (void)
{
  ADD_KEYRING ("nobody", SECRET_PASSWORD, test_nobody);
  ADD_KEYRING ("our-own-unit", SECRET_PASSWORD, test_our_own_unit);
  g_test_add_func ("/store-secret-service/foreign-bus", test_foreign_bus);
  ADD_KEYRING ("cancelled", SECRET_PASSWORD, test_cancelled);
  ADD_KEYRING ("damaged", SECRET_PASSWORD, test_damaged);
  ADD_KEYRING ("restarted", SECRET_PASSWORD, test_restarted);
  ADD_KEYRING ("full-disk", SECRET_PASSWORD, test_full_disk);
}

int
main (int argc, char **argv)
{
  secret_init (&argc, &argv);
  return secret_run (add_tests);
}
