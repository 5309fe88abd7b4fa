/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pages-private.h"

#include <string.h>

#define DEPTH_MAX 100

gpointer
se_pages_id (qpdf_data qpdf, qpdf_oh object)
{
  gsize number, generation;

  if (!qpdf_oh_is_indirect (qpdf, object))
    return NULL;
  number = (gsize)qpdf_oh_get_object_id (qpdf, object);
  generation = (gsize)qpdf_oh_get_generation (qpdf, object);
  return GSIZE_TO_POINTER (number << 16 | (generation & 0xffff));
}

qpdf_oh
se_pages_get (qpdf_data qpdf, gpointer id)
{
  gsize value = GPOINTER_TO_SIZE (id);

  return qpdf_get_object_by_id (qpdf, (int)(value >> 16), (int)(value & 0xffff));
}

void
se_pages_drop (qpdf_data qpdf, gpointer id)
{
  gsize value = GPOINTER_TO_SIZE (id);

  qpdf_replace_object (qpdf, (int)(value >> 16), (int)(value & 0xffff), qpdf_oh_new_null (qpdf));
}

void
se_pages_keep_keys (qpdf_data qpdf, qpdf_oh dictionary, const char *names)
{
  g_auto (GStrv) kept = g_strsplit (names, " ", -1);
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

  if (!qpdf_oh_is_dictionary (qpdf, dictionary))
    return;
  for (qpdf_oh_begin_dict_key_iter (qpdf, dictionary); qpdf_oh_dict_more_keys (qpdf);)
    g_ptr_array_add (keys, g_strdup (qpdf_oh_dict_next_key (qpdf)));
  for (guint i = 0; i < keys->len; i++)
    if (!g_strv_contains ((const char *const *)kept, keys->pdata[i]))
      qpdf_oh_remove_key (qpdf, dictionary, keys->pdata[i]);
}

/* Tells whether a destination (ISO 32000-1, 12.3.2) is a page that stays. */
static gboolean
is_kept_destination (const SeKept *kept, qpdf_oh destination)
{
  qpdf_data qpdf = kept->qpdf;

  if (qpdf_oh_is_dictionary (qpdf, destination))
    destination = qpdf_oh_get_key (qpdf, destination, "/D");
  if (qpdf_oh_is_array (qpdf, destination))
    return qpdf_oh_get_array_n_items (qpdf, destination) > 0
           && g_hash_table_contains (
               kept->pages, se_pages_id (qpdf, qpdf_oh_get_array_item (qpdf, destination, 0)));
  return (qpdf_oh_is_name (qpdf, destination) || qpdf_oh_is_string (qpdf, destination))
         && g_hash_table_contains (kept->names, qpdf_oh_unparse_resolved (qpdf, destination));
}

/* Returns the destination within the document that an item leads to; *leads: whether to any. */
static qpdf_oh
find_destination (const SeKept *kept, qpdf_oh item, gboolean *leads)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh action = qpdf_oh_get_key (qpdf, item, "/A");

  *leads = TRUE;
  if (qpdf_oh_has_key (qpdf, item, "/Dest"))
    return qpdf_oh_get_key (qpdf, item, "/Dest");
  if (qpdf_oh_is_dictionary (qpdf, action)
      && qpdf_oh_is_name_and_equals (qpdf, qpdf_oh_get_key (qpdf, action, "/S"), "/GoTo"))
    return qpdf_oh_get_key (qpdf, action, "/D");
  *leads = qpdf_oh_is_dictionary (qpdf, action)
           && qpdf_oh_is_name_and_equals (qpdf, qpdf_oh_get_key (qpdf, action, "/S"), "/Thread");
  return qpdf_oh_new_null (qpdf);
}

gboolean
se_pages_leads_away (const SeKept *kept, qpdf_oh item)
{
  gboolean leads;
  qpdf_oh destination = find_destination (kept, item, &leads);

  return leads && !is_kept_destination (kept, destination);
}

/* Appends the entries of a name tree (7.9.6) that stay to names. */
static void
collect_names (const SeKept *kept, qpdf_oh node, int depth, GHashTable *seen, qpdf_oh names)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh pairs = qpdf_oh_get_key (qpdf, node, "/Names");
  qpdf_oh kids = qpdf_oh_get_key (qpdf, node, "/Kids");

  if (depth > DEPTH_MAX || !g_hash_table_add (seen, se_pages_id (qpdf, node)))
    return;
  for (int i = 0; i + 1 < qpdf_oh_get_array_n_items (qpdf, pairs); i += 2)
    {
      qpdf_oh name = qpdf_oh_get_array_item (qpdf, pairs, i);
      qpdf_oh destination = qpdf_oh_get_array_item (qpdf, pairs, i + 1);

      if (!qpdf_oh_is_string (qpdf, name) || !is_kept_destination (kept, destination))
        continue;
      g_hash_table_add (kept->names, g_strdup (qpdf_oh_unparse_resolved (qpdf, name)));
      qpdf_oh_append_item (qpdf, names, name);
      qpdf_oh_append_item (qpdf, names, destination);
    }
  for (int i = 0; i < qpdf_oh_get_array_n_items (qpdf, kids); i++)
    collect_names (kept, qpdf_oh_get_array_item (qpdf, kids, i), depth + 1, seen, names);
}

/* The dictionary of PDF 1.1: /Dests of the root. */
static void
keep_old_names (SeKept *kept, qpdf_oh root)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh old = qpdf_oh_get_key (qpdf, root, "/Dests");
  g_autoptr (GString) names = g_string_new (NULL);

  if (!qpdf_oh_is_dictionary (qpdf, old))
    return;
  for (qpdf_oh_begin_dict_key_iter (qpdf, old); qpdf_oh_dict_more_keys (qpdf);)
    {
      const char *name = qpdf_oh_dict_next_key (qpdf);

      if (is_kept_destination (kept, qpdf_oh_get_key (qpdf, old, name)))
        {
          g_hash_table_add (kept->names,
                            g_strdup (qpdf_oh_unparse (qpdf, qpdf_oh_new_name (qpdf, name))));
          g_string_append_printf (names, "%s ", name);
        }
    }
  se_pages_keep_keys (qpdf, old, names->str);
}

void
se_pages_keep_names (SeKept *kept, qpdf_oh root)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh trees = qpdf_oh_get_key (qpdf, root, "/Names");
  qpdf_oh tree = qpdf_oh_get_key_if_dict (qpdf, trees, "/Dests");
  qpdf_oh names = qpdf_oh_new_array (qpdf);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  keep_old_names (kept, root);
  if (qpdf_oh_is_dictionary (qpdf, tree))
    collect_names (kept, tree, 0, seen, names);
  qpdf_oh_remove_key (qpdf, root, "/Names");
  if (qpdf_oh_get_array_n_items (qpdf, names) == 0)
    return;
  trees = qpdf_oh_new_dictionary (qpdf);
  tree = qpdf_oh_new_dictionary (qpdf);
  qpdf_oh_replace_key (qpdf, tree, "/Names", names);
  qpdf_oh_replace_key (qpdf, trees, "/Dests", qpdf_make_indirect_object (qpdf, tree));
  qpdf_oh_replace_key (qpdf, root, "/Names", trees);
}

/* Hangs items below parent; each has its own below it already. */
static void
link_items (qpdf_data qpdf, qpdf_oh parent, const GArray *items)
{
  gboolean closed
      = qpdf_oh_get_int_value_as_int (qpdf, qpdf_oh_get_key (qpdf, parent, "/Count")) < 0;
  int count = (int)items->len;

  se_pages_keep_keys (qpdf, parent, "/Type /Title /Parent /Dest /A /C /F");
  if (items->len == 0)
    return;
  for (guint i = 0; i < items->len; i++)
    {
      qpdf_oh item = g_array_index (items, qpdf_oh, i);

      qpdf_oh_replace_key (qpdf, item, "/Parent", parent);
      if (i > 0)
        qpdf_oh_replace_key (qpdf, item, "/Prev", g_array_index (items, qpdf_oh, i - 1));
      if (i + 1 < items->len)
        qpdf_oh_replace_key (qpdf, item, "/Next", g_array_index (items, qpdf_oh, i + 1));
      count += MAX (qpdf_oh_get_int_value_as_int (qpdf, qpdf_oh_get_key (qpdf, item, "/Count")), 0);
    }
  qpdf_oh_replace_key (qpdf, parent, "/First", g_array_index (items, qpdf_oh, 0));
  qpdf_oh_replace_key (qpdf, parent, "/Last", g_array_index (items, qpdf_oh, items->len - 1));
  qpdf_oh_replace_key (qpdf, parent, "/Count", qpdf_oh_new_integer (qpdf, closed ? -count : count));
}

/* Appends the items below parent that stay, in order. */
static void
collect_items (const SeKept *kept, qpdf_oh parent, int depth, GHashTable *seen, GArray *items)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh item = qpdf_oh_get_key (qpdf, parent, "/First");

  for (; depth < DEPTH_MAX && qpdf_oh_is_dictionary (qpdf, item)
         && g_hash_table_add (seen, se_pages_id (qpdf, item));)
    {
      g_autoptr (GArray) below = g_array_new (FALSE, FALSE, sizeof (qpdf_oh));
      qpdf_oh next = qpdf_oh_get_key (qpdf, item, "/Next");
      gboolean leads;
      qpdf_oh destination = find_destination (kept, item, &leads);

      collect_items (kept, item, depth + 1, seen, below);
      if (leads && is_kept_destination (kept, destination))
        {
          qpdf_oh_remove_key (qpdf, qpdf_oh_get_key (qpdf, item, "/A"), "/Next");
          link_items (qpdf, item, below);
          g_array_append_val (items, item);
        }
      else
        g_array_append_vals (items, below->data, below->len);
      item = next;
    }
}

void
se_pages_keep_outlines (const SeKept *kept, qpdf_oh root)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh outlines = qpdf_oh_get_key (qpdf, root, "/Outlines");
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (qpdf_oh));
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  if (qpdf_oh_is_dictionary (qpdf, outlines))
    collect_items (kept, outlines, 0, seen, items);
  if (items->len > 0)
    link_items (qpdf, outlines, items);
  else
    qpdf_oh_remove_key (qpdf, root, "/Outlines");
}
