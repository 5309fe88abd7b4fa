/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/journal.h"

G_BEGIN_DECLS

/* The files of STATE-DIRECTORY/journal: their names, their form, and what looks at all of them.
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

/* "QUEUE-JOB-HASH", owned by the caller. */
char *se_journal_entry_name (const SeJobKey *key);

/* Reads an entry, whole or not at all; SE_ERROR_CONFIG says what is wrong with which file. */
GKeyFile *se_journal_entry_read (const char *path, SeJournalStep *step, GError **error);

/* The file's contents for an entry at step, owned by the caller. */
char *se_journal_entry_text (GKeyFile *entry, SeJournalStep step, gsize *length);

void se_journal_entry_set_damaged (GError **error, const char *path, const char *what);

/* Removes what is older than 30 days and needed no more: entries that were accepted, entries of
 * jobs that were surely not mailed, and spooled documents without an entry. An entry in doubt or
 * damaged stays. Also removes temporary files of the entry named own, which the caller has locked.
 */
void se_journal_sweep (const char *directory, const char *spool, const char *own);

G_END_DECLS
