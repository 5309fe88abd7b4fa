/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/test-keyring.h"

#include "common/io.h"
#include "common/test-tree.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define BUS_PROGRAM "dbus-daemon"
#define KEYRING_PROGRAM "gnome-keyring-daemon"

const char *
keyring_missing (void)
{
  static const char *const programs[] = { BUS_PROGRAM, KEYRING_PROGRAM };

  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++)
    {
      g_autofree char *path = g_find_program_in_path (programs[i]);

      if (path == NULL)
        return programs[i];
    }
  return NULL;
}

/* Somebody who exists everywhere and is not root. */
#define FOREIGNER 65534

/* user: whom to become before, NULL: nobody else. */
static void
die_with_test (gpointer user)
{
  if (user != NULL && setuid (*(uid_t *)user) != 0)
    _exit (1);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* Starts argv and waits until its standard output has something to say (line TRUE) or is closed.
 * user: as die_with_test. */
static GPid
run (char **argv, char **environment, const char *input, gboolean line, uid_t *user)
{
  g_autoptr (GError) error = NULL;
  se_autofd int in = -1;
  se_autofd int out = -1;
  GPid pid = 0;
  char byte = 0;
  ssize_t got = 0;

  g_spawn_async_with_pipes (NULL, argv, environment,
                            G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD
                                | G_SPAWN_STDERR_TO_DEV_NULL,
                            die_with_test, user, &pid, &in, &out, NULL, &error);
  g_assert_no_error (error);
  if (input != NULL)
    g_assert_true (se_io_write_all (in, input, strlen (input), NULL));
  se_io_clear_fd (&in);
  do
    got = read (out, &byte, 1);
  while ((got == 1 && !(line && byte == '\n')) || (got < 0 && errno == EINTR));
  g_assert_cmpint (got, ==, line ? 1 : 0);
  return pid;
}

static void
end (GPid *pid)
{
  int status = 0;

  if (*pid == 0)
    return;
  g_assert_cmpint (kill (*pid, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (*pid, &status, 0), ==, *pid);
  *pid = 0;
}

void
keyring_run (Keyring *keyring, const char *password)
{
  g_autofree char *data = g_build_filename (keyring->directory, "data", NULL);
  g_autofree char *control = g_strdup_printf ("--control-directory=%s/control", keyring->directory);
  g_auto (GStrv) environment = g_environ_setenv (NULL, "XDG_DATA_HOME", data, TRUE);
  char *argv[] = { (char *)KEYRING_PROGRAM,
                   (char *)"--foreground",
                   (char *)"--components=secrets",
                   control,
                   (char *)"--unlock",
                   NULL };

  if (password == NULL)
    argv[4] = NULL;
  environment = g_environ_setenv (environment, "HOME", keyring->directory, TRUE);
  environment = g_environ_setenv (environment, "DBUS_SESSION_BUS_ADDRESS", keyring->address, TRUE);
  keyring->keyring = run (argv, environment, password, FALSE, NULL);
}

static void
start (Keyring *keyring, const char *directory, const char *config, const char *password,
       uid_t *user)
{
  g_autofree char *config_option = g_strdup_printf ("--config-file=%s", config);
  g_autofree char *address_option = g_strdup_printf ("--address=unix:path=%s/bus", directory);
  char *argv[] = { (char *)BUS_PROGRAM, (char *)"--nofork",        config_option,
                   address_option,      (char *)"--print-address", NULL };

  keyring->directory = g_strdup (directory);
  keyring->address = g_strdup_printf ("unix:path=%s/bus", directory);
  keyring->bus = run (argv, NULL, NULL, TRUE, user);
  keyring_run (keyring, password);
}

void
keyring_start (Keyring *keyring, const char *directory, const char *password)
{
  g_autofree char *config = g_test_build_filename (G_TEST_DIST, "conf", "secrets-bus.conf", NULL);

  start (keyring, directory, config, password, NULL);
}

void
keyring_start_at_foreign_bus (Keyring *keyring, const char *directory, const char *password)
{
  static const char text[]
      = "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" "
        "\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">"
        "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</"
        "auth><policy context=\"default\">"
        "<allow user=\"*\"/><allow own=\"*\"/><allow send_destination=\"*\"/>"
        "<allow receive_sender=\"*\"/></policy></busconfig>";
  g_autofree char *config = g_build_filename (directory, "foreign.conf", NULL);
  g_autoptr (GError) error = NULL;
  uid_t user = FOREIGNER;

  g_file_set_contents_full (config, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, &error);
  g_assert_no_error (error);
  g_assert_cmpint (chown (directory, user, (gid_t)-1), ==, 0);
  start (keyring, directory, config, password, &user);
}

void
keyring_kill (Keyring *keyring)
{
  end (&keyring->keyring);
}

void
keyring_forget (Keyring *keyring)
{
  g_autofree char *data = g_build_filename (keyring->directory, "data", NULL);

  test_remove_tree (data);
}

void
keyring_stop_bus (Keyring *keyring)
{
  end (&keyring->bus);
}

void
keyring_clear (Keyring *keyring)
{
  end (&keyring->keyring);
  end (&keyring->bus);
  g_clear_pointer (&keyring->directory, g_free);
  g_clear_pointer (&keyring->address, g_free);
}
