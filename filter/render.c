/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/render.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/drawing.h"
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
  long offset; /* of the page in the file of its drawing */
  gboolean is_last;
} Task;

/* Pages first to last on their way. Smoothing takes a page that is black and white to greys; the
 * pixels of a scan it leaves alone, unless it fits them to another resolution. So each page is
 * drawn with as little as will do first. */
typedef struct
{
  const SeConverted *converted;
  const SeJob *job;
  guint resolution;
  int first, last;
  guint64 *sizes; /* of each, bytes */
  SeDrawing plain;
  SeDrawing smooth; /* of those that are not black and white */
} Pages;

/* In a child. */
static gboolean
encode (int in_fd, int out_fd, gpointer result, GError **error)
{
  Task *task = result;
  SePixmap pixmap;
  gboolean done = se_pixmap_open (&pixmap, in_fd, task->offset, task->is_last, error);

  if (done)
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

/* Draws page and those that follow it, up to last, unless drawing has the page. */
static gboolean
draw (Pages *pages, SeDrawing *drawing, int page, int last, SeSmoothing smoothing, GError **error)
{
  if (page >= drawing->first && page < drawing->first + drawing->count)
    return TRUE;
  se_drawing_clear (drawing);
  return se_drawing_make (drawing, pages->converted, page, last, pages->sizes + page - pages->first,
                          pages->resolution, smoothing, pages->job, error);
}

static gboolean
is_bilevel (const SeDrawing *drawing, int page)
{
  return drawing->pages[page - drawing->first].pixels == SE_PIXELS_BILEVEL;
}

/* Draws what page needs to be drawn. NULL: error is set. */
static const SeDrawing *
find_drawing (Pages *pages, int page, SeFormat format, GError **error)
{
  SeSmoothing least = format == SE_FORMAT_TIFF ? SE_SMOOTH_NOTHING : SE_SMOOTH_EDGES;
  int last = page;

  if (!draw (pages, &pages->plain, page, pages->last, least, error))
    return NULL;
  if (is_bilevel (&pages->plain, page))
    return &pages->plain;
  while (last + 1 < pages->plain.first + pages->plain.count
         && !is_bilevel (&pages->plain, last + 1))
    last++;
  return draw (pages, &pages->smooth, page, last, SE_SMOOTH_ALL, error) ? &pages->smooth : NULL;
}

static gboolean
write_page (Pages *pages, int page, Task *task, int out_fd, GError **error)
{
  const SeDrawing *drawing = find_drawing (pages, page, task->format, error);

  if (drawing == NULL)
    return FALSE;
  task->offset = drawing->pages[page - drawing->first].offset;
  task->is_last = page == drawing->first + drawing->count - 1;
  if (se_child_call (_ ("the encoding of the page"), encode, drawing->fd, out_fd, task,
                     sizeof *task, &se_child_limits, error)
      && se_temp_has_space (error))
    return TRUE;
  se_temp_blame_space (error);
  g_prefix_error (error, _ ("its page %d: "), page);
  return FALSE;
}

/* Writes pages first to last as one file, a piece. */
static gboolean
make_file (Pages *pages, int first, int last, GPtrArray *pieces, GError **error)
{
  const SeFields *fields = pages->job->fields;
  Task task = { .format = fields->format,
                .encoding = { .resolution = pages->resolution,
                              .pages = last - first + 1,
                              .compact = fields->compact } };
  se_autofd int out_fd = se_temp_file (error);
  SePiece *piece;

  if (out_fd < 0)
    return FALSE;
  for (int page = first; page <= last; page++)
    {
      task.encoding.number = page - first;
      if (!write_page (pages, page, &task, out_fd, error))
        return FALSE;
    }
  piece = se_piece_new (se_io_steal_fd (&out_fd), se_format_mime (fields->format), last - first + 1,
                        error);
  if (piece != NULL)
    g_ptr_array_add (pieces, piece);
  return piece != NULL;
}

static gboolean
make_files (Pages *pages, GPtrArray *pieces, GError **error)
{
  if (pages->job->fields->format == SE_FORMAT_TIFF)
    return make_file (pages, pages->first, pages->last, pieces, error);
  for (int page = pages->first; page <= pages->last; page++)
    if (!make_file (pages, page, page, pieces, error))
      return FALSE;
  return TRUE;
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
  guint resolution = job->fields->resolution > 0 ? job->fields->resolution : RESOLUTION;
  Pages pages = { .converted = converted,
                  .job = job,
                  .resolution = resolution,
                  .first = first > 0 ? first : 1,
                  .last = first > 0 ? last : converted->pages,
                  .plain.fd = -1,
                  .smooth.fd = -1 };
  gboolean done;

  if (!check_pages (converted, pages.first, pages.last, job->fields->format, error))
    return FALSE;
  pages.sizes = se_drawing_measure (converted, pages.first, pages.last, resolution, error);
  done = pages.sizes != NULL && make_files (&pages, pieces, error);
  se_drawing_clear (&pages.plain);
  se_drawing_clear (&pages.smooth);
  g_free (pages.sizes);
  return done;
}
