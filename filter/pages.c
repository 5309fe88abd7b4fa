/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pages.h"

#include "filter/child.h"

#include <qpdf/qpdf-c.h>
#include <string.h>
#include <sys/mman.h>

#define LAYERS "/OCProperties"

static void
free_qpdf (qpdf_data qpdf)
{
  qpdf_cleanup (&qpdf);
}

static void
clear_qpdf (qpdf_data *qpdf)
{
  qpdf_cleanup (qpdf);
}

#define auto_qpdf __attribute__ ((cleanup (clear_qpdf))) qpdf_data

static qpdf_data
new_qpdf (void)
{
  qpdf_data qpdf = qpdf_init ();

  qpdf_silence_errors (qpdf);
  qpdf_set_suppress_warnings (qpdf, QPDF_TRUE);
  return qpdf;
}

/* Adds a page of from to to. */
static gboolean
add_page (qpdf_data to, qpdf_data from, int index)
{
  return (qpdf_add_page (to, from, qpdf_get_page_n (from, (size_t)index), QPDF_FALSE) & QPDF_ERRORS)
         == 0;
}

/* Which layers are visible stands in the document's root; it travels in the first page added. */
static void
pack_layers (qpdf_data from, int index)
{
  qpdf_oh root = qpdf_get_root (from);

  if (qpdf_oh_has_key (from, root, LAYERS))
    qpdf_oh_replace_key (from, qpdf_get_page_n (from, (size_t)index), LAYERS,
                         qpdf_oh_get_key (from, root, LAYERS));
}

static void
unpack_layers (qpdf_data to)
{
  qpdf_oh page = qpdf_get_page_n (to, 0);

  if (!qpdf_oh_has_key (to, page, LAYERS))
    return;
  qpdf_oh_replace_key (to, qpdf_get_root (to), LAYERS, qpdf_oh_get_key (to, page, LAYERS));
  qpdf_oh_remove_key (to, page, LAYERS);
}

static gboolean
write_to_output (qpdf_data qpdf, GError **error)
{
  if ((qpdf_init_write (qpdf, "/dev/fd/1") & QPDF_ERRORS) == 0
      && (qpdf_write (qpdf) & QPDF_ERRORS) == 0)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, "its pages could not be written: %s",
               qpdf_has_error (qpdf) ? qpdf_get_error_message_detail (qpdf, qpdf_get_error (qpdf))
                                     : "unknown error");
  return FALSE;
}

static gboolean
fail_apart (GError **error)
{
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, "its pages cannot be taken apart");
  return FALSE;
}

typedef struct
{
  const GPtrArray *options; /* NULL: pages first to last */
  int first, last;
  int taken;
} Selection;

static gboolean
take_page (const Selection *selection, int number)
{
  return selection->options != NULL ? se_options_take_page (selection->options, number)
                                    : number >= selection->first && number <= selection->last;
}

/* In a child. */
static gboolean
select_pages (int in_fd, int out_fd, gpointer result, GError **error)
{
  Selection *selection = result;
  auto_qpdf from = new_qpdf (); /* to reads its streams when it is written */
  auto_qpdf to = new_qpdf ();
  int count;

  if ((qpdf_read (from, "/dev/fd/0", NULL) & QPDF_ERRORS) != 0
      || (qpdf_push_inherited_attributes_to_page (from) & QPDF_ERRORS) != 0
      || (count = qpdf_get_num_pages (from)) <= 0 || (qpdf_empty_pdf (to) & QPDF_ERRORS) != 0)
    return fail_apart (error);
  for (int i = 0; i < count; i++)
    {
      if (!take_page (selection, i + 1))
        continue;
      if (selection->taken++ == 0)
        pack_layers (from, i);
      if (!add_page (to, from, i))
        return fail_apart (error);
    }
  if (selection->taken == 0)
    return TRUE;
  unpack_layers (to);
  return write_to_output (to, error);
}

gboolean
se_pages_select (int in_fd, int out_fd, const GPtrArray *options, int *taken, GError **error)
{
  Selection selection = { .options = options };
  gboolean done = se_child_call ("the selection of pages", select_pages, in_fd, out_fd, &selection,
                                 sizeof selection, &se_child_limits, error);

  *taken = selection.taken;
  return done;
}

gboolean
se_pages_extract (int in_fd, int out_fd, int first, int last, GError **error)
{
  Selection selection = { .first = first, .last = last };

  if (!se_child_call ("the selection of pages", select_pages, in_fd, out_fd, &selection,
                      sizeof selection, &se_child_limits, error))
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
  g_autoptr (GPtrArray) parts = g_ptr_array_new_with_free_func ((GDestroyNotify)free_qpdf);
  auto_qpdf to = new_qpdf ();
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
      qpdf_data from = new_qpdf ();

      g_ptr_array_add (parts, from);
      if (!add_part (to, from, bytes + start, length))
        return fail_apart (error);
      start += length;
    }
  return write_to_output (to, error);
}

gboolean
se_pages_join (int in_fd, const GArray *lengths, int out_fd, GError **error)
{
  return se_child_call ("the joining of pages", join_pages, in_fd, out_fd, &lengths, sizeof lengths,
                        &se_child_limits, error);
}
