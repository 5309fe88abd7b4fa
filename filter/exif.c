/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/exif.h"

#define TAG_ORIENTATION 0x0112
#define TAG_X_RESOLUTION 0x011a
#define TAG_Y_RESOLUTION 0x011b
#define TAG_RESOLUTION_UNIT 0x0128
#define TYPE_SHORT 3
#define TYPE_RATIONAL 5
#define UNIT_INCH 2
#define UNIT_CENTIMETRE 3
#define UNKNOWN 72 /* pixels an inch */

/* The data's place in the file. */
typedef struct
{
  SeReader *reader;
  guint64 start, end;
  gboolean big;
} Place;

gboolean
se_resolution_is_sane (double value)
{
  return value >= 10 && value <= 30000;
}

/* Goes to offset from the TIFF header, where length bytes have to be. */
static gboolean
go_to (Place *place, guint64 offset, guint64 length)
{
  return offset + length <= place->end - place->start
         && se_reader_seek (place->reader, place->start + offset);
}

static double
read_rational (Place *place, guint32 offset)
{
  guint32 numerator, denominator;

  if (!go_to (place, offset, 8) || !se_reader_u32 (place->reader, place->big, &numerator)
      || !se_reader_u32 (place->reader, place->big, &denominator) || denominator == 0)
    return 0;
  return (double)numerator / denominator;
}

/* Reads the directory's entry at offset into exif. */
static gboolean
read_entry (Place *place, guint64 offset, SeExif *exif, guint32 *unit)
{
  guint32 tag, type, count, number, value;

  if (!go_to (place, offset, 12) || !se_reader_u16 (place->reader, place->big, &tag)
      || !se_reader_u16 (place->reader, place->big, &type)
      || !se_reader_u32 (place->reader, place->big, &count)
      || !se_reader_u16 (place->reader, place->big, &number) || !go_to (place, offset + 8, 4)
      || !se_reader_u32 (place->reader, place->big, &value))
    return FALSE;
  if (count != 1)
    return TRUE;
  if (type == TYPE_SHORT && tag == TAG_ORIENTATION && number >= 1 && number <= 8)
    exif->orientation = number;
  else if (type == TYPE_SHORT && tag == TAG_RESOLUTION_UNIT)
    *unit = number;
  else if (type == TYPE_RATIONAL && tag == TAG_X_RESOLUTION)
    exif->resolution.x = read_rational (place, value);
  else if (type == TYPE_RATIONAL && tag == TAG_Y_RESOLUTION)
    exif->resolution.y = read_rational (place, value);
  return TRUE;
}

/* Turns the resolution into pixels an inch; one that cannot be meant is none. */
static void
normalize (SeResolution *resolution, guint32 unit)
{
  double factor = unit == UNIT_CENTIMETRE ? 2.54 : unit == UNIT_INCH ? 1 : 0;

  if (resolution->y <= 0)
    resolution->y = resolution->x;
  resolution->x *= factor;
  resolution->y *= factor;
  if (!se_resolution_is_sane (resolution->x) || !se_resolution_is_sane (resolution->y)
      || (resolution->x == UNKNOWN && resolution->y == UNKNOWN))
    *resolution = (SeResolution){ 0 };
}

void
se_exif_read (SeReader *reader, guint64 start, guint64 end, SeExif *exif)
{
  Place place = { .reader = reader, .start = start, .end = end };
  guint32 directory, entries, unit = UNIT_INCH;
  guchar order;

  *exif = (SeExif){ .orientation = 1 };
  if (!go_to (&place, 0, 8) || !se_reader_byte (reader, &order) || (order != 'I' && order != 'M'))
    return;
  place.big = order == 'M';
  if (!go_to (&place, 4, 4) || !se_reader_u32 (reader, place.big, &directory)
      || !go_to (&place, directory, 2) || !se_reader_u16 (reader, place.big, &entries))
    return;
  for (guint32 i = 0; i < entries; i++)
    if (!read_entry (&place, (guint64)directory + 2 + (guint64)i * 12, exif, &unit))
      break;
  normalize (&exif->resolution, unit);
}
