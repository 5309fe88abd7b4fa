/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/options.h"

G_BEGIN_DECLS

/* Whole pages of PDF documents put together anew: their content, size and annotations stay as they
 * are, which pdftopdf does not promise. The work is done in a child. */

/* Writes the pages of the PDF in_fd that the options take to out_fd, an empty file. What is left
 * out is not hidden anywhere in the result.
 * taken: how many pages there were to take; with 0 nothing is written.
 * SE_ERROR_DOCUMENT: the PDF cannot be taken apart; others as of se_child_call. */
gboolean se_pages_select (int in_fd, int out_fd, const GPtrArray *options, int *taken,
                          GError **error);

/* Writes pages first to last, from 1, as a file of its own. Errors as se_pages_select. */
gboolean se_pages_extract (int in_fd, int out_fd, int first, int last, GError **error);

/* Writes all pages of the PDFs that stand one behind the other in in_fd, lengths bytes each, to
 * out_fd, an empty file. */
gboolean se_pages_join (int in_fd, const GArray *lengths, int out_fd, GError **error);

/* Writes the PDF in_fd to out_fd, an empty file, without the quarter turns (/Rotate) by which
 * pdftopdf fits lying sheets to paper that stands. Errors as se_pages_select. */
gboolean se_pages_turn_back (int in_fd, int out_fd, GError **error);

G_END_DECLS
