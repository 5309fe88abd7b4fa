/* SPDX-License-Identifier: Apache-2.0 */
/* Jobs of several mails. */
#include "mail/test-journal-fixture.h"

#include "mail/journal-entry.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAILS 3

static const char *const subjects[MAILS]
    = { "Subject: one\r\n\r\n", "Subject: two; x\r\n\r\n", "Subject: three\r\n\r\n" };

static SeMessage *
make_mail (guint i)
{
  const char *const texts[] = { subjects[i], "\r\nend\r\n", NULL };
  const SeAttachment range = { .offset = i * 5, .length = 5 + i * 1000 };

  return se_message_new_from_texts (texts, &range, 1, NULL);
}

static gboolean
fix_mails (SeJournal *journal, GError **error)
{
  g_autoptr (SeAddress) from = se_address_parse ("scanner@example.com", NULL);
  g_autoptr (GPtrArray) to = se_address_parse_list ("a@example.org", NULL);
  SeMessage *messages[MAILS];
  SeAttachment ranges[MAILS];
  SeJournalMail mails[MAILS];
  gboolean ok;

  for (guint i = 0; i < MAILS; i++)
    {
      messages[i] = make_mail (i);
      ranges[i] = (SeAttachment){ .offset = i * 5, .length = 5 + i * 1000 };
      mails[i] = (SeJournalMail){ messages[i], &ranges[i], 1 };
    }
  ok = se_journal_fix (journal, from, to, mails, MAILS, fixture_sources, error);
  for (guint i = 0; i < MAILS; i++)
    se_message_free (messages[i]);
  return ok;
}

/* The current mail is the i-th, counted from 0. */
static void
check_current (SeJournal *journal, guint i)
{
  const SeAddress *from;
  GPtrArray *recipients;
  g_autoptr (SeMessage) message = NULL;
  g_autoptr (SeMessage) expected = make_mail (i);
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (se_journal_mails (journal), ==, MAILS);
  g_assert_cmpuint (se_journal_done (journal), ==, i);
  g_assert_true (se_journal_restore (journal, &from, &recipients, &message, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (recipients->len, ==, 1);
  g_assert_cmpstr (se_message_texts (message)[0], ==, subjects[i]);
  g_assert_cmpuint (se_message_size (message), ==, se_message_size (expected));
}

/* What could not be read again is not written. */
static void
test_too_long (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);
  g_autoptr (SeAddress) from = se_address_parse ("scanner@example.com", NULL);
  g_autoptr (GPtrArray) to = se_address_parse_list ("a@example.org", NULL);
  g_autofree char *text = g_strnfill (SE_JOURNAL_ENTRY_MAX / 2, 'x');
  const char *const texts[] = { text, NULL };
  g_autoptr (SeMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  SeJournalMail mails[2];

  for (gsize end = 64; end <= SE_JOURNAL_ENTRY_MAX / 2; end += 64)
    memcpy (text + end - 2, "\r\n", 2);
  message = se_message_new_from_texts (texts, NULL, 0, &error);
  g_assert_no_error (error);
  mails[0] = mails[1] = (SeJournalMail){ .message = message };
  fixture_write_bundle (journal);
  g_assert_false (se_journal_fix (journal, from, to, mails, 2, fixture_sources, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  g_clear_pointer (&journal, se_journal_close);
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
}

/* What a job of three mails goes through: fixed, and for each mail the dot, a refusal, the dot
 * again, the 250. */
enum
{
  STEPS_PER_MAIL = 4,
  STEPS = 1 + MAILS * STEPS_PER_MAIL
};

static gboolean
do_step (SeJournal *journal, int step)
{
  g_autofree char *reply = g_strdup_printf ("250 2.0.0 queued as Q%d", step / STEPS_PER_MAIL);

  if (step == 0)
    {
      fixture_write_bundle (journal);
      return fix_mails (journal, NULL);
    }
  switch (step % STEPS_PER_MAIL)
    {
    case 2:
      return se_journal_replied (journal, FALSE, "451 4.3.0 later", NULL);
    case 0:
      return se_journal_replied (journal, TRUE, reply, NULL);
    default:
      return se_journal_before_dot (journal, NULL);
    }
}

static SeJournalStep
step_after (int steps)
{
  if (steps == 0)
    return SE_JOURNAL_OPEN;
  if (steps == STEPS)
    return SE_JOURNAL_ACCEPTED;
  return (steps - 1) % 2 == 1 ? SE_JOURNAL_DOT : SE_JOURNAL_FIXED;
}

/* A worker that is killed after each step, and what its successor finds: never a mail again that
 * was accepted, never one left out. */
static void
test_killed (Fixture *f, gconstpointer unused)
{
  for (int steps = 0; steps <= STEPS; steps++)
    {
      g_autoptr (SeJournal) journal = NULL;
      struct stat status;
      pid_t pid;
      int end;

      f->key.job = 100 + steps;
      pid = fork ();
      if (pid == 0)
        {
          SeJournal *child = se_journal_open (f->state, &f->key, -1, NULL);

          for (int i = 0; i < steps; i++)
            if (child == NULL || !do_step (child, i))
              _exit (1);
          raise (SIGKILL);
        }
      g_assert_cmpint (waitpid (pid, &end, 0), ==, pid);
      g_assert_true (WIFSIGNALED (end));

      journal = fixture_open (f);
      g_assert_cmpint (se_journal_step (journal), ==, step_after (steps));
      if (steps > 0 && steps < STEPS)
        {
          check_current (journal, (guint)(steps - 1) / STEPS_PER_MAIL);
          g_assert_true (se_journal_same_sources (journal, fixture_sources));
        }
      g_assert_cmpint (stat (se_journal_bundle_path (journal), &status), ==,
                       steps > 0 && steps < STEPS ? 0 : -1);
    }
}

/* Each reply stays, and nothing that somebody could read. */
static void
test_done (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);
  g_autofree char *path = fixture_entry_path (f);
  g_autofree char *contents = NULL;

  for (int step = 0; step < STEPS; step++)
    g_assert_true (do_step (journal, step));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
  g_assert_cmpuint (se_journal_done (journal), ==, MAILS);
  g_assert_cmpstr (se_journal_reply (journal), ==, "250 2.0.0 queued as Q3");
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  for (int i = 1; i <= MAILS; i++)
    {
      g_autofree char *queue_id = g_strdup_printf ("queued as Q%d", i);

      g_assert_nonnull (strstr (contents, queue_id));
    }
  g_assert_null (strstr (contents, "Subject"));
  g_assert_null (strstr (contents, "example.org"));
  g_assert_cmpuint (fixture_count (f, "spool"), ==, 0);

  /* A person's restart sends all of them again. */
  g_clear_pointer (&journal, se_journal_close);
  f->key.completion = 500;
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
  g_assert_cmpuint (se_journal_mails (journal), ==, 0);
  g_assert_true (do_step (journal, 0));
  check_current (journal, 0);
}

/* The doubt about one mail is not that about the next. */
static void
test_doubt (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);

  g_assert_true (do_step (journal, 0) && se_journal_before_dot (journal, NULL));
  g_clear_pointer (&journal, se_journal_close);
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_DOT);
  g_assert_true (se_journal_before_dot (journal, NULL));
  g_assert_true (se_journal_replied (journal, TRUE, "250 ok", NULL));
  check_current (journal, 1);
  g_assert_true (se_journal_before_dot (journal, NULL));
  g_assert_true (se_journal_replied (journal, FALSE, "451 later", NULL));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_FIXED);
}

/* What is out cannot be composed anew, and the rest belongs to it. */
static void
test_reopen (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);

  g_assert_true (do_step (journal, 0));
  g_assert_true (se_journal_reopen (journal, NULL));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
  g_assert_cmpuint (se_journal_mails (journal), ==, 0);
  for (int step = 0; step <= STEPS_PER_MAIL; step++)
    g_assert_true (do_step (journal, step));
  g_assert_true (se_journal_reopen (journal, NULL));
  g_clear_pointer (&journal, se_journal_close);
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_FIXED);
  check_current (journal, 1);
}

/* Nobody sends again what somebody has, or may have, of a job that was ended; but for a person who
 * wants it so. */
static void
test_ended (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    int steps;
    gboolean kept;
  } cases[] = { { 0, FALSE }, { 1, FALSE }, { 2, TRUE }, { 3, FALSE }, { 5, TRUE }, { 8, TRUE } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SeJournal) journal = NULL;
      g_autofree char *ended = NULL;

      f->key.job = 200 + (int)i;
      f->key.completion = 0;
      journal = fixture_open (f);
      for (int step = 0; step < cases[i].steps; step++)
        g_assert_true (do_step (journal, step));
      g_assert_true (se_journal_end (journal, "canceled", NULL));
      g_assert_cmpuint (fixture_count (f, "spool"), ==, 0);
      g_clear_pointer (&journal, se_journal_close);

      journal = fixture_open (f);
      ended = se_journal_ended (journal);
      g_assert_cmpstr (ended, ==, cases[i].kept ? "canceled" : NULL);
      g_assert_cmpint (se_journal_step (journal), ==,
                       cases[i].kept ? SE_JOURNAL_ACCEPTED : SE_JOURNAL_OPEN);
      g_assert_false (cases[i].kept && se_journal_has_next (journal));
      if (cases[i].kept)
        g_assert_true (se_journal_end (journal, "canceled again", NULL));
      g_clear_pointer (&journal, se_journal_close);

      f->key.completion = 500;
      journal = fixture_open (f);
      g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
      g_assert_null (se_journal_ended (journal));
      g_assert_true (do_step (journal, 0));
      check_current (journal, 0);
      g_assert_true (se_journal_restart (journal, NULL));
      g_assert_true (se_journal_end (journal, "canceled", NULL));
    }
}

static void
test_largest (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);
  g_autoptr (SeMessage) last = make_mail (MAILS - 1);
  guint64 size;

  g_assert_true (do_step (journal, 0));
  g_assert_true (se_journal_largest (journal, &size, NULL));
  g_assert_cmpuint (size, ==, se_message_size (last));
  for (int step = 1; step < STEPS; step++)
    g_assert_true (do_step (journal, step));
  g_assert_true (se_journal_largest (journal, &size, NULL));
  g_assert_cmpuint (size, ==, 0);
}

/* The replies to RCPT of one transaction: 'a' accepted, 'd' deferred, 'r' refused, '-' not asked.
 */
static GArray *
make_results (const char *fates)
{
  GArray *results = se_rcpt_results_new ((guint)strlen (fates));

  for (guint i = 0; fates[i] != '\0'; i++)
    if (fates[i] != '-')
      se_rcpt_results_set (results, i,
                           fates[i] == 'a'   ? SE_RCPT_ACCEPTED
                           : fates[i] == 'd' ? SE_RCPT_DEFERRED
                                             : SE_RCPT_REFUSED,
                           "what it said");
  return results;
}

static void
expect_recipients (SeJournal *journal, const char *expected)
{
  g_autoptr (GString) all = g_string_new (NULL);
  g_autoptr (SeMessage) message = NULL;
  const SeAddress *from;
  GPtrArray *recipients;

  g_assert_true (se_journal_has_next (journal));
  g_assert_true (se_journal_restore (journal, &from, &recipients, &message, NULL));
  for (guint i = 0; i < recipients->len; i++)
    g_string_append (all, ((SeAddress *)recipients->pdata[i])->local);
  g_assert_cmpstr (all->str, ==, expected);
}

/* One transaction up to a step: 0 noted only, 1 the dot, 2 the 250. */
static void
transact (SeJournal *journal, const char *expected, const char *fates, int steps)
{
  g_autoptr (GArray) results = make_results (fates);

  expect_recipients (journal, expected);
  se_journal_note_recipients (journal, results);
  if (strchr (fates, 'a') == NULL)
    g_assert_true (se_journal_not_sent (journal, NULL));
  else if (steps > 0)
    g_assert_true (se_journal_before_dot (journal, NULL));
  if (strchr (fates, 'a') != NULL && steps > 1)
    g_assert_true (se_journal_replied (journal, TRUE, "250 ok", NULL));
}

static SeJournal *
fix_for_four (Fixture *f)
{
  SeJournal *journal = fixture_open (f);
  g_autoptr (SeAddress) from = se_address_parse ("scanner@example.com", NULL);
  g_autoptr (GPtrArray) to = se_address_parse_list ("a@x.org, b@x.org, c@x.org, d@x.org", NULL);
  g_autoptr (SeMessage) message = make_mail (0);
  const SeAttachment range = { .offset = 0, .length = 5 };
  const SeJournalMail mails[] = { { message, &range, 1 }, { message, &range, 1 } };

  fixture_write_bundle (journal);
  g_assert_true (se_journal_fix (journal, from, to, mails, 2, fixture_sources, NULL));
  return journal;
}

/* Each of several recipients has its own fate, through every kind of end of a worker. */
static void
test_recipients (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fix_for_four (f);
  g_autoptr (GPtrArray) refused = NULL;

  transact (journal, "abcd", "ard-", 2); /* d: the server had enough */
  transact (journal, "d", "a", 2);
  transact (journal, "ad", "aa", 2); /* the second mail; c is put off, b refused for good */
  g_assert_false (se_journal_has_next (journal));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_FIXED);
  g_assert_cmpuint (se_journal_done (journal), ==, 0);
  se_journal_start_pass (journal);
  transact (journal, "c", "a", 1); /* killed after the dot */
  g_clear_pointer (&journal, se_journal_close);

  journal = fixture_open (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_DOT);
  transact (journal, "c", "a", 2);
  g_assert_cmpuint (se_journal_done (journal), ==, 1);
  transact (journal, "c", "r", 2); /* refused for good at the last mail */
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
  refused = se_journal_refused (journal);
  g_assert_cmpuint (refused->len, ==, 2);
  g_assert_cmpuint (fixture_count (f, "spool"), ==, 0);
}

/* A mail in doubt is sent again to those that it was sent to, and to nobody else. */
static void
test_doubt_of_some (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fix_for_four (f);

  transact (journal, "abcd", "adra", 1);
  g_clear_pointer (&journal, se_journal_close);
  journal = fixture_open (f);
  transact (journal, "ad", "aa", 2);
  transact (journal, "b", "a", 2);
  transact (journal, "abd", "aaa", 2);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
}

/* One of those that it was sent to is refused for good at the resend. */
static void
test_doubt_of_refused (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fix_for_four (f);

  transact (journal, "abcd", "adra", 1);
  g_clear_pointer (&journal, se_journal_close);
  journal = fixture_open (f);
  transact (journal, "ad", "rd", 0);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_DOT);
  g_clear_pointer (&journal, se_journal_close);
  journal = fixture_open (f);
  transact (journal, "d", "a", 2);
  transact (journal, "b", "a", 2);
  transact (journal, "bd", "aa", 2);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
}

/* Whoever is accepted after all is put off no more. */
static void
test_accepted_late (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fix_for_four (f);
  g_autoptr (GPtrArray) both = NULL;
  g_autoptr (GPtrArray) rest = NULL;

  transact (journal, "abcd", "adda", 2);
  both = se_journal_deferred (journal);
  g_assert_cmpuint (both->len, ==, 2);
  se_journal_start_pass (journal);
  transact (journal, "bc", "ad", 2);
  rest = se_journal_deferred (journal);
  g_assert_cmpuint (rest->len, ==, 1);
  g_assert_cmpstr (((SeRcptRefusal *)rest->pdata[0])->address, ==, "c@x.org");
}

/* Nobody can have it. */
static void
test_all_refused (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fix_for_four (f);

  transact (journal, "abcd", "rrrr", 2);
  g_assert_false (se_journal_has_next (journal));
  g_assert_false (se_journal_is_begun (journal));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_FIXED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/journal-mails/killed", test_killed);
  ADD ("/journal-mails/done", test_done);
  ADD ("/journal-mails/doubt", test_doubt);
  ADD ("/journal-mails/reopen", test_reopen);
  ADD ("/journal-mails/ended", test_ended);
  ADD ("/journal-mails/largest", test_largest);
  ADD ("/journal-mails/too-long", test_too_long);
  ADD ("/journal-mails/recipients", test_recipients);
  ADD ("/journal-mails/doubt-of-some", test_doubt_of_some);
  ADD ("/journal-mails/doubt-of-refused", test_doubt_of_refused);
  ADD ("/journal-mails/accepted-late", test_accepted_late);
  ADD ("/journal-mails/all-refused", test_all_refused);
  return g_test_run ();
}
