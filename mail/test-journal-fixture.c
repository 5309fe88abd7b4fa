/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-journal-fixture.h"

#include "common/test-tree.h"

const char *const fixture_sources[] = { "aa11", "bb22", NULL };

void
fixture_set_up (Fixture *f, gconstpointer unused)
{
  f->state = g_dir_make_tmp ("scan-email-journal-XXXXXX", NULL);
  f->key = (SeJobKey){
    .queue = FIXTURE_QUEUE, .job = 12, .uuid = FIXTURE_UUID, .creation = 1700000000
  };
}

void
fixture_tear_down (Fixture *f, gconstpointer unused)
{
  test_remove_tree (f->state);
  g_free (f->state);
}

SeJournal *
fixture_open (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  SeJournal *journal = se_journal_open (f->state, &f->key, -1, &error);

  g_assert_no_error (error);
  return journal;
}

/* Text that a key file has to take care to keep, and lengths that are no multiple of anything. */
static const char *const texts[]
    = { "Subject: a;b\\c = [x] #\r\n  folded\r\n\r\n", "\r\n--b\r\n\r\n", "\r\n--b--\r\n", NULL };
static const SeAttachment ranges[]
    = { { .offset = 17, .length = 1000 }, { .offset = 5000000000, .length = 3 } };

void
fixture_write_bundle (SeJournal *journal)
{
  g_assert_true (
      g_file_set_contents (se_journal_bundle_path (journal), "some documents", -1, NULL));
}

gboolean
fixture_fix (SeJournal *journal, GError **error)
{
  g_autoptr (SeAddress) from = se_address_parse ("scanner@example.com", NULL);
  g_autoptr (GPtrArray) to
      = se_address_parse_list ("a@example.org, \"b; c\"@example.net, d@[192.0.2.1]", NULL);
  g_autoptr (SeMessage) message = se_message_new_from_texts (texts, ranges, 2, NULL);
  SeJournalMail mail;

  mail = (SeJournalMail){ message, ranges, 2 };
  return se_journal_fix (journal, from, to, &mail, 1, fixture_sources, error);
}

void
fixture_check_restored (SeJournal *journal)
{
  const SeAddress *from;
  GPtrArray *recipients;
  g_autoptr (SeMessage) message = NULL;
  g_autoptr (SeMessage) original = se_message_new_from_texts (texts, ranges, 2, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *sender = NULL;
  g_autofree char *second = NULL;

  g_assert_true (se_journal_restore (journal, &from, &recipients, &message, &error));
  g_assert_no_error (error);
  sender = se_address_to_string (from);
  g_assert_cmpstr (sender, ==, "scanner@example.com");
  g_assert_cmpuint (recipients->len, ==, 3);
  second = se_address_to_string (g_ptr_array_index (recipients, 1));
  g_assert_cmpstr (second, ==, "\"b; c\"@example.net");
  g_assert_cmpuint (se_message_size (message), ==, se_message_size (original));
  g_assert_true (g_strv_equal (se_message_texts (message), texts));
}

char *
fixture_entry_path (Fixture *f)
{
  g_autofree char *directory = g_build_filename (f->state, "journal", NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    if (!g_str_has_suffix (name, ".lock"))
      return g_build_filename (directory, name, NULL);
  return NULL;
}

guint
fixture_count (Fixture *f, const char *folder)
{
  g_autofree char *directory = g_build_filename (f->state, folder, NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

gboolean
fixture_do_step (SeJournal *journal, int step)
{
  switch (step)
    {
    case 0:
      fixture_write_bundle (journal);
      return TRUE;
    case 1:
      return fixture_fix (journal, NULL);
    case 2:
      return se_journal_before_dot (journal, NULL);
    case 3:
      return se_journal_replied (journal, FALSE, "451 4.3.0 later", NULL);
    default:
      return se_journal_replied (journal, TRUE, "250 2.0.0 queued as 42", NULL);
    }
}

void
fixture_accept (Fixture *f)
{
  g_autoptr (SeJournal) journal = fixture_open (f);

  fixture_write_bundle (journal);
  g_assert_true (fixture_fix (journal, NULL));
  g_assert_true (se_journal_before_dot (journal, NULL));
  g_assert_true (se_journal_replied (journal, TRUE, "250 ok", NULL));
}
