/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "backend/compose.h"
#include "mail/journal.h"
#include "mail/limit.h"

G_BEGIN_DECLS

/* What the mails of a job have room for: octets for the attachments of one of them, as
 * se_terms_part_size counts, when it is composed as composition says (entries are not looked at).
 * 0: no limit; 1: none at all. */
guint64 se_mails_room (const SeComposition *composition, const SeLimit *limit);

/* Composes all mails that the bundle's entries go into, in order (SeMail, freed with the array).
 * composition names the job's entries; its mail and mails do not matter. Errors as se_compose. */
GPtrArray *se_mails_compose (const SeComposition *composition, GError **error);

/* Fixes them in the journal. */
gboolean se_mails_fix (const GPtrArray *mails, SeJournal *journal, const char *const *sources,
                       GError **error);

/* SHA-256 of each source document in order, once for all of its pieces; NULL-terminated, the texts
 * are owned by entries. */
const char **se_mails_sources (const GPtrArray *entries);

/* Pages of all entries; -1: not known. */
int se_mails_pages (const GPtrArray *entries);

G_END_DECLS
