/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/journal.h"

G_BEGIN_DECLS

/* What looks at every entry of the journal without working on one. Never waits for a worker, and
 * never changes what a worker has open. */

/* How long what is needed no more is kept since it was last touched, seconds. */
#define SE_JOURNAL_KEPT_FOR (30 * 24 * G_GINT64_CONSTANT (3600))

/* What became of a recipient of a fixed job. */
typedef struct
{
  char *address;
  char *state; /* "pending", "accepted", "refused", or "deferred": refused for now */
  char *words; /* the server's; NULL: none */
} SeJournalRecipient;

SeJournalRecipient *se_journal_recipient_new (const char *address, const char *state,
                                              const char *words);
void se_journal_recipient_free (SeJournalRecipient *recipient);

/* An entry as it was read at one moment. */
typedef struct
{
  char *path;     /* of its file */
  char *damage;   /* what is wrong with it and what to do; NULL: nothing */
  char *queue;    /* of a damaged one: as the file's name has it */
  int job;        /* of a damaged one, too */
  gboolean busy;  /* a worker has it open */
  char *bundle;   /* path of the spooled documents; NULL: there are none */
  guint64 length; /* of these, in bytes */

  /* Of an entry that is not damaged; times in seconds since 1970, 0: none. */
  SeJournalStep step;
  char *uuid; /* cupsd's, as is the time of creation */
  gint64 creation;
  guint attempts;
  gint64 first;          /* try; 0: the next one */
  gint64 next_try;       /* G_MAXINT64: when a person says so */
  guint doubts;          /* how often the current mail was sent without an answer */
  gint64 in_doubt_since; /* the first of these */
  char *account;         /* that the mails are fixed for; NULL: none is noted */
  char *reply;           /* the last one to data; NULL: none */
  guint mails;           /* 0: nothing is fixed yet */
  guint done;            /* those that nobody waits for any more */
  GPtrArray *recipients; /* SeJournalRecipient */
} SeJournalItem;

void se_journal_item_free (SeJournalItem *item);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeJournalItem, se_journal_item_free)

/* All entries that are not accepted: SeJournalItem, freed with the array, in the order of queue and
 * job. Where there is no journal yet it is empty. */
GPtrArray *se_journal_list (const char *state_directory, GError **error);

/* What an accepted entry tells of the last run that came to it. */
typedef struct
{
  gint64 opened; /* when that was, seconds since 1970; 0: it does not tell, or is not accepted */
  char *ended;   /* se_journal_ended */
} SeJournalTrace;

void se_journal_trace_clear (SeJournalTrace *trace);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SeJournalTrace, se_journal_trace_clear)

/* has: TRUE if there is an entry of the job, whatever became of it. Of the key, queue, job and
 * creation count. An entry that cannot be read may be of it. trace: empty before; may be NULL. */
gboolean se_journal_has (const char *state_directory, const SeJobKey *key, gboolean *has,
                         SeJournalTrace *trace, GError **error);

/* TRUE if the mails of the job whose documents were spooled at this path are accepted, as the entry
 * tells that is kept of it. */
gboolean se_journal_is_accepted (const char *bundle_path);

/* The same for the entry of one file; NULL: it is accepted, or gone. */
SeJournalItem *se_journal_look (const char *path);

/* Removes entry and documents of a job that is over, as when a person cancelled it while it was
 * held and no backend ran that could have seen it; unless a worker has it, or had it since it was
 * listed. */
void se_journal_discard (const SeJournalItem *item);

/* Removes what is older than 30 days and needed no more: entries that were accepted, entries of
 * jobs of which surely no mail went out, and spooled documents without an entry. An entry in doubt
 * or damaged stays. Also removes temporary files of the entry named own, which the caller has
 * locked.
 */
void se_journal_sweep (const char *directory, const char *spool, const char *own);

G_END_DECLS
