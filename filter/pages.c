/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pages.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/pages-private.h"
#include "filter/qpdf.h"
#include "filter/temp.h"

#include <glib/gi18n-lib.h>
#include <qpdf/qpdfjob-c.h>
#include <sys/mman.h>

/* What stays of the document's root and of a page. Left out is what may hold more than the pages
 * that stay: attached files, structure, metadata with previews, articles, data of programs that
 * made the document. */
#define ROOT_KEYS                                                                     \
  "/Type /Version /Extensions /Pages /PageLayout /PageMode /ViewerPreferences /Lang " \
  "/URI /PageLabels /OCProperties /OutputIntents /AcroForm /Outlines /Names /Dests"
#define PAGE_KEYS                                                                         \
  "/Type /Parent /Resources /MediaBox /CropBox /BleedBox /TrimBox /ArtBox /BoxColorInfo " \
  "/Contents /Rotate /Group /Annots /Dur /Trans /Tabs /UserUnit /VP"
#define INFO_KEYS \
  "/Title /Author /Subject /Keywords /Creator /Producer /CreationDate /ModDate /Trapped"
#define TRAILER_KEYS "/Root /Info /ID /Size /Encrypt"

/* Adds a page of from to to. */
static gboolean
add_page (qpdf_data to, qpdf_data from, int index)
{
  return (qpdf_add_page (to, from, qpdf_get_page_n (from, (size_t)index), QPDF_FALSE) & QPDF_ERRORS)
         == 0;
}

static gboolean
fail_apart (GError **error)
{
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("its pages cannot be taken apart"));
  return FALSE;
}

typedef struct
{
  const GPtrArray *options; /* NULL: pages first to last */
  int first, last;
  int taken;
  gboolean encrypted; /* then qpdf cannot make its identifier of the contents */
} Selection;

static gboolean
take_page (const Selection *selection, int number)
{
  return selection->options != NULL ? se_options_take_page (selection->options, number)
                                    : number >= selection->first && number <= selection->last;
}

/* Notes a page's annotations. Links to pages that go lead nowhere, but stay for their looks. */
static void
keep_annotations (SeKept *kept, qpdf_oh page)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh annots = qpdf_oh_get_key (qpdf, page, "/Annots");

  for (int i = 0; i < qpdf_oh_get_array_n_items (qpdf, annots); i++)
    {
      qpdf_oh annot = qpdf_oh_get_array_item (qpdf, annots, i);

      if (!qpdf_oh_is_dictionary (qpdf, annot))
        continue;
      g_hash_table_add (kept->annots, se_pages_id (qpdf, annot));
      qpdf_oh_remove_key (qpdf, annot, "/StructParent");
      if (!se_pages_leads_away (kept, annot))
        continue;
      qpdf_oh_remove_key (qpdf, annot, "/Dest");
      qpdf_oh_remove_key (qpdf, annot, "/A");
    }
}

/* Drops a page with its annotations, to which fields, actions and other pages may refer. */
static void
drop_page (const SeKept *kept, gpointer id)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh annots = qpdf_oh_get_key (qpdf, se_pages_get (qpdf, id), "/Annots");

  for (int i = 0; i < qpdf_oh_get_array_n_items (qpdf, annots); i++)
    {
      gpointer annot = se_pages_id (qpdf, qpdf_oh_get_array_item (qpdf, annots, i));

      if (annot != NULL && !g_hash_table_contains (kept->annots, annot))
        se_pages_drop (qpdf, annot);
    }
  se_pages_drop (qpdf, id);
}

/* Makes the pages the document's only ones. */
static void
set_pages (SeKept *kept, const GPtrArray *ids)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh root = qpdf_oh_get_key (qpdf, qpdf_get_root (qpdf), "/Pages");
  qpdf_oh kids = qpdf_oh_new_array (qpdf);

  for (guint i = 0; i < ids->len; i++)
    {
      qpdf_oh page = se_pages_get (qpdf, ids->pdata[i]);

      qpdf_oh_replace_key (qpdf, page, "/Parent", root);
      qpdf_oh_append_item (qpdf, kids, page);
      g_hash_table_add (kept->pages, ids->pdata[i]);
    }
  qpdf_oh_replace_key (qpdf, root, "/Kids", kids);
  qpdf_oh_replace_key (qpdf, root, "/Count", qpdf_oh_new_integer (qpdf, ids->len));
}

/* Takes the pages that go out of the document, and whatever leads to them or comes of them. */
static void
keep_pages (SeKept *kept, const GPtrArray *staying, const GPtrArray *going)
{
  qpdf_data qpdf = kept->qpdf;
  qpdf_oh root = qpdf_get_root (qpdf), trailer = qpdf_get_trailer (qpdf);

  se_pages_keep_keys (qpdf, trailer, TRAILER_KEYS);
  se_pages_keep_keys (qpdf, qpdf_oh_get_key (qpdf, trailer, "/Info"), INFO_KEYS);
  se_pages_keep_keys (qpdf, root, ROOT_KEYS);
  set_pages (kept, staying);
  se_pages_keep_names (kept, root);
  for (guint i = 0; i < staying->len; i++)
    {
      qpdf_oh page = se_pages_get (qpdf, staying->pdata[i]);

      se_pages_keep_keys (qpdf, page, PAGE_KEYS);
      keep_annotations (kept, page);
    }
  se_pages_keep_outlines (kept, root);
  for (guint i = 0; i < going->len; i++)
    drop_page (kept, going->pdata[i]);
  se_pages_keep_fields (kept, root);
}

/* In a child. */
static gboolean
select_pages (int in_fd, int out_fd, gpointer result, GError **error)
{
  Selection *selection = result;
  se_autoqpdf qpdf = se_qpdf_new ();
  g_autoptr (GPtrArray) staying = g_ptr_array_new ();
  g_autoptr (GPtrArray) going = g_ptr_array_new ();
  g_autoptr (GArray) indexes = g_array_new (FALSE, FALSE, sizeof (int));
  SeKept kept = { .qpdf = qpdf };

  if (!se_qpdf_open (qpdf))
    return fail_apart (error);
  for (int i = 0; i < qpdf_get_num_pages (qpdf); i++)
    {
      gboolean stays = take_page (selection, i + 1);

      g_ptr_array_add (stays ? staying : going,
                       se_pages_id (qpdf, qpdf_get_page_n (qpdf, (size_t)i)));
      if (stays)
        g_array_append_val (indexes, i);
    }
  selection->taken = (int)staying->len;
  selection->encrypted = qpdf_is_encrypted (qpdf);
  if (selection->taken == 0)
    return TRUE;
  kept.pages = g_hash_table_new (NULL, NULL);
  kept.annots = g_hash_table_new (NULL, NULL);
  kept.names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  se_pages_keep_labels (qpdf, qpdf_get_root (qpdf), indexes);
  keep_pages (&kept, staying, going);
  g_hash_table_unref (kept.pages);
  g_hash_table_unref (kept.annots);
  g_hash_table_unref (kept.names);
  return se_qpdf_write (qpdf, TRUE, error);
}

/* In a child: takes out of each page's resources what the page does not use. Many programs give all
 * pages the same resources, and so each the images of all. */
static gboolean
trim_resources (int in_fd, int out_fd, gpointer result, GError **error)
{
  const Selection *selection = result;
  const char *const arguments[] = { "qpdf",
                                    "--no-warn",
                                    "--warning-exit-0",
                                    "--remove-unreferenced-resources=yes",
                                    "/dev/fd/0",
                                    "--pages",
                                    ".",
                                    "1-z",
                                    "--",
                                    "/dev/fd/1",
                                    selection->encrypted ? NULL : "--deterministic-id",
                                    NULL };

  return qpdfjob_run_from_argv (arguments) == 0 || fail_apart (error);
}

/* Writes the selection to out_fd. */
static gboolean
select_and_trim (int in_fd, int out_fd, Selection *selection, GError **error)
{
  se_autofd int pages_fd = se_temp_file (error);

  if (pages_fd < 0
      || !se_child_call (_ ("the selection of pages"), select_pages, in_fd, pages_fd, selection,
                         sizeof *selection, &se_child_limits, error))
    return FALSE;
  return selection->taken == 0
         || se_child_call (_ ("the selection of pages"), trim_resources, pages_fd, out_fd,
                           selection, sizeof *selection, &se_child_limits, error);
}

gboolean
se_pages_select (int in_fd, int out_fd, const GPtrArray *options, int *taken, GError **error)
{
  Selection selection = { .options = options };
  gboolean done = select_and_trim (in_fd, out_fd, &selection, error);

  *taken = selection.taken;
  return done;
}

gboolean
se_pages_extract (int in_fd, int out_fd, int first, int last, GError **error)
{
  Selection selection = { .first = first, .last = last };

  if (!select_and_trim (in_fd, out_fd, &selection, error))
    return FALSE;
  return selection.taken == last - first + 1 || fail_apart (error);
}

static gboolean
add_part (qpdf_data to, qpdf_data from, const char *bytes, gsize length)
{
  int count;

  qpdf_set_attempt_recovery (from, QPDF_FALSE);
  if ((qpdf_read_memory (from, "part", bytes, length, NULL) & QPDF_ERRORS) != 0)
    return FALSE;
  count = qpdf_get_num_pages (from);
  for (int page = 0; page < count; page++)
    if (!add_page (to, from, page))
      return FALSE;
  return count > 0;
}

static gboolean
join_pages (int in_fd, int out_fd, gpointer result, GError **error)
{
  const GArray *lengths = *(const GArray **)result;
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func ((GDestroyNotify)se_qpdf_free);
  se_autoqpdf to = se_qpdf_new ();
  gsize total = 0, start = 0;
  const char *bytes;

  for (guint i = 0; i < lengths->len; i++)
    total += g_array_index (lengths, gsize, i);
  bytes = mmap (NULL, total, PROT_READ, MAP_PRIVATE, in_fd, 0); /* goes with the child */
  if (bytes == MAP_FAILED || (qpdf_empty_pdf (to) & QPDF_ERRORS) != 0)
    return fail_apart (error);
  for (guint i = 0; i < lengths->len; i++)
    {
      gsize length = g_array_index (lengths, gsize, i);
      qpdf_data from = se_qpdf_new ();

      g_ptr_array_add (parts, from);
      if (!add_part (to, from, bytes + start, length))
        return fail_apart (error);
      start += length;
    }
  return se_qpdf_write (to, TRUE, error);
}

gboolean
se_pages_join (int in_fd, const GArray *lengths, int out_fd, GError **error)
{
  return se_child_call (_ ("the joining of pages"), join_pages, in_fd, out_fd, &lengths,
                        sizeof lengths, &se_child_limits, error);
}

/* In a child. What pdftopdf turned by 90 or 270 was drawn for 270: two sheets of opposite
 * orientation stay opposite. */
static gboolean
turn_back (int in_fd, int out_fd, gpointer result, GError **error)
{
  se_autoqpdf qpdf = se_qpdf_new ();

  if (!se_qpdf_open (qpdf))
    return fail_apart (error);
  for (int i = 0; i < qpdf_get_num_pages (qpdf); i++)
    {
      qpdf_oh page = qpdf_get_page_n (qpdf, (size_t)i);
      int turned;

      if (qpdf_oh_get_value_as_int (qpdf, qpdf_oh_get_key (qpdf, page, "/Rotate"), &turned)
          && turned % 180 != 0)
        qpdf_oh_replace_key (qpdf, page, "/Rotate",
                             qpdf_oh_new_integer (qpdf, (turned + 90) % 360));
    }
  return se_qpdf_write (qpdf, TRUE, error);
}

gboolean
se_pages_turn_back (int in_fd, int out_fd, GError **error)
{
  return se_child_call (_ ("the turning of sheets"), turn_back, in_fd, out_fd, NULL, 0,
                        &se_child_limits, error);
}
