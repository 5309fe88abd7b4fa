/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/tiff-rows.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define PLANES_MAX 5         /* four colours and opacity */
#define BAND_MAX (256 << 20) /* bytes of a row of tiles, or of a strip that libtiff converts */

/* Samples that stand together: all of a pixel, or one kind of them. */
typedef struct
{
  TIFF *tiff;
  gboolean own; /* tiff is a handle of its own: the planes are decoded side by side */
  guint16 sample;
  guchar *line; /* the current row */
} Plane;

struct SeTiffRows
{
  SeTiffFile *file;
  const SeTiffLayout *layout;
  Plane planes[PLANES_MAX];
  guint count;
  guint32 row;  /* the next one */
  guchar *band; /* decoded tiles, plane after plane, from the left to the right; NULL: no tiles */
  guint32 band_high; /* rows in it */
  guint across;      /* tiles side by side */
  gsize tile_size, tile_row;
};

static gboolean
fail (const char *why, GError **error)
{
  g_set_error_literal (error, SE_ERROR, SE_ERROR_DOCUMENT, why);
  return FALSE;
}

static gsize
line_size (const SeTiffLayout *layout)
{
  guint samples = layout->separate ? 1 : layout->samples;

  return (gsize)(((guint64)layout->width * samples * layout->bits + 7) / 8);
}

gsize
se_tiff_rows_size (const SeTiffRows *rows)
{
  const SeTiffLayout *layout = rows->layout;

  return (gsize)(((guint64)layout->width * layout->components * layout->bits + 7) / 8);
}

/* Strips are decoded in order, so each plane needs a handle that stands at its own row. */
static gboolean
add_plane (SeTiffRows *rows, TIFF *tiff, guint sample)
{
  Plane *plane = &rows->planes[rows->count];

  plane->sample = (guint16)sample;
  plane->tiff = tiff;
  if (rows->count > 0 && !rows->layout->tiled)
    {
      plane->own = TRUE;
      plane->tiff = se_tiff_file_open (rows->file);
    }
  rows->count++;
  return plane->tiff != NULL
         && (!plane->own || TIFFSetSubDirectory (plane->tiff, TIFFCurrentDirOffset (tiff)) != 0);
}

static gboolean
add_planes (SeTiffRows *rows, TIFF *tiff)
{
  const SeTiffLayout *layout = rows->layout;

  if (!layout->separate)
    return add_plane (rows, tiff, 0);
  for (guint i = 0; i < layout->components; i++)
    if (!add_plane (rows, tiff, i))
      return FALSE;
  return layout->alpha == 0 || add_plane (rows, tiff, layout->alpha - 1);
}

static gboolean
prepare_band (SeTiffRows *rows, TIFF *tiff, GError **error)
{
  const SeTiffLayout *layout = rows->layout;
  guint32 wide = layout->width, high = layout->height;
  guint64 size;

  TIFFGetFieldDefaulted (tiff, layout->tiled ? TIFFTAG_TILELENGTH : TIFFTAG_ROWSPERSTRIP, &high);
  if (layout->tiled)
    TIFFGetField (tiff, TIFFTAG_TILEWIDTH, &wide);
  else
    high = MIN (high, layout->height);
  if (wide == 0 || high == 0)
    return fail (_ ("it has tiles without size"), error);
  rows->band_high = high;
  rows->across = (layout->width - 1) / wide + 1;
  rows->tile_row = layout->rgba ? (gsize)wide * 4 : (gsize)TIFFTileRowSize (tiff);
  size = layout->rgba ? (guint64)rows->tile_row * high : (guint64)TIFFTileSize (tiff);
  rows->tile_size = (gsize)size;
  if (!layout->rgba
      && ((guint64)wide * (layout->separate ? 1 : layout->samples) * layout->bits) % 8)
    return fail (_ ("it has tiles whose rows do not end at whole bytes"), error);
  if (size == 0 || size > BAND_MAX || size * rows->across * rows->count > BAND_MAX
      || rows->tile_row * high > size
      || (rows->band = g_try_malloc (rows->tile_size * rows->across * rows->count)) == NULL)
    return fail (_ ("its tiles or strips are too large"), error);
  return TRUE;
}

static gboolean
prepare (SeTiffRows *rows, TIFF *tiff, GError **error)
{
  const SeTiffLayout *layout = rows->layout;
  gsize size;

  if (!add_planes (rows, tiff))
    return fail (_ ("it cannot be read"), error);
  if (layout->rgba)
    /* Each strip would be turned for itself. */
    TIFFSetField (tiff, TIFFTAG_ORIENTATION, ORIENTATION_TOPLEFT);
  else if (!layout->tiled && (gsize)TIFFScanlineSize (tiff) != line_size (layout))
    return fail (_ ("its rows are not as long as its tags say"), error);
  if ((layout->tiled || layout->rgba) && !prepare_band (rows, tiff, error))
    return FALSE;
  size = rows->band == NULL ? line_size (layout) : rows->tile_row * rows->across;
  if (size < line_size (layout))
    return fail (_ ("its tiles are not as large as its tags say"), error);
  for (guint i = 0; i < rows->count; i++)
    rows->planes[i].line = g_malloc (size);
  return TRUE;
}

SeTiffRows *
se_tiff_rows_new (SeTiffFile *file, TIFF *tiff, const SeTiffLayout *layout, GError **error)
{
  SeTiffRows *rows = g_new0 (SeTiffRows, 1);

  rows->file = file;
  rows->layout = layout;
  if (prepare (rows, tiff, error))
    return rows;
  se_tiff_rows_free (rows);
  return NULL;
}

void
se_tiff_rows_free (SeTiffRows *rows)
{
  for (guint i = 0; i < rows->count; i++)
    {
      if (rows->planes[i].own)
        se_tiff_file_close (rows->planes[i].tiff);
      g_free (rows->planes[i].line);
    }
  g_free (rows->band);
  g_free (rows);
}

static gboolean
read_tile (const SeTiffRows *rows, const Plane *plane, guint32 x, guchar *tile)
{
  TIFF *tiff = plane->tiff;

  if (!rows->layout->rgba)
    return TIFFReadTile (tiff, tile, x, rows->row, 0, plane->sample) >= 0;
  return rows->layout->tiled ? TIFFReadRGBATileExt (tiff, x, rows->row, (gpointer)tile, 1) != 0
                             : TIFFReadRGBAStripExt (tiff, rows->row, (gpointer)tile, 1) != 0;
}

static gboolean
read_band (SeTiffRows *rows)
{
  guchar *tile = rows->band;
  guint32 wide = 0;

  TIFFGetField (rows->planes[0].tiff, TIFFTAG_TILEWIDTH, &wide);
  for (guint p = 0; p < rows->count; p++)
    for (guint i = 0; i < rows->across; i++, tile += rows->tile_size)
      if (!read_tile (rows, &rows->planes[p], i * wide, tile))
        return FALSE;
  return TRUE;
}

/* What libtiff converts stands upside down, a strip at the end without the rows that it lacks. */
static guint32
row_in_tile (const SeTiffRows *rows)
{
  guint32 row = rows->row % rows->band_high, high = rows->band_high;

  if (!rows->layout->rgba)
    return row;
  if (!rows->layout->tiled)
    high = MIN (high, rows->layout->height - (rows->row - row));
  return high - 1 - row;
}

/* Puts the parts of a row together. */
static void
take_from_band (SeTiffRows *rows)
{
  guint32 row = row_in_tile (rows);

  for (guint p = 0; p < rows->count; p++)
    for (guint i = 0; i < rows->across; i++)
      memcpy (rows->planes[p].line + i * rows->tile_row,
              rows->band + ((gsize)p * rows->across + i) * rows->tile_size + row * rows->tile_row,
              rows->tile_row);
  if (rows->layout->rgba)
    for (guint32 x = 0; x < rows->layout->width; x++)
      {
        guint32 *pixel = (guint32 *)(gpointer)rows->planes[0].line + x;

        *pixel = GUINT32_TO_LE (*pixel); /* red in the first byte */
      }
}

static gboolean
read_row (SeTiffRows *rows)
{
  if (rows->band != NULL)
    {
      if (rows->row % rows->band_high == 0 && !read_band (rows))
        return FALSE;
      take_from_band (rows);
    }
  else
    for (guint i = 0; i < rows->count; i++)
      if (TIFFReadScanline (rows->planes[i].tiff, rows->planes[i].line, rows->row,
                            rows->planes[i].sample)
          < 0)
        return FALSE;
  rows->row++;
  return TRUE;
}

/* Lines are allocated each by itself, so that samples of 16 bits are aligned. */
static guint
get_sample (const SeTiffRows *rows, guint32 x, guint sample)
{
  const SeTiffLayout *layout = rows->layout;
  guint plane = !layout->separate ? 0 : sample < layout->components ? sample : rows->count - 1;
  const guchar *line = rows->planes[plane].line;
  gsize index = layout->separate ? x : (gsize)x * layout->samples + sample;
  gsize bit = index * layout->bits;

  if (layout->bits == 8)
    return line[index];
  if (layout->bits == 16)
    return ((const guint16 *)(gconstpointer)line)[index];
  return (guint)(line[bit / 8] >> (8 - layout->bits - bit % 8)) & ((1U << layout->bits) - 1);
}

/* Into a row of zeros. */
static void
put_sample (guchar *line, gsize index, guint bits, guint value)
{
  gsize bit = index * bits;

  if (bits == 16)
    {
      line[2 * index] = (guchar)(value >> 8);
      line[2 * index + 1] = (guchar)value;
    }
  else
    line[bit / 8] |= (guchar)(value << (8 - bits - bit % 8));
}

static guint
divide (guint value, guint alpha, guint full)
{
  return alpha == 0 ? 0 : (guint)MIN (((guint64)value * full + alpha / 2) / alpha, full);
}

/* The samples of the colour, all that there are, as they stand in a row. */
static void
copy_color (const SeTiffRows *rows, guchar *color)
{
  const SeTiffLayout *layout = rows->layout;
  gsize size = se_tiff_rows_size (rows);
  guint spare = (guint)(size * 8 - (gsize)layout->width * layout->components * layout->bits);

  if (layout->bits == 16)
    for (gsize i = 0; i < size / 2; i++)
      put_sample (color, i, 16, ((const guint16 *)(gconstpointer)rows->planes[0].line)[i]);
  else
    memcpy (color, rows->planes[0].line, size);
  color[size - 1] &= (guchar)(0xff << spare);
}

static void
take_color (const SeTiffRows *rows, guchar *color)
{
  const SeTiffLayout *layout = rows->layout;
  guint full = (1U << layout->bits) - 1;
  gboolean multiplied = layout->associated && layout->colors == 0;

  if (!layout->separate && layout->samples == layout->components)
    {
      copy_color (rows, color);
      return;
    }
  memset (color, 0, se_tiff_rows_size (rows));
  for (guint32 x = 0; x < layout->width; x++)
    for (guint k = 0; k < layout->components; k++)
      {
        guint value = get_sample (rows, x, k);

        if (multiplied)
          value = divide (value, get_sample (rows, x, layout->alpha - 1), full);
        put_sample (color, (gsize)x * layout->components + k, layout->bits, value);
      }
}

static void
take_alpha (const SeTiffRows *rows, guchar *alpha)
{
  const SeTiffLayout *layout = rows->layout;
  guint full = (1U << layout->bits) - 1;

  for (guint32 x = 0; x < layout->width; x++)
    {
      guint value = get_sample (rows, x, layout->alpha - 1);

      if (layout->bits == 16)
        put_sample (alpha, x, 16, value);
      else
        alpha[x] = (guchar)(value * 0xff / full);
    }
}

gboolean
se_tiff_rows_next (SeTiffRows *rows, guchar *color, guchar *alpha)
{
  if (!read_row (rows))
    return FALSE;
  if (color != NULL)
    take_color (rows, color);
  if (alpha != NULL && rows->layout->alpha > 0)
    take_alpha (rows, alpha);
  return TRUE;
}
