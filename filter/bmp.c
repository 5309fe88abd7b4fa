/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/bmp.h"

#include "filter/canvas.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SIDE_MAX 1000000 /* pixels */
#define FILE_HEADER 14   /* bytes */
#define CORE_HEADER 12   /* of OS/2 1.x */
#define INFO_HEADER 40
#define INCH 0.0254 /* metres */

enum
{
  RGB,
  RLE8,
  RLE4,
  BITFIELDS,
  ALPHA_BITFIELDS = 6,
};

/* Where a component stands in a pixel. */
typedef struct
{
  guint shift, bits; /* 0 bits: it does not */
} Field;

typedef struct
{
  SeReader *reader;
  SeImagePdf *pdf;
  guint32 data;   /* where the pixels begin */
  guint32 header; /* its length */
  guint32 width, height;
  gboolean down; /* the first row is the top one */
  guint32 bits;  /* of a pixel */
  guint32 compression;
  guint32 colors;  /* that the header tells of, 0: all */
  Field fields[4]; /* red, green, blue, opacity */
  guint depth;     /* of a component in the PDF */
  guchar palette[3 * 256];
  SeResolution resolution;
} Bmp;

static gboolean
is_packed (const Bmp *bmp)
{
  return bmp->compression == RLE8 || bmp->compression == RLE4;
}

static gboolean
read_core (Bmp *bmp)
{
  guint32 planes;

  return se_reader_u16 (bmp->reader, FALSE, &bmp->width)
         && se_reader_u16 (bmp->reader, FALSE, &bmp->height)
         && se_reader_u16 (bmp->reader, FALSE, &planes)
         && se_reader_u16 (bmp->reader, FALSE, &bmp->bits);
}

/* OS/2 2.x may cut this header; what is not there counts as 0. */
static gboolean
read_info (Bmp *bmp)
{
  guint32 values[6] = { 0 }; /* compression, size, resolution x and y, colours, important ones */
  guint32 planes;

  if (!se_reader_u32 (bmp->reader, FALSE, &bmp->width)
      || !se_reader_u32 (bmp->reader, FALSE, &bmp->height)
      || !se_reader_u16 (bmp->reader, FALSE, &planes)
      || !se_reader_u16 (bmp->reader, FALSE, &bmp->bits))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (values) && 16 + 4 * (i + 1) <= bmp->header; i++)
    if (!se_reader_u32 (bmp->reader, FALSE, &values[i]))
      return FALSE;
  bmp->down = bmp->height > G_MAXINT32;
  if (bmp->down)
    bmp->height = -bmp->height;
  bmp->compression = values[0];
  bmp->resolution = (SeResolution){ .x = values[2] * INCH, .y = values[3] * INCH };
  bmp->colors = values[4];
  return TRUE;
}

/* FALSE: the mask has a hole. */
static gboolean
set_field (Field *field, guint32 mask)
{
  *field = (Field){ 0 };
  if (mask == 0)
    return TRUE;
  while ((mask >> field->shift & 1) == 0)
    field->shift++;
  while (field->shift + field->bits < 32 && (mask >> (field->shift + field->bits) & 1) != 0)
    field->bits++;
  return (guint64)mask >> (field->shift + field->bits) == 0;
}

/* Finds where the components stand; behind the header of 40 bytes, or in a longer one. */
static gboolean
read_fields (Bmp *bmp)
{
  guint32 masks[4] = { 0xff0000, 0xff00, 0xff, 0 };
  gboolean stated = bmp->compression == BITFIELDS || bmp->compression == ALPHA_BITFIELDS;
  guint count = bmp->header >= 56 || bmp->compression == ALPHA_BITFIELDS ? 4 : 3;

  if (bmp->bits == 16)
    {
      masks[0] = 0x7c00;
      masks[1] = 0x03e0;
      masks[2] = 0x001f;
    }
  if (stated && !se_reader_seek (bmp->reader, FILE_HEADER + INFO_HEADER))
    return FALSE;
  bmp->depth = 8;
  for (guint i = 0; i < 4; i++)
    {
      if ((stated && i < count && !se_reader_u32 (bmp->reader, FALSE, &masks[i]))
          || !set_field (&bmp->fields[i], masks[i])
          || bmp->fields[i].shift + bmp->fields[i].bits > bmp->bits)
        return FALSE;
      if (bmp->fields[i].bits > 8)
        bmp->depth = 16;
      if (bmp->fields[i].bits > 16)
        {
          bmp->fields[i].shift += bmp->fields[i].bits - 16;
          bmp->fields[i].bits = 16;
        }
    }
  return TRUE;
}

/* Reads the palette, behind the header; colours that it does not have are black. */
static gboolean
read_palette (Bmp *bmp)
{
  guint size = bmp->header == CORE_HEADER ? 3 : 4;
  guint64 start = FILE_HEADER + (guint64)bmp->header;
  guint all = 1U << bmp->bits, count = bmp->colors > 0 ? MIN (bmp->colors, all) : all;

  if (bmp->data < start || !se_reader_seek (bmp->reader, start))
    return FALSE;
  count = (guint)MIN (count, (bmp->data - start) / size);
  for (guint i = 0; i < count; i++)
    {
      guchar color[4]; /* blue, green, red */

      if (!se_reader_read (bmp->reader, color, size))
        return FALSE;
      for (guint component = 0; component < 3; component++)
        bmp->palette[3 * i + component] = color[2 - component];
    }
  return count > 0;
}

/* FALSE: it is damaged. */
static gboolean
read_header (Bmp *bmp)
{
  if (!se_reader_seek (bmp->reader, 10) || !se_reader_u32 (bmp->reader, FALSE, &bmp->data)
      || !se_reader_u32 (bmp->reader, FALSE, &bmp->header)
      || !(bmp->header == CORE_HEADER ? read_core (bmp) : bmp->header >= 16 && read_info (bmp)))
    return FALSE;
  return bmp->width > 0 && bmp->width <= SIDE_MAX && bmp->height > 0 && bmp->height <= SIDE_MAX
         && (bmp->data >= FILE_HEADER + (guint64)bmp->header);
}

/* Tells whether it is of a kind that is read here. In OS/2 2.x, whose header may have 64 bytes, the
 * number that stands for bit fields means a fax code. */
static gboolean
is_known (const Bmp *bmp)
{
  switch (bmp->compression)
    {
    case RGB:
      return bmp->bits == 1 || bmp->bits == 2 || bmp->bits == 4 || bmp->bits == 8 || bmp->bits == 16
             || bmp->bits == 24 || bmp->bits == 32;
    case RLE8:
      return bmp->bits == 8 && !bmp->down;
    case RLE4:
      return bmp->bits == 4 && !bmp->down;
    case BITFIELDS:
    case ALPHA_BITFIELDS:
      return (bmp->bits == 16 || bmp->bits == 32) && bmp->header >= INFO_HEADER
             && bmp->header != 64;
    default:
      return FALSE;
    }
}

/* Puts count pixels at x, y of the canvas: of a run alternately two indices, else those in data.
 * Rows come from the bottom up. */
static gboolean
put_pixels (const Bmp *bmp, SeCanvas *canvas, guint32 *x, guint32 y, const guchar *data,
            guint count, gboolean run)
{
  guchar *row;

  if (y >= bmp->height || count > bmp->width - *x)
    return FALSE;
  row = se_canvas_row (canvas, bmp->height - 1 - y);
  for (guint i = 0; i < count; i++)
    row[(*x)++] = bmp->bits == 8 ? data[run ? 0 : i]
                  : i % 2 == 0   ? data[run ? 0 : i / 2] >> 4
                                 : data[run ? 0 : i / 2] & 0xf;
  return TRUE;
}

/* Unpacks run lengths up to the code that ends them; pixels that they pass over stay 0. */
static gboolean
unpack (const Bmp *bmp, SeCanvas *canvas)
{
  guint32 x = 0, y = 0;
  guchar code[2], data[256];

  for (;;)
    {
      if (!se_reader_read (bmp->reader, code, sizeof code))
        return FALSE;
      if (code[0] > 0)
        {
          if (!put_pixels (bmp, canvas, &x, y, &code[1], code[0], TRUE))
            return FALSE;
        }
      else if (code[1] == 0)
        {
          x = 0;
          y++;
        }
      else if (code[1] == 1)
        return TRUE;
      else if (code[1] == 2)
        {
          if (!se_reader_read (bmp->reader, data, 2) || data[0] > bmp->width - x)
            return FALSE;
          x += data[0];
          y += data[1];
        }
      else
        {
          gsize length = bmp->bits == 8 ? code[1] : (code[1] + 1U) / 2;

          if (!se_reader_read (bmp->reader, data, length + length % 2)
              || !put_pixels (bmp, canvas, &x, y, data, code[1], FALSE))
            return FALSE;
        }
    }
}

/* Reads the row y, from the top, as it is stored. */
static gboolean
read_row (const Bmp *bmp, guint32 y, guchar *row)
{
  guint64 size = ((guint64)bmp->width * bmp->bits + 31) / 32 * 4;

  return se_reader_seek (bmp->reader, bmp->data + size * (bmp->down ? y : bmp->height - 1 - y))
         && se_reader_read (bmp->reader, row, size);
}

static void
put_sample (const Bmp *bmp, guint component, guint32 pixel, guchar *sample)
{
  const Field *field = &bmp->fields[component];
  guint32 top = (1U << field->bits) - 1, full = (1U << bmp->depth) - 1;
  guint32 value = field->bits == 0 ? 0 : pixel >> field->shift & top;

  value = field->bits == 0 ? 0 : (guint32)(((guint64)value * full + top / 2) / top);
  sample[0] = (guchar)(bmp->depth == 8 ? value : value >> 8);
  if (bmp->depth == 16)
    sample[1] = (guchar)value;
}

/* Takes a row apart: colours, and opacity if that is not NULL. Returns whether any is not 0. */
static gboolean
split_row (const Bmp *bmp, const guchar *row, guchar *colors, guchar *opacity)
{
  gsize size = bmp->bits / 8, depth = bmp->depth / 8;
  gboolean seen = FALSE;

  for (gsize x = 0; x < bmp->width; x++)
    {
      guint32 pixel = 0;

      for (gsize i = size; i-- > 0;)
        pixel = pixel << 8 | row[x * size + i];
      for (guint component = 0; component < 3; component++)
        put_sample (bmp, component, pixel, colors + (3 * x + component) * depth);
      if (opacity == NULL)
        continue;
      put_sample (bmp, 3, pixel, opacity + x * depth);
      seen = seen || opacity[x * depth] != 0;
    }
  return seen;
}

/* Some writers say where the opacity stands and leave it 0 throughout: they do not mean it. */
static gboolean
find_opacity (const Bmp *bmp, guchar *row, guchar *colors, guchar *opacity, gboolean *found)
{
  *found = FALSE;
  for (guint32 y = 0; bmp->fields[3].bits > 0 && !*found && y < bmp->height; y++)
    {
      if (!read_row (bmp, y, row))
        return FALSE;
      *found = split_row (bmp, row, colors, opacity);
    }
  return TRUE;
}

static gboolean
fail (GError **error)
{
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("it is a damaged or incomplete BMP image"));
  return FALSE;
}

static SeImage
make_image (const Bmp *bmp, guint bits)
{
  return (SeImage){ .width = bmp->width,
                    .height = bmp->height,
                    .bits = bits,
                    .components = 3,
                    .resolution = bmp->resolution,
                    .orientation = 1 };
}

static gboolean
add_colors (const Bmp *bmp, GError **error)
{
  gsize width = bmp->width;
  g_autofree guchar *row = g_malloc (width * 4 + 4);
  g_autofree guchar *colors = g_malloc (width * 6);
  g_autofree guchar *opacity = g_malloc (width * 2);
  SeImage image = make_image (bmp, bmp->depth);
  gboolean translucent;

  if (!find_opacity (bmp, row, colors, opacity, &translucent))
    return fail (error);
  image.alpha = translucent ? bmp->depth : 0;
  if (!se_image_pdf_begin (bmp->pdf, -1, &image, error))
    return FALSE;
  for (guint32 y = 0; y < bmp->height; y++)
    {
      if (!read_row (bmp, y, row))
        return fail (error);
      split_row (bmp, row, colors, translucent ? opacity : NULL);
      if (!se_image_pdf_add_row (bmp->pdf, colors, error)
          || (translucent && !se_image_pdf_add_alpha (bmp->pdf, opacity, error)))
        return FALSE;
    }
  return se_image_pdf_end (bmp->pdf, error);
}

/* canvas: of the unpacked indices, NULL: they are not packed. */
static gboolean
add_indices (const Bmp *bmp, const SeCanvas *canvas, GError **error)
{
  g_autofree guchar *stored = g_malloc ((gsize)bmp->width + 4);
  gsize used = (gsize)bmp->width * bmp->bits;
  SeImage image = make_image (bmp, canvas != NULL ? 8 : bmp->bits);

  image.palette = bmp->palette;
  image.colors = 1U << bmp->bits;
  if (!se_image_pdf_begin (bmp->pdf, -1, &image, error))
    return FALSE;
  for (guint32 y = 0; y < bmp->height; y++)
    {
      const guchar *row = canvas != NULL ? se_canvas_row (canvas, y) : stored;

      if (canvas == NULL && !read_row (bmp, y, stored))
        return fail (error);
      if (canvas == NULL && used % 8 > 0)
        stored[used / 8] = (guchar)(stored[used / 8] & 0xff00U >> used % 8);
      if (!se_image_pdf_add_row (bmp->pdf, row, error))
        return FALSE;
    }
  return se_image_pdf_end (bmp->pdf, error);
}

static gboolean
add_packed (const Bmp *bmp, GError **error)
{
  SeCanvas canvas;
  gboolean done;

  if (!se_canvas_open (&canvas, bmp->width, bmp->height, error))
    return FALSE;
  done = se_reader_seek (bmp->reader, bmp->data) && unpack (bmp, &canvas)
             ? add_indices (bmp, &canvas, error)
             : fail (error);
  se_canvas_close (&canvas);
  return done;
}

gboolean
se_bmp_add (SeImagePdf *pdf, SeReader *reader, GError **error)
{
  g_autofree Bmp *bmp = g_new0 (Bmp, 1);

  bmp->reader = reader;
  bmp->pdf = pdf;
  if (!read_header (bmp))
    return fail (error);
  if (!is_known (bmp))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("it is a BMP image of a kind that cannot be read (%u bits, compression %u)"),
                   bmp->bits, bmp->compression);
      return FALSE;
    }
  if (bmp->bits > 8)
    return read_fields (bmp) ? add_colors (bmp, error) : fail (error);
  if (!read_palette (bmp))
    return fail (error);
  return is_packed (bmp) ? add_packed (bmp, error) : add_indices (bmp, NULL, error);
}
