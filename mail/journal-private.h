/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/atomic-file.h"
#include "mail/journal-message.h"

G_BEGIN_DECLS

/* Shared by journal.c (the entry's life) and journal-passage.c (its mails on their way). */
struct SeJournal
{
  char *path;
  char *lock_path;
  char *bundle_path;
  int lock;
  GKeyFile *entry;
  SeJournalStep step;
  gboolean settled; /* the run before came to its end */
  guint resend_after;
  char *reply;

  /* The mail that was restored. */
  guint current;
  SeAddress *from;
  GPtrArray *recipients;  /* SeAddress: those that are asked for now */
  GArray *positions;      /* their places in the whole list */
  GArray *named;          /* places of those that are in the transaction; NULL: all of them */
  GHashTable *put_off;    /* places of recipients that are not asked for in this pass */
  SeAtomicFile *reserved; /* room on the disk for the entry of an accepted job */
};

/* Writes the entry as it is; with another step, unless that fails. */
gboolean se_journal_commit (SeJournal *journal, GError **error);
gboolean se_journal_commit_step (SeJournal *journal, SeJournalStep step, GError **error);

/* Seconds since 1970, as the entry's times are from now on. */
gint64 se_journal_now (SeJournal *journal);

/* Checks that the spooled bundle is there, and gets its size. */
gboolean se_journal_bundle_size (const SeJournal *journal, gint64 *size, GError **error);

/* Removes what an accepted entry no longer needs; it is in nobody's way if that fails. */
void se_journal_drop_bundle (const SeJournal *journal);

G_END_DECLS
