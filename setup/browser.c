/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/browser.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

gboolean
se_browser_find_user (char **environment, guint euid, guint *uid)
{
  const char *sudo = g_environ_getenv (environment, "SUDO_UID");
  guint64 number = 0;

  if ((g_environ_getenv (environment, "DISPLAY") == NULL
       && g_environ_getenv (environment, "WAYLAND_DISPLAY") == NULL)
      || g_environ_getenv (environment, "SSH_CONNECTION") != NULL)
    return FALSE;
  *uid = euid;
  if (euid != 0)
    return TRUE;
  if (sudo == NULL || !g_ascii_string_to_unsigned (sudo, 10, 1, G_MAXINT32, &number, NULL))
    return FALSE;
  *uid = (guint)number;
  return TRUE;
}

char **
se_browser_environment (char **environment, const char *user, const char *home, guint uid)
{
  static const char *const kept[]
      = { "PATH",    "LANG",   "DISPLAY",  "WAYLAND_DISPLAY",     "XAUTHORITY",
          "BROWSER", "LC_ALL", "LC_CTYPE", "XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE" };
  g_autofree char *runtime = g_strdup_printf ("/run/user/%u", uid);
  g_autofree char *bus = g_strdup_printf ("unix:path=%s/bus", runtime);
  char **made = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (kept); i++)
    {
      const char *value = g_environ_getenv (environment, kept[i]);

      if (value != NULL)
        made = g_environ_setenv (made, kept[i], value, TRUE);
    }
  made = g_environ_setenv (made, "HOME", home, TRUE);
  made = g_environ_setenv (made, "USER", user, TRUE);
  made = g_environ_setenv (made, "LOGNAME", user, TRUE);
  made = g_environ_setenv (made, "XDG_RUNTIME_DIR", runtime, TRUE);
  return g_environ_setenv (made, "DBUS_SESSION_BUS_ADDRESS", bus, TRUE);
}

/* In a child: becomes the user for good, with nothing of the program's but its session's display.
 */
static void G_GNUC_NORETURN
run (const char *program, const struct passwd *user, char **environment, const char *address)
{
  const char *const words[] = { program, address, NULL };
  int null = open ("/dev/null", O_RDWR);
  sigset_t none;
  uid_t r, e, s;

  if (geteuid () == 0
      && (initgroups (user->pw_name, user->pw_gid) != 0
          || setresgid (user->pw_gid, user->pw_gid, user->pw_gid) != 0
          || setresuid (user->pw_uid, user->pw_uid, user->pw_uid) != 0))
    _exit (127);
  if (getresuid (&r, &e, &s) != 0 || r == 0 || e == 0 || s == 0 || null < 0
      || dup2 (null, STDIN_FILENO) < 0 || dup2 (null, STDOUT_FILENO) < 0
      || dup2 (null, STDERR_FILENO) < 0 || close_range (STDERR_FILENO + 1, ~0U, 0) != 0
      || setsid () < 0 || chdir ("/") != 0)
    _exit (127);
  umask (022); /* what is downloaded is the person's */
  signal (SIGPIPE, SIG_DFL);
  sigemptyset (&none);
  (void)sigprocmask (SIG_SETMASK, &none, NULL);
  execve (program, (char *const *)words, environment);
  _exit (127);
}

gboolean
se_browser_open (const char *address)
{
  g_auto (GStrv) caller = g_get_environ ();
  g_auto (GStrv) environment = NULL;
  g_autofree char *program = g_find_program_in_path ("xdg-open");
  const struct passwd *user = NULL;
  guint uid = 0;
  pid_t child;

  if (program == NULL || !g_str_has_prefix (address, "https://")
      || !se_browser_find_user (caller, (guint)geteuid (), &uid))
    return FALSE;
  user = getpwuid (uid);
  if (user == NULL || user->pw_uid == 0)
    return FALSE;
  environment = se_browser_environment (caller, user->pw_name, user->pw_dir, uid);
  /* Twice, so that nobody has to wait for the browser's end. */
  child = fork ();
  if (child == 0)
    {
      if (fork () == 0)
        run (program, user, environment, address);
      _exit (0);
    }
  while (child > 0 && waitpid (child, NULL, 0) < 0 && errno == EINTR)
    ;
  return child > 0;
}
