/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/audit.h"

#include "common/test-tree.h"
#include "mail/journal-list.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#define UUID "urn:uuid:7ab43a4e-6f9c-3d2f-4c0f-f2d0a1d4e6f0"

/* A state directory, and what cupsd tells. Times are seconds after the first audit. */
typedef struct
{
  char *state;
  char *mark;
  GPtrArray *completed;
  GPtrArray *listed; /* those that an audit asks for */
  GPtrArray *queues;
  GPtrArray *lost;
  GPtrArray *ends;
  SeAudit audit;
  gint64 start;
} Fixture;

static void
set_queues (Fixture *f, const char *first, const char *second)
{
  g_ptr_array_set_size (f->queues, 0);
  g_ptr_array_add (f->queues, (gpointer)first);
  g_ptr_array_add (f->queues, (gpointer)second);
  g_ptr_array_add (f->queues, NULL);
  f->audit.queues = (const char *const *)f->queues->pdata;
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->state = g_dir_make_tmp ("scan-email-XXXXXX", NULL);
  f->mark = g_build_filename (f->state, "journal", "audited", NULL);
  f->completed = g_ptr_array_new_with_free_func ((GDestroyNotify)se_print_job_free);
  f->listed = g_ptr_array_new ();
  f->queues = g_ptr_array_new ();
  f->lost = g_ptr_array_new ();
  f->ends = g_ptr_array_new_with_free_func ((GDestroyNotify)se_audit_end_free);
  f->start = g_get_real_time () / G_USEC_PER_SEC;
  f->audit.state_directory = f->state;
  f->audit.completed = f->listed;
  set_queues (f, "office", "scan");
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  g_ptr_array_unref (f->lost);
  g_ptr_array_unref (f->ends);
  g_ptr_array_unref (f->queues);
  g_ptr_array_unref (f->listed);
  g_ptr_array_unref (f->completed);
  g_free (f->mark);
  test_remove_tree (f->state);
  g_free (f->state);
}

/* A job that cupsd takes for done; owned by the fixture. */
static SePrintJob *
complete (Fixture *f, const char *queue, int id, gint64 time)
{
  SePrintJob *job = g_new0 (SePrintJob, 1);

  job->id = id;
  job->queue = g_strdup (queue);
  job->uuid = g_strdup (UUID);
  job->state = IPP_JSTATE_COMPLETED;
  job->creation = f->start + time - 5;
  job->completion = f->start + time;
  g_ptr_array_add (f->completed, job);
  return job;
}

/* A worker came to the journal with it. Returns the entry's path. */
static char *
journal (Fixture *f, const SePrintJob *job)
{
  const SeJobKey key
      = { .queue = job->queue, .job = job->id, .uuid = job->uuid, .creation = job->creation };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeJournal) opened = se_journal_open (f->state, &key, -1, &error);
  g_autoptr (GPtrArray) items = NULL;

  g_assert_no_error (error);
  g_assert_nonnull (opened);
  items = se_journal_list (f->state, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < items->len; i++)
    if (((const SeJournalItem *)items->pdata[i])->job == job->id)
      return g_strdup (((const SeJournalItem *)items->pdata[i])->path);
  g_assert_not_reached ();
}

/* An audit; returns how many were lost. */
static guint
audit (Fixture *f, gint64 time)
{
  g_autoptr (GError) error = NULL;
  gint64 since;

  f->audit.time = f->start + time;
  g_assert_true (se_audit_since (&f->audit, &since, &error));
  g_assert_no_error (error);
  g_ptr_array_set_size (f->listed, 0);
  for (guint i = 0; i < f->completed->len; i++)
    if (((const SePrintJob *)f->completed->pdata[i])->completion >= since)
      g_ptr_array_add (f->listed, f->completed->pdata[i]);
  g_ptr_array_set_size (f->lost, 0);
  g_ptr_array_set_size (f->ends, 0);
  g_assert_true (se_audit_look (&f->audit, f->lost, f->ends, &error));
  g_assert_no_error (error);
  return f->lost->len;
}

static void
assert_lost (Fixture *f, gint64 time, const SePrintJob *job)
{
  g_assert_cmpuint (audit (f, time), ==, 1);
  g_assert_true (f->lost->pdata[0] == job);
}

static void
note (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (se_audit_note (&f->audit, f->lost, -1, &error));
  g_assert_no_error (error);
}

/* The mail of a job that was opened is accepted; or, where its end is in doubt, its job ended. */
static void
settle (Fixture *f, const SePrintJob *job, gboolean ended)
{
  const SeJobKey key
      = { .queue = job->queue, .job = job->id, .uuid = job->uuid, .creation = job->creation };
  const char *const texts[] = { "Subject: x\r\n\r\n", NULL };
  const char *const sources[] = { NULL };
  g_autoptr (SeJournal) opened = se_journal_open (f->state, &key, -1, NULL);
  g_autoptr (SeMessage) message = se_message_new_from_texts (texts, NULL, 0, NULL);
  const SeJournalMail mail = { .message = message };
  g_autoptr (SeAddress) from = se_address_parse ("scanner@example.com", NULL);
  g_autoptr (GPtrArray) to = se_address_parse_list ("a@example.org", NULL);

  g_assert_true (g_file_set_contents (se_journal_bundle_path (opened), "x", -1, NULL));
  g_assert_true (se_journal_fix (opened, from, to, &mail, 1, sources, NULL));
  g_assert_true (se_journal_before_dot (opened, NULL));
  g_assert_true (ended ? se_journal_end (opened, "only number 1 went out", NULL)
                       : se_journal_replied (opened, TRUE, "250 ok", NULL));
}

/* What was before is not asked about, even if it ended a moment ago. */
static void
test_first (Fixture *f, gconstpointer unused)
{
  complete (f, "office", 1, -9000);
  complete (f, "office", 2, 0);
  g_assert_cmpuint (audit (f, 0), ==, 0);
  g_assert_cmpuint (audit (f, 1), ==, 0);
  g_assert_cmpuint (audit (f, 300), ==, 0);
}

static void
test_lost (Fixture *f, gconstpointer unused)
{
  SePrintJob *job;

  audit (f, 0);
  g_free (journal (f, complete (f, "office", 1, 10)));
  job = complete (f, "office", 2, 20);
  assert_lost (f, 300, job);
  /* Until it is noted, it is found again. */
  assert_lost (f, 301, job);
  note (f);
  g_assert_cmpuint (audit (f, 302), ==, 0);
}

/* What is noted is a job like others that a worker opened and did not come further with; and a
 * worker of the finished run that is about yet does not make a second mail of it. */
static void
test_noted (Fixture *f, gconstpointer unused)
{
  g_autoptr (GPtrArray) items = NULL;
  const SeJournalItem *item;
  SePrintJob *job;

  audit (f, 0);
  job = complete (f, "office", 2, 20);
  assert_lost (f, 300, job);
  note (f);
  g_free (journal (f, job));
  note (f);
  items = se_journal_list (f->state, NULL);
  g_assert_cmpuint (items->len, ==, 1);
  item = items->pdata[0];
  g_assert_cmpstr (item->queue, ==, "office");
  g_assert_cmpstr (item->uuid, ==, UUID);
  g_assert_cmpint (item->creation, ==, job->creation);
  g_assert_cmpuint (item->attempts, ==, 2);
  g_assert_cmpint (item->step, ==, SE_JOURNAL_OPEN);
}

/* Each end of a job is looked at once: somebody may remove the entry of one that was told of. */
static void
test_once (Fixture *f, gconstpointer unused)
{
  SePrintJob *job;
  g_autofree char *entry = NULL;
  g_autofree char *lock = NULL;

  audit (f, 0);
  job = complete (f, "office", 1, 10);
  entry = journal (f, job);
  lock = g_strconcat (entry, ".lock", NULL);
  g_assert_cmpuint (audit (f, 10), ==, 0);
  g_assert_cmpint (unlink (entry), ==, 0);
  g_assert_cmpint (unlink (lock), ==, 0);
  for (gint64 time = 10; time < 1000; time += 30)
    g_assert_cmpuint (audit (f, time), ==, 0);
  /* It was printed once more. */
  job->completion = f->start + 1000;
  assert_lost (f, 1000, job);
}

/* The one that ends while another is looked at, and the clocks that are not quite the same. */
static void
test_no_gap (Fixture *f, gconstpointer unused)
{
  SePrintJob *job;

  audit (f, 0);
  g_free (journal (f, complete (f, "office", 1, 300)));
  g_assert_cmpuint (audit (f, 300), ==, 0);
  job = complete (f, "office", 2, 300);
  assert_lost (f, 600, job);
  job->completion = f->start + 299;
  assert_lost (f, 600, job);
  job->completion = f->start + 603;
  assert_lost (f, 600, job);
}

static void
test_clock_set_back (Fixture *f, gconstpointer unused)
{
  SePrintJob *job;

  g_free (journal (f, complete (f, "office", 1, 10)));
  audit (f, 9000);
  g_free (journal (f, complete (f, "office", 2, 10)));
  audit (f, 9300);
  job = complete (f, "office", 3, 100);
  assert_lost (f, 200, job);
  note (f);
  job = complete (f, "office", 4, 400);
  assert_lost (f, 500, job);
}

static void
test_queues (Fixture *f, gconstpointer unused)
{
  SePrintJob *job;

  audit (f, 0);
  complete (f, "paper", 1, 10);
  g_assert_cmpuint (audit (f, 300), ==, 0);
  /* It becomes one of ours, and what it printed on paper is no mail. */
  complete (f, "paper", 2, 310);
  set_queues (f, "office", "paper");
  g_assert_cmpuint (audit (f, 320), ==, 0);
  g_assert_cmpuint (audit (f, 330), ==, 0);
  job = complete (f, "paper", 3, 340);
  assert_lost (f, 350, job);
  /* And is one no longer. */
  set_queues (f, "office", NULL);
  g_assert_cmpuint (audit (f, 360), ==, 0);
}

/* Entries go after 30 days. */
static void
test_long_ago (Fixture *f, gconstpointer unused)
{
  SePrintJob *job;

  audit (f, 0);
  job = complete (f, "office", 1, 10);
  g_assert_cmpuint (audit (f, SE_JOURNAL_KEPT_FOR), ==, 0);
  job->completion += SE_JOURNAL_KEPT_FOR - 86400;
  assert_lost (f, SE_JOURNAL_KEPT_FOR, job);
}

/* cupsd's spool was removed, and it counts from 1 again. */
static void
test_numbers_again (Fixture *f, gconstpointer unused)
{
  SePrintJob *job;

  audit (f, 0);
  job = complete (f, "office", 1, 10);
  g_free (journal (f, job));
  g_assert_cmpuint (audit (f, 15), ==, 0);
  job->creation += 15;
  job->completion += 15;
  assert_lost (f, 300, job);
}

/* It may be of the job. */
static void
test_damaged_entry (Fixture *f, gconstpointer unused)
{
  g_autofree char *entry = NULL;

  audit (f, 0);
  entry = journal (f, complete (f, "office", 1, 10));
  g_assert_cmpint (truncate (entry, 20), ==, 0);
  g_assert_cmpuint (audit (f, 300), ==, 0);
}

/* A run of a job that was mailed before, or whose end cupsd did not hear of. */
static void
test_ends (Fixture *f, gconstpointer unused)
{
  const SeAuditEnd *end;
  SePrintJob *job;

  audit (f, 0);
  settle (f, complete (f, "office", 1, 1), FALSE);
  g_assert_cmpuint (audit (f, 60), ==, 0);
  g_assert_cmpuint (f->ends->len, ==, 0);
  job = complete (f, "office", 2, 300);
  settle (f, job, FALSE);
  settle (f, complete (f, "office", 3, 1), TRUE);
  for (int i = 0; i < 2; i++) /* until it is noted */
    {
      g_assert_cmpuint (audit (f, 300), ==, 0);
      g_assert_cmpuint (f->ends->len, ==, 2);
    }
  end = f->ends->pdata[0];
  g_assert_true (end->job == job);
  g_assert_cmpint (end->trace.opened, >=, f->start);
  g_assert_null (end->trace.ended);
  end = f->ends->pdata[1];
  g_assert_cmpstr (end->trace.ended, ==, "only number 1 went out");
  note (f);
  g_assert_cmpuint (audit (f, 600), ==, 0);
  g_assert_cmpuint (f->ends->len, ==, 0);
}

static void
test_judge (void)
{
  static const struct
  {
    gint64 processing, opened;
    const char *ended;
    const char *says; /* NULL: nothing */
  } cases[] = {
    { 100, 100, NULL, NULL },
    { 100, 101, NULL, NULL },
    { 101, 100, NULL, "once more" },
    { 0, 100, NULL, NULL },
    { 101, 0, NULL, NULL },
    { 100, 100, "1 went out", "done: 1 went out" },
    { 101, 100, "1 went out", "once" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const SePrintJob job = { .processing = cases[i].processing };
      const SeJournalTrace trace = { cases[i].opened, (char *)cases[i].ended };
      SeNoticeEvent event;
      g_autofree char *sentence = se_audit_judge (&job, &trace, &event);

      g_assert_cmpint (sentence != NULL, ==, cases[i].says != NULL);
      if (sentence != NULL)
        g_assert_nonnull (strstr (sentence, cases[i].says));
    }
}

/* Nothing is known of what was sent before. */
static void
test_no_mark (Fixture *f, gconstpointer unused)
{
  g_autofree char *journal_directory = g_path_get_dirname (f->mark);

  audit (f, 0);
  complete (f, "office", 1, 10);
  test_remove_tree (journal_directory);
  g_assert_cmpuint (audit (f, 300), ==, 0);
  g_assert_cmpuint (audit (f, 600), ==, 0);
  assert_lost (f, 600, complete (f, "office", 2, 590));
}

static void
expect_doubt (void)
{
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*is damaged, or a copy*");
}

static void
test_copied (Fixture *f, gconstpointer unused)
{
  g_autofree char *text = g_strdup_printf ("[audit]\nuntil=%" G_GINT64_FORMAT
                                           "\nwritten=%" G_GINT64_FORMAT "\nqueues=office;scan;\n",
                                           f->start - 7200, f->start - 7200);
  SePrintJob *job;

  audit (f, 0);
  g_assert_true (g_file_set_contents (f->mark, text, -1, NULL));
  complete (f, "office", 1, -3600);
  expect_doubt ();
  g_assert_cmpuint (audit (f, 10), ==, 0);
  g_test_assert_expected_messages ();
  job = complete (f, "office", 2, 20);
  assert_lost (f, 30, job);

  g_assert_true (g_file_set_contents (f->mark, "nonsense", -1, NULL));
  expect_doubt ();
  g_assert_cmpuint (audit (f, 40), ==, 0);
  g_test_assert_expected_messages ();
}

/* A machine that does not print lets its disk sleep. */
static void
test_idle (Fixture *f, gconstpointer unused)
{
  struct stat before, after;

  audit (f, 0);
  g_assert_cmpint (stat (f->mark, &before), ==, 0);
  audit (f, 300);
  audit (f, 90000);
  g_assert_cmpint (stat (f->mark, &after), ==, 0);
  g_assert_cmpuint (before.st_ino, ==, after.st_ino);
}

#define ADD(name, function) g_test_add ("/audit/" name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("first", test_first);
  ADD ("lost", test_lost);
  ADD ("noted", test_noted);
  ADD ("once", test_once);
  ADD ("no-gap", test_no_gap);
  ADD ("clock-set-back", test_clock_set_back);
  ADD ("queues", test_queues);
  ADD ("long-ago", test_long_ago);
  ADD ("numbers-again", test_numbers_again);
  ADD ("damaged-entry", test_damaged_entry);
  ADD ("no-mark", test_no_mark);
  ADD ("copied", test_copied);
  ADD ("idle", test_idle);
  ADD ("ends", test_ends);
  g_test_add_func ("/audit/judge", test_judge);
  return g_test_run ();
}
