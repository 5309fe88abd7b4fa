/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* Writes a bundle (common/bundle.h): the filter's side. */

/* A document or a piece of one, to be written; nothing in it is owned. */
typedef struct
{
  guint number;     /* of the document in the job, from 1: that of the one before, or the next */
  const char *name; /* any bytes: goes through se_log_clean and is cut to 1000; NULL: none */
  const char *type; /* MIME type of the bytes */
  int pages;        /* -1: not known */
  int fd;           /* copied from its current position on */
  guint64 length;   /* in bytes; a file that turns out shorter is an error */
  const char *source_digest; /* NULL: it goes as it was printed, its own digest is the source's */
} SeBundleDocument;

/* Each error (SE_ERROR_TEMPORARY, or as se_error_set_errno says) leaves
 * the bundle without a trailer for good: every later commit fails, too. */
typedef struct SeBundleWriter SeBundleWriter;
SeBundleWriter *se_bundle_writer_new (int fd);
gboolean se_bundle_writer_add (SeBundleWriter *writer, const SeBundleDocument *document,
                               GError **error);
/* What is added from here on goes into another mail; the one before has an entry. */
gboolean se_bundle_writer_begin_mail (SeBundleWriter *writer, GError **error);
/* fault: SE_ERROR_DOCUMENT, SE_ERROR_TOO_LARGE or SE_ERROR_TEMPORARY; sentence is treated as a name
 * is, not empty. */
gboolean se_bundle_writer_fail (SeBundleWriter *writer, const char *name, SeError fault,
                                const char *sentence, GError **error);
/* Writes the trailer; the last mail has an entry. */
gboolean se_bundle_writer_commit (SeBundleWriter *writer, GError **error);
void se_bundle_writer_free (SeBundleWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeBundleWriter, se_bundle_writer_free)

G_END_DECLS
