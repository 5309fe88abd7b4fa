/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/phase.h"
#include "backend/test-supervisor-fixture.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void
test_outcomes (Fixture *fixture, gconstpointer unused)
{
  static const struct
  {
    const char *script;
    int code;
    const char *says; /* NULL: nothing */
  } cases[] = {
    { "1ba", 0, NULL },
    { "1bdaE0", 0, NULL },
    { "1bE3", 3, NULL },
    { "1bE5", 5, NULL },
    { "bE6", 6, NULL },
    /* Accepted is accepted, whatever happens then. */
    { "1bdaK", 0, NULL },
    { "1bdaS", 0, NULL },
    { "1bdaE1", 0, NULL },
    /* Ends that claim more than was reported. */
    { "1b", 6, "ended with status 0" },
    { "1bd", 3, "in doubt" },
    /* Before the dot: 6 once, then held. */
    { "1bK", 6, "signal 9" },
    { "1bS", 6, "signal 11" },
    { "1bT", 6, "signal 15" },
    { "1bP", 6, "signal 13" },
    { "1bE1", 6, "status 1" },
    { "1bE4", 6, "status 4" },
    { "bK", 3, SE_HOLD_DEFERRED },
    { "bT", 3, SE_HOLD_DEFERRED },
    { "bE7", 3, SE_HOLD_DEFERRED },
    { "K", 3, SE_HOLD_DEFERRED },
    /* After the dot. */
    { "1bdK", 3, "in doubt" },
    { "1bdT", 3, SE_HOLD_DEFERRED },
    { "bdS", 3, "in doubt" },
    { "1bdE1", 3, "in doubt" },
    { "1bdE6", 6, NULL },
    /* The server refused after the data; a further try had begun. */
    { "1bdbK", 6, "signal 9" },
    { "bdbK", 3, SE_HOLD_DEFERRED },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *said = NULL;
      int code = fixture_run (fixture, cases[i].script, &said);

      g_test_message ("%s: %d, %s", cases[i].script, code, said);
      g_assert_cmpint (code, ==, cases[i].code);
      if (cases[i].says == NULL)
        g_assert_cmpstr (said, ==, "");
      else
        {
          g_assert_nonnull (strstr (said, cases[i].says));
          g_assert_nonnull (strstr (said, "ERROR: "));
          g_assert_null (strstr (strstr (said, "ERROR: ") + 1, "ERROR: "));
        }
    }
}

static void
test_hands_down (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  g_autofree char *none = NULL;
  g_autofree char *wanted = g_strdup_printf (
      "CUPS_SERVERROOT=%s\nDEVICE_URI=mailto:a%%40b.org\nTZ=UTC\nfd 3\nfd %d\nfd %d\nfd %d\n",
      fixture->directory, SE_FD_PPD, SE_FD_PHASE, SE_FD_NOTICE);

  g_assert_cmpint (fixture_run (fixture, "VOa", &said), ==, 0);
  g_assert_true (g_str_has_prefix (said, wanted));
  g_assert_cmpstr (said + strlen (wanted), ==, "ppd=the PPD\nstdin=a bundle\n");
  g_unlink (fixture->ppd);
  g_assert_cmpint (fixture_run (fixture, "Va", &none), ==, 0);
  g_assert_null (strstr (none, "fd 8"));
  g_assert_nonnull (strstr (none, "fd 9"));
}

static void
test_forwards_sigterm (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  char ready[7] = "";
  int in, error;
  GPid pid = fixture_start (fixture, "1bWE5", &in, &error);

  g_assert_cmpint (read (error, ready, 6), ==, 6);
  g_assert_cmpstr (ready, ==, "ready\n");
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  /* One that is left to itself makes it 6. */
  g_assert_cmpint (fixture_finish (pid, error, &said), ==, 5);
  g_assert_cmpstr (said, ==, "");
  close (in);
}

/* cupsd aborts a job whose backend ends while documents are still to be filtered: after a crash
 * somebody has to read on. */
static void
test_reads_on_after_a_crash (Fixture *fixture, gconstpointer unused)
{
  char block[4096] = "";
  char first;
  g_autofree char *said = NULL;
  int in, error;
  GPid pid = fixture_start (fixture, "1bK", &in, &error);

  g_assert_cmpint (read (error, &first, 1), ==, 1); /* it has seen the crash */
  for (int i = 0; i < 100; i++)
    g_assert_cmpint (write (in, block, sizeof block), ==, sizeof block);
  g_assert_cmpint (waitpid (pid, NULL, WNOHANG), ==, 0);
  close (in);
  g_assert_cmpint (fixture_finish (pid, error, &said), ==, 6);
}

/* A crash, and then a cancel. */
static void
test_reads_on_until_cancelled (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  char first;
  int in, error;
  GPid pid = fixture_start (fixture, "1bK", &in, &error);

  g_assert_cmpint (read (error, &first, 1), ==, 1);
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  g_assert_cmpint (fixture_finish (pid, error, &said), ==, 6);
  close (in);
}

/* After a cancel nobody reads on: a filter that still writes learns of it. */
static void
test_lets_go_of_input (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  int in, error;
  GPid pid = fixture_start (fixture, "1bW", &in, &error);
  char ready[6];

  g_assert_cmpint (read (error, ready, 6), ==, 6);
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  g_assert_cmpint (fixture_finish (pid, error, &said), ==, 6);
  g_assert_cmpint (write (in, "x", 1), ==, -1);
  g_assert_cmpint (errno, ==, EPIPE);
  close (in);
}

/* A worker that has to finish something is left to itself. */
static void
test_leaves_a_worker (Fixture *fixture, gconstpointer unused)
{
  static const struct
  {
    const char *script;
    int code;
  } cases[] = { { "1bdHE5", 6 }, { "bHE0", 6 }, { "1bdaHE3", 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *said = NULL;
      char ready[6];
      int in, error;
      GPid pid = fixture_start (fixture, cases[i].script, &in, &error);
      gint64 start;

      g_assert_cmpint (read (error, ready, 6), ==, 6);
      start = g_get_monotonic_time ();
      g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
      g_assert_cmpint (fixture_finish (pid, error, &said), ==, cases[i].code);
      g_assert_cmpint (g_get_monotonic_time () - start, <, G_USEC_PER_SEC);
      g_assert_cmpstr (said, ==, "");
      /* It is still there. */
      g_assert_cmpint (write (in, "x", 1), ==, 1);
      close (in);
    }
}

static void
test_no_worker (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;

  g_assert_cmpint (g_chmod (fixture->worker, 0600), ==, 0);
  g_assert_cmpint (fixture_run (fixture, "a", &said), ==, 3);
  g_assert_nonnull (strstr (said, "STATE: +" SE_REASON_AUTHORIZATION "\n"));
  g_assert_nonnull (strstr (said, fixture->worker));
}

static void
test_discovery (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *program = g_test_build_filename (G_TEST_BUILT, "backend", "mailto", NULL);
  char *argv[] = { program, NULL };
  g_autofree char *out = NULL;
  g_autofree char *error = NULL;
  int status;

  g_assert_true (
      g_spawn_sync (NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &out, &error, &status, NULL));
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpstr (error, ==, "");
  g_assert_cmpstr (out, ==,
                   "network mailto:/ \"scan-email Mail\" \"Mail by OAuth 2.0 (scan-email)\" "
                   "\"MFG:scan-email;MDL:Mail;CMD:PDF;\" \"\"\n");
}

static void
test_drops (Fixture *fixture, gconstpointer unused)
{
  const struct passwd *nobody = getpwnam ("nobody");
  g_autofree char *said = NULL;
  g_autofree char *wanted = NULL;

  if (getuid () != 0)
    {
      g_test_skip ("only root can drop");
      return;
    }
  g_assert_nonnull (nobody);
  wanted = g_strdup_printf ("uid=%d euid=%d gid=%d n_groups>0=1\ngroup=%d\nppd=the PPD\n",
                            (int)nobody->pw_uid, (int)nobody->pw_uid, (int)nobody->pw_gid,
                            (int)nobody->pw_gid);
  g_assert_cmpint (fixture_run (fixture, "UOa", &said), ==, 0);
  g_assert_true (g_str_has_prefix (said, wanted));
}

static void
test_refuses_config (Fixture *fixture, gconstpointer unused)
{
  static const struct
  {
    const char *text;
    int mode;
    const char *says;
  } cases[] = {
    { "[server]\nuser = root\n", 0644, "must not be root" },
    { "[server]\nuser = nobody-of-that-name\n", 0644, "cannot be found" },
    { "[server]\nuser =\n", 0644, "cannot be found" },
    { "[server]\nuser = nobody\n", 0664, "chmod go-w" },
    { "[server]\nuser = nobody\n", 0646, "chmod go-w" },
  };

  if (getuid () != 0)
    {
      g_test_skip ("only root reads the user there");
      return;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *said = NULL;

      fixture_write_config (fixture, cases[i].text, cases[i].mode);
      g_assert_cmpint (fixture_run (fixture, "a", &said), ==, 3);
      g_assert_nonnull (strstr (said, cases[i].says));
      g_assert_true (g_str_has_prefix (said, SE_HOLD_AUTHORIZATION));
    }
  fixture_write_config (fixture, "[server]\nuser = nobody\n", 0644);
  g_assert_cmpint (chown (fixture->config, getpwnam ("nobody")->pw_uid, 0), ==, 0);
  {
    g_autofree char *said = NULL;

    g_assert_cmpint (fixture_run (fixture, "a", &said), ==, 3);
    g_assert_nonnull (strstr (said, "chown root"));
  }
}

/* A file of the process in /proc. */
static char *
read_proc (GPid pid, const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/%s", (int)pid, name);
  char *text = NULL;
  gsize length;

  g_assert_true (g_file_get_contents (path, &text, &length, NULL));
  for (gsize i = 0; i + 1 < length; i++)
    if (text[i] == '\0')
      text[i] = '\n';
  return text;
}

/* Of what cupsd tells it keeps what is needed, and nothing can be read that it has taken away. */
static void
test_environment (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  g_autofree char *environment = NULL;
  char ready[6];
  int in, error;
  GPid pid = fixture_start (fixture, "1bWE6", &in, &error);

  g_assert_cmpint (read (error, ready, 6), ==, 6);
  if (getuid () == 0) /* else nobody may look */
    {
      environment = read_proc (pid, "environ");
      g_assert_nonnull (strstr (environment, "CUPS_SERVERROOT="));
      g_assert_null (strstr (environment, "LD_NOTHING"));
      g_assert_null (strstr (environment, "not me"));
    }
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  g_assert_cmpint (fixture_finish (pid, error, &said), ==, 6);
  close (in);
}

/* Without a service user it has to read on all the same. */
static void
test_is_not_root (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  g_autofree char *status = NULL;
  char byte;
  int in, error;
  GPid pid;

  if (getuid () != 0)
    {
      g_test_skip ("only root can drop");
      return;
    }
  fixture_write_config (fixture, "[server]\nuser = nobody-of-that-name\n", 0644);
  pid = fixture_start (fixture, "a", &in, &error);
  for (int lines = 0; lines < 4;) /* the last thing it says */
    {
      g_assert_cmpint (read (error, &byte, 1), ==, 1);
      lines += byte == '\n';
    }
  status = read_proc (pid, "status");
  g_assert_nonnull (strstr (status, "\nUid:\t65534\t65534\t65534\t65534\n"));
  g_assert_nonnull (strstr (status, "\nGid:\t65534\t65534\t65534\t65534\n"));
  g_assert_nonnull (strstr (status, "\nGroups:\t \n"));
  close (in);
  g_assert_cmpint (fixture_finish (pid, error, &said), ==, 3);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("/supervisor/outcomes", test_outcomes);
  ADD ("/supervisor/hands-down", test_hands_down);
  ADD ("/supervisor/forwards-sigterm", test_forwards_sigterm);
  ADD ("/supervisor/reads-on-after-a-crash", test_reads_on_after_a_crash);
  ADD ("/supervisor/reads-on-until-cancelled", test_reads_on_until_cancelled);
  ADD ("/supervisor/lets-go-of-input", test_lets_go_of_input);
  ADD ("/supervisor/leaves-a-worker", test_leaves_a_worker);
  ADD ("/supervisor/no-worker", test_no_worker);
  ADD ("/supervisor/discovery", test_discovery);
  ADD ("/supervisor/drops", test_drops);
  ADD ("/supervisor/refuses-config", test_refuses_config);
  ADD ("/supervisor/environment", test_environment);
  ADD ("/supervisor/is-not-root", test_is_not_root);
  return g_test_run ();
}
