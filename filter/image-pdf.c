/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/image-pdf.h"

#include "common/io.h"

#include <errno.h>
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

struct SeImagePdf
{
  int fd;
  guint64 position; /* in the file, of what is in text */
  GString *text;    /* not yet written */
  GArray *offsets;  /* guint64 of each object, from number 1 */
  GArray *kids;     /* guint: object numbers of the pages */
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
se_image_pdf_new (int out_fd)
{
  SeImagePdf *pdf = g_new0 (SeImagePdf, 1);

  pdf->fd = out_fd;
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
  g_free (pdf);
}

static gboolean
flush (SeImagePdf *pdf, GError **error)
{
  if (!se_io_write_all (pdf->fd, pdf->text->str, pdf->text->len, error))
    return FALSE;
  pdf->position += pdf->text->len;
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

static gboolean
copy_range (SeImagePdf *pdf, int in_fd, const SeRange *range, GError **error)
{
  g_autofree char *chunk = g_malloc (CHUNK);

  for (guint64 done = 0; done < range->length;)
    {
      gssize length = pread (in_fd, chunk, (gsize)MIN (CHUNK, range->length - done),
                             (off_t)(range->offset + done));

      if (length < 0 && errno == EINTR)
        continue;
      if (length <= 0)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, "it cannot be read: %s",
                       length < 0 ? g_strerror (errno) : "it has become shorter");
          return FALSE;
        }
      if (!se_io_write_all (pdf->fd, chunk, (gsize)length, error))
        return FALSE;
      pdf->position += (guint64)length;
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

/* Adds the image without its page; returns the object's number in *number. */
static gboolean
add_image (SeImagePdf *pdf, int in_fd, const SeImage *image, guint *number, GError **error)
{
  guint profile = 0;

  if (image->profile != NULL)
    {
      profile = next_object (pdf);
      begin_object (pdf, profile);
      g_string_append_printf (pdf->text, "<< /N %u /Alternate %s", image->components,
                              device_space (image->components));
      if (image->profile_filter != NULL)
        g_string_append_printf (pdf->text, " /Filter /%s", image->profile_filter);
      if (!add_stream (pdf, in_fd, image->profile, error))
        return FALSE;
    }
  *number = next_object (pdf);
  begin_object (pdf, *number);
  g_string_append_printf (pdf->text,
                          "<< /Type /XObject /Subtype /Image /Width %u /Height %u"
                          " /BitsPerComponent %u /Filter /%s",
                          image->width, image->height, image->bits, image->filter);
  append_space (pdf->text, image, profile);
  if (image->parameters != NULL)
    g_string_append_printf (pdf->text, " /DecodeParms << %s >>", image->parameters);
  if (image->inverted)
    {
      g_string_append (pdf->text, " /Decode [");
      for (guint i = 0; i < image->components; i++)
        g_string_append (pdf->text, i == 0 ? "1 0" : " 1 0");
      g_string_append_c (pdf->text, ']');
    }
  return add_stream (pdf, in_fd, image->data, error);
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

gboolean
se_image_pdf_add (SeImagePdf *pdf, int in_fd, const SeImage *image, GError **error)
{
  double longest = MAX (image->points_wide, image->points_high);
  guint unit = (guint)MAX (ceil (longest / UNITS_MAX), 1);
  double width = image->points_wide / unit, height = image->points_high / unit;
  int degrees = orientations[image->orientation].degrees;
  guint number, page;

  if (!add_image (pdf, in_fd, image, &number, error))
    return FALSE;
  add_content (pdf, width, height, orientations[image->orientation].mirrored);
  page = next_object (pdf);
  g_array_append_val (pdf->kids, page);
  begin_object (pdf, page);
  g_string_append_printf (pdf->text, "<< /Type /Page /Parent %u 0 R /MediaBox [0 0 ", PAGES);
  append_number (pdf->text, MAX (width, UNITS_MIN));
  g_string_append_c (pdf->text, ' ');
  append_number (pdf->text, MAX (height, UNITS_MIN));
  g_string_append_printf (
      pdf->text, "] /Contents %u 0 R /Resources << /XObject << /Im %u 0 R >> >>", page - 1, number);
  if (degrees > 0)
    g_string_append_printf (pdf->text, " /Rotate %d", degrees);
  if (unit > 1)
    g_string_append_printf (pdf->text, " /UserUnit %u", unit);
  g_string_append (pdf->text, " >>\nendobj\n");
  return TRUE;
}

gboolean
se_image_pdf_finish (SeImagePdf *pdf, GError **error)
{
  guint64 start;

  begin_object (pdf, CATALOG);
  g_string_append_printf (pdf->text, "<< /Type /Catalog /Pages %u 0 R >>\nendobj\n", PAGES);
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
