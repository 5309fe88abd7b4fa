/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/bundle.h"
#include "common/error.h"
#include "common/template.h"

G_BEGIN_DECLS

/* What attachments are named after; nothing is owned, texts are UTF-8. */
typedef struct
{
  const char *given;    /* literal, by the job; NULL: not given */
  const char *template; /* by the queue, for what is not given; NULL: none */
  const SeTemplateValues *values;
  const GPtrArray *entries; /* SeBundleEntry, of all mails of the job, none of them failed */
} SeNaming;

/* A file name for each entry; NULL-terminated, owned by the caller. No two are alike, not even in
 * another case.
 *
 * A document is called as given, else by the template, else an only document by the job's title,
 * else by its own name if each document of the job has one. Otherwise the job's title and the
 * document's number name it, or "scan" and the date where there is no title. The pieces of one
 * document get their numbers behind that, with zeros before them so that they sort.
 *
 * Titles lose what programs put before a document's name: a directory, and "Microsoft Word - " and
 * the like. The ending is one that fits the MIME type. That of a document of another type (of
 * report.docx that became PDF) gives way; one that is none stays (v1.exe becomes v1.exe.pdf). A
 * type with no ending of its own, application/octet-stream above all, leaves the ending of the name
 * or, where that has none, the document's.
 *
 * SE_ERROR_CONFIG: the template cannot be expanded. */
char **se_names_new (const SeNaming *naming, GError **error);

G_END_DECLS
