/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/tiff-jpeg.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SOF0 0xc0
#define SOF1 0xc1
#define SOF2 0xc2 /* progressive */
#define DHT 0xc4
#define JPG 0xc8
#define DAC 0xcc
#define SOF15 0xcf
#define SOI 0xd8
#define EOI 0xd9
#define SOS 0xda
#define DQT 0xdb
#define DRI 0xdd
#define APP0 0xe0
#define APP15 0xef
#define COM 0xfe

#define HEAD_MAX 65536 /* bytes of a strip in which its scan begins */
#define TAIL 16        /* bytes at the end of a strip in which its EOI is looked for */
#define INTERVAL_MAX 65535

/* What a strip says before its first scan. */
typedef struct
{
  GByteArray *segments; /* all that count */
  guint frame;          /* where SOFn's payload begins in them; 0: none was there */
  guchar kind;          /* SOFn */
  gboolean restarts;    /* it has intervals already */
  gsize scan;           /* where SOS begins in the strip */
} Head;

static void
clear_head (Head *head)
{
  if (head->segments != NULL)
    g_byte_array_unref (head->segments);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Head, clear_head)

static guint
u16 (const guchar *bytes)
{
  return (guint)bytes[0] << 8 | bytes[1];
}

/* Takes the segments up to SOS or, of tables alone, EOI. */
static gboolean
read_segments (const guchar *bytes, gsize length, guchar end, Head *head)
{
  gsize at = 2;

  if (length < 2 || bytes[0] != 0xff || bytes[1] != SOI)
    return FALSE;
  while (TRUE)
    {
      guchar marker;
      guint size;

      if (at + 2 > length || bytes[at] != 0xff)
        return FALSE;
      marker = bytes[at + 1];
      head->scan = at;
      if (marker == end)
        return TRUE;
      if (marker == 0xff) /* fill */
        {
          at++;
          continue;
        }
      if (at + 4 > length || (size = u16 (bytes + at + 2)) < 2 || at + 2 + size > length)
        return FALSE;
      head->restarts = head->restarts || marker == DRI;
      if (marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC)
        {
          if (head->frame != 0 || marker > SOF2 || size < 11)
            return FALSE;
          head->frame = head->segments->len + 4;
          head->kind = marker;
        }
      else if (marker != DHT && marker != DQT && marker != DRI
               && !(marker >= APP0 && marker <= APP15) && marker != COM)
        return FALSE;
      if (marker < APP0)
        g_byte_array_append (head->segments, bytes + at, size + 2);
      at += 2 + size;
    }
}

static gssize
read_at (const SeTiffFile *file, guint64 offset, guchar *bytes, gsize length)
{
  gssize done;

  do
    done = pread (file->reader->fd, bytes, length, (off_t)offset);
  while (done < 0 && errno == EINTR);
  return done;
}

/* Reads the tables and what the strip has before its scan. */
static gboolean
read_head (const SeTiffFile *file, TIFF *tiff, const SeRange *part, Head *head)
{
  g_autofree guchar *bytes = g_malloc (HEAD_MAX);
  gssize length = read_at (file, part->offset, bytes, (gsize)MIN (part->length, HEAD_MAX));
  guint32 tables_length = 0;
  const guchar *tables = NULL;

  *head = (Head){ .segments = g_byte_array_new () };
  if (TIFFGetField (tiff, TIFFTAG_JPEGTABLES, &tables_length, &tables) && tables_length > 0
      && !read_segments (tables, tables_length, EOI, head))
    return FALSE;
  return length > 0 && read_segments (bytes, (gsize)length, SOS, head) && head->frame > 0;
}

static gboolean
has_size (const Head *head, const SeTiffLayout *layout, guint32 height)
{
  const guchar *frame = head->segments->data + head->frame;

  return frame[0] == 8 && u16 (frame + 1) == height && u16 (frame + 3) == layout->width
         && frame[5] == layout->components && u16 (frame - 2) == 8 + 3 * layout->components;
}

static void
add_bytes (SeTiffPass *pass, const guchar *bytes, gsize length)
{
  guchar *copy = g_memdup2 (bytes, length);
  SeRange range = { .length = length, .bytes = copy };

  g_ptr_array_add (pass->bytes, copy);
  g_array_append_val (pass->data, range);
}

static void
add_head (SeTiffPass *pass, const Head *head)
{
  add_bytes (pass, (const guchar *)"\xff\xd8", 2);
  add_bytes (pass, head->segments->data, head->segments->len);
}

static gboolean
pass_one (SeTiffPass *pass, SeTiffFile *file, TIFF *tiff, const SeTiffLayout *layout)
{
  g_auto (Head) head = { 0 };
  SeRange part;

  if (!se_tiff_file_find_part (file, tiff, 0, &part) || !read_head (file, tiff, &part, &head)
      || !has_size (&head, layout, layout->height))
    return FALSE;
  add_head (pass, &head);
  part.offset += head.scan;
  part.length -= head.scan;
  g_array_append_val (pass->data, part);
  return TRUE;
}

/* Blocks that are coded together of a strip, which has to end where a row of them does; 0: it does
 * not. */
static guint
count_units (const Head *head, const SeTiffLayout *layout, guint32 rows)
{
  const guchar *component = head->segments->data + head->frame + 6;
  guint wide = 1, high = 1;

  for (guint i = 0; i < layout->components && layout->components > 1; i++)
    {
      wide = MAX (wide, component[3 * i + 1] >> 4);
      high = MAX (high, component[3 * i + 1] & 15);
    }
  if (rows % (8 * high) != 0)
    return 0;
  return ((layout->width - 1) / (8 * wide) + 1) * (rows / (8 * high));
}

/* Leaves out a strip's EOI. */
static gboolean
trim_end (const SeTiffFile *file, SeRange *part)
{
  guchar tail[TAIL];
  gsize length = (gsize)MIN (part->length, TAIL);

  if (read_at (file, part->offset + part->length - length, tail, length) != (gssize)length)
    return FALSE;
  for (gsize at = length; at >= 2; at--)
    if (tail[at - 2] == 0xff && tail[at - 1] == EOI)
      {
        part->length -= length - (at - 2);
        return TRUE;
      }
  return FALSE;
}

/* A strip goes with the first one if it says the same of itself but for its height. */
static gboolean
add_strip (SeTiffPass *pass, SeTiffFile *file, TIFF *tiff, const SeTiffLayout *layout,
           guint32 strip, guint32 rows, const Head *first)
{
  const guchar restart[] = { 0xff, (guchar)(0xd0 + (strip - 1) % 8) };
  guint32 height = MIN (rows, layout->height - strip * rows);
  g_auto (Head) head = { 0 };
  guchar scan[2][32];
  guint size = 2 + 2 + 1 + 2 * layout->components + 3;
  SeRange part, one;

  if (!se_tiff_file_find_part (file, tiff, strip, &part) || !read_head (file, tiff, &part, &head)
      || !has_size (&head, layout, height) || head.kind > SOF1 || head.restarts
      || part.length < head.scan + size)
    return FALSE;
  memcpy (head.segments->data + head.frame + 1, first->segments->data + first->frame + 1, 2);
  if (head.segments->len != first->segments->len
      || memcmp (head.segments->data, first->segments->data, head.segments->len) != 0
      || !se_tiff_file_find_part (file, tiff, 0, &one)
      || read_at (file, part.offset + head.scan, scan[0], size) != (gssize)size
      || read_at (file, one.offset + first->scan, scan[1], size) != (gssize)size
      || memcmp (scan[0], scan[1], size) != 0 || u16 (scan[0] + 2) != size - 2)
    return FALSE;
  if (strip > 0)
    add_bytes (pass, restart, sizeof restart);
  /* SOS of the first strip is everybody's. */
  part.offset += head.scan + (strip > 0 ? size : 0);
  part.length -= head.scan + (strip > 0 ? size : 0);
  if (!trim_end (file, &part))
    return FALSE;
  g_array_append_val (pass->data, part);
  return TRUE;
}

static gboolean
join_strips (SeTiffPass *pass, SeTiffFile *file, TIFF *tiff, const SeTiffLayout *layout)
{
  g_auto (Head) head = { 0 };
  guint32 rows = 0, strips = TIFFNumberOfStrips (tiff);
  guint units;
  SeRange part;
  guchar interval[6] = { 0xff, DRI, 0, 4 };

  if (!TIFFGetField (tiff, TIFFTAG_ROWSPERSTRIP, &rows) || rows == 0 || rows >= layout->height
      || strips != (layout->height - 1) / rows + 1 || layout->height > G_MAXUINT16
      || !se_tiff_file_find_part (file, tiff, 0, &part) || !read_head (file, tiff, &part, &head)
      || !has_size (&head, layout, rows) || (units = count_units (&head, layout, rows)) == 0
      || units > INTERVAL_MAX)
    return FALSE;
  head.segments->data[head.frame + 1] = (guchar)(layout->height >> 8);
  head.segments->data[head.frame + 2] = (guchar)layout->height;
  add_head (pass, &head);
  interval[4] = (guchar)(units >> 8);
  interval[5] = (guchar)units;
  add_bytes (pass, interval, sizeof interval);
  for (guint32 i = 0; i < strips; i++)
    if (!add_strip (pass, file, tiff, layout, i, rows, &head))
      return FALSE;
  add_bytes (pass, (const guchar *)"\xff\xd9", 2);
  return TRUE;
}

gboolean
se_tiff_jpeg_pass (SeTiffPass *pass, SeTiffFile *file, TIFF *tiff, const SeTiffLayout *layout)
{
  guint32 parts = layout->tiled ? TIFFNumberOfTiles (tiff) : TIFFNumberOfStrips (tiff);
  guint16 photometric = 0;

  if (layout->bits != 8 || layout->samples != layout->components || layout->separate
      || layout->colors > 0
      || !(parts == 1       ? pass_one (pass, file, tiff, layout)
           : !layout->tiled ? join_strips (pass, file, tiff, layout)
                            : FALSE))
    return FALSE;
  TIFFGetField (tiff, TIFFTAG_PHOTOMETRIC, &photometric);
  if (layout->components > 1)
    snprintf (pass->parameters, sizeof pass->parameters, "/ColorTransform %d",
              photometric == PHOTOMETRIC_YCBCR);
  pass->filter = "DCTDecode";
  return TRUE;
}
