/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/jpeg.h"

#include "filter/icc.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define TEM 0x01
#define SOF0 0xc0
#define SOF2 0xc2 /* progressive */
#define DHT 0xc4
#define JPG 0xc8
#define SOF9 0xc9 /* arithmetic, sequential */
#define SOF10 0xca
#define DAC 0xcc
#define SOF15 0xcf
#define RST0 0xd0
#define SOI 0xd8
#define EOI 0xd9
#define SOS 0xda
#define APP1 0xe1
#define APP2 0xe2
#define SOF55 0xf7 /* JPEG-LS */

#define EXIF "Exif\0" /* and any byte */
#define ICC "ICC_PROFILE"
#define ICC_HEAD 14 /* bytes before a piece: the name, its number, the number of pieces */
#define COMPONENTS_MAX 4

/* A marker's segment in the file. */
typedef struct
{
  guint marker;
  guint64 start; /* of the marker */
  guint64 payload;
  guint64 end;
} Segment;

/* The walk so far. */
typedef struct
{
  SeReader *reader;
  SeJpeg *jpeg;
  guint components;
  guchar ids[COMPONENTS_MAX];
  guint coded;   /* bit by component: a scan of it was seen */
  gboolean exif; /* was read */
  guint pieces;  /* of the profile, as its pieces say */
  guint pieces_seen;
  SeRange piece[256]; /* by number */
  GArray *segments;   /* of SeRange: the profile's */
} Walk;

static gboolean
fail_broken (GError **error)
{
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("it is a damaged or incomplete JPEG image"));
  return FALSE;
}

static gboolean
is_frame (guint marker)
{
  return (marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC)
         || marker == SOF55;
}

/* Goes to the next marker that is neither a stuffed zero nor a restart. */
static gboolean
find_marker (SeReader *reader, guint *marker)
{
  guchar byte;

  do
    {
      if (!se_reader_find (reader, 0xff))
        return FALSE;
      do
        if (!se_reader_byte (reader, &byte))
          return FALSE;
      while (byte == 0xff);
    }
  while (byte <= TEM || (byte >= RST0 && byte <= SOI));
  *marker = byte;
  return TRUE;
}

static gboolean
find_segment (SeReader *reader, Segment *segment)
{
  guint32 length;

  if (!find_marker (reader, &segment->marker))
    return FALSE;
  segment->start = reader->position - 2;
  segment->payload = segment->end = reader->position;
  if (segment->marker == EOI)
    return TRUE;
  if (!se_reader_u16 (reader, TRUE, &length) || length < 2)
    return FALSE;
  segment->payload = reader->position;
  segment->end = segment->start + 2 + length;
  return segment->end <= reader->length;
}

/* SOFn: precision, height, width, components with their sampling and table. */
static gboolean
read_frame (Walk *walk, guint marker, GError **error)
{
  guchar precision, count, rest[2];

  if (!se_reader_byte (walk->reader, &precision) || !se_reader_skip (walk->reader, 4)
      || !se_reader_byte (walk->reader, &count) || walk->components > 0 || count == 0)
    return fail_broken (error);
  if (count > COMPONENTS_MAX || precision != 8
      || (marker > SOF2 && marker != SOF9 && marker != SOF10))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("it is a JPEG image of a rare kind (%s), which cannot be read here"),
                   count > COMPONENTS_MAX ? _ ("more than four colour components")
                   : precision != 8       ? _ ("not of 8 bits")
                                          : _ ("lossless or hierarchical"));
      return FALSE;
    }
  walk->jpeg->arithmetic = marker == SOF9 || marker == SOF10;
  walk->components = count;
  for (guint i = 0; i < count; i++)
    if (!se_reader_byte (walk->reader, &walk->ids[i])
        || !se_reader_read (walk->reader, rest, sizeof rest))
      return fail_broken (error);
  return TRUE;
}

/* SOS: the components that are coded in this scan. */
static gboolean
read_scan (Walk *walk)
{
  guchar count, id, tables;

  if (!se_reader_byte (walk->reader, &count))
    return FALSE;
  for (guint i = 0; i < count; i++)
    {
      if (!se_reader_byte (walk->reader, &id) || !se_reader_byte (walk->reader, &tables))
        return FALSE;
      for (guint k = 0; k < walk->components; k++)
        if (walk->ids[k] == id)
          walk->coded |= 1U << k;
    }
  return TRUE;
}

/* APP2 with a piece of an ICC profile (ICC.1:2010, B.4). */
static void
read_profile (Walk *walk, const Segment *segment)
{
  SeRange whole = { .offset = segment->start, .length = segment->end - segment->start };
  SeRange piece = { .offset = segment->payload + ICC_HEAD,
                    .length = segment->end - segment->payload - ICC_HEAD };
  guchar head[ICC_HEAD];
  guint number;

  if (segment->end - segment->payload < ICC_HEAD
      || !se_reader_read (walk->reader, head, sizeof head) || memcmp (head, ICC, sizeof ICC) != 0)
    return;
  number = head[12];
  if (number == 0 || number > head[13] || walk->piece[number].offset != 0
      || (walk->pieces_seen > 0 && walk->pieces != head[13]))
    walk->jpeg->profile_lost = TRUE;
  walk->pieces = head[13];
  walk->pieces_seen++;
  walk->piece[number] = piece;
  g_array_append_val (walk->segments, whole);
}

static void
read_exif (Walk *walk, const Segment *segment)
{
  char head[6];

  if (walk->exif || segment->end - segment->payload < sizeof head
      || !se_reader_read (walk->reader, head, sizeof head) || memcmp (head, EXIF, 5) != 0)
    return;
  walk->exif = TRUE;
  se_exif_read (walk->reader, segment->payload + sizeof head, segment->end, &walk->jpeg->exif);
}

static gboolean
walk_segments (Walk *walk, GError **error)
{
  Segment segment = { 0 };

  while (TRUE)
    {
      if (!find_segment (walk->reader, &segment))
        return fail_broken (error);
      if (segment.marker == EOI)
        break;
      if (is_frame (segment.marker) && !read_frame (walk, segment.marker, error))
        return FALSE;
      if (segment.marker == SOS && !read_scan (walk))
        return fail_broken (error);
      if (segment.marker == APP1)
        read_exif (walk, &segment);
      else if (segment.marker == APP2)
        read_profile (walk, &segment);
      if (!se_reader_seek (walk->reader, segment.end))
        return fail_broken (error);
    }
  walk->jpeg->end = segment.end;
  if (walk->components == 0 || walk->coded != (1U << walk->components) - 1)
    return fail_broken (error);
  return TRUE;
}

static gboolean
is_usable (SeReader *reader, const SeRange *first, guint64 length, guint components)
{
  guchar header[SE_ICC_HEADER];

  return first->length >= sizeof header && se_reader_seek (reader, first->offset)
         && se_reader_read (reader, header, sizeof header)
         && se_icc_is_usable (header, length, components);
}

static void
collect_profile (Walk *walk)
{
  SeJpeg *jpeg = walk->jpeg;
  guint64 length = 0;

  if (walk->pieces_seen == 0)
    return;
  jpeg->profile_lost = jpeg->profile_lost || walk->pieces_seen != walk->pieces;
  for (guint i = 1; i <= walk->pieces && !jpeg->profile_lost; i++)
    {
      g_array_append_val (jpeg->profile, walk->piece[i]);
      length += walk->piece[i].length;
    }
  jpeg->profile_lost
      = jpeg->profile_lost || !is_usable (walk->reader, &walk->piece[1], length, walk->components);
  if (jpeg->profile_lost)
    g_array_set_size (jpeg->profile, 0);
}

/* The profile's pieces are left out of the data where it is kept as a profile of its own. */
static void
collect_data (Walk *walk)
{
  SeRange range = { 0 };

  for (guint i = 0; walk->jpeg->profile->len > 0 && i < walk->segments->len; i++)
    {
      const SeRange *left_out = &g_array_index (walk->segments, SeRange, i);

      range.length = left_out->offset - range.offset;
      g_array_append_val (walk->jpeg->data, range);
      range.offset = left_out->offset + left_out->length;
    }
  range.length = walk->jpeg->end - range.offset;
  g_array_append_val (walk->jpeg->data, range);
}

/* Tells whether nothing but padding stands from here to the file's end. */
static gboolean
is_padding (SeReader *reader)
{
  guchar byte;

  while (se_reader_byte (reader, &byte))
    if (byte != 0x00 && byte != 0xff && byte != '\r' && byte != '\n')
      return FALSE;
  return TRUE;
}

gboolean
se_jpeg_read (SeReader *reader, SeJpeg *jpeg, GError **error)
{
  g_autofree Walk *walk = g_new0 (Walk, 1);
  gboolean done;

  *jpeg = (SeJpeg){ .exif.orientation = 1 };
  jpeg->data = g_array_new (FALSE, FALSE, sizeof (SeRange));
  jpeg->profile = g_array_new (FALSE, FALSE, sizeof (SeRange));
  walk->reader = reader;
  walk->jpeg = jpeg;
  walk->segments = g_array_new (FALSE, FALSE, sizeof (SeRange));
  done = se_reader_seek (reader, 0) ? walk_segments (walk, error) : fail_broken (error);
  if (done)
    {
      jpeg->last = is_padding (reader);
      collect_profile (walk);
      collect_data (walk);
    }
  g_array_unref (walk->segments);
  return done;
}

void
se_jpeg_clear (SeJpeg *jpeg)
{
  g_clear_pointer (&jpeg->data, g_array_unref);
  g_clear_pointer (&jpeg->profile, g_array_unref);
}
