/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/annotations.h"

#include "filter/child.h"
#include "filter/qpdf.h"

#include <glib/gi18n-lib.h>

static int
get_flags (qpdf_data qpdf, qpdf_oh annotation)
{
  int flags = 0;

  qpdf_oh_get_value_as_int (qpdf, qpdf_oh_get_key_if_dict (qpdf, annotation, "/F"), &flags);
  return flags;
}

int
se_annotations_count (qpdf_data qpdf, qpdf_oh annotations)
{
  return qpdf_oh_is_array (qpdf, annotations) ? qpdf_oh_get_array_n_items (qpdf, annotations) : 0;
}

gboolean
se_annotation_is_shown (qpdf_data qpdf, qpdf_oh annotation)
{
  return qpdf_oh_is_dictionary (qpdf, annotation)
         && !qpdf_oh_is_name_and_equals (qpdf, qpdf_oh_get_key (qpdf, annotation, "/Subtype"),
                                         "/Popup")
         && (get_flags (qpdf, annotation) & (SE_ANNOTATION_HIDDEN | SE_ANNOTATION_NO_VIEW)) == 0;
}

gboolean
se_annotation_make_printable (qpdf_data qpdf, qpdf_oh annotation, int clear)
{
  int before = get_flags (qpdf, annotation);
  int flags = (before | SE_ANNOTATION_PRINT) & ~clear;

  if (flags != before)
    qpdf_oh_replace_key (qpdf, annotation, "/F", qpdf_oh_new_integer (qpdf, flags));
  return flags != before;
}

/* Keeps an annotation for the printer alone (NoView) out of print. Returns whether that changed it.
 */
static gboolean
hide (qpdf_data qpdf, qpdf_oh annotation)
{
  int flags = get_flags (qpdf, annotation);

  if ((flags & SE_ANNOTATION_PRINT) == 0)
    return FALSE;
  qpdf_oh_replace_key (qpdf, annotation, "/F",
                       qpdf_oh_new_integer (qpdf, flags & ~SE_ANNOTATION_PRINT));
  return TRUE;
}

/* Tells whether an annotation that viewers draw of themselves has nothing for others to draw. */
static gboolean
is_bare (qpdf_data qpdf, qpdf_oh annotation)
{
  static const char *const drawn[]
      = { "/FreeText",  "/Line",     "/Square",    "/Circle", "/Polygon", "/PolyLine", "/Highlight",
          "/Underline", "/Squiggly", "/StrikeOut", "/Stamp",  "/Caret",   "/Ink" };
  qpdf_oh subtype = qpdf_oh_get_key (qpdf, annotation, "/Subtype");
  qpdf_oh appearance = qpdf_oh_get_key (qpdf, annotation, "/AP");

  if (qpdf_oh_is_dictionary (qpdf, appearance) && qpdf_oh_has_key (qpdf, appearance, "/N"))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (drawn); i++)
    if (qpdf_oh_is_name_and_equals (qpdf, subtype, drawn[i]))
      return TRUE;
  return FALSE;
}

static void
show_page (qpdf_data qpdf, int number, SeAnnotations *found)
{
  qpdf_oh page = qpdf_get_page_n (qpdf, (size_t)number - 1);
  qpdf_oh annotations = qpdf_oh_get_key (qpdf, page, "/Annots");

  for (int i = 0; i < se_annotations_count (qpdf, annotations); i++)
    {
      qpdf_oh annotation = qpdf_oh_get_array_item (qpdf, annotations, i);

      if (!se_annotation_is_shown (qpdf, annotation))
        {
          found->changed = hide (qpdf, annotation) || found->changed;
          continue;
        }
      if (se_annotation_make_printable (qpdf, annotation, 0))
        found->changed = TRUE;
      if (is_bare (qpdf, annotation) && found->bare++ == 0)
        found->page = number;
    }
}

/* In a child. */
static gboolean
show (int in_fd, int out_fd, gpointer result, GError **error)
{
  se_autoqpdf qpdf = se_qpdf_new ();
  SeAnnotations *found = result;

  if (!se_qpdf_open (qpdf))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("its pages cannot be read"));
      return FALSE;
    }
  for (int number = 1; number <= qpdf_get_num_pages (qpdf); number++)
    show_page (qpdf, number, found);
  return !found->changed || se_qpdf_write (qpdf, TRUE, error);
}

gboolean
se_annotations_show (int in_fd, int out_fd, SeAnnotations *found, GError **error)
{
  *found = (SeAnnotations){ 0 };
  return se_child_call (_ ("the check of the document"), show, in_fd, out_fd, found, sizeof *found,
                        &se_child_limits, error);
}
