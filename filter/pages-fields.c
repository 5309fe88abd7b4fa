/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pages-private.h"

#define DEPTH_MAX 100

static qpdf_oh keep_kids (const SeKept *kept, qpdf_oh fields, int depth, GHashTable *seen);

/* Tells whether a field (ISO 32000-1, 12.7.3), or any below it, has a widget on a page that stays;
 * what has none is dropped. */
static gboolean
keep_field (const SeKept *kept, qpdf_oh field, int depth, GHashTable *seen)
{
  qpdf_data qpdf = kept->qpdf;
  gpointer id = se_pages_id (qpdf, field);
  qpdf_oh kids = qpdf_oh_get_key_if_dict (qpdf, field, "/Kids");
  gboolean stays = id != NULL && g_hash_table_contains (kept->annots, id);

  if (depth > DEPTH_MAX || !qpdf_oh_is_dictionary (qpdf, field) || id == NULL
      || !g_hash_table_add (seen, id))
    return FALSE;
  if (qpdf_oh_is_array (qpdf, kids))
    {
      qpdf_oh left = keep_kids (kept, kids, depth + 1, seen);

      stays = stays || qpdf_oh_get_array_n_items (qpdf, left) > 0;
      qpdf_oh_replace_key (qpdf, field, "/Kids", left);
    }
  if (!stays)
    se_pages_drop (qpdf, id);
  return stays;
}

static qpdf_oh
keep_kids (const SeKept *kept, qpdf_oh fields, int depth, GHashTable *seen)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh left = qpdf_oh_new_array (qpdf);

  for (int i = 0; i < qpdf_oh_get_array_n_items (qpdf, fields); i++)
    {
      qpdf_oh field = qpdf_oh_get_array_item (qpdf, fields, i);

      if (keep_field (kept, field, depth, seen))
        qpdf_oh_append_item (qpdf, left, field);
    }
  return left;
}

/* Widgets may hang below fields that the form does not name. */
static void
keep_unnamed (const SeKept *kept, GHashTable *seen)
{
  qpdf_data qpdf = kept->qpdf;
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, kept->annots);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      qpdf_oh field = se_pages_get (qpdf, id);
      qpdf_oh parent = qpdf_oh_get_key_if_dict (qpdf, field, "/Parent");

      for (int depth = 0; depth < DEPTH_MAX && qpdf_oh_is_dictionary (qpdf, parent); depth++)
        {
          field = parent;
          parent = qpdf_oh_get_key (qpdf, field, "/Parent");
        }
      keep_field (kept, field, 0, seen);
    }
}

/* The order of calculations names fields. */
static void
keep_order (const SeKept *kept, qpdf_oh form, GHashTable *seen)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh order = qpdf_oh_get_key (qpdf, form, "/CO");
  qpdf_oh left = qpdf_oh_new_array (qpdf);

  if (!qpdf_oh_is_array (qpdf, order))
    return;
  for (int i = 0; i < qpdf_oh_get_array_n_items (qpdf, order); i++)
    {
      qpdf_oh field = qpdf_oh_get_array_item (qpdf, order, i);

      if (qpdf_oh_is_dictionary (qpdf, field)
          && g_hash_table_contains (seen, se_pages_id (qpdf, field)))
        qpdf_oh_append_item (qpdf, left, field);
    }
  qpdf_oh_replace_key (qpdf, form, "/CO", left);
}

void
se_pages_keep_fields (const SeKept *kept, qpdf_oh root)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh form = qpdf_oh_get_key (qpdf, root, "/AcroForm");
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  if (qpdf_oh_is_dictionary (qpdf, form))
    {
      qpdf_oh left = keep_kids (kept, qpdf_oh_get_key (qpdf, form, "/Fields"), 0, seen);

      se_pages_keep_keys (qpdf, form, "/Fields /NeedAppearances /SigFlags /CO /DR /DA /Q");
      qpdf_oh_replace_key (qpdf, form, "/Fields", left);
      keep_order (kept, form, seen);
      if (qpdf_oh_get_array_n_items (qpdf, left) == 0)
        qpdf_oh_remove_key (qpdf, root, "/AcroForm");
    }
  keep_unnamed (kept, seen);
}
