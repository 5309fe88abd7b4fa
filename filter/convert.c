/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/convert.h"

#include "common/io.h"
#include "filter/annotations.h"
#include "filter/complete.h"
#include "filter/image.h"
#include "filter/pages.h"
#include "filter/paper.h"
#include "filter/pdf.h"
#include "filter/program.h"
#include "filter/temp.h"
#include "filter/text.h"
#include "filter/tiff.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536

static gboolean
measure (SeConverted *converted, GError **error)
{
  struct stat status;

  if (fstat (converted->fd, &status) < 0 || lseek (converted->fd, 0, SEEK_SET) < 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read: %s"),
                   g_strerror (errno));
      return FALSE;
    }
  converted->length = (guint64)status.st_size;
  return TRUE;
}

static void
take_over (SeConverted *converted, const SePdf *pdf)
{
  converted->pages = pdf->pages;
  converted->password = pdf->password;
  converted->is_signed = pdf->is_signed;
  converted->width = pdf->width;
  converted->height = pdf->height;
}

/* Checks a converter's output. empty: what it means that there is none. */
static gboolean
check_output (const char *name, SeConverted *converted, const char *empty, GError **error)
{
  g_autoptr (GError) failure = NULL;
  SePdf pdf;

  if (!measure (converted, error))
    return FALSE;
  if (converted->length == 0)
    g_set_error (&failure, SE_ERROR, SE_ERROR_DOCUMENT, "%s", empty);
  else if (se_pdf_check (converted->fd, &pdf, &failure))
    {
      take_over (converted, &pdf);
      return TRUE;
    }
  else if (se_error_is (failure, SE_ERROR_DOCUMENT))
    {
      g_clear_error (&failure);
      g_set_error (&failure, SE_ERROR, SE_ERROR_DOCUMENT, _ ("%s made no sound PDF of it"), name);
    }
  se_temp_blame_space (&failure);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

static void
replace_file (SeConverted *converted, int *fd)
{
  close (converted->fd);
  converted->fd = se_io_steal_fd (fd);
}

/* The paper of PostScript that names none. */
static gboolean
run_ghostscript (const SeConverted *converted, const SeType *type, const SeJob *job, int out_fd,
                 GError **error)
{
  int wide, high;

  se_paper_find (job->options, &wide, &high);

  g_autofree char *width = g_strdup_printf ("-dDEVICEWIDTHPOINTS=%d", wide);
  g_autofree char *height = g_strdup_printf ("-dDEVICEHEIGHTPOINTS=%d", high);
  const char *const options[] = { width, height, NULL };

  return se_program_run_ghostscript (type, options, job, converted->fd, out_fd, error);
}

/* Puts the output of one more filter in the place of converted. options: NULL for Ghostscript,
 * which is none. */
static gboolean
apply (SeConverted *converted, const char *name, const char *options, const SeType *type,
       const SeJob *job, GError **error)
{
  g_autofree char *empty
      = g_strdup_printf (_ ("it is a damaged or incomplete %s"), _ (type->title));
  se_autofd int out_fd = se_temp_file (error);

  if (out_fd < 0
      || !(options == NULL
               ? run_ghostscript (converted, type, job, out_fd, error)
               : se_program_run_filter (name, options, type, job, converted->fd, out_fd, error)))
    return FALSE;
  replace_file (converted, &out_fd);
  return check_output (name, converted, empty, error);
}

/* Copies the document to a file that may be changed. */
static int
copy_file (int fd, GError **error)
{
  se_autofd int copy = se_temp_file (error);
  g_autofree char *chunk = g_malloc (CHUNK);
  gssize length = 0;

  if (copy < 0)
    return -1;
  for (off_t offset = 0; (length = pread (fd, chunk, CHUNK, offset)) > 0; offset += length)
    if (!se_io_write_all (copy, chunk, (gsize)length, error))
      return -1;
  if (length == 0)
    return se_io_steal_fd (&copy);
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read: %s"),
               g_strerror (errno));
  return -1;
}

/* Makes the directory at offset the file's first one. */
static gboolean
put_first (int fd, const SeTiffList *list, guint32 offset, GError **error)
{
  guint32 value = list->big_endian ? GUINT32_TO_BE (offset) : GUINT32_TO_LE (offset);

  if (pwrite (fd, &value, sizeof value, 4) == sizeof value && lseek (fd, 0, SEEK_SET) == 0)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be copied: %s"),
               g_strerror (errno));
  return FALSE;
}

/* imagetopdf sees only the first directory of a TIFF, be it a thumbnail: it gets each page as the
 * first. */
static gboolean
make_tiff_pages (SeConverted *converted, const SeTiffList *list, const char *options,
                 const SeType *type, const SeJob *job, GError **error)
{
  g_autoptr (GArray) lengths = g_array_new (FALSE, FALSE, sizeof (gsize));
  se_autofd int copy = copy_file (converted->fd, error);
  se_autofd int parts = copy >= 0 ? se_temp_file (error) : -1;
  se_autofd int out_fd = parts >= 0 ? se_temp_file (error) : -1;
  off_t start = 0;

  if (out_fd < 0)
    return FALSE;
  for (guint i = 0; i < list->count; i++)
    {
      off_t end;
      gsize length;

      if (!put_first (copy, list, list->offsets[i], error)
          || !se_program_run_filter (type->converter, options, type, job, copy, parts, error))
        return FALSE;
      end = lseek (parts, 0, SEEK_CUR);
      length = (gsize)(end - start);
      if (length == 0)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("its page %u is damaged"), i + 1);
          return FALSE;
        }
      g_array_append_val (lengths, length);
      start = end;
    }
  if (!se_pages_join (parts, lengths, out_fd, error))
    {
      se_temp_blame_space (error); /* a part may be cut */
      return FALSE;
    }
  replace_file (converted, &out_fd);
  return check_output (type->converter, converted, _ ("it is empty"), error);
}

/* Checks an image and, if wrap, puts a PDF that holds it as it is in the place of converted.
 * result->wrapped: whether it does. */
static gboolean
wrap_image (SeConverted *converted, const SeType *type, gboolean wrap, const SeJob *job,
            SeImageResult *result, GError **error)
{
  se_autofd int out_fd = wrap ? se_temp_file (error) : -1;
  int width, height;

  se_paper_find (job->options, &width, &height);
  if ((wrap && out_fd < 0)
      || !se_image_wrap (type, converted->fd, out_fd, width, height, result, error))
    return FALSE;
  if (result->more)
    g_warning (
        _ ("something follows the image in its file, such as another image: it is left out"));
  if (result->profile_lost)
    g_warning (_ ("the image's color profile is damaged or not made for it: it is left out"));
  if (!result->wrapped)
    return TRUE;
  /* The tests check such files by libqpdf; to load it takes longer than all of this. */
  replace_file (converted, &out_fd);
  converted->pages = (int)result->pages;
  converted->width = result->width;
  converted->height = result->height;
  return measure (converted, error);
}

/* *family: set to PDF's where the options that the converter would have seen to are still to be
 * seen to. */
static gboolean
make_pdf (SeConverted *converted, const SeType *type, const SeJob *job, SeFamily *family,
          GError **error)
{
  g_autofree char *options = se_options_for_converter (job->options, type->family);
  guint pages = 0;
  gboolean wrap = !se_options_need_converter (job->options, type->family);
  SeImageResult image = { 0 };

  if (se_image_is_known (type) && !wrap_image (converted, type, wrap, job, &image, error))
    return FALSE;
  if (image.wrapped)
    {
      *family = SE_FAMILY_PDF;
      return TRUE;
    }
  if (strcmp (type->mime, "image/tiff") == 0)
    {
      g_autofree SeTiffList *list = g_new (SeTiffList, 1);

      if (!se_tiff_list (converted->fd, list, error))
        return FALSE;
      if (!list->plain)
        return make_tiff_pages (converted, list, options, type, job, error);
    }
  if (!se_complete_check (converted->fd, type, &pages, error))
    return FALSE;
  if (type->family == SE_FAMILY_TEXT)
    {
      int text_fd = se_text_to_utf8 (converted->fd, g_getenv ("CHARSET"), error);

      if (text_fd < 0)
        return FALSE;
      replace_file (converted, &text_fd);
    }
  if (!apply (converted, type->converter, type->family == SE_FAMILY_POSTSCRIPT ? NULL : options,
              type, job, error))
    return FALSE;
  if (pages == 0 || (int)pages == converted->pages)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("%s made %d pages of its %u"),
               type->converter, converted->pages, pages);
  return FALSE;
}

static gboolean
check_pdf (SeConverted *converted, gboolean arrange, GError **error)
{
  SePdf pdf;

  if (!se_pdf_check (converted->fd, &pdf, error))
    return FALSE;
  take_over (converted, &pdf);
  if (pdf.recovered)
    g_warning (_ ("the document's cross-reference table is damaged; it is sent as it is"));
  if (arrange && pdf.password)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("it asks for a password, so its pages cannot be laid out by options"));
      return FALSE;
    }
  if (arrange)
    se_converted_warn (converted);
  return TRUE;
}

/* before: pages that name was given; expected: what it had to make of them. */
static gboolean
check_pages (const char *name, const SeConverted *converted, int before, int expected,
             GError **error)
{
  if (converted->pages == expected)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("%s made %d pages of its %d instead of %d"),
               name, converted->pages, before, expected);
  return FALSE;
}

static gboolean
select_pages (SeConverted *converted, const SeJob *job, GError **error)
{
  se_autofd int out_fd = se_temp_file (error);
  int pages = converted->pages, taken;

  if (out_fd < 0 || !se_pages_select (converted->fd, out_fd, job->options, &taken, error))
    return FALSE;
  if (taken == 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("the options page-ranges and page-set leave none of its %d pages"), pages);
      return FALSE;
    }
  replace_file (converted, &out_fd);
  return check_output (_ ("the selection of pages"), converted, _ ("it is empty"), error)
         && check_pages (_ ("the selection of pages"), converted, pages, taken, error);
}

/* Returns how many pages pdftopdf makes of pages; *more: there may be more, which are empty. */
static int
count_arranged (const SeJob *job, int pages, gboolean *more)
{
  const char *number_up = se_option_list_get (job->options, "number-up");
  int number = number_up != NULL ? (int)g_ascii_strtoll (number_up, NULL, 10) : 1;

  *more = se_options_ask (job->options, "booklet");
  if (*more)
    number = MAX (number, 2);
  return (pages + MAX (number, 1) - 1) / MAX (number, 1);
}

static gboolean
turn_sheets (SeConverted *converted, GError **error)
{
  se_autofd int out_fd = se_temp_file (error);

  if (out_fd < 0 || !se_pages_turn_back (converted->fd, out_fd, error))
    return FALSE;
  replace_file (converted, &out_fd);
  return check_output (_ ("the turning of sheets"), converted, _ ("it is empty"), error);
}

/* pdftopdf keeps only what is made for the printer and has an appearance. */
static gboolean
show_annotations (SeConverted *converted, GError **error)
{
  se_autofd int out_fd = se_temp_file (error);
  SeAnnotations found;

  if (out_fd < 0 || !se_annotations_show (converted->fd, out_fd, &found, error))
    return FALSE;
  if (found.bare > 0)
    g_warning (_ ("an annotation on page %d has no appearance of its own and may be missing on the "
                  "sheets; such annotations in the document: %d"),
               found.page, found.bare);
  if (found.changed)
    replace_file (converted, &out_fd);
  return TRUE;
}

/* The paper is the document's own unless the job names another. family: of the document's, whose
 * converter has seen to its options. */
static gboolean
arrange_pages (SeConverted *converted, const SeType *type, SeFamily family, const SeJob *job,
               GError **error)
{
  g_autofree char *options = se_options_for_pdftopdf (job->options, family);
  int pages = converted->pages, expected;
  gboolean more;

  if (!se_options_name_media (job->options))
    {
      g_autofree char *given = g_steal_pointer (&options);

      options = g_strdup_printf ("%s PageSize=Custom.%dx%d", given, converted->width,
                                 converted->height);
    }
  if ((type->family == SE_FAMILY_PDF && !show_annotations (converted, error))
      || !apply (converted, "pdftopdf", options, type, job, error))
    return FALSE;
  expected = count_arranged (job, pages, &more);
  if (!(more && converted->pages > expected)
      && !check_pages ("pdftopdf", converted, pages, expected, error))
    return FALSE;
  return turn_sheets (converted, error);
}

/* Tells whether the document is a file as it is asked for. */
static gboolean
is_as_asked (const SeType *type, const SeJob *job)
{
  const SeFields *fields = job->fields;

  return type != NULL && type->family == SE_FAMILY_IMAGE
         && g_strcmp0 (type->mime, se_format_mime (fields->format)) == 0
         && se_options_find_layout (job->options, type->family) == NULL
         && !fields->asked[SE_FIELD_RESOLUTION] && !fields->compact && fields->split == 0;
}

static gboolean
check_kept (SeConverted *converted, const SeType *type, const SeJob *job, GError **error)
{
  SeImageResult image = { .pages = 1 };
  guint pages;

  if (type->family == SE_FAMILY_PDF)
    return check_pdf (converted, FALSE, error);
  if (se_image_is_known (type) && !wrap_image (converted, type, FALSE, job, &image, error))
    return FALSE;
  if (!se_complete_check (converted->fd, type, &pages, error))
    return FALSE;
  if (pages > 0)
    converted->pages = (int)pages;
  else if (type->family == SE_FAMILY_IMAGE)
    converted->pages = (int)image.pages;
  return TRUE;
}

/* Leaves the document as it came, checked where its kind is known. */
static gboolean
keep (SeConverted *converted, SeSource *source, const SeJob *job, GError **error)
{
  SeFamily family = source->type != NULL ? source->type->family : SE_FAMILY_PDF;
  const char *layout = se_options_find_layout (job->options, family);

  if (layout != NULL)
    {
      g_set_error (
          error, SE_ERROR, SE_ERROR_DOCUMENT,
          _ ("the option %s cannot be honoured with email-format=%s, which leaves it as it is"),
          layout, se_format_names[job->fields->format]);
      return FALSE;
    }
  converted->fd = se_io_steal_fd (&source->fd);
  converted->mime = source->mime;
  return (source->type == NULL || check_kept (converted, source->type, job, error))
         && measure (converted, error);
}

static void
refuse_unknown (const SeSource *source, GError **error)
{
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("its contents are no PDF, PostScript, text or image that can be converted (it "
                  "came as %s); email-format=original would send it as it is"),
               source->mime);
}

gboolean
se_convert (SeConverted *converted, SeSource *source, const SeJob *job, GError **error)
{
  const SeType *type = source->type;
  SeFamily family = type != NULL ? type->family : SE_FAMILY_PDF;
  gboolean select = se_options_select_pages (job->options);
  gboolean arrange = se_options_need_pdftopdf (job->options, family);

  *converted = (SeConverted){ .fd = -1, .mime = "application/pdf", .pages = -1 };
  if (type == NULL && job->fields->format != SE_FORMAT_ORIGINAL)
    {
      refuse_unknown (source, error);
      return FALSE;
    }
  if (!se_options_check_family (job->options, family, error))
    return FALSE;
  if (job->fields->format == SE_FORMAT_ORIGINAL || is_as_asked (type, job))
    return keep (converted, source, job, error);
  if (select || arrange || type->converter != NULL)
    {
      converted->source_digest = se_source_digest (source, error);
      if (converted->source_digest == NULL)
        return FALSE;
    }
  converted->fd = se_io_steal_fd (&source->fd);
  if (!(type->converter == NULL ? check_pdf (converted, select || arrange, error)
                                : make_pdf (converted, type, job, &family, error)))
    return FALSE;
  return (!select || select_pages (converted, job, error))
         && (!se_options_need_pdftopdf (job->options, family)
             || arrange_pages (converted, type, family, job, error))
         && measure (converted, error);
}

void
se_converted_warn (SeConverted *converted)
{
  if (converted->is_signed)
    g_warning (_ ("the document is changed: its digital signature is no longer valid"));
  converted->is_signed = FALSE;
}

void
se_converted_clear (SeConverted *converted)
{
  if (converted->fd >= 0)
    close (converted->fd);
  converted->fd = -1;
  g_clear_pointer (&converted->source_digest, g_free);
}
