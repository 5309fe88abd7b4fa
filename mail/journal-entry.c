/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/journal-clock.h"
#include "mail/journal-message.h"

#include "common/digest.h"
#include "common/io.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define END_MARK "# end "

/* Queue names hold anything but '/', '#' and blanks; the hash tells those apart that look the same
 * here. */
char *
se_journal_entry_start (const char *queue, int job)
{
  g_autofree char *safe = g_strndup (queue, 150);

  g_strcanon (safe, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_.-", '_');
  return g_strdup_printf ("%s-%d-", safe, job);
}

char *
se_journal_entry_name (const SeJobKey *key)
{
  g_autofree char *start = se_journal_entry_start (key->queue, key->job);
  g_autofree char *facts = g_strdup_printf ("%s\n%d\n%s\n%" G_GINT64_FORMAT, key->queue, key->job,
                                            key->uuid != NULL ? key->uuid : "", key->creation);
  g_autofree char *fingerprint = se_digest_fingerprint (facts);

  return g_strconcat (start, fingerprint, NULL);
}

/* A queue's name may begin with a dot, as that of a temporary file does, which ends in ".XXXXXX".
 */
gboolean
se_journal_entry_is_name (const char *name)
{
  const char *dash = strrchr (name, '-');

  return dash != NULL && se_digest_is_hex (dash + 1, SE_DIGEST_FINGERPRINT);
}

static const char *const step_names[] = {
  [SE_JOURNAL_OPEN] = "open",
  [SE_JOURNAL_FIXED] = "fixed",
  [SE_JOURNAL_DOT] = "dot",
  [SE_JOURNAL_ACCEPTED] = "accepted",
};

void
se_journal_entry_set_damaged (GError **error, const char *path, const char *what)
{
  g_set_error (
      error, SE_ERROR, SE_ERROR_CONFIG,
      _ ("The journal entry %s is damaged (%s), so whether its job was mailed is not known: look "
         "whether it has arrived; if so, cancel the job; if not, remove the file"),
      path, what);
}

static gboolean
read_step (GKeyFile *entry, SeJournalStep *step)
{
  g_autofree char *name = g_key_file_get_string (entry, SE_JOURNAL_ENTRY, "step", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (step_names); i++)
    if (g_strcmp0 (name, step_names[i]) == 0)
      {
        *step = (SeJournalStep)i;
        return TRUE;
      }
  return FALSE;
}

/* Entries of an older version are made today's: a package may be upgraded while jobs are held. */
static gboolean
load (GKeyFile *entry, const char *text, SeJournalStep *step)
{
  int version;

  if (!g_key_file_load_from_data (entry, text, strlen (text), G_KEY_FILE_NONE, NULL)
      || !read_step (entry, step))
    return FALSE;
  version = g_key_file_get_integer (entry, SE_JOURNAL_ENTRY, "version", NULL);
  if (version >= 1 && version < SE_JOURNAL_VERSION)
    se_journal_message_upgrade (entry, *step);
  se_journal_clock_follow (entry);
  return version >= 1 && version <= SE_JOURNAL_VERSION;
}

GKeyFile *
se_journal_entry_read (const char *path, SeJournalStep *step, GError **error)
{
  g_autoptr (GKeyFile) entry = g_key_file_new ();
  gsize length;
  g_autofree char *text = se_io_read_file (path, SE_JOURNAL_ENTRY_MAX, &length, error);
  g_autofree char *digest = NULL;
  char *end;

  if (text == NULL)
    return NULL;
  end = g_strrstr_len (text, (gssize)length, "\n" END_MARK);
  if (strlen (text) != length || end == NULL || text[length - 1] != '\n')
    {
      se_journal_entry_set_damaged (error, path, _ ("its end is missing"));
      return NULL;
    }
  text[length - 1] = '\0';
  end[1] = '\0';
  digest = se_digest_text (text);
  if (strcmp (digest, end + 1 + strlen (END_MARK)) != 0)
    {
      se_journal_entry_set_damaged (error, path, _ ("its checksum is wrong"));
      return NULL;
    }
  if (load (entry, text, step))
    return g_steal_pointer (&entry);
  se_journal_entry_set_damaged (error, path, _ ("another version of scan-email wrote it"));
  return NULL;
}

char *
se_journal_entry_text (GKeyFile *entry, SeJournalStep step, gsize *length)
{
  g_autofree char *text = NULL;
  g_autofree char *digest = NULL;
  char *whole;

  se_journal_clock_follow (entry);
  g_key_file_set_string (entry, SE_JOURNAL_ENTRY, "step", step_names[step]);
  text = g_key_file_to_data (entry, NULL, NULL);
  digest = se_digest_text (text);
  whole = g_strconcat (text, END_MARK, digest, "\n", NULL);
  *length = strlen (whole);
  return whole;
}
