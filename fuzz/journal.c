/* SPDX-License-Identifier: Apache-2.0 */
/* Entries of the journal, of all versions. The input is an entry without its last line. */
#include "common/digest.h"
#include "common/io.h"
#include "fuzz/fuzz.h"
#include "mail/journal-message.h"

#include <string.h>

#define MAILS_MAX 100
#define FILES 16 /* one input of so many is looked at as a file, too */

static void
check_mail (GKeyFile *entry, guint mail, guint recipients)
{
  GError *error = NULL;
  g_autoptr (SeMessage) message = se_journal_message_get (entry, "entry", mail, &error);
  g_autoptr (GArray) pending = se_journal_message_pending (entry, mail);
  g_autoptr (GArray) left = NULL;

  fuzz_assert_outcome (message != NULL, &error);
  if (message != NULL)
    se_message_size (message);
  for (guint i = 0; i < pending->len; i++)
    g_assert_cmpuint (g_array_index (pending, guint, i), <, recipients);
  se_journal_message_set_dot (entry, mail, pending);
  se_journal_message_accept (entry, mail, pending, "250 Ok");
  left = se_journal_message_pending (entry, mail);
  g_assert_cmpuint (left->len, ==, 0);
}

static void
check_refusals (GKeyFile *entry, const SeAddress *recipient, gboolean for_good)
{
  g_autoptr (GPtrArray) before = se_journal_message_refusals (entry, for_good);
  g_autoptr (GPtrArray) after = NULL;

  se_journal_message_refuse (entry, recipient, for_good, "550 5.1.1 a;b\\c");
  after = se_journal_message_refusals (entry, for_good);
  g_assert_cmpuint (after->len, <=, before->len + 1);
  g_assert_cmpuint (after->len, >, 0);
}

/* Takes a fixed job to its end. */
static void
check_fixed (GKeyFile *entry)
{
  SeAddress *from = NULL;
  GPtrArray *recipients = NULL;
  GError *error = NULL;
  gboolean good = se_journal_message_envelope (entry, "entry", &from, &recipients, &error);

  fuzz_assert_outcome (good, &error);
  if (!good)
    return;
  g_assert_cmpuint (recipients->len, >, 0);
  check_refusals (entry, from, FALSE);
  check_refusals (entry, from, TRUE);
  for (guint i = 1; i <= se_journal_message_mails (entry); i++)
    check_mail (entry, i, recipients->len);
  g_assert_cmpuint (se_journal_message_done (entry), ==, se_journal_message_mails (entry));
  se_address_free (from);
  g_ptr_array_unref (recipients);
}

static GKeyFile *
read_entry (const char *text, gsize length, SeJournalStep *step, GError **error)
{
  se_autofd int fd = fuzz_file (text, length);
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);

  return se_journal_entry_read (path, step, error);
}

/* What was last written of an entry, but for when. */
static char *
take_content (GKeyFile *entry)
{
  g_key_file_remove_key (entry, "entry", "clock", NULL);
  return g_key_file_to_data (entry, NULL, NULL);
}

/* What was written is read the same. */
static void
check_again (GKeyFile *entry, SeJournalStep step)
{
  gsize length = 0;
  g_autofree char *text = se_journal_entry_text (entry, step, &length);
  SeJournalStep step_again;
  GError *error = NULL;
  g_autoptr (GKeyFile) again = read_entry (text, length, &step_again, &error);
  g_autofree char *content = NULL;
  g_autofree char *content_again = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (step_again, ==, step);
  content = take_content (entry);
  content_again = take_content (again);
  g_assert_cmpstr (content_again, ==, content);
}

/* As it stands in a file: bare, and with its last line. */
static void
check_file (const char *body)
{
  g_autofree char *digest = se_digest_text (body);
  g_autofree char *text = g_strconcat (body, "# end ", digest, "\n", NULL);
  SeJournalStep step;
  GError *error = NULL;
  g_autoptr (GKeyFile) bare = read_entry (body, strlen (body), &step, &error);
  g_autoptr (GKeyFile) entry = NULL;

  fuzz_assert_outcome (bare != NULL, &error);
  entry = read_entry (text, strlen (text), &step, &error);
  fuzz_assert_outcome (entry != NULL, &error);
  if (entry != NULL)
    check_again (entry, step);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput input = fuzz_input (data, size);
  g_autofree char *body = fuzz_take_rest (&input);
  g_autoptr (GKeyFile) entry = g_key_file_new ();

  if (size % FILES == 0) /* takes a hundred times as long */
    check_file (body);
  if (!g_key_file_load_from_data (entry, body, strlen (body), G_KEY_FILE_NONE, NULL)
      || se_journal_message_mails (entry) > MAILS_MAX
      || g_key_file_get_integer (entry, SE_JOURNAL_MESSAGE, "accepted", NULL) > MAILS_MAX)
    return 0;
  if (size % 3 > 0)
    se_journal_message_upgrade (entry, size % 3 == 1 ? SE_JOURNAL_FIXED : SE_JOURNAL_DOT);
  g_assert_cmpuint (se_journal_message_sent (entry), <=, se_journal_message_mails (entry));
  check_fixed (entry);
  se_journal_message_strip (entry);
  return 0;
}
