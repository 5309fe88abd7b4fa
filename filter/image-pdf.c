/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/image-pdf.h"

#include "common/io.h"
#include "filter/packer.h"
#include "filter/temp.h"

#include <math.h>

#define CATALOG 1 /* object numbers */
#define PAGES 2
#define UNITS_MIN \
  3.0001 /* of a page's side, before it is cut to five decimals (ISO 32000-1, annex C) */
#define UNITS_MAX 14400
#define UNKNOWN 72 /* pixels an inch where none are stated */

struct SeImagePdf
{
  SePdfWriter file;
  int paper_wide, paper_high; /* points */
  int page_wide, page_high;   /* of the first page as it is shown, points */
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

  se_pdf_writer_init (&pdf->file, out_fd, PAGES);
  pdf->paper_wide = width;
  pdf->paper_high = height;
  pdf->alpha_fd = -1;
  pdf->kids = g_array_new (FALSE, FALSE, sizeof (guint));
  return pdf;
}

void
se_image_pdf_free (SeImagePdf *pdf)
{
  se_pdf_writer_clear (&pdf->file);
  g_array_unref (pdf->kids);
  g_clear_pointer (&pdf->rows, se_packer_free);
  g_clear_pointer (&pdf->alpha, se_packer_free);
  se_io_clear_fd (&pdf->alpha_fd);
  g_free (pdf);
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
  *number = se_pdf_writer_next (&pdf->file);
  se_pdf_writer_begin (&pdf->file, *number);
  g_string_append_printf (pdf->file.text, "<< /N %u /Alternate %s", image->components,
                          device_space (image->components));
  if (image->profile_filter != NULL)
    g_string_append_printf (pdf->file.text, " /Filter /%s", image->profile_filter);
  return se_pdf_writer_stream (&pdf->file, in_fd, image->profile, error);
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
  append_head (pdf->file.text, image->width, image->height, image->bits,
               image->data != NULL ? image->filter : "FlateDecode");
  append_space (pdf->file.text, image, profile);
  if (image->data == NULL)
    append_predictor (pdf->file.text, image->palette != NULL ? 1 : image->components, image->bits,
                      image->width);
  else if (image->parameters != NULL)
    g_string_append_printf (pdf->file.text, " /DecodeParms << %s >>", image->parameters);
  if (image->inverted)
    {
      g_string_append (pdf->file.text, " /Decode [");
      for (guint i = 0; i < image->components; i++)
        g_string_append (pdf->file.text, i == 0 ? "1 0" : " 1 0");
      g_string_append_c (pdf->file.text, ']');
    }
  if (image->key != NULL)
    g_string_append_printf (pdf->file.text, " /Mask [%s]", image->key);
  if (image->alpha > 0)
    g_string_append_printf (pdf->file.text, " /SMask %u 0 R", mask_number (pdf));
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
      if (pdf->file.fd >= 0 && (pdf->alpha_fd = se_temp_file (error)) < 0)
        return FALSE;
      pdf->alpha = se_packer_new (pdf->alpha_fd, image->width, image->alpha, FALSE);
      pdf->alpha_left = image->height;
      pdf->opaque = TRUE;
    }
  if (image->data == NULL)
    {
      guint components = image->palette != NULL ? 1 : image->components;

      pdf->rows = se_packer_new (pdf->file.fd, image->width, components * image->bits,
                                 image->palette != NULL);
      pdf->rows_left = image->height;
    }
  pdf->number = se_pdf_writer_next (&pdf->file);
  se_pdf_writer_begin (&pdf->file, pdf->number);
  append_image (pdf, image, profile);
  if (image->data != NULL)
    return se_pdf_writer_stream (&pdf->file, in_fd, image->data, error);
  g_string_append_printf (pdf->file.text, " /Length %u 0 R >>\nstream\n", pdf->number + 1);
  return se_pdf_writer_flush (&pdf->file, error);
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
  pdf->file.position += length;
  g_string_append (pdf->file.text, "\nendstream\nendobj\n");
  se_pdf_writer_begin (&pdf->file, pdf->number + 1);
  g_string_append_printf (pdf->file.text, "%" G_GUINT64_FORMAT "\nendobj\n", length);
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
  se_pdf_writer_begin (&pdf->file, mask_number (pdf));
  if (pdf->opaque || pdf->file.fd < 0)
    {
      g_string_append (pdf->file.text, "null\nendobj\n");
      return TRUE;
    }
  g_array_append_val (data, all);
  append_head (pdf->file.text, pdf->image.width, pdf->image.height, pdf->image.alpha,
               "FlateDecode");
  g_string_append (pdf->file.text, " /ColorSpace /DeviceGray");
  append_predictor (pdf->file.text, 1, pdf->image.alpha, pdf->image.width);
  return se_pdf_writer_stream (&pdf->file, pdf->alpha_fd, data, error);
}

/* Adds the page's content: the image, in the middle of a page that may not be as small as it. */
static void
add_content (SeImagePdf *pdf, double width, double height, gboolean mirrored)
{
  g_autoptr (GString) content = g_string_new (mirrored ? "-" : "");
  double left = (MAX (width, UNITS_MIN) - width) / 2;
  double bottom = (MAX (height, UNITS_MIN) - height) / 2;

  se_pdf_append_number (content, width);
  g_string_append (content, " 0 0 ");
  se_pdf_append_number (content, height);
  g_string_append_c (content, ' ');
  se_pdf_append_number (content, mirrored ? left + width : left);
  g_string_append_c (content, ' ');
  se_pdf_append_number (content, bottom);
  g_string_append (content, " cm /Im Do");
  se_pdf_writer_begin (&pdf->file, se_pdf_writer_next (&pdf->file));
  g_string_append_printf (pdf->file.text,
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
  page = se_pdf_writer_next (&pdf->file);
  g_array_append_val (pdf->kids, page);
  se_pdf_writer_begin (&pdf->file, page);
  g_string_append_printf (pdf->file.text, "<< /Type /Page /Parent %d 0 R /MediaBox [0 0 ", PAGES);
  se_pdf_append_number (pdf->file.text, MAX (width, UNITS_MIN));
  g_string_append_c (pdf->file.text, ' ');
  se_pdf_append_number (pdf->file.text, MAX (height, UNITS_MIN));
  g_string_append_printf (pdf->file.text,
                          "] /Contents %u 0 R /Resources << /XObject << /Im %u 0 R >> >>", page - 1,
                          pdf->number);
  if (degrees > 0)
    g_string_append_printf (pdf->file.text, " /Rotate %d", degrees);
  if (unit > 1)
    g_string_append_printf (pdf->file.text, " /UserUnit %u", unit);
  g_string_append (pdf->file.text, " >>\nendobj\n");
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
  se_pdf_writer_begin (&pdf->file, CATALOG);
  g_string_append_printf (pdf->file.text, "<< /Type /Catalog /Pages %d 0 R >>\nendobj\n", PAGES);
  se_pdf_writer_begin (&pdf->file, PAGES);
  g_string_append_printf (pdf->file.text, "<< /Type /Pages /Count %u /Kids [", pdf->kids->len);
  for (guint i = 0; i < pdf->kids->len; i++)
    g_string_append_printf (pdf->file.text, i == 0 ? "%u 0 R" : "\n%u 0 R",
                            g_array_index (pdf->kids, guint, i));
  g_string_append (pdf->file.text, "] >>\nendobj\n");
  return se_pdf_writer_finish (&pdf->file, CATALOG, error);
}
