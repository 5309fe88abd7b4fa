/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/image-pdf.h"

#include "common/io.h"
#include "filter/packer.h"
#include "filter/temp.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define CHUNK 65536
#define HEADER "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
#define CATALOG 1 /* object numbers */
#define PAGES 2
#define UNITS_MIN \
  3.0001 /* of a page's side, before it is cut to five decimals (ISO 32000-1, annex C) */
#define UNITS_MAX 14400
#define UNKNOWN 72 /* pixels an inch where none are stated */

struct SeImagePdf
{
  int fd;
  int paper_wide, paper_high; /* points */
  int page_wide, page_high;   /* of the first page as it is shown, points */
  guint64 position;           /* in the file, of what is in text */
  GString *text;              /* not yet written */
  GArray *offsets;            /* guint64 of each object, from number 1 */
  GArray *kids;               /* guint: object numbers of the pages */
  SeImage image; /* between begin and end; of its pointers, only whether they are NULL counts */
  guint number;  /* of its object; behind it those of its length and its mask, if it has them */
  SePacker *rows, *alpha; /* NULL: none are given */
  int alpha_fd;           /* holds the packed opacity; -1: none */
  gboolean opaque;        /* so far */
  guint32 rows_left, alpha_left;
};

/* How an image that is stored in another way than it is shown gets upright: first mirrored left to
 * right, then turned clockwise. */
static const struct
{
  gboolean mirrored;
  int degrees;
} orientations[] = { { FALSE, 0 },  { FALSE, 0 },  { TRUE, 0 },  { FALSE, 180 }, { TRUE, 180 },
                     { TRUE, 270 }, { FALSE, 90 }, { TRUE, 90 }, { FALSE, 270 } };

SeImagePdf *
se_image_pdf_new (int out_fd, int width, int height)
{
  SeImagePdf *pdf = g_new0 (SeImagePdf, 1);

  pdf->fd = out_fd;
  pdf->paper_wide = width;
  pdf->paper_high = height;
  pdf->alpha_fd = -1;
  pdf->text = g_string_new (HEADER);
  pdf->offsets = g_array_new (FALSE, TRUE, sizeof (guint64));
  pdf->kids = g_array_new (FALSE, FALSE, sizeof (guint));
  g_array_set_size (pdf->offsets, PAGES);
  return pdf;
}

void
se_image_pdf_free (SeImagePdf *pdf)
{
  g_string_free (pdf->text, TRUE);
  g_array_unref (pdf->offsets);
  g_array_unref (pdf->kids);
  g_clear_pointer (&pdf->rows, se_packer_free);
  g_clear_pointer (&pdf->alpha, se_packer_free);
  se_io_clear_fd (&pdf->alpha_fd);
  g_free (pdf);
}

static gboolean
write_bytes (SeImagePdf *pdf, const void *bytes, gsize length, GError **error)
{
  pdf->position += length;
  return pdf->fd < 0 || se_io_write_all (pdf->fd, bytes, length, error);
}

static gboolean
flush (SeImagePdf *pdf, GError **error)
{
  if (!write_bytes (pdf, pdf->text->str, pdf->text->len, error))
    return FALSE;
  g_string_truncate (pdf->text, 0);
  return TRUE;
}

static guint
next_object (const SeImagePdf *pdf)
{
  return pdf->offsets->len + 1;
}

static void
begin_object (SeImagePdf *pdf, guint number)
{
  guint64 offset = pdf->position + pdf->text->len;

  if (number > pdf->offsets->len)
    g_array_set_size (pdf->offsets, number);
  g_array_index (pdf->offsets, guint64, number - 1) = offset;
  g_string_append_printf (pdf->text, "%u 0 obj\n", number);
}

/* A length in units, five decimals. It is never rounded up: a viewer that draws the page at the
 * image's resolution would add a row of pixels for a hair more. */
static void
append_number (GString *text, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  char *end;

  g_ascii_formatd (number, sizeof number, "%.5f", MAX (floor (value * 1e5 - 0.5) / 1e5, 0));
  for (end = number + strlen (number); end[-1] == '0'; end--)
    ;
  if (end[-1] == '.')
    end--;
  g_string_append_len (text, number, end - number);
}

static guint64
total_length (const GArray *ranges)
{
  guint64 total = 0;

  for (guint i = 0; i < ranges->len; i++)
    total += g_array_index (ranges, SeRange, i).length;
  return total;
}

static void
reverse_bits (guchar *bytes, gsize length)
{
  for (gsize i = 0; i < length; i++)
    {
      guint byte = bytes[i];

      byte = (byte & 0x0f) << 4 | byte >> 4;
      byte = (byte & 0x33) << 2 | (byte >> 2 & 0x33);
      bytes[i] = (guchar)((byte & 0x55) << 1 | (byte >> 1 & 0x55));
    }
}

static gboolean
copy_range (SeImagePdf *pdf, int in_fd, const SeRange *range, GError **error)
{
  g_autofree guchar *chunk = g_malloc (CHUNK);

  if (pdf->fd < 0)
    return TRUE;
  if (range->bytes != NULL)
    return write_bytes (pdf, range->bytes, (gsize)range->length, error);
  for (guint64 done = 0; done < range->length;)
    {
      gssize length = pread (in_fd, chunk, (gsize)MIN (CHUNK, range->length - done),
                             (off_t)(range->offset + done));

      if (length < 0 && errno == EINTR)
        continue;
      if (length <= 0)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read: %s"),
                       length < 0 ? g_strerror (errno) : _ ("it has become shorter"));
          return FALSE;
        }
      if (range->reversed)
        reverse_bits (chunk, (gsize)length);
      if (!write_bytes (pdf, chunk, (gsize)length, error))
        return FALSE;
      done += (guint64)length;
    }
  return TRUE;
}

/* Ends the dictionary that stands in text and writes the stream behind it. */
static gboolean
add_stream (SeImagePdf *pdf, int in_fd, const GArray *ranges, GError **error)
{
  g_string_append_printf (pdf->text, " /Length %" G_GUINT64_FORMAT " >>\nstream\n",
                          total_length (ranges));
  if (!flush (pdf, error))
    return FALSE;
  for (guint i = 0; i < ranges->len; i++)
    if (!copy_range (pdf, in_fd, &g_array_index (ranges, SeRange, i), error))
      return FALSE;
  g_string_append (pdf->text, "\nendstream\nendobj\n");
  return TRUE;
}

static const char *
device_space (guint components)
{
  return components == 1 ? "/DeviceGray" : components == 3 ? "/DeviceRGB" : "/DeviceCMYK";
}

/* profile: object number, 0: none. */
static void
append_space (GString *text, const SeImage *image, guint profile)
{
  g_string_append (text, " /ColorSpace ");
  if (image->palette != NULL)
    g_string_append (text, "[/Indexed ");
  if (profile > 0)
    g_string_append_printf (text, "[/ICCBased %u 0 R]", profile);
  else
    g_string_append (text, device_space (image->components));
  if (image->palette == NULL)
    return;
  g_string_append_printf (text, " %u <", image->colors - 1);
  for (guint i = 0; i < image->colors * image->components; i++)
    g_string_append_printf (text, "%02x", image->palette[i]);
  g_string_append (text, ">]");
}

/* Adds the image's ICC profile, if it has one; returns its object's number in *number, else 0. */
static gboolean
add_profile (SeImagePdf *pdf, int in_fd, const SeImage *image, guint *number, GError **error)
{
  *number = 0;
  if (image->profile == NULL)
    return TRUE;
  *number = next_object (pdf);
  begin_object (pdf, *number);
  g_string_append_printf (pdf->text, "<< /N %u /Alternate %s", image->components,
                          device_space (image->components));
  if (image->profile_filter != NULL)
    g_string_append_printf (pdf->text, " /Filter /%s", image->profile_filter);
  return add_stream (pdf, in_fd, image->profile, error);
}

/* Writes an image dictionary up to its colour space. */
static void
append_head (GString *text, guint32 width, guint32 height, guint bits, const char *filter)
{
  g_string_append_printf (text,
                          "<< /Type /XObject /Subtype /Image /Width %u /Height %u"
                          " /BitsPerComponent %u /Filter /%s",
                          width, height, bits, filter);
}

/* What a packer's data are decoded by. */
static void
append_predictor (GString *text, guint colors, guint bits, guint32 width)
{
  g_string_append_printf (
      text, " /DecodeParms << /Predictor 15 /Colors %u /BitsPerComponent %u /Columns %u >>", colors,
      bits, width);
}

/* Object numbers: the image's length, if its rows are given, follows the image, its mask both. */
static guint
mask_number (const SeImagePdf *pdf)
{
  return pdf->number + (pdf->rows != NULL ? 2 : 1);
}

/* Writes the image's dictionary but for its length. */
static void
append_image (SeImagePdf *pdf, const SeImage *image, guint profile)
{
  append_head (pdf->text, image->width, image->height, image->bits,
               image->data != NULL ? image->filter : "FlateDecode");
  append_space (pdf->text, image, profile);
  if (image->data == NULL)
    append_predictor (pdf->text, image->palette != NULL ? 1 : image->components, image->bits,
                      image->width);
  else if (image->parameters != NULL)
    g_string_append_printf (pdf->text, " /DecodeParms << %s >>", image->parameters);
  if (image->inverted)
    {
      g_string_append (pdf->text, " /Decode [");
      for (guint i = 0; i < image->components; i++)
        g_string_append (pdf->text, i == 0 ? "1 0" : " 1 0");
      g_string_append_c (pdf->text, ']');
    }
  if (image->key != NULL)
    g_string_append_printf (pdf->text, " /Mask [%s]", image->key);
  if (image->alpha > 0)
    g_string_append_printf (pdf->text, " /SMask %u 0 R", mask_number (pdf));
}

gboolean
se_image_pdf_begin (SeImagePdf *pdf, int in_fd, const SeImage *image, GError **error)
{
  guint profile;

  pdf->image = *image;
  if (!add_profile (pdf, in_fd, image, &profile, error))
    return FALSE;
  if (image->alpha > 0)
    {
      if (pdf->fd >= 0 && (pdf->alpha_fd = se_temp_file (error)) < 0)
        return FALSE;
      pdf->alpha = se_packer_new (pdf->alpha_fd, image->width, image->alpha, FALSE);
      pdf->alpha_left = image->height;
      pdf->opaque = TRUE;
    }
  if (image->data == NULL)
    {
      guint components = image->palette != NULL ? 1 : image->components;

      pdf->rows
          = se_packer_new (pdf->fd, image->width, components * image->bits, image->palette != NULL);
      pdf->rows_left = image->height;
    }
  pdf->number = next_object (pdf);
  begin_object (pdf, pdf->number);
  append_image (pdf, image, profile);
  if (image->data != NULL)
    return add_stream (pdf, in_fd, image->data, error);
  g_string_append_printf (pdf->text, " /Length %u 0 R >>\nstream\n", pdf->number + 1);
  return flush (pdf, error);
}

gboolean
se_image_pdf_add_row (SeImagePdf *pdf, const guchar *row, GError **error)
{
  g_assert (pdf->rows_left > 0);
  pdf->rows_left--;
  return se_packer_add (pdf->rows, row, error);
}

gboolean
se_image_pdf_add_alpha (SeImagePdf *pdf, const guchar *row, GError **error)
{
  gsize length = (gsize)pdf->image.width * pdf->image.alpha / 8;

  g_assert (pdf->alpha_left > 0);
  pdf->alpha_left--;
  for (gsize i = 0; pdf->opaque && i < length; i++)
    pdf->opaque = row[i] == 0xff;
  return se_packer_add (pdf->alpha, row, error);
}

/* Ends the stream of rows and adds its length. */
static gboolean
end_rows (SeImagePdf *pdf, GError **error)
{
  guint64 length;

  g_assert (pdf->rows_left == 0);
  if (!se_packer_finish (pdf->rows, &length, error))
    return FALSE;
  pdf->position += length;
  g_string_append (pdf->text, "\nendstream\nendobj\n");
  begin_object (pdf, pdf->number + 1);
  g_string_append_printf (pdf->text, "%" G_GUINT64_FORMAT "\nendobj\n", length);
  return TRUE;
}

/* Adds the mask; the image refers to it already, so that one that is not needed becomes null. */
static gboolean
add_mask (SeImagePdf *pdf, GError **error)
{
  g_autoptr (GArray) data = g_array_new (FALSE, FALSE, sizeof (SeRange));
  SeRange all = { 0 };

  g_assert (pdf->alpha_left == 0);
  if (!se_packer_finish (pdf->alpha, &all.length, error))
    return FALSE;
  begin_object (pdf, mask_number (pdf));
  if (pdf->opaque || pdf->fd < 0)
    {
      g_string_append (pdf->text, "null\nendobj\n");
      return TRUE;
    }
  g_array_append_val (data, all);
  append_head (pdf->text, pdf->image.width, pdf->image.height, pdf->image.alpha, "FlateDecode");
  g_string_append (pdf->text, " /ColorSpace /DeviceGray");
  append_predictor (pdf->text, 1, pdf->image.alpha, pdf->image.width);
  return add_stream (pdf, pdf->alpha_fd, data, error);
}

/* Adds the page's content: the image, in the middle of a page that may not be as small as it. */
static void
add_content (SeImagePdf *pdf, double width, double height, gboolean mirrored)
{
  g_autoptr (GString) content = g_string_new (mirrored ? "-" : "");
  double left = (MAX (width, UNITS_MIN) - width) / 2;
  double bottom = (MAX (height, UNITS_MIN) - height) / 2;

  append_number (content, width);
  g_string_append (content, " 0 0 ");
  append_number (content, height);
  g_string_append_c (content, ' ');
  append_number (content, mirrored ? left + width : left);
  g_string_append_c (content, ' ');
  append_number (content, bottom);
  g_string_append (content, " cm /Im Do");
  begin_object (pdf, next_object (pdf));
  g_string_append_printf (pdf->text,
                          "<< /Length %" G_GSIZE_FORMAT " >>\nstream\n%s\nendstream\nendobj\n",
                          content->len, content->str);
}

/* Gives the size of the image in points. */
static void
measure (const SeImagePdf *pdf, const SeImage *image, double *width, double *height)
{
  const SeResolution *resolution = &image->resolution;
  double paper_long = MAX (pdf->paper_wide, pdf->paper_high);
  double paper_short = MIN (pdf->paper_wide, pdf->paper_high);
  double shrink;

  if (!resolution->ratio && se_resolution_is_sane (resolution->x)
      && se_resolution_is_sane (resolution->y))
    {
      *width = image->width * 72.0 / resolution->x;
      *height = image->height * 72.0 / resolution->y;
      return;
    }
  *width = image->width * 72.0 / UNKNOWN;
  *height = image->height * 72.0 / UNKNOWN;
  if (resolution->ratio)
    *height *= CLAMP (resolution->x / resolution->y, 0.1, 10);
  shrink = MIN (paper_long / MAX (*width, *height), paper_short / MIN (*width, *height));
  if (shrink < 1)
    {
      *width *= shrink;
      *height *= shrink;
    }
}

static void
add_page (SeImagePdf *pdf)
{
  const SeImage *image = &pdf->image;
  int degrees = orientations[image->orientation].degrees;
  double width, height;
  guint unit, page;

  measure (pdf, image, &width, &height);
  unit = (guint)MAX (ceil (MAX (width, height) / UNITS_MAX), 1);
  width /= unit;
  height /= unit;
  add_content (pdf, width, height, orientations[image->orientation].mirrored);
  page = next_object (pdf);
  g_array_append_val (pdf->kids, page);
  begin_object (pdf, page);
  g_string_append_printf (pdf->text, "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 ", PAGES);
  append_number (pdf->text, MAX (width, UNITS_MIN));
  g_string_append_c (pdf->text, ' ');
  append_number (pdf->text, MAX (height, UNITS_MIN));
  g_string_append_printf (pdf->text,
                          "] /Contents %u 0 R /Resources << /XObject << /Im %u 0 R >> >>", page - 1,
                          pdf->number);
  if (degrees > 0)
    g_string_append_printf (pdf->text, " /Rotate %d", degrees);
  if (unit > 1)
    g_string_append_printf (pdf->text, " /UserUnit %u", unit);
  g_string_append (pdf->text, " >>\nendobj\n");
  if (pdf->kids->len == 1)
    {
      gboolean turned = degrees % 180 != 0;

      pdf->page_wide = (int)lround (MAX (turned ? height : width, UNITS_MIN));
      pdf->page_high = (int)lround (MAX (turned ? width : height, UNITS_MIN));
    }
}

gboolean
se_image_pdf_end (SeImagePdf *pdf, GError **error)
{
  if ((pdf->rows != NULL && !end_rows (pdf, error))
      || (pdf->alpha != NULL && !add_mask (pdf, error)))
    return FALSE;
  g_clear_pointer (&pdf->rows, se_packer_free);
  g_clear_pointer (&pdf->alpha, se_packer_free);
  se_io_clear_fd (&pdf->alpha_fd);
  add_page (pdf);
  return TRUE;
}

gboolean
se_image_pdf_add (SeImagePdf *pdf, int in_fd, const SeImage *image, GError **error)
{
  return se_image_pdf_begin (pdf, in_fd, image, error) && se_image_pdf_end (pdf, error);
}

guint
se_image_pdf_count (const SeImagePdf *pdf)
{
  return pdf->kids->len;
}

void
se_image_pdf_get_size (const SeImagePdf *pdf, int *width, int *height)
{
  *width = pdf->page_wide;
  *height = pdf->page_high;
}

gboolean
se_image_pdf_finish (SeImagePdf *pdf, GError **error)
{
  guint64 start;

  begin_object (pdf, CATALOG);
  g_string_append_printf (pdf->text, "<< /Type /Catalog /Pages %d 0 R >>\nendobj\n", PAGES);
  begin_object (pdf, PAGES);
  g_string_append_printf (pdf->text, "<< /Type /Pages /Count %u /Kids [", pdf->kids->len);
  for (guint i = 0; i < pdf->kids->len; i++)
    g_string_append_printf (pdf->text, i == 0 ? "%u 0 R" : "\n%u 0 R",
                            g_array_index (pdf->kids, guint, i));
  g_string_append (pdf->text, "] >>\nendobj\n");
  start = pdf->position + pdf->text->len;
  g_string_append_printf (pdf->text, "xref\n0 %u\n0000000000 65535 f \n", next_object (pdf));
  for (guint i = 0; i < pdf->offsets->len; i++)
    g_string_append_printf (pdf->text, "%010" G_GUINT64_FORMAT " 00000 n \n",
                            g_array_index (pdf->offsets, guint64, i));
  g_string_append_printf (pdf->text,
                          "trailer\n<< /Size %u /Root %u 0 R >>\nstartxref\n%" G_GUINT64_FORMAT
                          "\n%%%%EOF\n",
                          next_object (pdf), CATALOG, start);
  return flush (pdf, error);
}
