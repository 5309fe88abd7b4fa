/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/png.h"

#include "filter/icc.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <zlib.h>

#define SIDE_MAX 1000000 /* pixels; libpng's own limit */
#define SURPLUS_MAX 65536
#define PROFILE_MAX (16 * 1024 * 1024)
#define INCH 0.0254 /* metres */

enum
{
  GREY = 0,
  COLOR = 2,
  INDEXED = 3,
  GREY_ALPHA = 4,
  COLOR_ALPHA = 6,
};

/* Image data on their way through zlib. */
typedef struct
{
  z_stream zlib;
  gboolean ended; /* the stream is all there */
  guint64 wanted; /* bytes that the image has */
  guint64 got;
  guint64 line; /* bytes of a line with its filter byte; 0: lines differ (interlace) */
  guchar out[65536];
} Inflater;

typedef struct
{
  SeReader *reader;
  SePng *png;
  Inflater inflater;
  gboolean header;
  guint type; /* of colour */
  guchar buffer[65536];
} Walk;

/* Lines in inflated data begin with a byte that names their filter. */
static gboolean
check_lines (const Inflater *inflater, gsize length)
{
  guint64 first;

  if (inflater->line == 0)
    return TRUE;
  first = (inflater->line - inflater->got % inflater->line) % inflater->line;
  for (guint64 at = first; at < length && inflater->got + at < inflater->wanted;
       at += inflater->line)
    if (inflater->out[at] > 4)
      return FALSE;
  return TRUE;
}

static gboolean
feed (Inflater *inflater, guchar *data, gsize length)
{
  inflater->zlib.next_in = data;
  inflater->zlib.avail_in = (guint)length;
  while (!inflater->ended)
    {
      int status;
      gsize made;

      inflater->zlib.next_out = inflater->out;
      inflater->zlib.avail_out = sizeof inflater->out;
      status = inflate (&inflater->zlib, Z_NO_FLUSH);
      made = sizeof inflater->out - inflater->zlib.avail_out;
      if (status == Z_BUF_ERROR && made == 0)
        return TRUE; /* it needs more */
      if ((status != Z_OK && status != Z_STREAM_END) || !check_lines (inflater, made))
        return FALSE;
      inflater->got += made;
      inflater->ended = status == Z_STREAM_END;
      if (inflater->got > inflater->wanted + SURPLUS_MAX)
        return FALSE;
    }
  return TRUE;
}

/* The bytes of the inflated image: of its lines, or of those of each pass of Adam7. */
static guint64
count_bytes (const SePng *png, guint samples, gboolean interlaced)
{
  static const struct
  {
    guint x, y, step_x, step_y;
  } passes[] = { { 0, 0, 8, 8 }, { 4, 0, 8, 8 }, { 0, 4, 4, 8 }, { 2, 0, 4, 4 },
                 { 0, 2, 2, 4 }, { 1, 0, 2, 2 }, { 0, 1, 1, 2 } };
  guint64 total = 0;

  if (!interlaced)
    return (((guint64)png->width * samples * png->bits + 7) / 8 + 1) * png->height;
  for (gsize i = 0; i < G_N_ELEMENTS (passes); i++)
    {
      guint64 width = ((guint64)png->width + passes[i].step_x - 1 - passes[i].x) / passes[i].step_x;
      guint64 height
          = ((guint64)png->height + passes[i].step_y - 1 - passes[i].y) / passes[i].step_y;

      if (width > 0)
        total += ((width * samples * png->bits + 7) / 8 + 1) * height;
    }
  return total;
}

static gboolean
read_header (Walk *walk, guint64 length)
{
  SePng *png = walk->png;
  guchar bits, type, compression, filter, interlace;
  guint samples;

  if (length != 13 || !se_reader_u32 (walk->reader, TRUE, &png->width)
      || !se_reader_u32 (walk->reader, TRUE, &png->height) || !se_reader_byte (walk->reader, &bits)
      || !se_reader_byte (walk->reader, &type) || !se_reader_byte (walk->reader, &compression)
      || !se_reader_byte (walk->reader, &filter) || !se_reader_byte (walk->reader, &interlace))
    return FALSE;
  if (png->width == 0 || png->width > SIDE_MAX || png->height == 0 || png->height > SIDE_MAX
      || (bits != 1 && bits != 2 && bits != 4 && bits != 8 && bits != 16)
      || (type != GREY && type != COLOR && type != INDEXED && type != GREY_ALPHA
          && type != COLOR_ALPHA)
      || (type == INDEXED ? bits > 8 : type != GREY && bits < 8) || compression != 0 || filter != 0
      || interlace > 1)
    return FALSE;
  walk->header = TRUE;
  walk->type = type;
  png->interlaced = interlace != 0;
  png->bits = bits;
  png->indexed = type == INDEXED;
  png->components = type == GREY || type == GREY_ALPHA ? 1 : 3;
  png->alpha = type == GREY_ALPHA || type == COLOR_ALPHA;
  samples = type == INDEXED ? 1 : png->components + (png->alpha ? 1 : 0);
  walk->inflater.wanted = count_bytes (png, samples, png->interlaced);
  if (!png->interlaced)
    walk->inflater.line = walk->inflater.wanted / png->height;
  return TRUE;
}

static gboolean
read_palette (Walk *walk, guint64 length)
{
  walk->png->colors = (guint)(length / 3);
  return length > 0 && length <= sizeof walk->png->palette && length % 3 == 0
         && se_reader_read (walk->reader, walk->png->palette, (gsize)length);
}

/* tRNS: the opacity of the palette's first colours, or the one colour that is not painted. */
static gboolean
read_transparency (Walk *walk, guint64 length)
{
  SePng *png = walk->png;

  if (png->alpha || length != (png->indexed ? MIN (length, png->colors) : 2 * png->components))
    return TRUE; /* it means nothing */
  memset (png->opacity, 0xff, sizeof png->opacity);
  if (!se_reader_read (walk->reader, png->indexed ? png->opacity : png->key, (gsize)length))
    return FALSE;
  for (gsize i = 0; png->indexed && i < length; i++)
    png->translucent = png->translucent || png->opacity[i] != 0xff;
  png->keyed = !png->indexed;
  for (gsize i = 0; png->keyed && png->bits < 16 && i < length; i++) /* the high bits are unused */
    png->key[i] = i % 2 == 0 ? 0 : (guchar)(png->key[i] & ((1U << png->bits) - 1));
  return TRUE;
}

static void
read_resolution (Walk *walk, guint64 length)
{
  guint32 x, y;
  guchar unit;

  if (length != 9 || !se_reader_u32 (walk->reader, TRUE, &x)
      || !se_reader_u32 (walk->reader, TRUE, &y) || !se_reader_byte (walk->reader, &unit))
    return;
  walk->png->resolution
      = (SeResolution){ .x = x * INCH, .y = y * INCH, .ratio = unit != 1 && x > 0 && y > 0 };
}

/* Inflates the profile in buffer; returns its length and its header, 0 where it is damaged. */
static guint64
inflate_profile (guchar *data, gsize length, guchar header[SE_ICC_HEADER])
{
  g_autofree Inflater *inflater = g_new0 (Inflater, 1);
  guint64 size = 0;

  inflater->wanted = PROFILE_MAX;
  if (inflateInit (&inflater->zlib) != Z_OK)
    return 0;
  inflater->zlib.next_in = data;
  inflater->zlib.avail_in = (guint)length;
  inflater->zlib.next_out = header;
  inflater->zlib.avail_out = SE_ICC_HEADER;
  if (inflate (&inflater->zlib, Z_NO_FLUSH) == Z_OK && inflater->zlib.avail_out == 0)
    {
      inflater->got = SE_ICC_HEADER;
      if (feed (inflater, inflater->zlib.next_in, inflater->zlib.avail_in) && inflater->ended)
        size = inflater->got;
    }
  inflateEnd (&inflater->zlib);
  return size;
}

/* iCCP: a name, NUL, the method of compression and a zlib stream, which PDF can hold as it is. */
static void
read_profile (Walk *walk, guint64 length)
{
  guint64 start = walk->reader->position;
  g_autofree guchar *data = length <= PROFILE_MAX ? g_malloc ((gsize)length + 1) : NULL;
  guchar header[SE_ICC_HEADER];
  const guchar *end;
  SeRange range = { 0 };
  guint64 size;

  walk->png->profile_lost = TRUE;
  if (data == NULL || !se_reader_read (walk->reader, data, (gsize)length))
    return;
  end = memchr (data, '\0', (gsize)MIN (length, 80));
  if (end == NULL || (guint64)(end - data) + 2 >= length || end[1] != 0)
    return;
  range.offset = start + (guint64)(end - data) + 2;
  range.length = start + length - range.offset;
  size = inflate_profile (data + (length - range.length), (gsize)range.length, header);
  if (size == 0 || !se_icc_is_usable (header, size, walk->png->components))
    return;
  walk->png->profile_lost = FALSE;
  g_array_set_size (walk->png->profile, 0);
  g_array_append_val (walk->png->profile, range);
}

/* Reads the chunk's bytes for its checksum, image data for zlib as well. *sound: the checksum is
 * right. FALSE: the file ends, or zlib finds damage. */
static gboolean
check_chunk (Walk *walk, const char *type, guint64 length, gboolean *sound)
{
  gboolean data = memcmp (type, "IDAT", 4) == 0;
  uLong sum = crc32 (0, (const guchar *)type, 4);
  guint32 stated;

  while (length > 0)
    {
      gsize part = (gsize)MIN (length, sizeof walk->buffer);

      if (!se_reader_read (walk->reader, walk->buffer, part))
        return FALSE;
      sum = crc32 (sum, walk->buffer, (guint)part);
      if (data && !feed (&walk->inflater, walk->buffer, part))
        return FALSE;
      length -= part;
    }
  if (!se_reader_u32 (walk->reader, TRUE, &stated))
    return FALSE;
  *sound = stated == (guint32)sum;
  return TRUE;
}

/* Takes what is wanted of a sound chunk, other than image data, whose bytes begin here. */
static gboolean
take_chunk (Walk *walk, const char *type, guint64 length)
{
  if (!walk->header)
    return memcmp (type, "IHDR", 4) == 0 && read_header (walk, length);
  if (memcmp (type, "PLTE", 4) == 0)
    return read_palette (walk, length);
  if (memcmp (type, "tRNS", 4) == 0)
    return read_transparency (walk, length);
  if (memcmp (type, "acTL", 4) == 0)
    walk->png->more = TRUE;
  else if (memcmp (type, "pHYs", 4) == 0)
    read_resolution (walk, length);
  else if (memcmp (type, "iCCP", 4) == 0)
    read_profile (walk, length);
  return TRUE;
}

static gboolean
walk_chunks (Walk *walk)
{
  char type[4];
  guint32 length;

  do
    {
      SeRange range;
      gboolean sound;

      if (!se_reader_u32 (walk->reader, TRUE, &length)
          || !se_reader_read (walk->reader, type, sizeof type))
        return FALSE;
      range = (SeRange){ .offset = walk->reader->position, .length = length };
      if (!check_chunk (walk, type, length, &sound))
        return FALSE;
      if (!sound && g_ascii_isupper (type[0])) /* the image cannot be shown without it */
        return FALSE;
      if (memcmp (type, "IDAT", 4) == 0 && walk->header)
        g_array_append_val (walk->png->data, range);
      else if (!sound)
        walk->png->profile_lost = walk->png->profile_lost || memcmp (type, "iCCP", 4) == 0;
      else if (!se_reader_seek (walk->reader, range.offset) || !take_chunk (walk, type, length)
               || !se_reader_seek (walk->reader, range.offset + length + 4))
        return FALSE;
    }
  while (memcmp (type, "IEND", 4) != 0);
  walk->png->more = walk->png->more || !se_reader_at_end (walk->reader);
  return walk->inflater.ended && walk->inflater.got >= walk->inflater.wanted
         && (!walk->png->indexed || walk->png->colors > 0);
}

gboolean
se_png_read (SeReader *reader, SePng *png, GError **error)
{
  g_autofree Walk *walk = g_new0 (Walk, 1);
  gboolean done;

  *png = (SePng){ 0 };
  png->data = g_array_new (FALSE, FALSE, sizeof (SeRange));
  png->profile = g_array_new (FALSE, FALSE, sizeof (SeRange));
  walk->reader = reader;
  walk->png = png;
  if (inflateInit (&walk->inflater.zlib) != Z_OK)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("there is too little memory"));
      return FALSE;
    }
  done = se_reader_seek (reader, 8) && walk_chunks (walk);
  inflateEnd (&walk->inflater.zlib);
  if (!done)
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("it is a damaged or incomplete PNG image"));
  return done;
}

void
se_png_clear (SePng *png)
{
  g_clear_pointer (&png->data, g_array_unref);
  g_clear_pointer (&png->profile, g_array_unref);
}
