/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"
#include "common/option-list.h"
#include "filter/type.h"

G_BEGIN_DECLS

/* What a job's options (argv[5], taken apart by se_option_list_parse) mean to the filter. Anybody
 * who may print chooses them, and a document can (by %cupsJobTicket): the filter takes nothing from
 * them but the layout of pages, the documents' names and what is attached (common/fields.h). */

/* Returns all document-name-supplied values in order, valid UTF-8, owned by the caller. Without
 * any: an empty array. */
GPtrArray *se_options_document_names (const GPtrArray *options);

/* Checks every layout option. SE_ERROR_DOCUMENT: one has a value that cannot be honoured; the
 * message names both and what is possible. */
gboolean se_options_check (const GPtrArray *options, GError **error);

/* Checks that no option was given that has no meaning for a document of this family (scaling=50 for
 * a PDF). SE_ERROR_DOCUMENT as above. */
gboolean se_options_check_family (const GPtrArray *options, SeFamily family, GError **error);

/* Tells whether page-ranges or page-set leave out any page, and whether they take page number (from
 * 1) of a document. */
gboolean se_options_select_pages (const GPtrArray *options);
gboolean se_options_take_page (const GPtrArray *options, int number);

/* Tells whether a document of this family has to go through pdftopdf, after its converter if there
 * is one: an option was given that the converter does not see to. */
gboolean se_options_need_pdftopdf (const GPtrArray *options, SeFamily family);

/* Tells whether only the family's converter can see to an option that was given: pdftopdf does not
 * know it, or has no other reason to run. */
gboolean se_options_need_converter (const GPtrArray *options, SeFamily family);

/* The name of an option that asks for another layout than that of a document of this family; NULL:
 * none does. */
const char *se_options_find_layout (const GPtrArray *options, SeFamily family);

/* Tells whether a layout option was given with a value that asks for something. */
gboolean se_options_ask (const GPtrArray *options, const char *name);

/* Tells whether the job names a paper size. */
gboolean se_options_name_media (const GPtrArray *options);

/* Option text for the family's converter and for pdftopdf after it, owned by the caller: the layout
 * options that are the program's business, checked values only. */
char *se_options_for_converter (const GPtrArray *options, SeFamily family);
char *se_options_for_pdftopdf (const GPtrArray *options, SeFamily family);

G_END_DECLS
