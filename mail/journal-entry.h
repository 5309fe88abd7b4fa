/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/journal.h"

G_BEGIN_DECLS

/* The files of STATE-DIRECTORY/journal: their names and their form.
 *
 * An entry is a key file with a last line that holds the digest of all before it:
 *
 *   [entry]       version, queue, job, uuid, creation, completion, first, attempts, step,
 *                 next-try, reply
 *   [message]     from, recipients, sources, bundle-size, mails, accepted; of a fixed entry
 *   [mail N]      texts, ranges, reply (once it is accepted); N from 1 to mails
 *   # end SHA256
 *
 * Addresses, texts and ranges go once all mails are accepted. */
#define SE_JOURNAL_ENTRY "entry"
#define SE_JOURNAL_MESSAGE "message"
#define SE_JOURNAL_VERSION 2 /* version 1 is read, too: one mail, in [message] */

#define SE_JOURNAL_ENTRY_MAX (32 * 1024 * 1024) /* bytes of a file; a larger one is damaged */

/* "QUEUE-JOB-HASH", owned by the caller; start: "QUEUE-JOB-" of all entries that a job may have,
 * and perhaps of another queue's that looks the same here. */
char *se_journal_entry_name (const SeJobKey *key);
char *se_journal_entry_start (const char *queue, int job);
gboolean se_journal_entry_is_name (const char *name);

/* Reads an entry, whole or not at all; SE_ERROR_CONFIG says what is wrong with which file. */
GKeyFile *se_journal_entry_read (const char *path, SeJournalStep *step, GError **error);

/* The file's contents for an entry at step, owned by the caller. */
char *se_journal_entry_text (GKeyFile *entry, SeJournalStep step, gsize *length);

void se_journal_entry_set_damaged (GError **error, const char *path, const char *what);

G_END_DECLS
