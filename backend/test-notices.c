/* SPDX-License-Identifier: Apache-2.0 */
/* What the supervisor does about notices, with a notifier that does as it is told. */
#include "backend/phase.h"
#include "backend/test-supervisor-fixture.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* How the notifier of these jobs is started. */
#define STARTED(script, held, bytes)                       \
  "notifier: script:" script " user title" held "; " bytes \
  " bytes; leader=1 term=1 child=0 alarm=1 uid="

static void
assert_says (const char *said, const char *part)
{
  if (strstr (said, part) == NULL)
    g_error ("\"%s\" is not in: %s", part, said);
}

static void
test_handed_over (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  g_autofree char *wanted
      = g_strdup_printf ("notifier: CUPS_SERVERROOT=%s\nnotifier: DEVICE_URI=mailto:a%%40b.org\n"
                         "notifier: TZ=UTC\n",
                         fixture->directory);

  g_assert_cmpint (fixture_run (fixture, "1bNpNqE5", &said), ==, 5);
  assert_says (said, STARTED ("1bNpNqE5", "", "4"));
  g_assert_true (g_str_has_suffix (said, wanted)); /* no further descriptor */
}

static void
test_accepted (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;

  g_assert_cmpint (fixture_run (fixture, "1bdaNpE0", &said), ==, 0);
  assert_says (said, STARTED ("1bdaNpE0", "", "2"));
}

static void
test_nothing_to_tell (Fixture *fixture, gconstpointer unused)
{
  static const char *const scripts[] = { "1ba", "1bE3", "1bE5", "1bE6", "1bK" };

  for (gsize i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      g_autofree char *said = NULL;

      fixture_run (fixture, scripts[i], &said);
      g_assert_null (strstr (said, "notifier"));
    }
}

/* What the worker said before it was killed is told as well as the supervisor's own hold. */
static void
test_held_by_the_supervisor (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *killed = NULL;
  g_autofree char *doubt = NULL;

  g_assert_cmpint (fixture_run (fixture, "bNpK", &killed), ==, 3);
  assert_says (killed, STARTED ("bNpK",
                                " The program that sends the mail was ended by signal 9; the job "
                                "is held and tried again later",
                                "2"));
  g_assert_cmpint (fixture_run (fixture, "1bdS", &doubt), ==, 3);
  assert_says (doubt, "title The mail is in doubt: the program that sent it was ended by signal 11 "
                      "after the last byte and before the server's reply; the same mail is sent "
                      "again later; 0 bytes");
}

/* Whatever the worker writes: it goes on, and so does the supervisor, which reads none of it. */
static void
test_no_room (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;

  g_assert_cmpint (fixture_run (fixture, "1bBE3", &said), ==, 3);
  assert_says (said, "full after ");
  assert_says (said, "notifier: script:1bBE3");
}

static void
test_failures (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *failed = NULL;
  g_autofree char *killed = NULL;
  g_autofree char *missing = NULL;

  g_assert_cmpint (fixture_run (fixture, "1bNfE3", &failed), ==, 3);
  assert_says (failed, "WARNING: daemon/mailto-notify ended with status 3\n");
  g_assert_cmpint (fixture_run (fixture, "1bNkE5", &killed), ==, 5);
  assert_says (killed, "WARNING: daemon/mailto-notify was ended by signal 9\n");
  g_assert_cmpint (g_unlink (fixture->notifier), ==, 0);
  g_assert_cmpint (g_mkdir (fixture->notifier, 0755), ==, 0);
  g_assert_cmpint (fixture_run (fixture, "1bNpE3", &missing), ==, 3);
  assert_says (missing, fixture->notifier);
  assert_says (missing, "cannot be started, so that nobody is told: Permission denied\n");
  g_assert_cmpint (g_rmdir (fixture->notifier), ==, 0);
}

static void
read_until (int fd, const char *end)
{
  GString *text = g_string_new (NULL);
  char byte;

  while (strstr (text->str, end) == NULL)
    {
      g_assert_cmpint (read (fd, &byte, 1), ==, 1);
      g_string_append_c (text, byte);
    }
  g_string_free (text, TRUE);
}

/* A cancel, or a supervisor that is killed: nobody waits for the notifier any more, and it is told.
 */
static void
assert_let_go (Fixture *fixture, int number, int code)
{
  g_autofree char *said = NULL;
  int in, error;
  GPid pid = fixture_start (fixture, "1bNhE3", &in, &error);
  gint64 start;

  close (in);
  read_until (error, "hangs\n");
  start = g_get_monotonic_time ();
  g_assert_cmpint (kill (pid, number), ==, 0);
  g_assert_cmpint (fixture_finish (pid, error, &said), ==, code);
  g_assert_cmpint (g_get_monotonic_time () - start, <, G_USEC_PER_SEC);
}

static void
test_cancelled (Fixture *fixture, gconstpointer unused)
{
  assert_let_go (fixture, SIGTERM, 3);
}

static void
test_supervisor_killed (Fixture *fixture, gconstpointer unused)
{
  assert_let_go (fixture, SIGKILL, -1);
}

/* What a cancelled worker still had to say is told without anybody who waits. */
static void
test_cancelled_before (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  int in, error;
  GPid pid = fixture_start (fixture, "1bWNhE6", &in, &error);

  read_until (error, "ready\n");
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  g_assert_cmpint (fixture_finish (pid, error, &said), ==, 6);
  assert_says (said, STARTED ("1bWNhE6", "", "2"));
  close (in);
}

/* One that is left to itself has something to say later. */
static void
test_left_alone (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *path = g_build_filename (fixture->directory, FIXTURE_TOLD, NULL);
  g_autofree char *said = NULL;
  struct pollfd told = { .events = POLLIN };
  char text[16] = "";
  int in, error;
  GPid pid = fixture_start (fixture, "1bdHNwE5", &in, &error);

  g_assert_true (mkfifo (path, 0600) == 0 && g_chmod (path, 0666) == 0);
  told.fd = open (path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  g_assert_cmpint (told.fd, >=, 0);
  read_until (error, "ready\n");
  g_assert_cmpint (kill (pid, SIGTERM), ==, 0);
  g_assert_cmpint (fixture_finish (pid, error, &said), ==, 6);
  g_assert_cmpstr (said, ==, "");
  g_assert_cmpint (poll (&told, 1, 100), ==, 0);
  close (in);
  g_assert_cmpint (poll (&told, 1, 10000), ==, 1);
  g_assert_cmpint (read (told.fd, text, sizeof text - 1), >, 0);
  g_assert_cmpstr (text, ==, "2 bytes\n");
  close (told.fd);
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
test_as_the_service_user (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *said = NULL;
  g_autofree char *wanted = NULL;

  if (getuid () != 0)
    {
      g_test_skip ("only root can drop");
      return;
    }
  wanted = g_strdup_printf ("uid=%d\n", (int)getpwnam ("nobody")->pw_uid);
  g_assert_cmpint (fixture_run (fixture, "1bNpE3", &said), ==, 3);
  assert_says (said, wanted);
}

int
main (int argc, char **argv)
{
  fixture_init (&argc, &argv);
  ADD ("/notices/handed-over", test_handed_over);
  ADD ("/notices/accepted", test_accepted);
  ADD ("/notices/nothing-to-tell", test_nothing_to_tell);
  ADD ("/notices/held-by-the-supervisor", test_held_by_the_supervisor);
  ADD ("/notices/no-room", test_no_room);
  ADD ("/notices/failures", test_failures);
  ADD ("/notices/cancelled", test_cancelled);
  ADD ("/notices/supervisor-killed", test_supervisor_killed);
  ADD ("/notices/cancelled-before", test_cancelled_before);
  ADD ("/notices/left-alone", test_left_alone);
  ADD ("/notices/as-the-service-user", test_as_the_service_user);
  return g_test_run ();
}
