/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/envelope.h"
#include "mail/message.h"

G_BEGIN_DECLS

/* What became of a job, on disk, so that no job is mailed twice or lost: one entry a job in
 * STATE-DIRECTORY/journal, each step committed (fsync, rename) before the next thing is done. The
 * first try fixes the envelope and all mails of the job; every later try sends those bytes. The
 * mails are sent one after the other, each to those recipients that the server has not accepted it
 * for yet and has not refused for good. */
typedef struct SeJournal SeJournal;

typedef enum
{
  SE_JOURNAL_OPEN,     /* attempts are counted, nothing is fixed */
  SE_JOURNAL_FIXED,    /* envelope, mails and bundle are fixed, the current mail is not under way */
  SE_JOURNAL_DOT,      /* about to send the current mail's final dot: from here on in doubt */
  SE_JOURNAL_ACCEPTED, /* nobody waits for any of the mails any more, and somebody has one; or the
                          job was ended when somebody had, or may have had */
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
  const char *queue; /* or the class that the job was printed to: any of its printers may get it */
  int job;
  const char *uuid;  /* job-uuid; NULL: none */
  gint64 creation;   /* time-at-creation */
  gint64 completion; /* time-at-completed of its last finished run; 0: it never finished */
} SeJobKey;

/* Opens the entry of a job, making it if need be, and locks it: while another process (a worker
 * whose supervisor was killed) still has it, waits for that one to end. An accepted entry of
 * another completion (0 never counts as another) is replaced by a new one; one that is not accepted
 * goes on and takes the key's completion, unless that is 0. Counts the attempt. Entries that nobody
 * touched for 30 days are removed, unless they are in doubt or begun. SE_ERROR_CONFIG names the
 * file of a damaged entry: its job is not sent. */
SeJournal *se_journal_open (const char *state_directory, const SeJobKey *key, int cancel_fd,
                            GError **error);
void se_journal_close (SeJournal *journal); /* the entry stays */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeJournal, se_journal_close)

SeJournalStep se_journal_step (const SeJournal *journal);
guint se_journal_attempts (const SeJournal *journal);    /* this one included: 1 at the first */
gint64 se_journal_first (const SeJournal *journal);      /* time of the first attempt, as the
                                                             clock has it by now */
const char *se_journal_reply (const SeJournal *journal); /* the last one to data; NULL: none */
guint se_journal_mails (const SeJournal *journal);       /* of a fixed job; 0: nothing is fixed */
guint se_journal_done (const SeJournal *journal);        /* those nobody waits for any more */
guint se_journal_sent (const SeJournal *journal);        /* those that somebody has */

/* TRUE if somebody has one of the mails, or may have: what is fixed must stay. */
gboolean se_journal_is_begun (const SeJournal *journal);

/* The recipients that the server has refused for good, and those that it put off when it was last
 * asked: SeRcptRefusal, freed with the array. The former are kept when the job is done. */
GPtrArray *se_journal_refused (const SeJournal *journal);
GPtrArray *se_journal_deferred (const SeJournal *journal);

/* How often the current mail was sent without an answer; since: the first time, seconds since 1970,
 * may be NULL. forget: a person wants it to be sent again; one time is left. */
guint se_journal_doubts (const SeJournal *journal, gint64 *since);
void se_journal_forget_doubts (SeJournal *journal);

gint64 se_journal_next_try (const SeJournal *journal); /* 0: any time */
/* TRUE if the run before this one came to its end and journalled when to go on: a person or release
 * has let the job go on since. FALSE: it was killed, and cupsd runs the job again by itself. */
gboolean se_journal_is_settled (const SeJournal *journal);

/* The account that the mails are fixed for: one that is begun goes out from it, whatever printer of
 * a class has the job by then. Owned by the caller; NULL: none is noted. Committed by the next
 * step.
 */
void se_journal_set_account (SeJournal *journal, const char *address);
char *se_journal_account (const SeJournal *journal);

/* Whether the job was counted for a limit of jobs, so that a later try does not count it again.
 * What is set is on the disk with the next step, or put-off try. */
gboolean se_journal_is_counted (const SeJournal *journal);
void se_journal_set_counted (SeJournal *journal);

/* Path for the job's bundle in STATE-DIRECTORY/spool; it lives as long as the entry is not
 * accepted. Owned by the journal. */
const char *se_journal_bundle_path (const SeJournal *journal);

/* TRUE if sources (SHA-256 of each source document in order, NULL-terminated) are those of the
 * fixed entry. Other documents: the caller starts over with se_journal_restart, unless a mail is
 * begun. */
gboolean se_journal_same_sources (const SeJournal *journal, const char *const *sources);
gboolean se_journal_restart (SeJournal *journal, GError **error);

/* An entry at FIXED goes back to OPEN, so that the mails are composed anew, from other documents or
 * another configuration. One with a mail that is accepted or in doubt stays as it is. */
gboolean se_journal_reopen (SeJournal *journal, GError **error);

/* For a job that is to wait for a person: the run is settled, and the entry reopened, since fixed
 * mails would never see what the person mends in the configuration. The attempts are kept; the time
 * of the first one is that of the next try, since days of waiting for a person are no reason to
 * give up. */
gboolean se_journal_await_person (SeJournal *journal, GError **error);

/* Fixes envelope and mails: the spooled bundle must be complete and synced. SE_ERROR_DOCUMENT:
 * their texts are too long for an entry. */
gboolean se_journal_fix (SeJournal *journal, const SeAddress *from, const GPtrArray *recipients,
                         const SeJournalMail *mails, guint n_mails, const char *const *sources,
                         GError **error);

/* A pass is a walk over what is still to be sent. Its start: nobody is put off. */
void se_journal_start_pass (SeJournal *journal);

/* FALSE if there is no mail left to be sent in this pass. */
gboolean se_journal_has_next (const SeJournal *journal);

/* The next mail, of an entry at FIXED or DOT: the one in doubt to those that it was sent to and
 * that the server has not refused for good since, else the first that somebody waits for who was
 * not put off. from and recipients are owned by the journal, until the next call. */
gboolean se_journal_restore (SeJournal *journal, const SeAddress **from, GPtrArray **recipients,
                             SeMessage **message, GError **error);

/* Octets (se_message_size) of the largest mail that somebody waits for. */
gboolean se_journal_largest (const SeJournal *journal, guint64 *size, GError **error);

/* Notes the replies for the recipients of se_journal_restore (mail/envelope.h); the next step
 * commits them. Those that are refused for now are put off for this pass. */
void se_journal_note_recipients (SeJournal *journal, const GArray *results);

/* How long a mail in doubt rests before it may be sent again: as long as a server may need to
 * commit it. */
void se_journal_resend_after (SeJournal *journal, guint seconds);

/* The dot is about to be sent: the mail is in doubt for the recipients that were noted as accepted
 * (all of them where none were noted), and next_try is set for a worker that dies now. */
gboolean se_journal_before_dot (SeJournal *journal, GError **error);

/* The reply to the data of the current mail, whatever it is: 250 (accepted for those recipients),
 * or a refusal, which takes the entry back from DOT to FIXED; unless an earlier try left it at DOT:
 * a refusal now does not say what became of the mail then. When nobody waits for any mail any more
 * the entry is ACCEPTED and the bundle is removed. */
gboolean se_journal_replied (SeJournal *journal, gboolean accepted, const char *reply,
                             GError **error);

/* The current mail was not sent since no recipient was accepted: commits what was noted. As after a
 * reply the entry is ACCEPTED if that leaves nobody who waits and somebody has one of the mails. A
 * mail in doubt stays so as long as one of those that it was sent to is not refused for good.
 * What a reply has settled is so for this run even where it cannot be written down. */
gboolean se_journal_not_sent (SeJournal *journal, GError **error);

/* When the next try may be made (seconds since 1970), for release --due; G_MAXINT64: when a person
 * says so. The run is settled. */
gboolean se_journal_defer (SeJournal *journal, gint64 next_try, GError **error);

/* Ends a job that is not to be tried again (cancelled): bundle and entry are removed. An entry with
 * a mail that somebody has, or may have, becomes ACCEPTED, lest a run that does not know of the end
 * send that one again: words, what became of the job, are kept in it. One that is ACCEPTED stays as
 * it is. */
gboolean se_journal_end (SeJournal *journal, const char *words, GError **error);

/* The words that an ACCEPTED entry was ended with, owned by the caller; NULL: all was sent. */
char *se_journal_ended (const SeJournal *journal);

G_END_DECLS
