/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/message.h"

G_BEGIN_DECLS

/* What became of a job, on disk, so that no job is mailed twice or lost: one entry a job in
 * STATE-DIRECTORY/journal, each step committed (fsync, rename) before the next thing is done. The
 * first try fixes the envelope and all mails of the job; every later try sends those bytes. The
 * mails are sent one after the other: the current one is the first that is not accepted yet. */
typedef struct SeJournal SeJournal;

typedef enum
{
  SE_JOURNAL_OPEN,     /* attempts are counted, nothing is fixed */
  SE_JOURNAL_FIXED,    /* envelope, mails and bundle are fixed, the current mail is not under way */
  SE_JOURNAL_DOT,      /* about to send the current mail's final dot: from here on in doubt */
  SE_JOURNAL_ACCEPTED, /* 250 after the data of the last mail */
} SeJournalStep;

/* A mail to be fixed; nothing is owned. */
typedef struct
{
  const SeMessage *message;
  const SeAttachment *ranges; /* of the bundle */
  gsize n_ranges;
} SeJournalMail;

/* Which job. creation and completion are cupsd's facts, 0 where they are not known. A job that a
 * person restarts after it finished comes with a time-at-completed; cupsd's own rerun after a crash
 * does not change it. So completion names the generation: an accepted entry that was opened with
 * another one belongs to an earlier generation. */
typedef struct
{
  const char *queue;
  int job;
  const char *uuid;  /* job-uuid; NULL: none */
  gint64 creation;   /* time-at-creation */
  gint64 completion; /* time-at-completed of its last finished run; 0: it never finished */
} SeJobKey;

/* Opens the entry of a job, making it if need be, and locks it: while another process (a worker
 * whose supervisor was killed) still has it, waits for that one to end. An accepted entry of
 * another completion (0 never counts as another) is replaced by a new one; one that is not accepted
 * goes on and takes the key's completion. Counts the attempt. Entries that nobody touched for 30
 * days are removed, unless they are in doubt. SE_ERROR_CONFIG names the file of a damaged entry:
 * its job is not sent. */
SeJournal *se_journal_open (const char *state_directory, const SeJobKey *key, int cancel_fd,
                            GError **error);
void se_journal_close (SeJournal *journal); /* the entry stays */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeJournal, se_journal_close)

SeJournalStep se_journal_step (const SeJournal *journal);
guint se_journal_attempts (const SeJournal *journal);    /* this one included: 1 at the first */
gint64 se_journal_first (const SeJournal *journal);      /* time of the first attempt */
const char *se_journal_reply (const SeJournal *journal); /* the last one to data; NULL: none */
guint se_journal_mails (const SeJournal *journal);       /* of a fixed job; 0: nothing is fixed */
guint se_journal_accepted (const SeJournal *journal);    /* how many of them are */

/* Path for the job's bundle in STATE-DIRECTORY/spool; it lives as long as the entry is not
 * accepted. Owned by the journal. */
const char *se_journal_bundle_path (const SeJournal *journal);

/* TRUE if sources (SHA-256 of each source document in order, NULL-terminated) are those of the
 * fixed entry. Another job's documents under this key: the caller starts over with
 * se_journal_restart. */
gboolean se_journal_same_sources (const SeJournal *journal, const char *const *sources);
gboolean se_journal_restart (SeJournal *journal, GError **error);

/* For a job that is to wait for a person. An entry at FIXED goes back to OPEN, so that the next try
 * composes the mails anew: fixed ones would never see what the person mends in the configuration.
 * One with a mail that is accepted or in doubt stays as it is. The attempts are kept; the time of
 * the first one is that of the next try, since days of waiting for a person are no reason to give
 * up. */
gboolean se_journal_reopen (SeJournal *journal, GError **error);

/* Fixes envelope and mails: the spooled bundle must be complete and synced. SE_ERROR_DOCUMENT:
 * their texts are too long for an entry. */
gboolean se_journal_fix (SeJournal *journal, const SeAddress *from, const GPtrArray *recipients,
                         const SeJournalMail *mails, guint n_mails, const char *const *sources,
                         GError **error);

/* The fixed envelope and the current mail again, of an entry at FIXED or DOT. from and recipients
 * are owned by the journal, until the next call. */
gboolean se_journal_restore (SeJournal *journal, const SeAddress **from, GPtrArray **recipients,
                             SeMessage **message, GError **error);

/* Octets (se_message_size) of the largest mail that is not accepted yet. */
gboolean se_journal_largest (const SeJournal *journal, guint64 *size, GError **error);

gboolean se_journal_before_dot (SeJournal *journal, GError **error);
/* The reply to the data of the current mail, whatever it is: 250 (accepted: the next mail is the
 * current one, at FIXED; after the last the bundle is removed), or a refusal, which takes the entry
 * back from DOT to FIXED; unless an earlier try left it at DOT: a refusal now does
 * not say what became of the mail then. */
gboolean se_journal_replied (SeJournal *journal, gboolean accepted, const char *reply,
                             GError **error);

/* When the next try may be made (seconds since 1970), for release --due. */
gboolean se_journal_defer (SeJournal *journal, gint64 next_try, GError **error);

/* Ends a job that is not to be tried again (cancelled): bundle and entry are removed. */
gboolean se_journal_forget (SeJournal *journal, GError **error);

G_END_DECLS
