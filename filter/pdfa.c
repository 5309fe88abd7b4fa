/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pdfa.h"

#include "common/io.h"
#include "filter/annotations.h"
#include "filter/child.h"
#include "filter/qpdf.h"
#include "filter/temp.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROFILE_DIRECTORIES "/usr/share/color/icc/ghostscript", "/usr/share/ghostscript/iccprofiles"
#define PROFILE "srgb.icc"

/* What is counted before and after. */
typedef struct
{
  int pages;
  int annotations; /* that are shown */
  gboolean labelled;
} Count;

static int
count_annotations (qpdf_data qpdf, qpdf_oh page)
{
  qpdf_oh annotations = qpdf_oh_get_key (qpdf, page, "/Annots");
  int count = 0;

  for (int i = 0; i < se_annotations_count (qpdf, annotations); i++)
    {
      qpdf_oh annotation = qpdf_oh_get_array_item (qpdf, annotations, i);

      if (se_annotation_is_shown (qpdf, annotation))
        count++;
    }
  return count;
}

static void
count_pages (qpdf_data qpdf, Count *count)
{
  count->pages = qpdf_get_num_pages (qpdf);
  count->annotations = 0;
  for (int i = 0; i < count->pages; i++)
    count->annotations += count_annotations (qpdf, qpdf_get_page_n (qpdf, (size_t)i));
}

static gboolean
is_among (qpdf_data qpdf, qpdf_oh name, const char *const *names)
{
  for (; *names != NULL; names++)
    if (qpdf_oh_is_name_and_equals (qpdf, name, *names))
      return TRUE;
  return FALSE;
}

/* Makes an annotation such as PDF/A demands (ISO 19005-2, 6.3 and 6.5), which links of many
 * programs are not. FALSE: it cannot be. */
static gboolean
adapt_annotation (qpdf_data qpdf, qpdf_oh annotation)
{
  static const char *const excluded[]
      = { "/FileAttachment", "/Sound", "/Movie", "/Screen", "/3D", "/RichMedia", NULL };
  static const char *const actions[]
      = { "/GoTo", "/GoToR", "/GoToE", "/Thread", "/URI", "/Named", "/SubmitForm", NULL };
  qpdf_oh action = qpdf_oh_get_key (qpdf, annotation, "/A");

  if (!se_annotation_is_shown (qpdf, annotation)
      || is_among (qpdf, qpdf_oh_get_key (qpdf, annotation, "/Subtype"), excluded))
    return FALSE;
  se_annotation_make_printable (qpdf, annotation,
                                SE_ANNOTATION_INVISIBLE | SE_ANNOTATION_TOGGLE_NO_VIEW);
  qpdf_oh_remove_key (qpdf, annotation, "/AA");
  if (!qpdf_oh_is_dictionary (qpdf, action))
    return TRUE;
  qpdf_oh_remove_key (qpdf, action, "/Next");
  if (!is_among (qpdf, qpdf_oh_get_key (qpdf, action, "/S"), actions))
    qpdf_oh_remove_key (qpdf, annotation, "/A");
  return TRUE;
}

static void
adapt_page (qpdf_data qpdf, qpdf_oh page)
{
  qpdf_oh annotations = qpdf_oh_get_key (qpdf, page, "/Annots");
  qpdf_oh left = qpdf_oh_new_array (qpdf);

  qpdf_oh_remove_key (qpdf, page, "/AA");
  qpdf_oh_remove_key (qpdf, page, "/AF");
  for (int i = 0; i < se_annotations_count (qpdf, annotations); i++)
    {
      qpdf_oh annotation = qpdf_oh_get_array_item (qpdf, annotations, i);

      if (adapt_annotation (qpdf, annotation))
        qpdf_oh_append_item (qpdf, left, annotation);
    }
  qpdf_oh_replace_key (qpdf, page, "/Annots", left);
}

/* Takes out what PDF/A does not allow and Ghostscript leaves in. */
static void
adapt (qpdf_data qpdf)
{
  static const char *const excluded[]
      = { "/AA", "/OpenAction", "/AF", "/Collection", "/Requirements", NULL };
  qpdf_oh root = qpdf_get_root (qpdf);
  qpdf_oh names = qpdf_oh_get_key (qpdf, root, "/Names");

  for (gsize i = 0; excluded[i] != NULL; i++)
    qpdf_oh_remove_key (qpdf, root, excluded[i]);
  if (qpdf_oh_is_dictionary (qpdf, names))
    {
      qpdf_oh_remove_key (qpdf, names, "/EmbeddedFiles");
      qpdf_oh_remove_key (qpdf, names, "/JavaScript");
    }
  for (int i = 0; i < qpdf_get_num_pages (qpdf); i++)
    adapt_page (qpdf, qpdf_get_page_n (qpdf, (size_t)i));
}

/* Titles and the like in UTF-16 or ASCII: Ghostscript drops all of them for one that is neither. */
static void
clean_information (qpdf_data qpdf)
{
  static const char *const keys[]
      = { "/Title", "/Author", "/Subject", "/Keywords", "/Creator", "/Producer" };
  qpdf_oh information = qpdf_oh_get_key (qpdf, qpdf_get_trailer (qpdf), "/Info");

  for (gsize i = 0; qpdf_oh_is_dictionary (qpdf, information) && i < G_N_ELEMENTS (keys); i++)
    {
      qpdf_oh value = qpdf_oh_get_key (qpdf, information, keys[i]);

      if (qpdf_oh_is_string (qpdf, value))
        qpdf_oh_replace_key (qpdf, information, keys[i],
                             qpdf_oh_new_unicode_string (qpdf,
                                                         qpdf_oh_get_utf8_value (qpdf, value)));
    }
}

/* In a child. */
static gboolean
prepare (int in_fd, int out_fd, gpointer result, GError **error)
{
  se_autoqpdf qpdf = se_qpdf_new ();

  if (!se_qpdf_open (qpdf))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("its pages cannot be read"));
      return FALSE;
    }
  count_pages (qpdf, result);
  adapt (qpdf);
  clean_information (qpdf);
  return se_qpdf_write (qpdf, FALSE, error);
}

/* Tells whether the metadata say PDF/A-2b (ISO 19005-2, 6.6.4) and there is an output intent. */
static gboolean
is_labelled (qpdf_data qpdf)
{
  qpdf_oh root = qpdf_get_root (qpdf);
  qpdf_oh metadata = qpdf_oh_get_key (qpdf, root, "/Metadata");
  qpdf_oh intents = qpdf_oh_get_key (qpdf, root, "/OutputIntents");
  unsigned char *text = NULL;
  size_t length = 0;
  gboolean labelled;

  if (!qpdf_oh_is_stream (qpdf, metadata) || qpdf_is_encrypted (qpdf)
      || qpdf_oh_get_array_n_items (qpdf, intents) < 1
      || (qpdf_oh_get_stream_data (qpdf, metadata, qpdf_dl_all, NULL, &text, &length) & QPDF_ERRORS)
             != 0
      || text == NULL)
    return FALSE;
  labelled = memmem (text, length, "pdfaid:part='2'", 15) != NULL
             && memmem (text, length, "pdfaid:conformance='B'", 22) != NULL;
  free (text);
  return labelled;
}

/* In a child. */
static gboolean
look (int in_fd, int out_fd, gpointer result, GError **error)
{
  se_autoqpdf qpdf = se_qpdf_new ();
  Count *count = result;

  qpdf_set_attempt_recovery (qpdf, QPDF_FALSE);
  if (!se_qpdf_open (qpdf))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("Ghostscript made no sound PDF/A of it"));
      return FALSE;
    }
  count_pages (qpdf, count);
  count->labelled = is_labelled (qpdf);
  return TRUE;
}

/* Returns the path of the sRGB profile that comes with Ghostscript, owned by the caller. */
static char *
find_profile (GError **error)
{
  static const char *const directories[] = { PROFILE_DIRECTORIES };

  for (gsize i = 0; i < G_N_ELEMENTS (directories); i++)
    {
      g_autofree char *path = g_build_filename (directories[i], PROFILE, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
        return g_steal_pointer (&path);
    }
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
               _ ("Ghostscript's color profile %s is not installed here, PDF/A needs it"), PROFILE);
  return NULL;
}

static gboolean
convert (int in_fd, int out_fd, const SeJob *job, GError **error)
{
  g_autofree char *profile = find_profile (error);
  g_autofree char *permission = NULL;
  g_autofree char *intent = NULL;

  if (profile == NULL)
    return FALSE;
  permission = g_strdup_printf ("--permit-file-read=%s", profile);
  intent = g_strdup_printf ("[/_objdef {profile} /type /stream /OBJ pdfmark "
                            "[{profile} << /N 3 >> /PUT pdfmark "
                            "[{profile} (%s) (r) file /PUT pdfmark "
                            "[/_objdef {intent} /type /dict /OBJ pdfmark "
                            "[{intent} << /Type /OutputIntent /S /GTS_PDFA1 "
                            "/DestOutputProfile {profile} /Info (sRGB) "
                            "/OutputConditionIdentifier (sRGB) >> /PUT pdfmark "
                            "[{Catalog} << /OutputIntents [{intent}] >> /PUT pdfmark",
                            profile);

  const char *const options[] = { "-dPDFA=2",
                                  "-dPDFACompatibilityPolicy=1", /* leaves out what cannot be */
                                  "-sColorConversionStrategy=RGB",
                                  permission,
                                  "-c",
                                  intent,
                                  NULL };

  return se_program_run_ghostscript (se_type_pdf (), options, job, in_fd, out_fd, error);
}

static gboolean
make (int in_fd, int out_fd, int pages, const SeJob *job, GError **error)
{
  se_autofd int prepared = se_temp_file (error);
  Count before = { 0 }, after = { 0 };

  if (prepared < 0
      || !se_child_call (_ ("the preparation for PDF/A"), prepare, in_fd, prepared, &before,
                         sizeof before, &se_child_limits, error)
      || !convert (prepared, out_fd, job, error)
      || !se_child_call (_ ("the check of PDF/A"), look, out_fd, -1, &after, sizeof after,
                         &se_child_limits, error))
    return FALSE;
  if (after.pages != pages)
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                 _ ("Ghostscript made PDF/A of %d of its %d pages"), after.pages, pages);
  else if (!after.labelled)
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                 _ ("it has fonts or other parts of which Ghostscript cannot make PDF/A; the log "
                    "at level debug says which"));
  if (after.pages != pages || !after.labelled)
    return FALSE;
  if (after.annotations < before.annotations)
    g_warning (_ ("of the document's %d links, notes and form fields PDF/A keeps %d"),
               before.annotations, after.annotations);
  return TRUE;
}

gboolean
se_pdfa_make (int in_fd, int out_fd, int pages, const SeJob *job, GError **error)
{
  if (make (in_fd, out_fd, pages, job, error))
    return TRUE;
  se_temp_blame_space (error); /* there may have been no room for all of it */
  return FALSE;
}
