/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of older versions. */
#include "mail/test-journal-fixture.h"

#include "common/digest.h"

/* An entry as an older version wrote it. */
static void
write_old (const char *path, int version, const char *step, const char *message)
{
  g_autofree char *text = g_strdup_printf (
      "[entry]\nversion=%d\nqueue=" FIXTURE_QUEUE "\njob=12\nuuid=" FIXTURE_UUID
      "\ncreation=1700000000\nfirst=1700000001\nattempts=1\ncompletion=0\nstep=%s\n%s",
      version, step, message);
  g_autofree char *digest = se_digest_text (text);
  g_autofree char *whole = g_strconcat (text, "# end ", digest, "\n", NULL);

  g_assert_true (g_file_set_contents (path, whole, -1, NULL));
}

/* A job of two mails as version 2 wrote it: the first was accepted for all. */
static void
test_version_2 (Fixture *f, gconstpointer unused)
{
  static const char message[]
      = "\n[message]\nfrom=scanner@example.com\nrecipients=a@example.org;b@example.net;\n"
        "sources=aa11;bb22;\nmails=2\naccepted=1\nbundle-size=14\n"
        "\n[mail 1]\ntexts=x\\r\\n;\nranges=\nreply=250 ok\n"
        "\n[mail 2]\ntexts=Subject: a\\r\\n\\r\\n;\\r\\nend\\r\\n;\nranges=3 11;\n";
  static const char *const steps[] = { "fixed", "dot" };

  se_journal_close (fixture_open (f));
  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    {
      g_autofree char *path = fixture_entry_path (f);
      g_autoptr (SeJournal) journal = NULL;
      g_autoptr (SeMessage) restored = NULL;
      g_autoptr (GError) error = NULL;
      const SeAddress *from;
      GPtrArray *recipients;

      write_old (path, 2, steps[i], message);
      journal = fixture_open (f);
      fixture_write_bundle (journal);
      g_assert_cmpuint (se_journal_mails (journal), ==, 2);
      g_assert_cmpuint (se_journal_done (journal), ==, 1);
      g_assert_true (se_journal_is_begun (journal));
      g_assert_cmpuint (se_journal_doubts (journal, NULL), ==, i);
      g_assert_true (se_journal_restore (journal, &from, &recipients, &restored, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (recipients->len, ==, 2);
      g_assert_cmpstr (se_message_texts (restored)[0], ==, "Subject: a\r\n\r\n");
      g_assert_true (se_journal_before_dot (journal, NULL));
      g_assert_true (se_journal_replied (journal, TRUE, "250 ok", NULL));
      g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
    }
}

/* A package may be upgraded while jobs are held: they go on with the mail that was fixed. */
static void
test_version_1 (Fixture *f, gconstpointer unused)
{
  static const char fixed[] = "\n[message]\nfrom=scanner@example.com\n"
                              "recipients=a@example.org;b@example.net;\nsources=aa11;bb22;\n"
                              "bundle-size=14\ntexts=Subject: a\\;b\\r\\n\\r\\n;\\r\\nend\\r\\n;\n"
                              "ranges=3 11;\n";
  static const struct
  {
    const char *name, *message;
    SeJournalStep step;
    guint mails;
  } cases[] = {
    { "open", "", SE_JOURNAL_OPEN, 0 },
    { "fixed", fixed, SE_JOURNAL_FIXED, 1 },
    { "dot", fixed, SE_JOURNAL_DOT, 1 },
    { "accepted", "\n[message]\nsources=aa11;bb22;\n", SE_JOURNAL_ACCEPTED, 0 },
  };

  se_journal_close (fixture_open (f));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = fixture_entry_path (f);
      g_autoptr (SeJournal) journal = NULL;

      write_old (path, 1, cases[i].name, cases[i].message);
      journal = fixture_open (f);
      g_assert_cmpint (se_journal_step (journal), ==, cases[i].step);
      g_assert_cmpuint (se_journal_mails (journal), ==, cases[i].mails);
      if (cases[i].mails == 0)
        continue;
      fixture_write_bundle (journal);
      for (int again = 0; again < 2; again++) /* as read, and as written by today's version */
        {
          const SeAddress *from;
          GPtrArray *recipients;
          g_autoptr (SeMessage) message = NULL;
          g_autoptr (GError) error = NULL;

          g_assert_true (se_journal_restore (journal, &from, &recipients, &message, &error));
          g_assert_no_error (error);
          g_assert_cmpuint (recipients->len, ==, 2);
          g_assert_cmpstr (se_message_texts (message)[0], ==, "Subject: a;b\r\n\r\n");
          g_assert_cmpuint (se_message_size (message), ==, 16 + 18 + 7);
          g_assert_true (se_journal_same_sources (journal, fixture_sources));
          g_clear_pointer (&journal, se_journal_close);
          journal = fixture_open (f);
          g_assert_cmpint (se_journal_step (journal), ==, cases[i].step);
        }
      g_assert_true (se_journal_before_dot (journal, NULL));
      g_assert_true (se_journal_replied (journal, TRUE, "250 ok", NULL));
      g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/journal-upgrade/version-1", test_version_1);
  ADD ("/journal-upgrade/version-2", test_version_2);
  return g_test_run ();
}
