/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "backend/compose.h"

G_BEGIN_DECLS

/* What a mail says. Texts are UTF-8, owned by the body. */
typedef struct
{
  char *text; /* with the signature below it */
  char *html; /* the same as HTML; NULL: the queue has no template for it */
} SeBody;

/* The job's text, else the device URI's or the queue's template, else a text that tells who printed
 * what, when and where. Below it the queue's signature (RFC 3676, 4.3). filenames: of all entries.
 *
 * The HTML is the queue's html-file, a template in which %{body} and %{signature} stand for the two
 * texts as well. Each value is escaped, so that it is a text in an element or in a quoted attribute
 * and never markup; the line ends of the two texts become <br>.
 *
 * A value never holds a line end or another control character. SE_ERROR_CONFIG: a template that
 * cannot be expanded, or a file that cannot be used. */
SeBody *se_body_new (const SeComposition *composition, char *const *filenames, GError **error);
void se_body_free (SeBody *body);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeBody, se_body_free)

G_END_DECLS
