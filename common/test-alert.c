/* SPDX-License-Identifier: Apache-2.0 */
#include "common/alert.h"
#include "common/test-tree.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ADDRESS "scanner@contoso.com"
#define SENTENCE "the authorization is gone; run: oauth-setup login " ADDRESS

typedef struct
{
  char *directory;
  char *told; /* what notify-command was called with, a line each */
  char *command[2];
  SeServerConfig server;
  SeNotifier notifier;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  g_autofree char *script = NULL;

  f->directory = g_dir_make_tmp ("scan-email-XXXXXX", NULL);
  f->told = g_build_filename (f->directory, "told", NULL);
  f->command[0] = g_build_filename (f->directory, "notify", NULL);
  f->command[1] = NULL;
  script
      = g_strdup_printf ("#!/bin/sh\nprintf '%%s|' \"$@\" >>'%s'\necho >>'%s'\n", f->told, f->told);
  g_assert_true (
      g_file_set_contents_full (f->command[0], script, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
  g_assert_true (g_file_set_contents (f->told, "", 0, NULL));
  f->server.state_directory = f->directory;
  f->server.notify_command = f->command;
  f->notifier = se_notice_direct (&f->server);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_remove_tree (f->directory);
  g_free (f->directory);
  g_free (f->told);
  g_free (f->command[0]);
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
assert_told (const Fixture *f, const char *expected)
{
  g_autofree char *told = NULL;

  g_assert_true (g_file_get_contents (f->told, &told, NULL, NULL));
  g_assert_cmpstr (told, ==, expected);
}

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
  assert_told (f, "");
  raise_alert (f, SE_ALERT_TOKEN);
  raise_alert (f, SE_ALERT_TOKEN);
  assert_told (f, LOST);
  assert_listed (f, 1, TRUE);
  alert = se_alert_get (&f->server, ADDRESS);
  g_assert_cmpstr (alert->sentence, ==, SENTENCE);
  g_assert_cmpint (alert->since, >=, before);
  g_assert_null (se_alert_get (&f->server, "other@contoso.com"));
  withdraw (f, SE_ALERT_TOKEN);
  withdraw (f, SE_ALERT_TOKEN);
  assert_told (f, LOST RESTORED);
  assert_listed (f, 1, FALSE);
  g_assert_null (se_alert_get (&f->server, ADDRESS));
  /* Lost once more before anybody was told of the end. */
  raise_alert (f, SE_ALERT_LOGIN);
  assert_told (f, LOST RESTORED LOST);
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
  assert_told (f, LOST RESTORED LOST RESTORED);
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

/* What a process that was killed, or a person, has left. */
static void
test_damage (Fixture *f, gconstpointer unused)
{
  g_autofree char *directory = g_build_filename (f->directory, "alerts", NULL);
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
  assert_told (f, "");
  withdraw (f, SE_ALERT_LOGIN);
  assert_listed (f, 1, FALSE);
  assert_told (f, RESTORED);
}

/* A sentence from outside stays one argument and one line. */
static void
test_hostile_sentence (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeAlert) alert = NULL;

  g_assert_true (se_alert_raise (&f->server, ADDRESS, SE_ALERT_TOKEN,
                                 "a\nsince=1\n[alert]\r\033[2J%s%n", &f->notifier, NULL));
  assert_told (f, "authorization-lost|" ADDRESS "|a since=1 [alert]  [2J%s%n|\n");
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
  assert_told (f, "");
  tell_end (f, IN_DAYS (13.9));
  tell_end (f, IN_DAYS (4));
  assert_told (f, ENDS);
  tell_end (f, IN_DAYS (2.9));
  tell_end (f, IN_DAYS (2));
  assert_told (f, ENDS ENDS);
  tell_end (f, IN_DAYS (0.9));
  tell_end (f, IN_DAYS (-1));
  assert_told (f, ENDS ENDS ENDS);
  /* A farther end does not make it news. */
  tell_end (f, IN_DAYS (7));
  assert_told (f, ENDS ENDS ENDS);
  tell_end (f, IN_DAYS (90));
  tell_end (f, IN_DAYS (7));
  assert_told (f, ENDS ENDS ENDS ENDS);
  assert_listed (f, 0, FALSE);
}

static guint warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer unused)
{
  warnings += (level & G_LOG_LEVEL_MASK) == G_LOG_LEVEL_WARNING;
  return G_LOG_WRITER_HANDLED;
}

/* A command that fails takes nothing back, nor does a state directory that is none go unsaid. */
static void
test_failures (Fixture *f, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return;
    }
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  g_assert_cmpint (g_unlink (f->command[0]), ==, 0);
  raise_alert (f, SE_ALERT_TOKEN);
  g_assert_cmpuint (warnings, ==, 1);
  assert_listed (f, 1, TRUE);
  f->server.notify_command = NULL;
  withdraw (f, SE_ALERT_TOKEN);
  f->server.state_directory = f->told;
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
      g_assert_true (g_file_set_contents (f->told, "", 0, NULL));
      run_at_once (f, 32, raise_token);
      assert_told (f, LOST);
      assert_listed (f, 1, TRUE);
      run_at_once (f, 32, withdraw_token);
      assert_told (f, LOST RESTORED);
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
  ADD ("/alert/damage", test_damage);
  ADD ("/alert/expiring", test_expiring);
  ADD ("/alert/hostile-sentence", test_hostile_sentence);
  ADD ("/alert/failures", test_failures);
  ADD ("/alert/race", test_race);
  return g_test_run ();
}
