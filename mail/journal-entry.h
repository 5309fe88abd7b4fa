/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/journal.h"

G_BEGIN_DECLS

/* The files of STATE-DIRECTORY/journal: their names and their form.
 *
 * An entry is a key file with a last line that holds the digest of all before it:
 *
 *   [entry]       version, queue, job, uuid, creation, completion, account, first, opened (by
 *                 the last run, as the clock was then), attempts, step, next-try, settled, dots
 *                 (when each final dot was sent that nobody answered), reply, counted, ended
 *                 (why not all was sent), clock (mail/journal-clock.h)
 *   [message]     from, recipients, sources, bundle-size, mails, current (the mail of the
 *                 last dot), refused and refused-words (recipients refused for good, and why),
 *                 deferred and deferred-words (for now); of a fixed entry
 *   [mail N]      texts, ranges, accepted (recipients that it was accepted for, by their places in
 *                 the list), dot (those of the last dot), reply (to it); N from 1 to mails
 *   # end SHA256
 *
 * Addresses, texts and ranges go once nobody waits for a mail any more, but for those that were
 * refused. */
#define SE_JOURNAL_ENTRY "entry"
#define SE_JOURNAL_MESSAGE "message"
#define SE_JOURNAL_VERSION 3 /* 1 and 2 are read, too; see se_journal_message_upgrade */

#define SE_JOURNAL_ENTRY_MAX (32 * 1024 * 1024) /* bytes of a file; a larger one is damaged */

/* Bytes that an entry may grow by in a step: a reply, and whom it is for. */
#define SE_JOURNAL_SPARE 4096

/* "QUEUE-JOB-HASH", owned by the caller; start: "QUEUE-JOB-" of all entries that a job may have,
 * and perhaps of another queue's that looks the same here. */
char *se_journal_entry_name (const SeJobKey *key);
char *se_journal_entry_start (const char *queue, int job);
gboolean se_journal_entry_is_name (const char *name);

/* Reads an entry, whole or not at all, with its times as the clock has them now; SE_ERROR_CONFIG
 * says what is wrong with which file. */
GKeyFile *se_journal_entry_read (const char *path, SeJournalStep *step, GError **error);

/* The file's contents for an entry at step, owned by the caller. */
char *se_journal_entry_text (GKeyFile *entry, SeJournalStep step, gsize *length);

void se_journal_entry_set_damaged (GError **error, const char *path, const char *what);

G_END_DECLS
