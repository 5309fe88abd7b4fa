/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"
#include "filter/type.h"

G_BEGIN_DECLS

/* The options of argv[5]. Anybody who may print chooses them, and a document can (by
 * %cupsJobTicket): the filter takes nothing from them but the layout of pages and the documents'
 * names. */
typedef struct SeOptions SeOptions;

/* Takes CUPS's option text apart: words separated by white space, "name=value", "name" (true) or
 * "noname" (false), with backslash and quotes as in cupsParseOptions; but every value of a name
 * that stands several times is kept, and a '{' is a letter like any other. */
SeOptions *se_options_parse (const char *text);
void se_options_free (SeOptions *options);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeOptions, se_options_free)

/* Returns the last value of name (in any case of letters), NULL if it is not there. */
const char *se_options_get (const SeOptions *options, const char *name);

/* Returns all document-name-supplied values in order, valid UTF-8, owned by the caller. Without
 * any: an empty array. */
GPtrArray *se_options_document_names (const SeOptions *options);

/* Checks every layout option. SE_ERROR_DOCUMENT: one has a value that cannot be honoured; the
 * message names both and what is possible. */
gboolean se_options_check (const SeOptions *options, GError **error);

/* Checks that no option was given that has no meaning for a document of this family (scaling=50 for
 * a PDF). SE_ERROR_DOCUMENT as above. */
gboolean se_options_check_family (const SeOptions *options, SeFamily family, GError **error);

/* Tells whether page-ranges or page-set leave out any page, and whether they take page number (from
 * 1) of a document. */
gboolean se_options_select_pages (const SeOptions *options);
gboolean se_options_take_page (const SeOptions *options, int number);

/* Tells whether a document of this family has to go through pdftopdf, after its converter if there
 * is one: an option was given that the converter does not see to. */
gboolean se_options_need_pdftopdf (const SeOptions *options, SeFamily family);

/* Tells whether the job names a paper size. */
gboolean se_options_name_media (const SeOptions *options);

/* Option text for the family's converter and for pdftopdf after it, owned by the caller: the layout
 * options that are the program's business, checked values only. */
char *se_options_for_converter (const SeOptions *options, SeFamily family);
char *se_options_for_pdftopdf (const SeOptions *options, SeFamily family);

G_END_DECLS
