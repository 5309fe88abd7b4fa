/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/complete.h"

#include "filter/child.h"
#include "filter/raster.h"
#include "filter/reader.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define DSC_WINDOW \
  4096 /* bytes at the end in which %%EOF is looked for; printer commands may follow */

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
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("it is a damaged or incomplete %s"),
               _ (task->type->title));
  return FALSE;
}

gboolean
se_complete_check (int fd, const SeType *type, guint *pages, GError **error)
{
  Task task = { .type = type };
  gboolean done = se_child_call (_ ("the check of the document"), check, fd, -1, &task, sizeof task,
                                 &se_child_limits, error);

  *pages = task.pages;
  return done;
}
