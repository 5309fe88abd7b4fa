/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-journal-fixture.h"

#include <fcntl.h>
#include <stdio.h>
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
test_forget (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);
  g_autoptr (GError) error = NULL;

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL));
  g_assert_true (se_journal_end (journal, "canceled", &error));
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

/* Nothing can be written in the journal while this lasts. */
static void
hide_journal (Fixture *f, gboolean hidden)
{
  g_autofree char *journal = g_build_filename (f->state, "journal", NULL);
  g_autofree char *elsewhere = g_build_filename (f->state, "elsewhere", NULL);

  g_assert_cmpint (hidden ? rename (journal, elsewhere) : rename (elsewhere, journal), ==, 0);
}

/* A dot that cannot be written down is not sent: it is no doubt, however often it was tried. */
static void
test_no_dot (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL));
  hide_journal (f, TRUE);
  for (int try = 0; try < 3; try++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (se_journal_before_dot (journal, &error));
      g_assert_nonnull (error);
    }
  hide_journal (f, FALSE);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_FIXED);
  g_assert_cmpuint (se_journal_doubts (journal, NULL), ==, 0);
  g_assert_true (se_journal_before_dot (journal, NULL));
  g_assert_cmpuint (se_journal_doubts (journal, NULL), ==, 1);
  g_assert_true (se_journal_replied (journal, FALSE, "451 later", NULL));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_FIXED);
}

/* A refusal that cannot be written down has come all the same: what is written next tells so. */
static void
test_no_reply (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = fixture_open (f);

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL) && se_journal_before_dot (journal, NULL));
  hide_journal (f, TRUE);
  g_assert_false (se_journal_replied (journal, FALSE, "451 later", NULL));
  hide_journal (f, FALSE);
  g_assert_true (se_journal_defer (journal, 1800000000, NULL));
  g_clear_pointer (&journal, se_journal_close);
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_FIXED);
  g_assert_cmpuint (se_journal_doubts (journal, NULL), ==, 0);
  fixture_check_restored (journal);
}

/* The next mail, or what is left of it, goes to as many recipients as there are fates. */
static void
transact (SeJournal *journal, const SeRcptFate *fates, guint n)
{
  const SeAddress *from;
  GPtrArray *recipients;
  g_autoptr (SeMessage) message = NULL;
  g_autoptr (GArray) results = se_rcpt_results_new (n);

  g_assert_true (se_journal_restore (journal, &from, &recipients, &message, NULL));
  g_assert_cmpuint (recipients->len, ==, n);
  for (guint i = 0; i < n; i++)
    se_rcpt_results_set (results, i, fates[i], "words");
  se_journal_note_recipients (journal, results);
}

static const SeRcptFate one_has_it[] = { SE_RCPT_ACCEPTED, SE_RCPT_DEFERRED, SE_RCPT_DEFERRED };

/* The last recipients are refused for good, which cannot be written down. The others have the mail:
 * the job is done. */
static void
test_no_end (Fixture *f, gconstpointer unused)
{
  static const SeRcptFate none[] = { SE_RCPT_REFUSED, SE_RCPT_REFUSED };
  g_autoptr (SeJournal) journal = fixture_open (f);

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL));
  transact (journal, one_has_it, G_N_ELEMENTS (one_has_it));
  g_assert_true (se_journal_before_dot (journal, NULL));
  g_assert_true (se_journal_replied (journal, TRUE, "250 ok", NULL));
  se_journal_start_pass (journal);
  transact (journal, none, G_N_ELEMENTS (none));
  hide_journal (f, TRUE);
  g_assert_false (se_journal_not_sent (journal, NULL));
  hide_journal (f, FALSE);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
  g_clear_pointer (&journal, se_journal_close);
  journal = fixture_open (f); /* whoever comes again asks again */
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_FIXED);
  transact (journal, none, G_N_ELEMENTS (none));
  g_assert_true (se_journal_not_sent (journal, NULL));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
}

/* A job that one recipient has is not forgotten, however long it waits for the others: it would be
 * mailed to all again. */
static void
test_begun_stays (Fixture *f, gconstpointer unused)
{
  const struct utimbuf old = { .actime = 1600000000, .modtime = 1600000000 };
  SeJournal *journal = fixture_open (f);
  g_autofree char *path = fixture_entry_path (f);

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL));
  transact (journal, one_has_it, G_N_ELEMENTS (one_has_it));
  g_assert_true (se_journal_before_dot (journal, NULL));
  g_assert_true (se_journal_replied (journal, TRUE, "250 ok", NULL));
  g_assert_cmpint (utime (se_journal_bundle_path (journal), &old), ==, 0);
  se_journal_close (journal);
  g_assert_cmpint (utime (path, &old), ==, 0);
  f->key.job++;
  se_journal_close (fixture_open (f));
  f->key.job--;
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_FIXED);
  g_assert_cmpuint (se_journal_sent (journal), ==, 1);
  se_journal_close (journal);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/journal/keys", test_keys);
  ADD ("/journal/forget", test_forget);
  ADD ("/journal/damaged", test_damaged);
  ADD ("/journal/foreign", test_foreign);
  ADD ("/journal/bundle-gone", test_bundle_gone);
  ADD ("/journal/not-writable", test_not_writable);
  ADD ("/journal/no-dot", test_no_dot);
  ADD ("/journal/no-reply", test_no_reply);
  ADD ("/journal/no-end", test_no_end);
  ADD ("/journal/begun-stays", test_begun_stays);
  return g_test_run ();
}
