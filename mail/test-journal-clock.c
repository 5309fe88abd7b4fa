/* SPDX-License-Identifier: Apache-2.0 */
/* The clock is set while a job waits. */
#include "mail/test-journal-fixture.h"

#include "common/digest.h"
#include "mail/journal-clock.h"
#include "mail/journal-entry.h"
#include "mail/journal-list.h"

#include <glib/gstdio.h>
#include <string.h>

#define ENTRY SE_JOURNAL_ENTRY
#define DAY (24 * 60 * G_GINT64_CONSTANT (60))

static gint64
now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static void
assert_about (gint64 time, gint64 expected)
{
  g_assert_cmpint (ABS (time - expected), <=, 5);
}

/* Makes the entry one that was written by a clock which was behind by so many seconds, in this run
 * of the system or in another. */
static void
set_clock (Fixture *f, gint64 seconds, gboolean another_boot)
{
  g_autofree char *path = fixture_entry_path (f);
  g_autoptr (GKeyFile) entry = g_key_file_new ();
  g_auto (GStrv) noted = NULL;
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;
  g_autofree char *whole = NULL;
  const char *const times[] = { "first", "next-try", "dots" };
  gsize n;

  g_assert_true (g_key_file_load_from_file (entry, path, G_KEY_FILE_NONE, NULL));
  noted = g_key_file_get_string_list (entry, ENTRY, "clock", &n, NULL);
  g_assert_cmpuint (n, ==, 3);
  g_assert_cmpuint (strlen (noted[0]), ==, 36); /* a boot id */
  if (another_boot)
    noted[0][0] ^= 1;
  g_free (noted[1]);
  noted[1] = g_strdup_printf ("%" G_GINT64_FORMAT, now () - seconds);
  g_key_file_set_string_list (entry, ENTRY, "clock", (const char *const *)noted, n);
  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      g_autofree char *value = g_key_file_get_value (entry, ENTRY, times[i], NULL);
      gint64 time = value != NULL ? g_ascii_strtoll (value, NULL, 10) : 0;

      if (time > 0 && time < G_MAXINT64)
        g_key_file_set_int64 (entry, ENTRY, times[i], time - seconds);
    }
  text = g_key_file_to_data (entry, NULL, NULL);
  digest = se_digest_text (text);
  whole = g_strconcat (text, "# end ", digest, "\n", NULL);
  g_assert_true (g_file_set_contents (path, whole, -1, NULL));
}

/* An entry in doubt that rests for an hour. */
static void
make_doubt (Fixture *f)
{
  g_autoptr (SeJournal) journal = fixture_open (f);

  se_journal_resend_after (journal, 3600);
  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL) && se_journal_before_dot (journal, NULL));
}

static void
forget (Fixture *f)
{
  g_autofree char *path = fixture_entry_path (f);

  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
check_times (Fixture *f, gint64 first, gint64 dot, gint64 next_try)
{
  g_autofree char *path = fixture_entry_path (f);
  g_autoptr (SeJournalItem) item = se_journal_look (path);
  g_autoptr (SeJournal) journal = fixture_open (f);
  gint64 since;

  assert_about (item->first, first);
  assert_about (item->in_doubt_since, dot);
  assert_about (item->next_try, next_try);
  assert_about (se_journal_first (journal), first);
  g_assert_cmpuint (se_journal_doubts (journal, &since), ==, 1);
  assert_about (since, dot);
  assert_about (se_journal_next_try (journal), next_try);
}

/* A machine without a clock of its own learns the time: six days did not pass. Nor does a job wait
 * for six days when the clock is set back by as many. */
static void
test_same_boot (Fixture *f, gconstpointer unused)
{
  static const gint64 changes[] = { 6 * DAY, -6 * DAY, 61, -61 };

  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      f->key.job = (int)i + 1;
      make_doubt (f);
      set_clock (f, changes[i], FALSE);
      check_times (f, now (), now (), now () + 3600);
      check_times (f, now (), now (), now () + 3600); /* as it was written by now */
      forget (f);
    }
}

/* What cannot be told from time that passed while the machine was off counts; a clock that stands
 * before what was noted was surely set back. */
static void
test_another_boot (Fixture *f, gconstpointer unused)
{
  make_doubt (f);
  set_clock (f, 6 * DAY, TRUE);
  check_times (f, now () - 6 * DAY, now () - 6 * DAY, now () - 6 * DAY + 3600);
  forget (f);
  make_doubt (f);
  set_clock (f, -6 * DAY, TRUE);
  check_times (f, now (), now (), now () + 3600);
}

/* A time that means "when a person says so", or none, is no time. */
static void
test_no_times (Fixture *f, gconstpointer unused)
{
  SeJournal *journal = fixture_open (f);

  g_assert_true (se_journal_defer (journal, G_MAXINT64, NULL));
  se_journal_close (journal);
  set_clock (f, 6 * DAY, FALSE);
  journal = fixture_open (f);
  g_assert_cmpint (se_journal_next_try (journal), ==, G_MAXINT64);
  g_assert_true (se_journal_await_person (journal, NULL));
  g_assert_cmpint (se_journal_first (journal), ==, 0);
  se_journal_close (journal);
}

/* An entry that nothing is noted in, as an older version wrote it. */
static void
test_nothing_noted (void)
{
  g_autoptr (GKeyFile) entry = g_key_file_new ();

  g_key_file_set_int64 (entry, ENTRY, "first", 1700000000);
  se_journal_clock_follow (entry);
  g_assert_cmpint (g_key_file_get_int64 (entry, ENTRY, "first", NULL), ==, 1700000000);
  g_assert_true (g_key_file_has_key (entry, ENTRY, "clock", NULL));
  g_assert_false (g_key_file_has_key (entry, ENTRY, "dots", NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/journal-clock/same-boot", test_same_boot);
  ADD ("/journal-clock/another-boot", test_another_boot);
  ADD ("/journal-clock/no-times", test_no_times);
  g_test_add_func ("/journal-clock/nothing-noted", test_nothing_noted);
  return g_test_run ();
}
