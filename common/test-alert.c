/* SPDX-License-Identifier: Apache-2.0 */
#include "common/alert.h"

#include "common/test-command.h"
#include "common/test-warnings.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ADDRESS "scanner@contoso.com"
#define SENTENCE "the authorization is gone; run: oauth-setup login " ADDRESS

typedef struct
{
  TestTree tree; /* the state directory */
  TestCommand command;
  char *argv[2];
  SeServerConfig server;
  SeNotifier notifier;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  test_tree_set_up (&f->tree, "");
  test_command_set_up (&f->command, &f->tree);
  f->argv[0] = f->command.path;
  f->server.state_directory = f->tree.directory;
  f->server.notify_command = f->argv;
  f->notifier = se_notice_direct (&f->server);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_command_tear_down (&f->command);
  test_tree_tear_down (&f->tree, NULL);
}

static void
raise_alert (const Fixture *f, SeAlertCause cause)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (se_alert_raise (&f->server, ADDRESS, cause, SENTENCE, &f->notifier, &error));
  g_assert_no_error (error);
}

static void
withdraw (const Fixture *f, SeAlertCause cause)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (se_alert_withdraw (&f->server, ADDRESS, cause, &f->notifier, &error));
  g_assert_no_error (error);
}

#define LOST "authorization-lost|" ADDRESS "|" SENTENCE "|\n"
#define RESTORED "authorization-restored|" ADDRESS "|the account may send mail again|\n"

static void
assert_listed (const Fixture *f, guint n, gboolean raised)
{
  g_autoptr (GPtrArray) alerts = se_alert_list (&f->server);

  g_assert_cmpuint (alerts->len, ==, n);
  for (guint i = 0; i < n; i++)
    {
      const SeAlert *alert = alerts->pdata[i];

      g_assert_cmpstr (alert->account, ==, ADDRESS);
      g_assert_true (alert->raised == raised);
    }
}

static void
test_life (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeAlert) alert = se_alert_get (&f->server, ADDRESS);
  gint64 before = g_get_real_time () / G_USEC_PER_SEC;

  g_assert_null (alert);
  assert_listed (f, 0, FALSE);
  withdraw (f, SE_ALERT_LOGIN);
  test_command_assert_told (&f->command, "");
  raise_alert (f, SE_ALERT_TOKEN);
  raise_alert (f, SE_ALERT_TOKEN);
  test_command_assert_told (&f->command, LOST);
  assert_listed (f, 1, TRUE);
  alert = se_alert_get (&f->server, ADDRESS);
  g_assert_cmpstr (alert->sentence, ==, SENTENCE);
  g_assert_cmpint (alert->since, >=, before);
  g_assert_null (se_alert_get (&f->server, "other@contoso.com"));
  withdraw (f, SE_ALERT_TOKEN);
  withdraw (f, SE_ALERT_TOKEN);
  test_command_assert_told (&f->command, LOST RESTORED);
  assert_listed (f, 1, FALSE);
  g_assert_null (se_alert_get (&f->server, ADDRESS));
  /* Lost once more before anybody was told of the end. */
  raise_alert (f, SE_ALERT_LOGIN);
  test_command_assert_told (&f->command, LOST RESTORED LOST);
  assert_listed (f, 1, TRUE);
}

/* A token says nothing about a mail server that refuses the account, nor does a login that still
 * works about the next token. */
static void
test_causes (Fixture *f, gconstpointer unused)
{
  raise_alert (f, SE_ALERT_LOGIN);
  withdraw (f, SE_ALERT_TOKEN);
  assert_listed (f, 1, TRUE);
  withdraw (f, SE_ALERT_LOGIN);
  assert_listed (f, 1, FALSE);
  raise_alert (f, SE_ALERT_TOKEN);
  withdraw (f, SE_ALERT_LOGIN);
  assert_listed (f, 1, TRUE);
  withdraw (f, SE_ALERT_TOKEN);
  assert_listed (f, 1, FALSE);
  test_command_assert_told (&f->command, LOST RESTORED LOST RESTORED);
}

static void
test_forget (Fixture *f, gconstpointer unused)
{
  raise_alert (f, SE_ALERT_TOKEN);
  withdraw (f, SE_ALERT_TOKEN);
  {
    g_autoptr (GPtrArray) alerts = se_alert_list (&f->server);

    /* Raised between listing and forgetting: that one stays. */
    raise_alert (f, SE_ALERT_TOKEN);
    g_assert_true (se_alert_forget (&f->server, alerts->pdata[0], NULL));
    assert_listed (f, 1, TRUE);
  }
  {
    g_autoptr (GPtrArray) alerts = se_alert_list (&f->server);

    g_assert_true (se_alert_forget (&f->server, alerts->pdata[0], NULL));
    assert_listed (f, 0, FALSE);
  }
}

/* An address of which no file's name can hold all. */
static void
test_long_address (Fixture *f, gconstpointer unused)
{
  g_autofree char *local = g_strnfill (64, '{');
  g_autofree char *domain = g_strnfill (180, 'd');
  g_autofree char *address = g_strconcat (local, "@", domain, NULL);
  g_autoptr (GPtrArray) raised = NULL;
  g_autoptr (GPtrArray) withdrawn = NULL;
  const SeAlert *alert;

  g_assert_true (
      se_alert_raise (&f->server, address, SE_ALERT_TOKEN, SENTENCE, &f->notifier, NULL));
  raised = se_alert_list (&f->server);
  g_assert_cmpuint (raised->len, ==, 1);
  alert = raised->pdata[0];
  g_assert_cmpstr (alert->account, ==, address);
  g_assert_true (se_alert_withdraw (&f->server, address, SE_ALERT_TOKEN, &f->notifier, NULL));
  withdrawn = se_alert_list (&f->server);
  g_assert_cmpuint (withdrawn->len, ==, 1);
  alert = withdrawn->pdata[0];
  g_assert_cmpstr (alert->account, ==, address);
  g_assert_false (alert->raised);
  g_assert_true (se_alert_forget (&f->server, alert, NULL));
  assert_listed (f, 0, FALSE);
  g_assert_true (se_alert_expiring (&f->server, address, g_get_real_time () / G_USEC_PER_SEC,
                                    "it ends", &f->notifier, NULL));
}

/* What a process that was killed, or a person, has left. */
static void
test_damage (Fixture *f, gconstpointer unused)
{
  g_autofree char *directory = g_build_filename (f->tree.directory, "alerts", NULL);
  g_autofree char *raised = g_build_filename (directory, "scanner%40contoso.com.raised", NULL);
  g_autofree char *withdrawn
      = g_build_filename (directory, "scanner%40contoso.com.withdrawn", NULL);
  g_autofree char *temporary
      = g_build_filename (directory, ".scanner%40contoso.com.raised.aB12cd", NULL);
  g_autofree char *foreign = g_build_filename (directory, "README", NULL);

  g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (temporary, "x", 1, NULL));
  g_assert_true (g_file_set_contents (foreign, "x", 1, NULL));
  assert_listed (f, 0, FALSE);
  g_assert_true (g_file_set_contents (withdrawn, "\xff garbage", -1, NULL));
  assert_listed (f, 1, FALSE);
  g_assert_true (g_file_set_contents (raised, "", 0, NULL));
  assert_listed (f, 1, TRUE);
  raise_alert (f, SE_ALERT_TOKEN);
  test_command_assert_told (&f->command, "");
  withdraw (f, SE_ALERT_LOGIN);
  assert_listed (f, 1, FALSE);
  test_command_assert_told (&f->command, RESTORED);
}

/* A sentence from outside stays one argument and one line. */
static void
test_hostile_sentence (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeAlert) alert = NULL;

  g_assert_true (se_alert_raise (&f->server, ADDRESS, SE_ALERT_TOKEN,
                                 "a\nsince=1\n[alert]\r\033[2J%s%n", &f->notifier, NULL));
  test_command_assert_told (&f->command,
                            "authorization-lost|" ADDRESS "|a since=1 [alert]  [2J%s%n|\n");
  alert = se_alert_get (&f->server, ADDRESS);
  g_assert_cmpstr (alert->sentence, ==, "a since=1 [alert]  [2J%s%n");
  g_assert_cmpint (alert->since, >, 1);
}

#define IN_DAYS(days) (g_get_real_time () / G_USEC_PER_SEC + (gint64)((days)*24 * 60 * 60))
#define ENDS "authorization-expiring|" ADDRESS "|it ends|\n"

static void
tell_end (const Fixture *f, gint64 until)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (se_alert_expiring (&f->server, ADDRESS, until, "it ends", &f->notifier, &error));
  g_assert_no_error (error);
}

/* Told three times at most, however often it is looked at; a new end is told anew. */
static void
test_expiring (Fixture *f, gconstpointer unused)
{
  tell_end (f, 0);
  tell_end (f, IN_DAYS (15));
  test_command_assert_told (&f->command, "");
  tell_end (f, IN_DAYS (13.9));
  tell_end (f, IN_DAYS (4));
  test_command_assert_told (&f->command, ENDS);
  tell_end (f, IN_DAYS (2.9));
  tell_end (f, IN_DAYS (2));
  test_command_assert_told (&f->command, ENDS ENDS);
  tell_end (f, IN_DAYS (0.9));
  tell_end (f, IN_DAYS (-1));
  test_command_assert_told (&f->command, ENDS ENDS ENDS);
  /* A farther end does not make it news. */
  tell_end (f, IN_DAYS (7));
  test_command_assert_told (&f->command, ENDS ENDS ENDS);
  tell_end (f, IN_DAYS (90));
  tell_end (f, IN_DAYS (7));
  test_command_assert_told (&f->command, ENDS ENDS ENDS ENDS);
  assert_listed (f, 0, FALSE);
}

/* A command that fails takes nothing back, nor does a state directory that is none go unsaid. */
static void
test_failures (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  if (!test_warnings_begin ())
    return;
  g_assert_cmpint (g_unlink (f->command.path), ==, 0);
  raise_alert (f, SE_ALERT_TOKEN);
  g_assert_cmpuint (test_warnings_count (), ==, 1);
  assert_listed (f, 1, TRUE);
  f->server.notify_command = NULL;
  withdraw (f, SE_ALERT_TOKEN);
  f->server.state_directory = f->command.told;
  g_assert_false (
      se_alert_raise (&f->server, ADDRESS, SE_ALERT_TOKEN, SENTENCE, &f->notifier, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CONFIG);
}

/* Runs function in so many processes that start at one moment. */
static void
run_at_once (const Fixture *f, guint processes, void (*function) (const Fixture *f))
{
  int start[2];

  g_assert_cmpint (pipe (start), ==, 0);
  for (guint i = 0; i < processes; i++)
    if (fork () == 0)
      {
        char byte;

        close (start[1]);
        (void)!read (start[0], &byte, 1);
        function (f);
        _exit (0);
      }
  close (start[0]);
  close (start[1]);
  for (guint i = 0; i < processes; i++)
    {
      int status = -1;

      g_assert_cmpint (wait (&status), >, 0);
      g_assert_cmpint (status, ==, 0);
    }
}

static void
raise_token (const Fixture *f)
{
  raise_alert (f, SE_ALERT_TOKEN);
}

static void
withdraw_token (const Fixture *f)
{
  withdraw (f, SE_ALERT_TOKEN);
}

static void
test_race (Fixture *f, gconstpointer unused)
{
  for (int round = 0; round < 3; round++)
    {
      test_command_forget (&f->command);
      run_at_once (f, 32, raise_token);
      test_command_assert_told (&f->command, LOST);
      assert_listed (f, 1, TRUE);
      run_at_once (f, 32, withdraw_token);
      test_command_assert_told (&f->command, LOST RESTORED);
      assert_listed (f, 1, FALSE);
    }
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/alert/life", test_life);
  ADD ("/alert/causes", test_causes);
  ADD ("/alert/forget", test_forget);
  ADD ("/alert/long-address", test_long_address);
  ADD ("/alert/damage", test_damage);
  ADD ("/alert/expiring", test_expiring);
  ADD ("/alert/hostile-sentence", test_hostile_sentence);
  ADD ("/alert/failures", test_failures);
  ADD ("/alert/race", test_race);
  return g_test_run ();
}
