/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* What goes down the pipe from filter to backend: entries and a commit trailer, so that a stream
 * that was cut anywhere is known to be cut. A document of the job has one entry, or several where
 * it is sent in pieces; what does not fit into one mail goes into more than one.
 *
 *   scan-email-bundle 2\n
 *   document NUMBER LENGTH PAGES TYPE NAME\n     NUMBER of the document in the job, from 1;
 *                                                TYPE a MIME type; NAME percent-encoded, "-" = none
 *   LENGTH bytes\n
 *   checked SHA256-OF-THE-BYTES SHA256-OF-THE-SOURCE\n
 *   mail\n                                       what follows goes into another mail
 *   fail document|too-large|temporary NAME SENTENCE\n   both percent-encoded
 *   commit ENTRIES SHA256-OF-ALL-LINES-BEFORE\n  (the lines, not the documents' bytes)
 *
 * Nothing may follow the trailer. PAGES is -1 where the number is not known. */
#define SE_BUNDLE_TYPE "application/vnd.scan-email.bundle"

typedef struct
{
  gboolean failed;
  SeError fault;       /* of a failed entry: SE_ERROR_DOCUMENT, _TOO_LARGE or _TEMPORARY */
  char *sentence;      /* of a failed entry: one sentence for the user */
  guint number;        /* of the document in the job, from 1; its pieces have the same */
  guint mail;          /* that it goes into, from 1 */
  char *name;          /* the document's own name, UTF-8; NULL: none */
  char *type;          /* MIME type of the bytes */
  int pages;           /* -1: not known */
  guint64 offset;      /* of the bytes in the spooled bundle */
  guint64 length;      /* in bytes */
  char *digest;        /* SHA-256 of the bytes, hexadecimal */
  char *source_digest; /* SHA-256 of the document as it was printed */
} SeBundleEntry;

void se_bundle_entry_free (SeBundleEntry *entry);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeBundleEntry, se_bundle_entry_free)

/* Reads a bundle, which is the backend's side; the filter's is common/bundle-writer.h. Copies in_fd
 * to spool_fd (from its position on, which offsets count from; not synced) while it checks every
 * line, length and digest, in constant memory. path: of the spool, for messages. cancel_fd: gives
 * up with SE_ERROR_CANCELLED when readable; -1: none. Returns the entries (SeBundleEntry, freed
 * with the array); SE_ERROR_TEMPORARY for a bundle that is incomplete, damaged or followed by more
 * bytes, or when the spool is full. */
GPtrArray *se_bundle_spool (int in_fd, int spool_fd, const char *path, int cancel_fd,
                            GError **error);

G_END_DECLS
