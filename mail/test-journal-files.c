/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-journal-fixture.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

/* Jobs that share a part of their key stay apart. */
static void
test_keys (Fixture *f, gconstpointer unused)
{
  static const SeJobKey keys[] = {
    { .queue = "office-1", .job = 12, .uuid = FIXTURE_UUID, .creation = 1 },
    { .queue = "office-1", .job = 12, .uuid = FIXTURE_UUID, .creation = 2 },
    { .queue = "office-1", .job = 12, .uuid = NULL, .creation = 1 },
    { .queue = "office-1", .job = 1, .uuid = FIXTURE_UUID, .creation = 1 },
    { .queue = "office", .job = 1, .uuid = FIXTURE_UUID, .creation = 1 },
    { .queue = "office_1", .job = 12, .uuid = FIXTURE_UUID, .creation = 1 },
    { .queue = "office+1", .job = 12, .uuid = FIXTURE_UUID, .creation = 1 },
    { .queue = "../../../tmp/x", .job = 12, .uuid = FIXTURE_UUID, .creation = 1 },
    { .queue = "b\303\274ro", .job = 12, .uuid = "bad\377\nuuid", .creation = 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (SeJournal) journal = NULL;

      f->key = keys[i];
      journal = fixture_open (f);
      g_assert_cmpuint (se_journal_attempts (journal), ==, 1);
      g_assert_cmpuint (fixture_count (f, "journal"), ==, 2 * (i + 1));
    }
}

static void
test_due (Fixture *f, gconstpointer unused)
{
  SeJournal *journal = fixture_open (f);
  gint64 due = 0;

  g_assert_false (se_journal_peek_due (f->state, FIXTURE_QUEUE, 12, &due));
  g_assert_true (se_journal_defer (journal, 1800000000, NULL));
  /* Looked at while a worker has the entry. */
  g_assert_true (se_journal_peek_due (f->state, FIXTURE_QUEUE, 12, &due));
  g_assert_cmpint (due, ==, 1800000000);
  g_assert_false (se_journal_peek_due (f->state, FIXTURE_QUEUE, 1, &due));
  g_assert_false (se_journal_peek_due (f->state, "office", 1, &due)); /* "office-1-12-…" */
  g_assert_false (se_journal_peek_due (f->state, "office_1", 12, &due));
  se_journal_close (journal);
  fixture_accept (f);
  g_assert_false (se_journal_peek_due (f->state, FIXTURE_QUEUE, 12, &due));
  g_assert_false (se_journal_peek_due ("/nonexistent", FIXTURE_QUEUE, 12, &due));
}

static void
test_forget (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);
  g_autoptr (GError) error = NULL;

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL));
  g_assert_true (se_journal_forget (journal, &error));
  g_assert_cmpuint (fixture_count (f, "journal"), ==, 0);
  g_assert_cmpuint (fixture_count (f, "spool"), ==, 0);
}

/* Without the fsync of g_file_set_contents (). */
static void
overwrite (const char *path, const char *contents, gsize length)
{
  int fd = open (path, O_WRONLY | O_TRUNC);

  g_assert_cmpint (write (fd, contents, length), ==, (gssize)length);
  g_assert_cmpint (close (fd), ==, 0);
}

/* Every cut and every changed byte is found, and never taken for a job that was not mailed. */
static void
test_damaged (Fixture *f, gconstpointer unused)
{
  SeJournal *journal = fixture_open (f);
  g_autofree char *path = fixture_entry_path (f);
  g_autofree char *contents = NULL;
  gint64 due;
  gsize length;

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL) && se_journal_before_dot (journal, NULL));
  se_journal_close (journal);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  for (gsize i = 0; i < 2 * length; i++)
    {
      g_autofree char *damaged = g_memdup2 (contents, length);
      g_autoptr (GError) error = NULL;
      gsize n = i < length ? i : length;

      if (i >= length)
        damaged[i - length] ^= 1;
      overwrite (path, damaged, n);
      g_assert_null (se_journal_open (f->state, &f->key, -1, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, path));
      g_assert_false (se_journal_peek_due (f->state, FIXTURE_QUEUE, 12, &due));
    }
}

static void
test_foreign (Fixture *f, gconstpointer unused)
{
  SeJournal *journal = fixture_open (f);
  g_autofree char *path = fixture_entry_path (f);
  g_autoptr (GError) error = NULL;

  se_journal_close (journal);
  g_assert_cmpint (unlink (path), ==, 0);
  g_assert_cmpint (mkdir (path, 0700), ==, 0);
  g_assert_null (se_journal_open (f->state, &f->key, -1, &error));
  g_assert_nonnull (error);
}

/* The spooled documents were changed or removed by somebody. */
static void
test_bundle_gone (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);
  g_autoptr (GError) changed = NULL;
  g_autoptr (GError) gone = NULL;
  const SeAddress *from;
  GPtrArray *recipients;
  SeMessage *message;

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL));
  g_assert_true (g_file_set_contents (se_journal_bundle_path (journal), "shorter", -1, NULL));
  g_assert_false (se_journal_restore (journal, &from, &recipients, &message, &changed));
  g_assert_error (changed, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_cmpint (unlink (se_journal_bundle_path (journal)), ==, 0);
  g_assert_false (se_journal_restore (journal, &from, &recipients, &message, &gone));
  g_assert_error (gone, SE_ERROR, SE_ERROR_CONFIG);
}

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
  g_autofree char *start = g_strdup_printf (FIXTURE_QUEUE "-%d-", job);
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

/* The place cannot be written: said, and nothing is started. */
static void
test_not_writable (Fixture *f, gconstpointer unused)
{
  g_autofree char *file = g_build_filename (f->state, "file", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (file, "x", -1, NULL));
  g_assert_null (se_journal_open (file, &f->key, -1, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
}
static gboolean
is_job_12 (const char *queue, int job, gint64 creation, gpointer data)
{
  guint *asked = data;

  (*asked)++;
  g_assert_cmpstr (queue, ==, FIXTURE_QUEUE);
  return job == 12 && creation == 1700000000;
}

/* Of the jobs that were not mailed those go that are over, but none that a worker has. */
static void
test_forget_over (Fixture *f, gconstpointer unused)
{
  SeJournal *journal = NULL;
  guint asked = 0;

  f->key.creation = 1700000000;
  journal = fixture_open (f);
  for (int step = 0; step < 3; step++)
    g_assert_true (fixture_do_step (journal, step));
  se_journal_forget_over (f->state, is_job_12, &asked);
  g_assert_cmpuint (asked, ==, 0);
  se_journal_close (journal);
  f->key.creation++;
  se_journal_close (fixture_open (f));
  f->key.job = 13;
  fixture_accept (f);
  g_assert_cmpuint (fixture_count (f, "spool"), ==, 1);
  se_journal_forget_over (f->state, is_job_12, &asked);
  g_assert_cmpuint (asked, ==, 2);
  g_assert_cmpuint (fixture_count (f, "spool"), ==, 0);
  g_assert_cmpuint (fixture_count (f, "journal"), ==, 4);
  se_journal_forget_over ("/nonexistent", is_job_12, &asked);
  g_assert_cmpuint (asked, ==, 2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/journal/keys", test_keys);
  ADD ("/journal/due", test_due);
  ADD ("/journal/forget", test_forget);
  ADD ("/journal/forget-over", test_forget_over);
  ADD ("/journal/damaged", test_damaged);
  ADD ("/journal/foreign", test_foreign);
  ADD ("/journal/bundle-gone", test_bundle_gone);
  ADD ("/journal/sweep", test_sweep);
  ADD ("/journal/sweep-in-use", test_sweep_in_use);
  ADD ("/journal/not-writable", test_not_writable);
  return g_test_run ();
}
