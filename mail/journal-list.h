/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/journal.h"

G_BEGIN_DECLS

/* What looks at every entry of the journal without working on one. Never waits for a worker, and
 * never changes what a worker has open. */

/* The deferred time of a job's entry without locking it; FALSE if there is none. */
gboolean se_journal_peek_due (const char *state_directory, const char *queue, int job,
                              gint64 *next_try);

/* Whether a job is over for good, so that its mail is not wanted any more. creation: cupsd's, 0:
 * not known. */
typedef gboolean (*SeJournalOverFunc) (const char *queue, int job, gint64 creation, gpointer data);

/* Asks over about every entry that is not accepted and that no worker has at the
 * moment, and removes entry and bundle of the jobs that are: those that a person cancelled while
 * they were held, when no backend ran that could have seen it. */
void se_journal_forget_over (const char *state_directory, SeJournalOverFunc over, gpointer data);

/* Removes what is older than 30 days and needed no more: entries that were accepted, entries of
 * jobs that were surely not mailed, and spooled documents without an entry. An entry in doubt or
 * damaged stays. Also removes temporary files of the entry named own, which the caller has locked.
 */
void se_journal_sweep (const char *directory, const char *spool, const char *own);

G_END_DECLS
