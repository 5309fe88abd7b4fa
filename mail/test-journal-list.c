/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/journal-entry.h"
#include "mail/journal-list.h"
#include "mail/test-journal-fixture.h"

#include <string.h>
#include <utime.h>

static void
make_old (const char *path)
{
  const struct utimbuf times = { .actime = 1600000000, .modtime = 1600000000 };

  g_assert_cmpint (utime (path, &times), ==, 0);
}

/* An entry at a step, as old as the hills. Returns its name's file. */
static char *
old_entry (Fixture *f, int job, int steps)
{
  g_autofree char *start = se_journal_entry_start (f->key.queue, job);
  g_autofree char *directory = g_build_filename (f->state, "journal", NULL);
  g_autoptr (GDir) dir = NULL;
  SeJournal *journal;
  const char *name;

  f->key.job = job;
  journal = fixture_open (f);
  for (int i = 0; i < steps; i++)
    g_assert_true (fixture_do_step (journal, i));
  if (steps > 0 && steps < FIXTURE_STEPS)
    make_old (se_journal_bundle_path (journal));
  se_journal_close (journal);
  dir = g_dir_open (directory, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, start) && !g_str_has_suffix (name, ".lock"))
      {
        char *path = g_build_filename (directory, name, NULL);

        make_old (path);
        return path;
      }
  g_assert_not_reached ();
}

static void
test_sweep (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    int steps;
    gboolean stays;
  } cases[] = { { 0, FALSE }, { 2, FALSE }, { 3, TRUE }, { FIXTURE_STEPS, FALSE } };
  g_autofree char *stranger = g_build_filename (f->state, "journal", "README", NULL);
  g_autofree char *lost = g_build_filename (f->state, "spool", "q-1-0123.bundle.new", NULL);
  g_autofree char *recent = g_build_filename (f->state, "spool", "q-2-0123.bundle.new", NULL);
  char *paths[G_N_ELEMENTS (cases)];
  SeJournal *journal;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    paths[i] = old_entry (f, 100 + (int)i, cases[i].steps);
  g_assert_true (g_file_set_contents (stranger, "x", -1, NULL));
  g_assert_true (g_file_set_contents (lost, "x", -1, NULL));
  g_assert_true (g_file_set_contents (recent, "x", -1, NULL));
  make_old (stranger);
  make_old (lost);

  f->key.job = 14;
  journal = fixture_open (f);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *lock = g_strconcat (paths[i], ".lock", NULL);

      g_assert_cmpint (g_file_test (paths[i], G_FILE_TEST_EXISTS), ==, cases[i].stays);
      g_assert_cmpint (g_file_test (lock, G_FILE_TEST_EXISTS), ==, cases[i].stays);
      g_free (paths[i]);
    }
  g_assert_true (g_file_test (stranger, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (lost, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (recent, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (fixture_count (f, "spool"), ==,
                    2); /* that, and the bundle of the job in doubt */
  se_journal_close (journal);
}

/* A queue whose name begins with a dot is one like others. */
static void
test_dot (Fixture *f, gconstpointer unused)
{
  g_autofree char *left
      = g_build_filename (f->state, "journal", ".office-1-0123456789abcdef.ABCDEF", NULL);
  g_autoptr (GPtrArray) items = NULL;
  g_autofree char *doubtful = NULL;
  g_autofree char *lock = NULL;
  g_autofree char *over = NULL;

  f->key.queue = ".office";
  doubtful = old_entry (f, 100, 3);
  lock = g_strconcat (doubtful, ".lock", NULL);
  over = old_entry (f, 101, FIXTURE_STEPS);
  make_old (lock);
  g_assert_true (g_file_set_contents (left, "x", -1, NULL));
  make_old (left);
  items = se_journal_list (f->state, NULL);
  g_assert_cmpuint (items->len, ==, 1);
  g_assert_cmpstr (((const SeJournalItem *)items->pdata[0])->queue, ==, ".office");

  f->key.job = 14;
  se_journal_close (fixture_open (f));
  g_assert_true (g_file_test (doubtful, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (lock, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (over, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (left, G_FILE_TEST_EXISTS));
}

/* An old entry that is opened, or that a worker has open, is no longer old. */
static void
test_sweep_in_use (Fixture *f, gconstpointer unused)
{
  g_autofree char *mine = old_entry (f, 100, 2);
  SeJournal *journal = fixture_open (f);
  SeJournal *other;

  fixture_check_restored (journal);
  make_old (mine);
  f->key.job = 14;
  other = fixture_open (f);
  g_assert_true (g_file_test (mine, G_FILE_TEST_EXISTS));
  se_journal_close (other);
  se_journal_close (journal);
}

/* What was listed goes with its documents, but not if a worker has it, or had it since. */
static void
test_discard (Fixture *f, gconstpointer unused)
{
  SeJournal *journal = fixture_open (f);
  g_autofree char *path = fixture_entry_path (f);
  g_autoptr (SeJournalItem) before = NULL;
  g_autoptr (SeJournalItem) after = NULL;

  for (int step = 0; step < 3; step++)
    g_assert_true (fixture_do_step (journal, step));
  before = se_journal_look (path);
  se_journal_discard (before);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  se_journal_close (journal);
  se_journal_close (fixture_open (f));
  se_journal_discard (before);
  g_assert_cmpuint (fixture_count (f, "journal"), ==, 2);
  after = se_journal_look (path);
  se_journal_discard (after);
  g_assert_cmpuint (fixture_count (f, "journal"), ==, 0);
  g_assert_cmpuint (fixture_count (f, "spool"), ==, 0);
  se_journal_discard (after);
  g_assert_null (se_journal_look (path));
}

/* Of a job that was sent nothing is listed, but it can be told. */
static void
test_accepted (Fixture *f, gconstpointer unused)
{
  SeJournal *journal = fixture_open (f);
  g_autofree char *path = fixture_entry_path (f);
  g_autofree char *bundle = g_strdup (se_journal_bundle_path (journal));

  se_journal_close (journal);
  g_assert_false (se_journal_is_accepted (bundle));
  fixture_accept (f);
  g_assert_true (se_journal_is_accepted (bundle));
  g_assert_false (se_journal_is_accepted (path));
  g_assert_false (se_journal_is_accepted (""));
  g_assert_null (se_journal_look (path));
}

/* Every entry that is not accepted, with what it holds, while a worker has it. */
static void
test_list (Fixture *f, gconstpointer unused)
{
  SeJournal *journal = fixture_open (f);
  g_autofree char *path = fixture_entry_path (f);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) working = NULL;
  g_autoptr (GPtrArray) resting = NULL;
  g_autoptr (GPtrArray) done = NULL;
  const SeJournalItem *item;

  for (int step = 0; step < 4; step++)
    g_assert_true (fixture_do_step (journal, step));
  g_assert_true (se_journal_defer (journal, 1800000000, NULL));
  working = se_journal_list (f->state, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (working->len, ==, 1);
  item = working->pdata[0];
  g_assert_cmpstr (item->path, ==, path);
  g_assert_null (item->damage);
  g_assert_true (item->busy);
  g_assert_cmpstr (item->queue, ==, FIXTURE_QUEUE);
  g_assert_cmpint (item->job, ==, 12);
  g_assert_cmpint (item->creation, ==, 1700000000);
  g_assert_cmpint (item->step, ==, SE_JOURNAL_FIXED);
  g_assert_cmpuint (item->attempts, ==, 1);
  g_assert_cmpint (item->first, ==, se_journal_first (journal));
  g_assert_cmpint (item->next_try, ==, 1800000000);
  g_assert_cmpstr (item->reply, ==, "451 4.3.0 later");
  g_assert_cmpuint (item->mails, ==, 1);
  g_assert_cmpuint (item->recipients->len, ==, 3);
  g_assert_cmpstr (((SeJournalRecipient *)item->recipients->pdata[0])->address, ==,
                   "a@example.org");
  g_assert_cmpuint (item->doubts, ==, 0);
  g_assert_cmpstr (((SeJournalRecipient *)item->recipients->pdata[0])->state, ==, "pending");
  g_assert_cmpstr (item->bundle, ==, se_journal_bundle_path (journal));
  g_assert_cmpuint (item->length, ==, strlen ("some documents"));

  se_journal_close (journal);
  f->key.job = 2;
  se_journal_close (fixture_open (f));
  f->key.job = 13;
  fixture_accept (f);
  resting = se_journal_list (f->state, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (resting->len, ==, 2);
  item = resting->pdata[0];
  g_assert_cmpint (item->job, ==, 2);
  g_assert_cmpint (item->step, ==, SE_JOURNAL_OPEN);
  g_assert_null (item->bundle);
  item = resting->pdata[1];
  g_assert_false (item->busy);
  done = se_journal_list ("/nonexistent", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (done->len, ==, 0);
}

/* What the server said of each recipient. */
static void
test_list_recipients (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    SeRcptFate fate;
    const char *words;
    const char *state;
  } fates[] = { { SE_RCPT_ACCEPTED, "250 ok", "accepted" },
                { SE_RCPT_REFUSED, "550 5.1.1 no such user", "refused" },
                { SE_RCPT_DEFERRED, "451 4.2.0 later", "deferred" } };
  g_autoptr (SeJournal) journal = fixture_open (f);
  g_autoptr (GArray) results = se_rcpt_results_new (G_N_ELEMENTS (fates));
  g_autoptr (SeMessage) message = NULL;
  g_autoptr (GPtrArray) items = NULL;
  const SeJournalItem *item;
  const SeAddress *from;
  GPtrArray *recipients;

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL));
  se_journal_start_pass (journal);
  g_assert_true (se_journal_restore (journal, &from, &recipients, &message, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (fates); i++)
    se_rcpt_results_set (results, i, fates[i].fate, fates[i].words);
  se_journal_note_recipients (journal, results);
  g_assert_true (se_journal_before_dot (journal, NULL));
  g_assert_true (se_journal_replied (journal, TRUE, "250 ok", NULL));
  items = se_journal_list (f->state, NULL);
  g_assert_cmpuint (items->len, ==, 1);
  item = items->pdata[0];
  g_assert_cmpuint (item->done, ==, 0);
  g_assert_cmpuint (item->recipients->len, ==, G_N_ELEMENTS (fates));
  for (guint i = 0; i < G_N_ELEMENTS (fates); i++)
    {
      const SeJournalRecipient *recipient = item->recipients->pdata[i];

      g_assert_cmpstr (recipient->state, ==, fates[i].state);
      g_assert_cmpstr (recipient->words, ==,
                       fates[i].fate == SE_RCPT_ACCEPTED ? NULL : fates[i].words);
    }
}

/* A file that cannot be read is named, with the job that its name tells; one that is no directory
 * is an error. */
static void
test_list_damaged (Fixture *f, gconstpointer unused)
{
  SeJournal *journal = fixture_open (f);
  g_autofree char *path = fixture_entry_path (f);
  g_autofree char *file = g_build_filename (f->state, "file", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) items = NULL;
  const SeJournalItem *item;

  se_journal_close (journal);
  g_assert_true (g_file_set_contents (path, "[entry]\n", -1, NULL));
  items = se_journal_list (f->state, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (items->len, ==, 1);
  item = items->pdata[0];
  g_assert_nonnull (strstr (item->damage, path));
  g_assert_cmpstr (item->queue, ==, FIXTURE_QUEUE);
  g_assert_cmpint (item->job, ==, 12);
  g_assert_true (g_file_set_contents (file, "x", -1, NULL));
  g_assert_null (se_journal_list (file, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
}

static void
assert_has (Fixture *f, gboolean expected)
{
  g_autoptr (GError) error = NULL;
  gboolean has;

  g_assert_true (se_journal_has (f->state, &f->key, &has, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (has, ==, expected);
}

static void
test_has (Fixture *f, gconstpointer unused)
{
  const SeJobKey key = f->key;
  g_autofree char *path = NULL;

  assert_has (f, FALSE);
  fixture_accept (f);
  assert_has (f, TRUE);
  f->key.uuid = NULL;
  f->key.completion = 1;
  assert_has (f, TRUE);
  /* It was moved to another queue. */
  f->key.queue = "office-2";
  assert_has (f, FALSE);
  f->key = key;
  f->key.job++;
  assert_has (f, FALSE);
  /* cupsd counts from 1 again. */
  f->key = key;
  f->key.creation++;
  assert_has (f, FALSE);
  path = fixture_entry_path (f);
  g_assert_cmpint (truncate (path, 10), ==, 0);
  assert_has (f, TRUE);
  g_assert_cmpint (unlink (path), ==, 0);
  f->key = key;
  assert_has (f, FALSE);
}

/* Each run that comes to it leaves its trace, whatever it finds; told once nothing is to be sent.
 */
static void
test_trace (Fixture *f, gconstpointer unused)
{
  for (int step = 2; step < 5; step++)
    {
      SeJournal *journal;
      g_auto (SeJournalTrace) trace = { 0 };
      gint64 before = g_get_real_time () / G_USEC_PER_SEC;
      gboolean has;

      f->key.job = step;
      journal = fixture_open (f);
      for (int i = 0; i < step; i++)
        g_assert_true (fixture_do_step (journal, i));
      g_assert_true (se_journal_has (f->state, &f->key, &has, &trace, NULL) && has);
      g_assert_cmpint (trace.opened, ==, 0);
      g_assert_true (se_journal_end (journal, "canceled", NULL));
      se_journal_close (journal);
      g_assert_true (se_journal_has (f->state, &f->key, &has, &trace, NULL));
      g_assert_cmpint (has, ==, step == 3);
      if (!has)
        continue;
      g_assert_cmpint (trace.opened, >=, before);
      g_assert_cmpstr (trace.ended, ==, "canceled");
    }
}

static void
test_trace_again (Fixture *f, gconstpointer unused)
{
  g_autofree char *path = NULL;
  g_autofree char *old = NULL;
  g_autofree char *new = NULL;
  gint64 second = g_get_real_time () / G_USEC_PER_SEC;

  fixture_accept (f);
  path = fixture_entry_path (f);
  g_assert_true (g_file_get_contents (path, &old, NULL, NULL));
  while (g_get_real_time () / G_USEC_PER_SEC < second + 1)
    g_usleep (10000);
  se_journal_close (fixture_open (f));
  g_assert_true (g_file_get_contents (path, &new, NULL, NULL));
  g_assert_cmpint (g_ascii_strtoll (strstr (new, "opened=") + 7, NULL, 10), >,
                   g_ascii_strtoll (strstr (old, "opened=") + 7, NULL, 10));
}

/* No entry is not the same as a journal that cannot be read. */
static void
test_has_not_readable (Fixture *f, gconstpointer unused)
{
  g_autofree char *directory = g_build_filename (f->state, "journal", NULL);
  g_autoptr (GError) error = NULL;
  gboolean result;

  g_assert_true (g_file_set_contents (directory, "", -1, NULL));
  g_assert_false (se_journal_has (f->state, &f->key, &result, NULL, &error));
  g_assert_nonnull (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/journal/discard", test_discard);
  ADD ("/journal/accepted", test_accepted);
  ADD ("/journal/sweep", test_sweep);
  ADD ("/journal/dot", test_dot);
  ADD ("/journal/sweep-in-use", test_sweep_in_use);
  ADD ("/journal/list", test_list);
  ADD ("/journal/list-recipients", test_list_recipients);
  ADD ("/journal/list-damaged", test_list_damaged);
  ADD ("/journal/has", test_has);
  ADD ("/journal/trace", test_trace);
  ADD ("/journal/trace-again", test_trace_again);
  ADD ("/journal/has-not-readable", test_has_not_readable);
  return g_test_run ();
}
