/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>
#include <qpdf/qpdf-c.h>

G_BEGIN_DECLS

/* Taking pages out of a document that is open in qpdf. What goes is replaced by null objects, so
 * that no reference that is overlooked brings it back. */
typedef struct
{
  qpdf_data qpdf;
  GHashTable *pages;  /* ids (se_pages_id) of the pages that stay */
  GHashTable *annots; /* ids of their annotations */
  GHashTable *names;  /* named destinations on them, as unparsed */
} SeKept;

/* An indirect object by its number, for a hash table; NULL: it is a direct one. */
gpointer se_pages_id (qpdf_data qpdf, qpdf_oh object);

qpdf_oh se_pages_get (qpdf_data qpdf, gpointer id);

/* Makes the object null for all that refer to it. */
void se_pages_drop (qpdf_data qpdf, gpointer id);

/* Removes the keys of a dictionary that are not among names ("/A /B"). */
void se_pages_keep_keys (qpdf_data qpdf, qpdf_oh dictionary, const char *names);

/* Keeps what leads to a page that stays: named destinations (found are put into kept->names; to be
 * called first), and bookmarks: those below one that goes take its place. */
void se_pages_keep_names (SeKept *kept, qpdf_oh root);
void se_pages_keep_outlines (const SeKept *kept, qpdf_oh root);

/* Tells whether a dictionary's /Dest or /A leads to a page that does not stay. */
gboolean se_pages_leads_away (const SeKept *kept, qpdf_oh item);

/* Gives the pages that stay (their indexes, from 0, in order) the labels that they had. */
void se_pages_keep_labels (qpdf_data qpdf, qpdf_oh root, const GArray *pages);

/* Keeps the form fields that have a widget on a page that stays. */
void se_pages_keep_fields (const SeKept *kept, qpdf_oh root);

G_END_DECLS
