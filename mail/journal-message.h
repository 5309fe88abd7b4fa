/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/journal-entry.h"

G_BEGIN_DECLS

/* What an entry holds of a fixed job: the group [message] with what all of its mails share, and a
 * group [mail N] for each of them. path names the file in messages. */

/* Puts all of it in, in place of what was there. */
void se_journal_message_set (GKeyFile *entry, const SeAddress *from, const GPtrArray *recipients,
                             const SeJournalMail *mails, guint n_mails, const char *const *sources);

guint se_journal_message_mails (GKeyFile *entry); /* 0: nothing is fixed */
guint se_journal_message_done (GKeyFile *entry);  /* how many of them nobody waits for any more */

/* How many of them the server has accepted for somebody. */
guint se_journal_message_sent (GKeyFile *entry);

/* Whom the server has neither accepted the mail for nor refused for good: positions in the list of
 * recipients, from 0, in order (guint; owned by the caller). */
GArray *se_journal_message_pending (GKeyFile *entry, guint mail);

/* Names the mail that is about to be sent and the recipients (positions) of the transaction. */
void se_journal_message_set_dot (GKeyFile *entry, guint mail, const GArray *recipients);
guint se_journal_message_dot_mail (GKeyFile *entry); /* 0: none was named yet */
GArray *se_journal_message_dot (GKeyFile *entry, guint mail);

/* Notes that the server has accepted the mail for these recipients, who are put off no more. */
void se_journal_message_accept (GKeyFile *entry, guint mail, const GArray *recipients,
                                const char *reply);

/* Notes that the server refuses a recipient, for all mails of the job: for good, or for now, until
 * it says something else. */
void se_journal_message_refuse (GKeyFile *entry, const SeAddress *recipient, gboolean for_good,
                                const char *words);

/* Those recipients with the server's words (SeRcptRefusal, freed with the array). */
GPtrArray *se_journal_message_refusals (GKeyFile *entry, gboolean for_good);

/* SE_ERROR_CONFIG: the entry is damaged. */
gboolean se_journal_message_envelope (GKeyFile *entry, const char *path, SeAddress **from,
                                      GPtrArray **recipients, GError **error);
SeMessage *se_journal_message_get (GKeyFile *entry, const char *path, guint mail, GError **error);

/* Takes the addresses and texts out, that nobody is to read when the job is done; who and when, the
 * replies, the sources and the recipients that were refused for good stay. */
void se_journal_message_strip (GKeyFile *entry);
void se_journal_message_remove (GKeyFile *entry);

/* Makes an entry of an older version one of today's: in version 1 a job had one mail, up to version
 * 2 a mail was for all recipients or none. step: the entry's. */
void se_journal_message_upgrade (GKeyFile *entry, SeJournalStep step);

G_END_DECLS
