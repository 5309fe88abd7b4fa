/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/tiff.h"

#define TAG_SUBFILE_TYPE 254
#define TAG_STRIP_OFFSETS 273
#define TAG_STRIP_COUNTS 279
#define TAG_TILE_OFFSETS 324
#define TAG_TILE_COUNTS 325
#define TYPE_SHORT 3
#define TYPE_LONG 4

/* A directory's entry whose values are numbers of 16 or 32 bits. */
typedef struct
{
  guint32 type;
  guint32 count;
  guint64 offset; /* of the first value */
} Entry;

typedef struct
{
  Entry offsets;
  Entry counts;
  guint32 subfile_type;
} Directory;

static gboolean
read_value (SeReader *reader, gboolean big, const Entry *entry, guint32 index, guint32 *value)
{
  gsize size = entry->type == TYPE_SHORT ? 2 : 4;

  if (!se_reader_seek (reader, entry->offset + (guint64)index * size))
    return FALSE;
  return size == 2 ? se_reader_u16 (reader, big, value) : se_reader_u32 (reader, big, value);
}

/* Reads the entry at the position; one of 4 bytes or less holds its values itself. */
static gboolean
read_entry (SeReader *reader, gboolean big, guint32 *tag, Entry *entry)
{
  guint64 start = reader->position;
  guint32 offset;

  if (!se_reader_u16 (reader, big, tag) || !se_reader_u16 (reader, big, &entry->type)
      || !se_reader_u32 (reader, big, &entry->count) || !se_reader_u32 (reader, big, &offset))
    return FALSE;
  entry->offset = offset;
  if ((guint64)entry->count * (entry->type == TYPE_SHORT ? 2 : 4) <= 4)
    entry->offset = start + 8;
  return TRUE;
}

static gboolean
read_directory (SeReader *reader, gboolean big, Directory *directory, guint32 *next)
{
  guint32 entries;
  guint64 start;

  *directory = (Directory){ 0 };
  if (!se_reader_u16 (reader, big, &entries))
    return FALSE;
  start = reader->position;
  for (guint32 i = 0; i < entries; i++)
    {
      guint32 tag;
      Entry entry;

      if (!se_reader_seek (reader, start + (guint64)i * 12)
          || !read_entry (reader, big, &tag, &entry))
        return FALSE;
      if (tag == TAG_STRIP_OFFSETS || tag == TAG_TILE_OFFSETS)
        directory->offsets = entry;
      else if (tag == TAG_STRIP_COUNTS || tag == TAG_TILE_COUNTS)
        directory->counts = entry;
      else if (tag == TAG_SUBFILE_TYPE
               && !read_value (reader, big, &entry, 0, &directory->subfile_type))
        return FALSE;
    }
  return se_reader_seek (reader, start + (guint64)entries * 12)
         && se_reader_u32 (reader, big, next);
}

/* Tells whether all strips lie within the file. Without their lengths (some writers leave them out)
 * their beginnings have to. */
static gboolean
has_data (SeReader *reader, gboolean big, const Directory *directory)
{
  const Entry *offsets = &directory->offsets;
  const Entry *counts = &directory->counts;

  if (offsets->count == 0 || (counts->count != 0 && counts->count != offsets->count))
    return FALSE;
  for (guint32 i = 0; i < offsets->count; i++)
    {
      guint32 offset, length = 1;

      if (!read_value (reader, big, offsets, i, &offset)
          || (counts->count != 0 && !read_value (reader, big, counts, i, &length))
          || (guint64)offset + length > reader->length)
        return FALSE;
    }
  return TRUE;
}

gboolean
se_tiff_check (SeReader *reader, SeTiff *tiff)
{
  guchar order;
  guint32 first, next;

  tiff->count = 0;
  if (!se_reader_byte (reader, &order) || !se_reader_seek (reader, 4))
    return FALSE;
  tiff->big = order == 'M';
  if (!se_reader_u32 (reader, tiff->big, &first))
    return FALSE;
  next = first;
  for (guint seen = 0; next != 0; seen++)
    {
      guint32 offset = next;
      Directory directory;

      if (seen == 2 * SE_TIFF_PAGES_MAX || tiff->count == SE_TIFF_PAGES_MAX
          || !se_reader_seek (reader, offset)
          || !read_directory (reader, tiff->big, &directory, &next))
        return FALSE;
      if ((directory.subfile_type & 1) != 0)
        continue;
      if (!has_data (reader, tiff->big, &directory))
        return FALSE;
      tiff->offsets[tiff->count++] = offset;
    }
  tiff->plain = tiff->count == 1 && tiff->offsets[0] == first;
  return tiff->count > 0;
}
