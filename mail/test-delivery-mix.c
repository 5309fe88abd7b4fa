/* SPDX-License-Identifier: Apache-2.0 */
/* Servers that answer each step as they like, over as many runs as it takes: in the end everybody
 * who can have the mails of a job has each of them once. */
#include "mail/test-delivery-fixture.h"

#include <signal.h>
#include <string.h>

#define MAILS 3
#define RECIPIENTS 4
#define TO "a@example.org, b@example.org, c@example.org, d@example.org"
#define RUNS 40 /* with trouble; whoever is not done then meets a good server */

/* Replies and how many of a hundred they are. */
typedef struct
{
  const char *script;
  int share;
} Choice;

static const Choice at_rcpt[] = { { "reply\t250 ok", 66 },
                                  { "reply\t451 4.7.1 greylisted", 10 },
                                  { "reply\t452 4.2.2 full", 6 },
                                  { "reply\t552 too many", 5 },
                                  { "reply\t550 5.1.1 no such user", 5 },
                                  { "last\t421 4.3.0 bye", 4 },
                                  { "drop", 4 } };
static const Choice at_dot[] = { { "reply\t250 2.0.0 queued", 60 },
                                 { "reply\t451 4.3.0 later", 12 },
                                 { "last\t421 4.3.0 bye", 8 },
                                 { "last\t250-2.0.0 que", 8 }, /* it has it, and nobody knows */
                                 { "drop", 8 },
                                 { "reply\thello", 4 } };
static const Choice at_mail[] = { { "reply\t250 ok", 90 }, { "reply\t451 4.3.0 later", 10 } };
static const Choice at_data[] = { { "reply\t354 go", 92 }, { "reply\t451 4.3.0 later", 8 } };

static void
tell (const char *step, const Choice *choices)
{
  int left = g_test_rand_int_range (0, 100);
  g_autofree char *command = NULL;

  while (left >= choices->share)
    left -= (choices++)->share;
  command = g_strdup_printf ("at\t%s\t%s", step, choices->script);
  test_server_tell (server, command);
}

static void
make_trouble (void)
{
  for (guint i = 0; i < MAILS; i++)
    {
      tell ("mail", at_mail);
      tell ("data", at_data);
      tell ("dot", at_dot);
      for (guint j = 0; j < RECIPIENTS; j++)
        tell ("rcpt", at_rcpt);
    }
}

/* TRUE: it has come to its end; *refused: nobody can have it. */
static gboolean
run (Fixture *f, GError **refused)
{
  g_autoptr (GError) error = NULL;
  gint64 not_before = 0;

  if (se_delivery_send (&f->delivery, f->journal, &not_before, &error))
    return TRUE;
  g_assert_true (se_error_is (error, SE_ERROR_TEMPORARY) || se_error_is (error, SE_ERROR_DEFERRED)
                 || se_error_is (error, SE_ERROR_IN_DOUBT)
                 || se_error_is (error, SE_ERROR_DOCUMENT));
  if (se_error_is (error, SE_ERROR_DOCUMENT))
    {
      *refused = g_steal_pointer (&error);
      return TRUE;
    }
  /* Some are killed, and some are let go on by a person. */
  if (not_before == G_MAXINT64 || g_test_rand_bit ())
    g_assert_true (se_journal_defer (f->journal, not_before, NULL));
  g_test_message ("%s", error->message);
  return FALSE;
}

static gboolean
is_refused (const SeJournal *journal, const char *address)
{
  g_autoptr (GPtrArray) refused = se_journal_refused (journal);

  for (guint i = 0; i < refused->len; i++)
    if (g_str_equal (((SeRcptRefusal *)refused->pdata[i])->address, address))
      return TRUE;
  return FALSE;
}

/* How often each mail, told apart by its digest, was accepted for each recipient. */
static void
check (Fixture *f)
{
  g_autofree char *answer = test_server_ask (server, "attempts");
  g_auto (GStrv) attempts = g_strsplit (answer, "\t", -1);
  g_autoptr (GHashTable) mails = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) have = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const char *const to[RECIPIENTS]
      = { "a@example.org", "b@example.org", "c@example.org", "d@example.org" };

  for (char **attempt = attempts; *attempt != NULL && **attempt != '\0'; attempt++)
    {
      char **words = g_strsplit (*attempt, "|", 3);
      g_auto (GStrv) recipients = g_strsplit (words[0], ",", -1);

      g_hash_table_add (mails, g_strdup (words[1]));
      for (char **recipient = recipients; *recipient != NULL; recipient++)
        {
          char *key = g_strconcat (words[1], " ", *recipient, NULL);

          if (g_hash_table_contains (have, key))
            g_error ("%s was sent again after it was accepted", key);
          if (g_str_equal (words[2], "250 2.0.0 queued"))
            g_hash_table_add (have, key);
          else
            g_free (key);
        }
      g_strfreev (words);
    }
  g_assert_cmpuint (g_hash_table_size (mails), <=, MAILS);
  for (guint i = 0; i < RECIPIENTS; i++)
    {
      GHashTableIter iter;
      gpointer digest;

      if (is_refused (f->journal, to[i]))
        continue;
      g_assert_cmpuint (g_hash_table_size (mails), ==, MAILS);
      g_hash_table_iter_init (&iter, mails);
      while (g_hash_table_iter_next (&iter, &digest, NULL))
        {
          g_autofree char *key = g_strconcat (digest, " ", to[i], NULL);

          if (!g_hash_table_contains (have, key))
            g_error ("%s was never accepted", key);
        }
    }
}

static void
test_mix (void)
{
  for (int round = 0; round < (g_test_slow () ? 200 : 6); round++)
    {
      Fixture f;
      gboolean done = FALSE;
      g_autoptr (GError) refused = NULL;

      set_up (&f, NULL);
      f.delivery.events = NULL;
      g_assert_true (se_journal_reopen (f.journal, NULL));
      fix_messages (&f, TO, MAILS);
      for (int i = 0; !done && i < RUNS + 5; i++)
        {
          test_server_tell (server, "forget");
          if (i < RUNS)
            make_trouble ();
          g_ptr_array_set_size (f.rejected, 0);
          done = run (&f, &refused);
          se_journal_close (f.journal);
          open_journal (&f);
        }
      if (refused == NULL)
        g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_ACCEPTED);
      else
        g_assert_cmpint (se_journal_step (f.journal), ==, SE_JOURNAL_FIXED);
      check (&f);
      tear_down (&f);
    }
}

static void
add_tests (void)
{
  g_test_add_func ("/delivery-mix/mix", test_mix);
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  return test_server_run (&server, add_tests);
}
