/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/browser.h"

#include <stdlib.h>
#include <string.h>

typedef struct
{
  const char *environment[5];
  guint euid;
  gint64 uid; /* -1: no browser */
} Case;

static const Case cases[] = {
  { { "DISPLAY=:0" }, 1000, 1000 },
  { { "WAYLAND_DISPLAY=wayland-0" }, 1000, 1000 },
  { { "DISPLAY=:0", "SUDO_UID=1000" }, 0, 1000 },
  { { "PATH=/bin" }, 1000, -1 },
  { { "DISPLAY=:10", "SSH_CONNECTION=a 1 b 22" }, 1000, -1 },
  { { "DISPLAY=:0" }, 0, -1 },
  { { "DISPLAY=:0", "SUDO_UID=0" }, 0, -1 },
  { { "DISPLAY=:0", "SUDO_UID=" }, 0, -1 },
  { { "DISPLAY=:0", "SUDO_UID=-1" }, 0, -1 },
  { { "DISPLAY=:0", "SUDO_UID=1000 0" }, 0, -1 },
  { { "DISPLAY=:0", "SUDO_UID=4294967295" }, 0, -1 },
  /* Who is not root cannot become anybody else. */
  { { "DISPLAY=:0", "SUDO_UID=0" }, 1000, 1000 },
};

static void
test_user (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint uid = 4711;
      gboolean found = se_browser_find_user ((char **)cases[i].environment, cases[i].euid, &uid);

      g_assert_cmpint (found ? (gint64)uid : -1, ==, cases[i].uid);
    }
}

static void
test_environment (void)
{
  static const char *const root[] = { "PATH=/usr/bin",
                                      "DISPLAY=:0",
                                      "HOME=/root",
                                      "USER=root",
                                      "SECRET=x",
                                      "XDG_RUNTIME_DIR=/r0",
                                      "LD_PRELOAD=evil.so",
                                      "DBUS_SESSION_BUS_ADDRESS=r",
                                      NULL };
  g_auto (GStrv) made = se_browser_environment ((char **)root, "jane", "/home/jane", 1000);

  g_assert_cmpstr (g_environ_getenv (made, "PATH"), ==, "/usr/bin");
  g_assert_cmpstr (g_environ_getenv (made, "DISPLAY"), ==, ":0");
  g_assert_cmpstr (g_environ_getenv (made, "HOME"), ==, "/home/jane");
  g_assert_cmpstr (g_environ_getenv (made, "USER"), ==, "jane");
  g_assert_cmpstr (g_environ_getenv (made, "XDG_RUNTIME_DIR"), ==, "/run/user/1000");
  g_assert_cmpstr (g_environ_getenv (made, "DBUS_SESSION_BUS_ADDRESS"), ==,
                   "unix:path=/run/user/1000/bus");
  g_assert_null (g_environ_getenv (made, "SECRET"));
  g_assert_null (g_environ_getenv (made, "LD_PRELOAD"));
}

static void
test_address (void)
{
  g_setenv ("DISPLAY", ":0", TRUE);
  g_unsetenv ("SSH_CONNECTION");
  g_assert_false (se_browser_open ("file:///etc/passwd"));
  g_assert_false (se_browser_open ("--version"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/browser/user", test_user);
  g_test_add_func ("/browser/environment", test_environment);
  g_test_add_func ("/browser/address", test_address);
  return g_test_run ();
}
