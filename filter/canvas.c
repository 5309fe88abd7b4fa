/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/canvas.h"

#include "common/io.h"
#include "filter/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/mman.h>

#define LENGTH_MAX (512U * 1024 * 1024) /* bytes; a child may map four times as many */

gboolean
se_canvas_fits (guint64 size, guint32 height, GError **error)
{
  if (size <= LENGTH_MAX / height)
    return TRUE;
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("the image takes more than %u MiB when it is unpacked"), LENGTH_MAX >> 20);
  return FALSE;
}

gboolean
se_canvas_open (SeCanvas *canvas, guint64 size, guint32 height, GError **error)
{
  se_autofd int fd = -1;
  int status;

  *canvas = (SeCanvas){ .size = (gsize)size };
  if (!se_canvas_fits (size, height, error))
    return FALSE;
  fd = se_temp_file (error);
  if (fd < 0)
    return FALSE;
  /* All at once: a mapped page that finds no space on the disk kills the process. */
  status = posix_fallocate (fd, 0, (off_t)(size * height));
  if (status == 0)
    {
      canvas->rows = mmap (NULL, size * height, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      if (canvas->rows != MAP_FAILED)
        {
          canvas->length = size * height;
          return TRUE;
        }
      status = errno;
    }
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("there is no space to unpack it: %s"),
               g_strerror (status));
  return FALSE;
}

guchar *
se_canvas_row (const SeCanvas *canvas, guint32 y)
{
  return canvas->rows + y * canvas->size;
}

void
se_canvas_close (SeCanvas *canvas)
{
  if (canvas->length > 0)
    munmap (canvas->rows, canvas->length);
  canvas->length = 0;
}
