/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/terms.h"
#include "filter/convert.h"
#include "filter/piece.h"

G_BEGIN_DECLS

/* What becomes of a job's documents: the pieces that are attached, and the mails that they go into.
 * Mails are filled in order. A document that fits into an empty mail is never cut; of a larger one
 * each mail gets a complete file with as many pages as it has room for. */
typedef struct
{
  const SeTerms *terms;
  guint64 used; /* octets of the mail that is being filled, 0: it is empty */
} SeSplitter;

/* Makes the pieces (SePiece) of a job's next document in the job's format, in pieces of
 * email-split pages if it asks for that. converted: changed where it has to become compact.
 * SE_ERROR_DOCUMENT: a page is too large for a mail, or the document is and cannot be taken apart;
 * else as se_convert. */
GPtrArray *se_split_document (SeSplitter *splitter, SeConverted *converted, const SeJob *job,
                              GError **error);

G_END_DECLS
