/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/source.h"

#include "common/digest.h"
#include "common/io.h"
#include "filter/child.h"
#include "filter/temp.h"
#include "filter/ticket.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define CHUNK 65536

static gboolean
measure (SeSource *source, GError **error)
{
  struct stat status;

  if (fstat (source->fd, &status) == 0 && S_ISREG (status.st_mode))
    {
      source->length = (guint64)status.st_size;
      return TRUE;
    }
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it is no regular file"));
  return FALSE;
}

static gssize
read_head (const SeSource *source, guchar *head, GError **error)
{
  gssize length = pread (source->fd, head, SE_TYPE_HEAD, 0);

  if (length < 0)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read: %s"),
                 g_strerror (errno));
  return length;
}

static gboolean
copy_inflated (gzFile file, int out_fd, GError **error)
{
  g_autofree guchar *chunk = g_malloc (CHUNK);
  int length;

  while ((length = gzread (file, chunk, CHUNK)) > 0)
    if (!se_io_write_all (out_fd, chunk, (gsize)length, error))
      return FALSE;
  return TRUE;
}

/* In a child. */
static gboolean
inflate_file (int in_fd, int out_fd, gpointer result, GError **error)
{
  gzFile file = gzdopen (in_fd, "rb");
  gboolean copied = copy_inflated (file, out_fd, error);
  gboolean sound;
  int status;

  gzerror (file, &status);
  sound = status == Z_OK || status == Z_STREAM_END;
  /* Z_BUF_ERROR on closing: the data end before the stream does. */
  sound = gzclose_r (file) == Z_OK && sound;
  if (!copied || sound)
    return copied;
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("its gzip-compressed data are damaged or incomplete"));
  return FALSE;
}

/* Puts the inflated contents in the place of source's file. */
static gboolean
inflate_source (SeSource *source, GError **error)
{
  se_autofd int inflated = se_temp_file (error);

  if (inflated < 0
      || !se_child_call (_ ("decompression"), inflate_file, source->fd, inflated, NULL, 0,
                         &se_child_limits, error))
    return FALSE;
  close (source->fd);
  source->fd = se_io_steal_fd (&inflated);
  return measure (source, error);
}

gboolean
se_source_open (SeSource *source, const char *path, const char *hint, GError **error)
{
  guchar head[SE_TYPE_HEAD];
  gssize length;

  *source = (SeSource){ .fd = open (path, O_RDONLY | O_NOCTTY | O_CLOEXEC) };
  if (source->fd < 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("%s cannot be opened: %s"), path,
                   g_strerror (errno));
      return FALSE;
    }
  if (!measure (source, error) || (length = read_head (source, head, error)) < 0)
    return FALSE;
  if (se_type_is_gzip (head, (gsize)length))
    {
      if (!inflate_source (source, error) || (length = read_head (source, head, error)) < 0)
        return FALSE;
    }
  if (length == 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("it is empty"));
      return FALSE;
    }
  source->type = se_type_find (head, (gsize)length, hint);
  source->mime = se_type_mime (source->type, hint);
  return se_ticket_check (source->fd, error);
}

void
se_source_clear (SeSource *source)
{
  if (source->fd >= 0)
    close (source->fd);
  source->fd = -1;
}

char *
se_source_digest (const SeSource *source, GError **error)
{
  g_autoptr (SeDigest) digest = se_digest_new ();
  g_autofree guchar *chunk = g_malloc (CHUNK);
  gssize length = 0;

  for (off_t offset = 0; (length = pread (source->fd, chunk, CHUNK, offset)) > 0; offset += length)
    se_digest_update (digest, chunk, (gsize)length);
  if (length == 0)
    return se_digest_finish (digest);
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read: %s"),
               g_strerror (errno));
  return NULL;
}
