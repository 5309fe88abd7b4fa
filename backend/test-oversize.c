/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/oversize.h"

#include "common/test-tree.h"
#include "mail/activity.h"

#include <string.h>

#define SERVER "smtp://mail.example.test:587"

typedef struct
{
  const char *name;
  const char *oversize;
  guint64 told; /* 0: no limit */
  guint attempts;
  guint accepted;
  gboolean in_doubt;
  gboolean again;
} Case;

/* The server takes 1000 octets, each mail of the two has more. */
static const Case cases[] = {
  { "first-job-ever", NULL, 0, 1, 0, FALSE, TRUE },
  { "not-told-at-a-later-try", "split", 0, 3, 0, FALSE, TRUE },
  { "smaller-than-told", "compact", 2000, 3, 0, FALSE, TRUE },
  { "perhaps-not-heard", "split", 1000, 1, 0, FALSE, TRUE },
  { "told-and-no-better", "split", 1000, 2, 0, FALSE, FALSE },
  { "rejected", "reject", 0, 1, 0, FALSE, FALSE },
  { "one-is-out", "split", 0, 1, 1, FALSE, FALSE },
  { "in-doubt", "split", 0, 1, 0, TRUE, FALSE },
};

static SeJournal *
open_journal (const char *state, guint attempts)
{
  const SeJobKey key = { .queue = "office", .job = 7, .creation = 1700000000 };
  SeJournal *journal = NULL;

  for (guint i = 0; i < attempts; i++)
    {
      g_autoptr (GError) error = NULL;

      g_clear_pointer (&journal, se_journal_close);
      journal = se_journal_open (state, &key, -1, &error);
      g_assert_no_error (error);
    }
  return journal;
}

static void
fix (SeJournal *journal)
{
  static const char *const texts[] = { "Subject: a\r\n\r\n", "\r\nend\r\n", NULL };
  static const char *const sources[] = { "aa11", NULL };
  const SeAttachment range = { .offset = 0, .length = 1000 };
  g_autoptr (SeMessage) message = se_message_new_from_texts (texts, &range, 1, NULL);
  const SeJournalMail mails[] = { { message, &range, 1 }, { message, &range, 1 } };
  g_autoptr (SeAddress) from = se_address_parse ("a@example.test", NULL);
  g_autoptr (GPtrArray) to = se_address_parse_list ("b@example.test", NULL);

  g_assert_true (g_file_set_contents (se_journal_bundle_path (journal), "x", 1, NULL));
  g_assert_true (se_journal_fix (journal, from, to, mails, 2, sources, NULL));
}

static void
test_judged (gconstpointer data)
{
  const Case *c = data;
  g_autofree char *state = g_dir_make_tmp ("scan-email-oversize-XXXXXX", NULL);
  SeProviderConfig provider = { .name = (char *)"test", .smtp_server = (char *)SERVER };
  const SeAccount account = { .address = (char *)"a@example.test", .provider = &provider };
  const SeServerConfig server = { .state_directory = state };
  const SeQueueConfig queue = { .oversize = (char *)c->oversize };
  g_autoptr (SeJournal) journal = open_journal (state, c->attempts);
  const SeOversizeCase oversize
      = { &server,
          &account,
          &queue,
          journal,
          { c->told > 0 ? SE_LIMIT_SERVER : SE_LIMIT_NONE, c->told, SERVER } };
  g_autoptr (GError) error = g_error_new (SE_ERROR, SE_ERROR_TOO_LARGE, "Both numbers");
  g_autoptr (GError) judged = NULL;

  g_assert_true (se_activity_note_size (state, account.address, SERVER, 1000, NULL));
  fix (journal);
  for (guint i = 0; i < c->accepted; i++)
    g_assert_true (se_journal_before_dot (journal, NULL)
                   && se_journal_replied (journal, TRUE, "250 ok", NULL));
  if (c->in_doubt)
    g_assert_true (se_journal_before_dot (journal, NULL));
  judged = se_oversize_judge (&oversize, error);
  g_assert_true (g_str_has_prefix (judged->message, "Both numbers: "));
  if (c->again)
    {
      g_assert_error (judged, SE_ERROR, SE_ERROR_TEMPORARY);
      g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
    }
  else
    {
      g_assert_error (judged, SE_ERROR, SE_ERROR_TOO_LARGE);
      g_assert_cmpint (se_journal_step (journal), !=, SE_JOURNAL_OPEN);
      g_assert_cmpint (strstr (judged->message, "oversize = split") != NULL, ==,
                       strcmp (c->oversize, "reject") == 0);
    }
  g_clear_pointer (&journal, se_journal_close);
  test_remove_tree (state);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/oversize/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_judged);
    }
  return g_test_run ();
}
