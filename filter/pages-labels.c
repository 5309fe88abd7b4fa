/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pages-private.h"

#define DEPTH_MAX 100

/* A range of pages with labels of one kind (ISO 32000-1, 12.4.2). */
typedef struct
{
  int first; /* page, from 0 */
  qpdf_oh label;
} Range;

/* Appends the ranges of a number tree (7.9.7), in its order. */
static void
collect_ranges (qpdf_data qpdf, qpdf_oh node, int depth, GHashTable *seen, GArray *ranges)
{
  qpdf_oh pairs = qpdf_oh_get_key_if_dict (qpdf, node, "/Nums");
  qpdf_oh kids = qpdf_oh_get_key_if_dict (qpdf, node, "/Kids");
  gpointer id = se_pages_id (qpdf, node);

  if (depth > DEPTH_MAX || (id != NULL && !g_hash_table_add (seen, id)))
    return;
  for (int i = 0; i + 1 < qpdf_oh_get_array_n_items (qpdf, pairs); i += 2)
    {
      Range range = { .label = qpdf_oh_get_array_item (qpdf, pairs, i + 1) };

      if (qpdf_oh_get_value_as_int (qpdf, qpdf_oh_get_array_item (qpdf, pairs, i), &range.first)
          && qpdf_oh_is_dictionary (qpdf, range.label))
        g_array_append_val (ranges, range);
    }
  for (int i = 0; i < qpdf_oh_get_array_n_items (qpdf, kids); i++)
    collect_ranges (qpdf, qpdf_oh_get_array_item (qpdf, kids, i), depth + 1, seen, ranges);
}

/* Returns the index of the range that page is in; -1: none. */
static int
find_range (const GArray *ranges, int page)
{
  int found = -1;

  for (guint i = 0; i < ranges->len; i++)
    if (g_array_index (ranges, Range, i).first <= page)
      found = (int)i;
  return found;
}

/* Returns the label of a range as it begins with page. */
static qpdf_oh
make_label (qpdf_data qpdf, const Range *range, int page)
{
  qpdf_oh label = qpdf_oh_new_dictionary (qpdf);
  int start = 1;

  qpdf_oh_get_value_as_int (qpdf, qpdf_oh_get_key (qpdf, range->label, "/St"), &start);
  for (const char *const *key = (const char *const[]){ "/S", "/P", NULL }; *key != NULL; key++)
    if (qpdf_oh_has_key (qpdf, range->label, *key))
      qpdf_oh_replace_key (qpdf, label, *key, qpdf_oh_get_key (qpdf, range->label, *key));
  qpdf_oh_replace_key (qpdf, label, "/St",
                       qpdf_oh_new_integer (qpdf, (long long)start + page - range->first));
  return label;
}

void
se_pages_keep_labels (qpdf_data qpdf, qpdf_oh root, const GArray *pages)
{
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (Range));
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  qpdf_oh tree = qpdf_oh_get_key (qpdf, root, "/PageLabels");
  qpdf_oh pairs = qpdf_oh_new_array (qpdf);
  int before = -1;

  collect_ranges (qpdf, tree, 0, seen, ranges);
  qpdf_oh_remove_key (qpdf, root, "/PageLabels");
  if (ranges->len == 0 || find_range (ranges, 0) < 0)
    return;
  for (guint i = 0; i < pages->len; i++)
    {
      int page = g_array_index (pages, int, i), range = find_range (ranges, page);

      if (i == 0 || page != before + 1 || range != find_range (ranges, before))
        {
          qpdf_oh_append_item (qpdf, pairs, qpdf_oh_new_integer (qpdf, i));
          qpdf_oh_append_item (
              qpdf, pairs, make_label (qpdf, &g_array_index (ranges, Range, (guint)range), page));
        }
      before = page;
    }
  tree = qpdf_oh_new_dictionary (qpdf);
  qpdf_oh_replace_key (qpdf, tree, "/Nums", pairs);
  qpdf_oh_replace_key (qpdf, root, "/PageLabels", tree);
}
