/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/complete.h"

#include "filter/child.h"
#include "filter/raster.h"
#include "filter/reader.h"

#include <string.h>
#include <unistd.h>

#define DSC_WINDOW \
  4096 /* bytes at the end in which %%EOF is looked for; printer commands may follow */

static gboolean
skip_gif_blocks (SeReader *reader)
{
  guchar length;

  do
    if (!se_reader_byte (reader, &length) || !se_reader_skip (reader, length))
      return FALSE;
  while (length != 0);
  return TRUE;
}

static guint64
gif_colors (guchar flags)
{
  return (flags & 0x80) != 0 ? 3 * (G_GUINT64_CONSTANT (2) << (flags & 7)) : 0;
}

/* GIF89a: an image with all its blocks is enough, some writers leave the trailer out. */
static gboolean
check_gif (SeReader *reader)
{
  guchar byte;

  if (!se_reader_skip (reader, 10) || !se_reader_byte (reader, &byte)
      || !se_reader_skip (reader, 2 + gif_colors (byte)))
    return FALSE;
  while (se_reader_byte (reader, &byte))
    {
      if (byte == '!' ? (!se_reader_skip (reader, 1) || !skip_gif_blocks (reader)) : byte != ',')
        return FALSE;
      if (byte == ',')
        return se_reader_skip (reader, 8) && se_reader_byte (reader, &byte)
               && se_reader_skip (reader, gif_colors (byte) + 1) && skip_gif_blocks (reader);
    }
  return FALSE;
}

/* BMP, with the header of OS/2 or of Windows. */
static gboolean
check_bmp (SeReader *reader)
{
  guint32 size, data, header, width, height, bits, compression = 0;
  guint64 line;

  if (!se_reader_seek (reader, 2) || !se_reader_u32 (reader, FALSE, &size)
      || !se_reader_seek (reader, 10) || !se_reader_u32 (reader, FALSE, &data)
      || !se_reader_u32 (reader, FALSE, &header))
    return FALSE;
  if (header == 12)
    {
      if (!se_reader_u16 (reader, FALSE, &width) || !se_reader_u16 (reader, FALSE, &height)
          || !se_reader_skip (reader, 2) || !se_reader_u16 (reader, FALSE, &bits))
        return FALSE;
    }
  else if (!se_reader_u32 (reader, FALSE, &width) || !se_reader_u32 (reader, FALSE, &height)
           || !se_reader_skip (reader, 2) || !se_reader_u16 (reader, FALSE, &bits)
           || !se_reader_u32 (reader, FALSE, &compression))
    return FALSE;
  if (height > G_MAXINT32) /* lines from the top down */
    height = -height;
  if (compression != 0 && compression != 3)
    return size <= reader->length;
  line = ((guint64)width * bits + 31) / 32 * 4;
  return width > 0 && height > 0 && bits <= 32 && data + line * height <= reader->length;
}

/* Reads a number of a PNM header: white space and comments before it, one byte after it. */
static gboolean
read_pnm_number (SeReader *reader, guint32 *number)
{
  guchar byte;

  do
    {
      if (!se_reader_byte (reader, &byte))
        return FALSE;
      while (byte == '#')
        do
          if (!se_reader_byte (reader, &byte))
            return FALSE;
        while (byte != '\n');
    }
  while (g_ascii_isspace (byte));
  if (!g_ascii_isdigit (byte))
    return FALSE;
  *number = 0;
  do
    {
      if (*number > 100000000)
        return FALSE;
      *number = *number * 10 + (guint32)(byte - '0');
      if (!se_reader_byte (reader, &byte))
        return TRUE; /* the file's last number */
    }
  while (g_ascii_isdigit (byte));
  return g_ascii_isspace (byte);
}

/* PBM, PGM and PPM, in letters (P1 to P3) or bytes (P4 to P6). */
static gboolean
check_pnm (SeReader *reader)
{
  guchar kind, byte;
  guint32 width, height, maximum = 1;
  guint64 values;

  if (!se_reader_skip (reader, 1) || !se_reader_byte (reader, &kind)
      || !read_pnm_number (reader, &width) || !read_pnm_number (reader, &height)
      || ((kind != '1' && kind != '4') && !read_pnm_number (reader, &maximum)))
    return FALSE;
  values = (guint64)width * height * (kind == '3' || kind == '6' ? 3 : 1);
  if (kind == '4')
    return se_reader_skip (reader, ((guint64)width + 7) / 8 * height);
  if (kind > '4')
    return se_reader_skip (reader, values * (maximum > 255 ? 2 : 1));
  while (values > 0)
    {
      guint32 number;

      if (kind != '1')
        {
          if (!read_pnm_number (reader, &number))
            return FALSE;
          values--;
        }
      else if (!se_reader_byte (reader, &byte))
        return FALSE;
      else if (g_ascii_isdigit (byte))
        values--;
    }
  return TRUE;
}

static gboolean
check_sun_raster (SeReader *reader)
{
  guint32 width, height, depth, length, type, map_type, map_length;
  guint64 line;

  if (!se_reader_seek (reader, 4) || !se_reader_u32 (reader, TRUE, &width)
      || !se_reader_u32 (reader, TRUE, &height) || !se_reader_u32 (reader, TRUE, &depth)
      || !se_reader_u32 (reader, TRUE, &length) || !se_reader_u32 (reader, TRUE, &type)
      || !se_reader_u32 (reader, TRUE, &map_type) || !se_reader_u32 (reader, TRUE, &map_length)
      || depth > 32)
    return FALSE;
  line = ((guint64)width * depth + 15) / 16 * 2;
  return se_reader_skip (reader, map_length)
         && se_reader_skip (reader, length != 0 ? length : line * height);
}

/* SGI: lines as they are, or compressed with tables of where each begins and how long it is. */
static gboolean
check_sgi (SeReader *reader)
{
  guchar compressed, bytes;
  guint32 dimension, width, height, depth;

  if (!se_reader_seek (reader, 2) || !se_reader_byte (reader, &compressed)
      || !se_reader_byte (reader, &bytes) || !se_reader_u16 (reader, TRUE, &dimension)
      || !se_reader_u16 (reader, TRUE, &width) || !se_reader_u16 (reader, TRUE, &height)
      || !se_reader_u16 (reader, TRUE, &depth) || !se_reader_seek (reader, 512))
    return FALSE;
  if (compressed == 0)
    return se_reader_skip (reader, (guint64)width * height * depth * bytes);
  for (guint64 line = 0; line < (guint64)height * depth; line++)
    {
      guint32 offset, length;

      if (!se_reader_seek (reader, 512 + 4 * line) || !se_reader_u32 (reader, TRUE, &offset)
          || !se_reader_seek (reader, 512 + 4 * ((guint64)height * depth + line))
          || !se_reader_u32 (reader, TRUE, &length) || (guint64)offset + length > reader->length)
        return FALSE;
    }
  return TRUE;
}

/* PostScript that claims to keep the structuring conventions (DSC 3.0) ends with %%EOF; whether the
 * rest is sound, the interpreter knows. */
static gboolean
check_postscript (SeReader *reader)
{
  char head[SE_TYPE_HEAD], tail[DSC_WINDOW];
  gsize head_length = MIN (reader->length, sizeof head);
  gsize tail_length = MIN (reader->length, sizeof tail);

  return se_reader_read (reader, head, head_length)
         && se_reader_seek (reader, reader->length - tail_length)
         && se_reader_read (reader, tail, tail_length)
         && (memmem (head, head_length, "%!PS-Adobe-", 11) == NULL
             || memmem (tail, tail_length, "%%EOF", 5) != NULL);
}

/* What the child gets and gives back. */
typedef struct
{
  const SeType *type;
  guint pages;
} Task;

static gboolean
is_complete (SeReader *reader, Task *task)
{
  static const struct
  {
    const char *mime;
    gboolean (*check) (SeReader *);
  } checks[] = {
    { "image/gif", check_gif },
    { "image/x-bitmap", check_bmp },
    { "image/x-portable-bitmap", check_pnm },
    { "image/x-portable-graymap", check_pnm },
    { "image/x-portable-pixmap", check_pnm },
    { "image/x-sun-raster", check_sun_raster },
    { "image/x-sgi-rgb", check_sgi },
    { "application/postscript", check_postscript },
  };
  const char *mime = task->type->mime;

  if (strcmp (mime, "image/urf") == 0)
    return se_raster_check_urf (reader, &task->pages);
  if (task->type->family == SE_FAMILY_RASTER)
    return se_raster_check (reader, &task->pages);
  for (gsize i = 0; i < G_N_ELEMENTS (checks); i++)
    if (strcmp (mime, checks[i].mime) == 0)
      return checks[i].check (reader);
  return TRUE;
}

static gboolean
check (int in_fd, int out_fd, gpointer result, GError **error)
{
  Task *task = result;
  g_autofree SeReader *reader = g_new (SeReader, 1);

  if (se_reader_open (reader, in_fd) && is_complete (reader, task))
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, "it is a damaged or incomplete %s",
               task->type->title);
  return FALSE;
}

gboolean
se_complete_check (int fd, const SeType *type, guint *pages, GError **error)
{
  Task task = { .type = type };
  gboolean done = se_child_call ("the check of the document", check, fd, -1, &task, sizeof task,
                                 &se_child_limits, error);

  *pages = task.pages;
  return done;
}
