/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/tiff.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/icc.h"
#include "filter/temp.h"
#include "filter/tiff-fax.h"
#include "filter/tiff-pass.h"
#include "filter/tiff-rows.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

struct SeTiff
{
  SeTiffFile file;
  TIFF *handle;
  guint directories; /* read so far */
  guint pages;       /* of them */
  SeTiffLayout layout;
  SeTiffPass pass;
  gboolean passed;
  GArray *profile; /* of SeRange: of the page; empty: none */
  int temp_fd;     /* for fax that is encoded; -1: not needed yet */
};

/* Says that the current page, or what leads to the next one, is damaged. */
static gboolean
fail (const SeTiff *tiff, gboolean link, GError **error)
{
  g_autofree char *what
      = tiff->directories == 0 ? g_strdup (_ ("it is a TIFF image that is damaged or incomplete"))
        : link
            ? g_strdup_printf (_ ("what follows its page %u is damaged or incomplete"), tiff->pages)
            : g_strdup_printf (_ ("its page %u is damaged or incomplete"), tiff->pages);
  const char *why = tiff->file.complaint;

  if (why[0] == '\0')
    g_set_error_literal (error, SE_ERROR, SE_ERROR_DOCUMENT, what);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, "%s (%s)", what, why);
  return FALSE;
}

SeTiff *
se_tiff_new (SeReader *reader, GError **error)
{
  SeTiff *tiff = g_new0 (SeTiff, 1);

  tiff->temp_fd = -1;
  tiff->profile = g_array_new (FALSE, FALSE, sizeof (SeRange));
  if (se_tiff_file_init (&tiff->file, reader)
      && (tiff->handle = se_tiff_file_open (&tiff->file)) != NULL)
    return tiff;
  fail (tiff, FALSE, error);
  se_tiff_free (tiff);
  return NULL;
}

void
se_tiff_free (SeTiff *tiff)
{
  se_tiff_file_close (tiff->handle);
  se_tiff_pass_clear (&tiff->pass);
  g_array_unref (tiff->profile);
  if (tiff->temp_fd >= 0)
    close (tiff->temp_fd);
  g_free (tiff);
}

/* libtiff takes a file that is cut before the offset of the next directory for one without. */
static gboolean
has_link (const SeTiff *tiff)
{
  SeReader *reader = tiff->file.reader;
  gboolean big_endian = tiff->file.big_endian;
  guint32 words[2] = { 0 };
  guint64 entries;

  if (!se_reader_seek (reader, TIFFCurrentDirOffset (tiff->handle)))
    return FALSE;
  if (!tiff->file.big)
    return se_reader_u16 (reader, big_endian, &words[0])
           && se_reader_skip (reader, (guint64)words[0] * 12 + 4);
  if (!se_reader_u32 (reader, big_endian, &words[0])
      || !se_reader_u32 (reader, big_endian, &words[1]))
    return FALSE;
  entries = big_endian ? words[1] : words[0];
  return se_reader_skip (reader, entries * 20 + 8);
}

/* Goes to the next directory, whatever it is of. */
static gboolean
read_directory (SeTiff *tiff, gboolean *more, GError **error)
{
  *more = tiff->directories == 0 || !TIFFLastDirectory (tiff->handle);
  if (!*more)
    return TRUE;
  se_tiff_file_listen (&tiff->file, FALSE);
  if (tiff->directories > 0 && !TIFFReadDirectory (tiff->handle))
    return fail (tiff, TRUE, error);
  if (!has_link (tiff))
    return fail (tiff, tiff->directories > 0, error);
  tiff->directories++;
  return TRUE;
}

static gboolean
is_page (TIFF *handle)
{
  guint32 type = 0;
  guint16 photometric = 0;

  TIFFGetField (handle, TIFFTAG_SUBFILETYPE, &type);
  TIFFGetField (handle, TIFFTAG_PHOTOMETRIC, &photometric);
  return (type & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) == 0 && photometric != PHOTOMETRIC_MASK;
}

static gboolean
find_page (SeTiff *tiff, gboolean *more, GError **error)
{
  do
    if (!read_directory (tiff, more, error))
      return FALSE;
  while (*more && !is_page (tiff->handle));
  if (*more)
    tiff->pages++;
  else if (tiff->pages == 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("it is a TIFF image that is damaged or incomplete: it has no page, only "
                      "reduced-size copies or masks"));
      return FALSE;
    }
  return TRUE;
}

/* Tells whether the page's profile, if it has one, can be kept. */
static gboolean
take_profile (SeTiff *tiff, SeImage *image)
{
  SeRange range = { 0 };
  guint32 length = 0;

  if (!TIFFGetField (tiff->handle, TIFFTAG_ICCPROFILE, &length, &range.bytes) || length == 0)
    return TRUE;
  if (length < SE_ICC_HEADER || !se_icc_is_usable (range.bytes, length, image->components))
    return FALSE;
  range.length = length;
  g_array_set_size (tiff->profile, 0);
  g_array_append_val (tiff->profile, range);
  image->profile = tiff->profile;
  return TRUE;
}

static void
describe (SeTiff *tiff, SeImage *image)
{
  const SeTiffLayout *layout = &tiff->layout;
  const SeTiffPass *pass = &tiff->pass;

  *image = (SeImage){ .width = layout->width,
                      .height = layout->height,
                      .bits = layout->bits,
                      .components = layout->colors > 0 ? 3 : layout->components,
                      .inverted = layout->inverted,
                      .palette = layout->colors > 0 ? layout->palette : NULL,
                      .colors = layout->colors,
                      .resolution = layout->resolution,
                      .orientation = layout->orientation };
  if (tiff->passed)
    {
      image->data = pass->data;
      image->filter = pass->filter;
      image->parameters = pass->parameters[0] != '\0' ? pass->parameters : NULL;
      image->inverted = layout->inverted && strcmp (pass->filter, "CCITTFaxDecode") != 0;
    }
  else if (layout->alpha > 0)
    image->alpha = layout->bits == 16 ? 16 : 8;
}

gboolean
se_tiff_next (SeTiff *tiff, gboolean *more, GError **error)
{
  se_tiff_pass_clear (&tiff->pass);
  if (!find_page (tiff, more, error))
    return FALSE;
  if (!*more)
    return TRUE;
  if (!se_tiff_layout_read (&tiff->layout, tiff->handle, tiff->pages, error))
    return FALSE;
  tiff->passed = se_tiff_pass_find (&tiff->pass, &tiff->file, tiff->handle, &tiff->layout);
  return TRUE;
}

/* Begins with the first row of the page. */
static SeTiffRows *
begin_rows (SeTiff *tiff, GError **error)
{
  g_autoptr (GError) failure = NULL;
  SeTiffRows *rows;

  se_tiff_file_listen (&tiff->file, TRUE);
  rows = se_tiff_rows_new (&tiff->file, tiff->handle, &tiff->layout, &failure);
  if (rows == NULL && tiff->file.damaged)
    fail (tiff, FALSE, error);
  else if (rows == NULL)
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("its page %u cannot be read: %s"),
                 tiff->pages, failure->message);
  return rows;
}

/* Decodes the rows for what libtiff says of them. */
static gboolean
check_rows (SeTiff *tiff, GError **error)
{
  g_autoptr (SeTiffRows) rows = begin_rows (tiff, error);

  if (rows == NULL)
    return FALSE;
  for (guint32 y = 0; y < tiff->layout.height; y++)
    if (!se_tiff_rows_next (rows, NULL, NULL) || tiff->file.damaged)
      return fail (tiff, FALSE, error);
  return TRUE;
}

static gboolean
add_rows (SeTiff *tiff, SeImagePdf *pdf, const SeImage *image, GError **error)
{
  g_autoptr (SeTiffRows) rows = begin_rows (tiff, error);
  g_autofree guchar *color = NULL, *alpha = NULL;

  if (rows == NULL || !se_image_pdf_begin (pdf, -1, image, error))
    return FALSE;
  color = g_malloc (se_tiff_rows_size (rows));
  alpha = g_malloc (2 * (gsize)image->width);
  for (guint32 y = 0; y < image->height; y++)
    {
      if (!se_tiff_rows_next (rows, color, alpha) || tiff->file.damaged)
        return fail (tiff, FALSE, error);
      if (!se_image_pdf_add_row (pdf, color, error)
          || (image->alpha > 0 && !se_image_pdf_add_alpha (pdf, alpha, error)))
        return FALSE;
    }
  return se_image_pdf_end (pdf, error);
}

/* Encodes a page of black and white in temp_fd. *range: of length 0: it is not to be fax. */
static gboolean
encode_fax (SeTiff *tiff, SeRange *range, GError **error)
{
  g_autoptr (SeTiffRows) rows = begin_rows (tiff, error);
  g_autoptr (GError) failure = NULL;

  if (rows == NULL)
    return FALSE;
  if (tiff->temp_fd < 0 && (tiff->temp_fd = se_temp_file (error)) < 0)
    return FALSE;
  if (ftruncate (tiff->temp_fd, 0) < 0)
    {
      se_error_set_errno (error, errno, _ ("a temporary file"));
      return FALSE;
    }
  if (!se_tiff_fax_encode (&tiff->file, rows, &tiff->layout, tiff->temp_fd, range, &failure))
    {
      if (!se_error_is (failure, SE_ERROR_DOCUMENT))
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
      return fail (tiff, FALSE, error);
    }
  return !tiff->file.damaged || fail (tiff, FALSE, error);
}

static gboolean
add_bilevel (SeTiff *tiff, SeImagePdf *pdf, const SeImage *image, GError **error)
{
  g_autofree char *parameters
      = g_strdup_printf ("/K -1 /Columns %u /Rows %u", image->width, image->height);
  g_autoptr (GArray) data = g_array_new (FALSE, FALSE, sizeof (SeRange));
  SeImage fax = *image;
  SeRange range;

  if (!encode_fax (tiff, &range, error))
    return FALSE;
  if (range.length == 0)
    return add_rows (tiff, pdf, image, error);
  g_array_append_val (data, range);
  fax.inverted = FALSE; /* black is 1, which fax in PDF takes for granted */
  fax.filter = "CCITTFaxDecode";
  fax.parameters = parameters;
  fax.data = data;
  return se_image_pdf_add (pdf, tiff->temp_fd, &fax, error);
}

gboolean
se_tiff_add (SeTiff *tiff, SeImagePdf *pdf, gboolean *profile_lost, GError **error)
{
  const SeTiffLayout *layout = &tiff->layout;
  SeImage image;

  describe (tiff, &image);
  *profile_lost = !take_profile (tiff, &image);
  if (tiff->passed)
    return check_rows (tiff, error) && se_image_pdf_add (pdf, tiff->file.reader->fd, &image, error);
  if (layout->bits == 1 && layout->components == 1 && layout->colors == 0 && layout->alpha == 0)
    return add_bilevel (tiff, pdf, &image, error);
  return add_rows (tiff, pdf, &image, error);
}

/* In a child. */
static gboolean
list_pages (int in_fd, int out_fd, gpointer result, GError **error)
{
  g_autofree SeReader *reader = g_new (SeReader, 1);
  g_autoptr (SeTiff) tiff = NULL;
  SeTiffList *list = result;
  gboolean more;

  if (!se_reader_open (reader, in_fd))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read"));
      return FALSE;
    }
  tiff = se_tiff_new (reader, error);
  while (tiff != NULL && find_page (tiff, &more, error))
    {
      if (!more)
        {
          list->plain = tiff->pages == 1 && tiff->directories == 1;
          return TRUE;
        }
      if (tiff->file.big || list->count == SE_TIFF_LIST_MAX)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                       _ ("it is a BigTIFF or has more than %d pages, which the options for "
                          "placing images (ppi, scaling) do not go with"),
                       SE_TIFF_LIST_MAX);
          return FALSE;
        }
      list->big_endian = tiff->file.big_endian;
      list->offsets[list->count++] = (guint32)TIFFCurrentDirOffset (tiff->handle);
    }
  return FALSE;
}

gboolean
se_tiff_list (int fd, SeTiffList *list, GError **error)
{
  *list = (SeTiffList){ 0 };
  if (!se_child_call (_ ("the check of the document"), list_pages, fd, -1, list, sizeof *list,
                      &se_child_limits, error))
    return FALSE;
  list->count = MIN (list->count, SE_TIFF_LIST_MAX); /* a child that was taken over says anything */
  return TRUE;
}
