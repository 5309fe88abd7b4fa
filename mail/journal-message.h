/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/journal-entry.h"

G_BEGIN_DECLS

/* What an entry holds of a fixed job: the group [message] with what all of its mails share, and a
 * group [mail N] for each of them. path names the file in messages. */

/* Puts all of it in, in place of what was there. */
void se_journal_message_set (GKeyFile *entry, const SeAddress *from, const GPtrArray *recipients,
                             const SeJournalMail *mails, guint n_mails, const char *const *sources);

guint se_journal_message_mails (GKeyFile *entry);    /* 0: nothing is fixed */
guint se_journal_message_accepted (GKeyFile *entry); /* how many of them, from the first on */

/* Notes that the server has accepted the first mail that it had not. */
void se_journal_message_accept (GKeyFile *entry, const char *reply);

/* SE_ERROR_CONFIG: the entry is damaged. */
gboolean se_journal_message_envelope (GKeyFile *entry, const char *path, SeAddress **from,
                                      GPtrArray **recipients, GError **error);
SeMessage *se_journal_message_get (GKeyFile *entry, const char *path, guint mail, GError **error);

/* Takes the addresses and texts out, that nobody is to read when the job is done; who and when, the
 * replies and the sources stay. */
void se_journal_message_strip (GKeyFile *entry);
void se_journal_message_remove (GKeyFile *entry);

/* Makes an entry of version 1, where a job had one mail, one of today's. */
void se_journal_message_upgrade (GKeyFile *entry);

G_END_DECLS
