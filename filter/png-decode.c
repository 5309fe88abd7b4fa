/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/canvas.h"
#include "filter/png.h"

#include <glib/gi18n-lib.h>
#include <png.h>
#include <string.h>

typedef struct
{
  const SePng *png;
  SeReader *reader;
  SeImagePdf *pdf;
  gboolean rows;  /* are given to the PDF */
  gboolean alpha; /* is given to the PDF */
  guint bits;     /* of a pixel */
  guchar *row;    /* as it is decoded */
  guchar *colors; /* of a row whose opacity is set apart */
  guchar *opacity;
  SeCanvas canvas; /* of an interlaced image */
  png_structp decoder;
  png_infop info;
  char message[200]; /* libpng's */
} Decoding;

/* PDF can hold the data themselves, all but their transparency. */
static gboolean
is_plain (const SePng *png)
{
  return !png->interlaced && !png->alpha;
}

/* A colour that is not painted stands in the PDF's Mask; viewers know it of 8 bits at most. */
static gboolean
has_mask (const SePng *png)
{
  return png->keyed && png->bits <= 8;
}

static void
take_error (png_structp decoder, png_const_charp message)
{
  Decoding *decoding = png_get_error_ptr (decoder);

  g_strlcpy (decoding->message, message, sizeof decoding->message);
  png_longjmp (decoder, 1);
}

/* libpng warns of what does not matter to the pixels. */
static void
take_warning (png_structp decoder, png_const_charp message)
{
}

static void
read_data (png_structp decoder, png_bytep data, size_t length)
{
  Decoding *decoding = png_get_io_ptr (decoder);

  if (!se_reader_read (decoding->reader, data, length))
    png_error (decoder, "it cannot be read");
}

/* Sets the opacity apart that stands behind each pixel's colours. */
static void
split_row (Decoding *decoding, const guchar *row)
{
  gsize colors = (gsize)decoding->png->components * decoding->png->bits / 8;
  gsize opacity = decoding->png->bits / 8;

  for (gsize x = 0; x < decoding->png->width; x++)
    {
      const guchar *pixel = row + x * (colors + opacity);

      memcpy (decoding->colors + x * colors, pixel, colors);
      memcpy (decoding->opacity + x * opacity, pixel + colors, opacity);
    }
}

/* Finds the opacity of each index of a row. */
static void
look_up_opacity (Decoding *decoding, const guchar *row)
{
  guint bits = decoding->png->bits, last = (1U << bits) - 1;

  for (gsize x = 0; x < decoding->png->width; x++)
    {
      guint shift = 8 - bits - (guint)(x * bits % 8);

      decoding->opacity[x] = decoding->png->opacity[row[x * bits / 8] >> shift & last];
    }
}

/* Samples of 16 bits that are the key's are not seen. */
static void
compare_key (Decoding *decoding, const guchar *row)
{
  gsize size = 2 * decoding->png->components;

  for (gsize x = 0; x < decoding->png->width; x++)
    decoding->opacity[x] = memcmp (row + x * size, decoding->png->key, size) == 0 ? 0 : 0xff;
}

static gboolean
take_row (Decoding *decoding, const guchar *row, GError **error)
{
  if (decoding->png->alpha)
    {
      split_row (decoding, row);
      row = decoding->colors;
    }
  else if (decoding->png->keyed)
    compare_key (decoding, row);
  else if (decoding->alpha)
    look_up_opacity (decoding, row);
  return (!decoding->rows || se_image_pdf_add_row (decoding->pdf, row, error))
         && (!decoding->alpha || se_image_pdf_add_alpha (decoding->pdf, decoding->opacity, error));
}

static gboolean
decode_interlaced (Decoding *decoding, GError **error)
{
  guint32 height = decoding->png->height;
  int passes = png_set_interlace_handling (decoding->decoder);

  if (!se_canvas_open (&decoding->canvas, ((guint64)decoding->png->width * decoding->bits + 7) / 8,
                       height, error))
    return FALSE;
  png_start_read_image (decoding->decoder);
  for (int pass = 0; pass < passes; pass++)
    for (guint32 y = 0; y < height; y++)
      png_read_row (decoding->decoder, se_canvas_row (&decoding->canvas, y), NULL);
  for (guint32 y = 0; y < height; y++)
    if (!take_row (decoding, se_canvas_row (&decoding->canvas, y), error))
      return FALSE;
  return TRUE;
}

static gboolean
decode (Decoding *decoding, GError **error)
{
  if (setjmp (png_jmpbuf (decoding->decoder)) != 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("it is a damaged or incomplete PNG image (%s)"), decoding->message);
      return FALSE;
    }
  png_set_read_fn (decoding->decoder, decoding, read_data);
  png_set_user_limits (decoding->decoder, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_chunk_malloc_max (decoding->decoder, 0);
  png_set_keep_unknown_chunks (decoding->decoder, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info (decoding->decoder, decoding->info);
  if (decoding->png->interlaced)
    return decode_interlaced (decoding, error);
  for (guint32 y = 0; y < decoding->png->height; y++)
    {
      png_read_row (decoding->decoder, decoding->row, NULL);
      if (!take_row (decoding, decoding->row, error))
        return FALSE;
    }
  return TRUE;
}

/* Gives the PDF what it does not have by the data themselves. */
static gboolean
add_rows (SeImagePdf *pdf, SeReader *reader, const SePng *png, const SeImage *image, GError **error)
{
  g_autofree Decoding *decoding = g_new0 (Decoding, 1);
  guint samples = png->indexed ? 1 : png->components + (png->alpha ? 1 : 0);
  gsize pixels = png->width;
  g_autofree guchar *row = g_malloc (pixels * samples * png->bits / 8 + 1);
  g_autofree guchar *colors = g_malloc (pixels * png->components * png->bits / 8 + 1);
  g_autofree guchar *opacity = g_malloc (pixels * 2);
  gboolean done;

  *decoding = (Decoding){ .png = png,
                          .reader = reader,
                          .pdf = pdf,
                          .rows = image->data == NULL,
                          .alpha = image->alpha > 0,
                          .bits = samples * png->bits,
                          .row = row,
                          .colors = colors,
                          .opacity = opacity };
  if (!se_reader_seek (reader, 0))
    return FALSE;
  decoding->decoder
      = png_create_read_struct (PNG_LIBPNG_VER_STRING, decoding, take_error, take_warning);
  decoding->info = png_create_info_struct (decoding->decoder);
  done = decode (decoding, error);
  png_destroy_read_struct (&decoding->decoder, &decoding->info, NULL);
  se_canvas_close (&decoding->canvas);
  return done;
}

/* The entries of a Mask array, owned by the caller. */
static char *
mask_entries (const SePng *png)
{
  GString *entries = g_string_new (NULL);

  for (guint i = 0; i < png->components; i++)
    g_string_append_printf (entries, i == 0 ? "%u %u" : " %u %u", png->key[2 * i + 1],
                            png->key[2 * i + 1]);
  return g_string_free (entries, FALSE);
}

gboolean
se_png_add (SeImagePdf *pdf, SeReader *reader, const SePng *png, GError **error)
{
  g_autofree char *parameters
      = g_strdup_printf ("/Predictor 15 /Colors %u /BitsPerComponent %u /Columns %u",
                         png->indexed ? 1 : png->components, png->bits, png->width);
  g_autofree char *mask = has_mask (png) ? mask_entries (png) : NULL;
  SeImage image = {
    .width = png->width,
    .height = png->height,
    .bits = png->bits,
    .components = png->components,
    .filter = "FlateDecode",
    .parameters = parameters,
    .data = is_plain (png) ? png->data : NULL,
    .palette = png->indexed ? png->palette : NULL,
    .colors = png->colors,
    .key = mask,
    .alpha = png->alpha                                         ? png->bits
             : png->translucent || (png->keyed && mask == NULL) ? 8
                                                                : 0,
    .profile = png->profile->len > 0 ? png->profile : NULL,
    .profile_filter = "FlateDecode",
    .resolution = png->resolution,
    .orientation = 1,
  };

  return se_image_pdf_begin (pdf, reader->fd, &image, error)
         && ((image.data != NULL && image.alpha == 0) || add_rows (pdf, reader, png, &image, error))
         && se_image_pdf_end (pdf, error);
}
