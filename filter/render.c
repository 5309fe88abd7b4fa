/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/render.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/encode.h"
#include "filter/piece.h"
#include "filter/temp.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

#define FILES_MAX 500 /* attachments of a document; each is an open file until it is passed on */

#define RESOLUTION 300 /* unless the job says another */

/* A page on its way to the encoder, in memory shared with its child. */
typedef struct
{
  SeFormat format;
  SeEncoding encoding;
  gboolean only_bilevel; /* to be written only if it is black and white */
  gboolean written;
} Task;

/* In a child. */
static gboolean
encode (int in_fd, int out_fd, gpointer result, GError **error)
{
  Task *task = result;
  SePixmap pixmap;
  gboolean done = se_pixmap_open (&pixmap, in_fd, error);

  task->written = done && (!task->only_bilevel || pixmap.pixels == SE_PIXELS_BILEVEL);
  if (task->written)
    {
      if (task->format == SE_FORMAT_TIFF)
        done = se_encode_tiff (&pixmap, &task->encoding, out_fd, error);
      else if (task->format == SE_FORMAT_JPEG)
        done = se_encode_jpeg (&pixmap, &task->encoding, out_fd, error);
      else
        done = se_encode_png (&pixmap, &task->encoding, out_fd, error);
    }
  if (done && pixmap.cut)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read again"));
      done = FALSE;
    }
  se_pixmap_clear (&pixmap);
  return done;
}

/* Draws a page and, if the task takes it, writes it to out_fd. */
static gboolean
draw (const SeConverted *converted, int page, SeSmoothing smoothing, Task *task, const SeJob *job,
      int out_fd, GError **error)
{
  se_autofd int page_fd = se_temp_file (error);

  return page_fd >= 0
         && se_program_draw_page (page, task->encoding.resolution, smoothing, job, converted->fd,
                                  page_fd, error)
         && se_child_call (_ ("the encoding of the page"), encode, page_fd, out_fd, task,
                           sizeof *task, &se_child_limits, error)
         && se_temp_has_space (error);
}

/* Smoothing takes a page that is black and white to greys; the pixels of a scan it leaves alone,
 * unless it fits them to another resolution. So each page is drawn with as little as will do
 * first. */
static gboolean
write_page (const SeConverted *converted, int page, Task *task, const SeJob *job, int out_fd,
            GError **error)
{
  SeSmoothing least = task->format == SE_FORMAT_TIFF ? SE_SMOOTH_NOTHING : SE_SMOOTH_EDGES;
  gboolean done;

  task->only_bilevel = TRUE;
  done = draw (converted, page, least, task, job, out_fd, error);
  if (done && !task->written)
    {
      task->only_bilevel = FALSE;
      done = draw (converted, page, SE_SMOOTH_ALL, task, job, out_fd, error);
    }
  if (done)
    return TRUE;
  se_temp_blame_space (error);
  g_prefix_error (error, _ ("its page %d: "), page);
  return FALSE;
}

/* Writes pages first to last as one file, a piece. */
static gboolean
make_file (const SeConverted *converted, int first, int last, const SeJob *job, GPtrArray *pieces,
           GError **error)
{
  const SeFields *fields = job->fields;
  Task task
      = { .format = fields->format,
          .encoding = { .resolution = fields->resolution > 0 ? fields->resolution : RESOLUTION,
                        .pages = last - first + 1,
                        .compact = fields->compact } };
  se_autofd int out_fd = se_temp_file (error);
  SePiece *piece;

  if (out_fd < 0)
    return FALSE;
  for (int page = first; page <= last; page++)
    {
      task.encoding.number = page - first;
      if (!write_page (converted, page, &task, job, out_fd, error))
        return FALSE;
    }
  piece = se_piece_new (se_io_steal_fd (&out_fd), se_format_mime (fields->format), last - first + 1,
                        error);
  if (piece != NULL)
    g_ptr_array_add (pieces, piece);
  return piece != NULL;
}

static gboolean
check_pages (const SeConverted *converted, int first, int last, SeFormat format, GError **error)
{
  if (converted->pages < 1)
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                 _ ("it asks for a password, so no images can be made of its pages"));
  else if (format != SE_FORMAT_TIFF && last - first >= FILES_MAX)
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                 _ ("it has %d pages, and %d files of one page are the most: choose some by "
                    "page-ranges, or email-format=tiff"),
                 last - first + 1, FILES_MAX);
  else
    return TRUE;
  return FALSE;
}

gboolean
se_render (const SeConverted *converted, int first, int last, const SeJob *job, GPtrArray *pieces,
           GError **error)
{
  SeFormat format = job->fields->format;

  if (first == 0)
    {
      first = 1;
      last = converted->pages;
    }
  if (!check_pages (converted, first, last, format, error))
    return FALSE;
  if (format == SE_FORMAT_TIFF)
    return make_file (converted, first, last, job, pieces, error);
  for (int page = first; page <= last; page++)
    if (!make_file (converted, page, page, job, pieces, error))
      return FALSE;
  return TRUE;
}
