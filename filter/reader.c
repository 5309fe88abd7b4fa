/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/reader.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
se_reader_open (SeReader *reader, int fd)
{
  struct stat status;

  reader->fd = fd;
  reader->position = 0;
  reader->start = 0;
  reader->filled = 0;
  if (fstat (fd, &status) < 0 || !S_ISREG (status.st_mode))
    return FALSE;
  reader->length = (guint64)status.st_size;
  return TRUE;
}

gboolean
se_reader_seek (SeReader *reader, guint64 position)
{
  if (position > reader->length)
    return FALSE;
  reader->position = position;
  return TRUE;
}

gboolean
se_reader_skip (SeReader *reader, guint64 length)
{
  if (length > reader->length - reader->position)
    return FALSE;
  reader->position += length;
  return TRUE;
}

/* Makes the buffer hold the byte at the position. */
static gboolean
fill (SeReader *reader)
{
  gssize length;

  if (reader->position >= reader->start && reader->position < reader->start + reader->filled)
    return TRUE;
  length = pread (reader->fd, reader->buffer, sizeof reader->buffer, (off_t)reader->position);
  if (length <= 0)
    return FALSE;
  reader->start = reader->position;
  reader->filled = (gsize)length;
  return TRUE;
}

gboolean
se_reader_read (SeReader *reader, void *data, gsize length)
{
  guchar *target = data;

  while (length > 0)
    {
      gsize offset, part;

      if (!fill (reader))
        return FALSE;
      offset = (gsize)(reader->position - reader->start);
      part = MIN (length, reader->filled - offset);
      memcpy (target, reader->buffer + offset, part);
      target += part;
      length -= part;
      reader->position += part;
    }
  return TRUE;
}

gboolean
se_reader_byte (SeReader *reader, guchar *byte)
{
  if (!fill (reader))
    return FALSE;
  *byte = reader->buffer[reader->position++ - reader->start];
  return TRUE;
}

gboolean
se_reader_find (SeReader *reader, guchar byte)
{
  while (fill (reader))
    {
      const guchar *next = reader->buffer + (reader->position - reader->start);
      const guchar *end = reader->buffer + reader->filled;
      const guchar *found = memchr (next, byte, (gsize)(end - next));

      reader->position += (guint64)((found != NULL ? found + 1 : end) - next);
      if (found != NULL)
        return TRUE;
    }
  return FALSE;
}

gboolean
se_reader_u16 (SeReader *reader, gboolean big, guint32 *value)
{
  guchar bytes[2];

  if (!se_reader_read (reader, bytes, sizeof bytes))
    return FALSE;
  *value = big ? (guint32)bytes[0] << 8 | bytes[1] : (guint32)bytes[1] << 8 | bytes[0];
  return TRUE;
}

gboolean
se_reader_u32 (SeReader *reader, gboolean big, guint32 *value)
{
  guint32 first, second;

  if (!se_reader_u16 (reader, big, &first) || !se_reader_u16 (reader, big, &second))
    return FALSE;
  *value = big ? first << 16 | second : second << 16 | first;
  return TRUE;
}

gboolean
se_reader_at_end (const SeReader *reader)
{
  return reader->position >= reader->length;
}
