/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/gif.h"

#include "filter/canvas.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define CODES 4096
#define CONTROL 0xf9 /* label of the extension that holds the transparent index */

typedef struct
{
  guint32 left, top, width, height;
} Box;

typedef struct
{
  SeReader *reader;
  SeImagePdf *pdf;
  guint32 width, height; /* of the screen */
  Box frame;
  gboolean interlaced;
  guchar palette[3 * 256];
  guint colors;    /* in it; 0: there is none */
  int transparent; /* index; -1: none */
  SeCanvas canvas; /* the frame's indices, a byte each */
} Gif;

/* The frame's data as they are read. */
typedef struct
{
  SeReader *reader;
  guint left;     /* bytes of the block */
  guint32 bits;   /* read, not yet taken, the next one lowest */
  guint count;    /* of them */
  gboolean ended; /* the block without bytes came */
} Codes;

/* Strings of indices by their codes, each the string of another code and one index more. */
typedef struct
{
  guint16 before[CODES];
  guint16 length[CODES];
  guchar first[CODES], last[CODES];
} Strings;

static guint
count_colors (guchar flags)
{
  return (flags & 0x80) != 0 ? 2U << (flags & 7) : 0;
}

/* Reads a palette, if flags say that there is one. */
static gboolean
read_palette (Gif *gif, guchar flags)
{
  guint colors = count_colors (flags);

  if (colors == 0)
    return TRUE;
  gif->colors = colors;
  return se_reader_read (gif->reader, gif->palette, 3 * (gsize)colors);
}

static gboolean
skip_blocks (SeReader *reader)
{
  guchar length;

  do
    if (!se_reader_byte (reader, &length) || !se_reader_skip (reader, length))
      return FALSE;
  while (length != 0);
  return TRUE;
}

static gboolean
read_extension (Gif *gif)
{
  guchar head[2], control[4];

  if (!se_reader_read (gif->reader, head, sizeof head))
    return FALSE;
  if (head[0] == CONTROL && head[1] == sizeof control)
    {
      if (!se_reader_read (gif->reader, control, sizeof control))
        return FALSE;
      gif->transparent = (control[0] & 1) != 0 ? control[3] : -1;
      return skip_blocks (gif->reader);
    }
  return head[1] == 0 || (se_reader_skip (gif->reader, head[1]) && skip_blocks (gif->reader));
}

static gboolean
read_byte (Codes *codes, guchar *byte)
{
  guchar length;

  if (codes->left == 0)
    {
      if (codes->ended || !se_reader_byte (codes->reader, &length))
        return FALSE;
      codes->left = length;
      codes->ended = length == 0;
      if (codes->ended)
        return FALSE;
    }
  codes->left--;
  return se_reader_byte (codes->reader, byte);
}

static gboolean
read_code (Codes *codes, guint width, guint *code)
{
  while (codes->count < width)
    {
      guchar byte;

      if (!read_byte (codes, &byte))
        return FALSE;
      codes->bits |= (guint32)byte << codes->count;
      codes->count += 8;
    }
  *code = codes->bits & ((1U << width) - 1);
  codes->bits >>= width;
  codes->count -= width;
  return TRUE;
}

/* Puts the string of code into data, as much as there is room for; returns its length. */
static gsize
put_string (const Strings *strings, guint code, guchar *data, gsize room)
{
  gsize length = strings->length[code];

  for (gsize i = length; i-- > 0; code = strings->before[code])
    if (i < room)
      data[i] = strings->last[code];
  return MIN (length, room);
}

/* Decodes the frame's LZW data (GIF89a, appendix F) to length indices, up to the code that ends
 * them. Encoders that fill the room may leave it out. */
static gboolean
decode (Codes *codes, Strings *strings, guint size, guchar *data, gsize length)
{
  guint clear = 1U << size, next = clear + 2, width = size + 1, last = CODES, code;
  gsize done = 0;

  for (guint i = 0; i < clear; i++)
    {
      strings->length[i] = 1;
      strings->first[i] = strings->last[i] = (guchar)i;
    }
  while (done < length && read_code (codes, width, &code) && code != clear + 1)
    {
      if (code == clear)
        {
          next = clear + 2;
          width = size + 1;
          last = CODES;
          continue;
        }
      if (last == CODES ? code >= clear : code > next || (code == next && next == CODES))
        return FALSE;
      if (last != CODES && next < CODES)
        {
          strings->before[next] = (guint16)last;
          strings->length[next] = (guint16)(strings->length[last] + 1);
          strings->first[next] = strings->first[last];
          strings->last[next] = strings->first[code == next ? last : code];
          next++;
        }
      /* With size 1 the first string's code is one bit longer already. */
      if (next == 1U << width && width < 12)
        width++;
      done += put_string (strings, code, data + done, length - done);
      last = code;
    }
  return done == length;
}

static gboolean
decode_frame (Gif *gif)
{
  g_autofree Strings *strings = g_new0 (Strings, 1);
  Codes codes = { .reader = gif->reader };
  gsize length = (gsize)gif->frame.width * gif->frame.height;
  guchar size;

  if (!se_reader_byte (gif->reader, &size) || size < 1 || size > 8
      || !decode (&codes, strings, size, gif->canvas.rows, length))
    return FALSE;
  for (gsize i = 0; i < length; i++)
    if (gif->canvas.rows[i] >= gif->colors && gif->canvas.rows[i] != gif->transparent)
      return FALSE;
  return codes.ended || (se_reader_skip (gif->reader, codes.left) && skip_blocks (gif->reader));
}

static gboolean
read_frame (Gif *gif)
{
  SeReader *reader = gif->reader;
  Box *frame = &gif->frame;
  guchar flags;

  if (!se_reader_u16 (reader, FALSE, &frame->left) || !se_reader_u16 (reader, FALSE, &frame->top)
      || !se_reader_u16 (reader, FALSE, &frame->width)
      || !se_reader_u16 (reader, FALSE, &frame->height) || !se_reader_byte (reader, &flags)
      || !read_palette (gif, flags))
    return FALSE;
  gif->interlaced = (flags & 0x40) != 0;
  /* Some writers leave the screen too small. */
  gif->width = MAX (gif->width, frame->left + frame->width);
  gif->height = MAX (gif->height, frame->top + frame->height);
  return frame->width > 0 && frame->height > 0 && gif->colors > 0;
}

/* The row of the data that is shown as row y of the frame. */
static guint32
stored_row (const Gif *gif, guint32 y)
{
  guint32 height = gif->frame.height, eighths = (height + 7) / 8, quarters = (height + 3) / 8;

  if (!gif->interlaced)
    return y;
  if (y % 8 == 0)
    return y / 8;
  if (y % 8 == 4)
    return eighths + y / 8;
  if (y % 4 == 2)
    return eighths + quarters + y / 4;
  return eighths + quarters + (height + 1) / 4 + y / 2;
}

static guint
index_bits (const Gif *gif)
{
  return gif->colors <= 2 ? 1 : gif->colors <= 4 ? 2 : gif->colors <= 16 ? 4 : 8;
}

/* Makes the row y of the screen: indices, and which pixels are painted. */
static void
make_row (const Gif *gif, guint32 y, guchar *row, guchar *opacity)
{
  const Box *frame = &gif->frame;
  guint bits = index_bits (gif);
  const guchar *indices;

  memset (row, 0, ((gsize)gif->width * bits + 7) / 8);
  memset (opacity, 0, gif->width);
  if (y < frame->top || y - frame->top >= frame->height)
    return;
  indices = se_canvas_row (&gif->canvas, stored_row (gif, y - frame->top));
  for (gsize x = 0; x < frame->width; x++)
    {
      gsize at = (frame->left + x) * bits;

      if (indices[x] == gif->transparent)
        continue;
      row[at / 8] = (guchar)(row[at / 8] | indices[x] << (8 - bits - at % 8));
      opacity[frame->left + x] = 0xff;
    }
}

static gboolean
add_image (const Gif *gif, GError **error)
{
  g_autofree guchar *row = g_malloc (gif->width);
  g_autofree guchar *opacity = g_malloc (gif->width);
  SeImage image = { .width = gif->width,
                    .height = gif->height,
                    .bits = index_bits (gif),
                    .components = 3,
                    .palette = gif->palette,
                    .colors = gif->colors,
                    .alpha = 8,
                    .orientation = 1 };

  if (!se_image_pdf_begin (gif->pdf, -1, &image, error))
    return FALSE;
  for (guint32 y = 0; y < gif->height; y++)
    {
      make_row (gif, y, row, opacity);
      if (!se_image_pdf_add_row (gif->pdf, row, error)
          || !se_image_pdf_add_alpha (gif->pdf, opacity, error))
        return FALSE;
    }
  return se_image_pdf_end (gif->pdf, error);
}

/* Walks the blocks up to the first image (*found), or to the end. */
static gboolean
walk (Gif *gif, gboolean *found)
{
  guchar byte;

  *found = FALSE;
  while (!se_reader_at_end (gif->reader))
    {
      if (!se_reader_byte (gif->reader, &byte))
        return FALSE;
      if (byte == ';')
        return TRUE;
      if (byte == ',')
        {
          *found = TRUE;
          return TRUE;
        }
      if (byte != '!' || !read_extension (gif))
        return FALSE;
    }
  return TRUE;
}

/* Goes through what follows the first image: it may be cut there as well. */
static gboolean
walk_rest (Gif *gif, gboolean *more)
{
  gboolean found;
  guchar skipped[9];

  *more = FALSE;
  for (;;)
    {
      if (!walk (gif, &found))
        return FALSE;
      if (!found)
        break;
      *more = TRUE;
      if (!se_reader_read (gif->reader, skipped, sizeof skipped)
          || !se_reader_skip (gif->reader, 3 * count_colors (skipped[8]) + 1)
          || !skip_blocks (gif->reader))
        return FALSE;
    }
  *more = *more || !se_reader_at_end (gif->reader);
  return TRUE;
}

static gboolean
read_screen (Gif *gif)
{
  guchar flags;

  return se_reader_seek (gif->reader, 6) && se_reader_u16 (gif->reader, FALSE, &gif->width)
         && se_reader_u16 (gif->reader, FALSE, &gif->height) && se_reader_byte (gif->reader, &flags)
         && se_reader_skip (gif->reader, 2) && read_palette (gif, flags);
}

gboolean
se_gif_add (SeImagePdf *pdf, SeReader *reader, gboolean *more, GError **error)
{
  g_autofree Gif *gif = g_new0 (Gif, 1);
  gboolean found, done = FALSE;

  gif->reader = reader;
  gif->pdf = pdf;
  gif->transparent = -1;
  if (read_screen (gif) && walk (gif, &found) && found && read_frame (gif))
    {
      /* The screen is not unpacked, but drawn: a small frame can stand far out on it. */
      if (!se_canvas_fits (gif->width, gif->height, error)
          || !se_canvas_open (&gif->canvas, gif->frame.width, gif->frame.height, error))
        return FALSE;
      done = decode_frame (gif) && walk_rest (gif, more);
      if (done && !add_image (gif, error))
        {
          se_canvas_close (&gif->canvas);
          return FALSE;
        }
      se_canvas_close (&gif->canvas);
    }
  if (!done)
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("it is a damaged or incomplete GIF image"));
  return done;
}
