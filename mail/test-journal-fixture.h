/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "mail/journal.h"

G_BEGIN_DECLS

#define FIXTURE_QUEUE "office-1"
#define FIXTURE_UUID "urn:uuid:7ab43a4e-6f9c-3d2f-4c0f-f2d0a1d4e6f0"

/* A state directory of its own, and the key of a job: number 12 until a test sets another. */
typedef struct
{
  char *state;
  SeJobKey key;
} Fixture;

void fixture_set_up (Fixture *f, gconstpointer unused);
void fixture_tear_down (Fixture *f, gconstpointer unused);

/* Opens the entry of the fixture's key; asserts that it can be. */
SeJournal *fixture_open (Fixture *f);
/* Spools some documents for the entry. */
void fixture_write_bundle (SeJournal *journal);
/* What fixture_fix names as the documents' sources; NULL-terminated. */
extern const char *const fixture_sources[];
/* se_journal_fix () with a fixed sender, recipients and message. */
gboolean fixture_fix (SeJournal *journal, GError **error);
/* Asserts that the entry gives back what fixture_fix put into it. */
void fixture_check_restored (SeJournal *journal);

/* What a job goes through, one step a number. */
enum
{
  FIXTURE_STEPS = 5
};
/* Does step 0 … FIXTURE_STEPS - 1, after those before it: bundle, fix, dot, 451, 250. */
gboolean fixture_do_step (SeJournal *journal, int step);
/* Opens the entry, takes it through all steps without the 451, and closes it. */
void fixture_accept (Fixture *f);

/* The file of the only entry. Owned by the caller. */
char *fixture_entry_path (Fixture *f);
/* How many files there are in a folder of the state directory. */
guint fixture_count (Fixture *f, const char *folder);

#define ADD(name, function) \
  g_test_add (name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)

G_END_DECLS
