/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/drawing.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/pdf.h"
#include "filter/temp.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define ROOM (G_GUINT64_CONSTANT (128) << 20) /* bytes */
#define POINTS 72                             /* an inch */

guint64 *
se_drawing_measure (const SeConverted *converted, int first, int last, guint resolution,
                    GError **error)
{
  int count = last - first + 1;
  g_autofree SePdfSize *sizes = se_pdf_measure (converted->fd, first, count, error);
  g_autofree guint64 *bytes = g_new (guint64, count);

  if (sizes == NULL)
    return NULL;
  for (int i = 0; i < count; i++)
    {
      double width = round (sizes[i].width * resolution / POINTS);
      double height = round (sizes[i].height * resolution / POINTS);

      if (width * height * 3 > (double)se_child_limits.output)
        {
          g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                       _ ("its page %d has %.0f x %.0f pixels at %u an inch, which is too large to "
                          "be drawn: choose a lower email-resolution"),
                       first + i, width, height, resolution);
          return NULL;
        }
      bytes[i] = (guint64)(width * height * 3);
    }
  return g_steal_pointer (&bytes);
}

static int
count_fitting (const guint64 *sizes, int most)
{
  guint64 sum = sizes[0];
  int count = 1;

  while (count < most && count < SE_DRAWING_PAGES && sum + sizes[count] <= ROOM)
    sum += sizes[count++];
  return count;
}

/* In a child, of a copy: finds the pages. */
static gboolean
look (int in_fd, int out_fd, gpointer result, GError **error)
{
  SeDrawing *drawing = result;
  long offset = 0;

  for (int i = 0; i < drawing->count; i++)
    {
      SePixmap pixmap;
      gboolean done = se_pixmap_open (&pixmap, in_fd, offset, i == drawing->count - 1, error);

      drawing->pages[i].offset = offset;
      drawing->pages[i].pixels = pixmap.pixels;
      offset = pixmap.end;
      se_pixmap_clear (&pixmap);
      if (!done)
        return FALSE;
    }
  return TRUE;
}

static gboolean
draw (SeDrawing *drawing, const SeConverted *converted, guint resolution, SeSmoothing smoothing,
      const SeJob *job, GError **error)
{
  SeDrawing seen = *drawing;

  drawing->fd = se_temp_file (error);
  if (drawing->fd < 0
      || !se_program_draw_pages (drawing->first, drawing->first + drawing->count - 1, resolution,
                                 smoothing, job, converted->fd, drawing->fd, error)
      || !se_child_call (_ ("the encoding of the page"), look, drawing->fd, -1, &seen, sizeof seen,
                         &se_child_limits, error))
    return FALSE;
  memcpy (drawing->pages, seen.pages, sizeof drawing->pages);
  return TRUE;
}

gboolean
se_drawing_make (SeDrawing *drawing, const SeConverted *converted, int first, int last,
                 const guint64 *sizes, guint resolution, SeSmoothing smoothing, const SeJob *job,
                 GError **error)
{
  g_autoptr (GError) failure = NULL;

  *drawing
      = (SeDrawing){ .fd = -1, .first = first, .count = count_fitting (sizes, last - first + 1) };
  /* Fewer pages take less time and space, and one alone can be named. */
  while (!draw (drawing, converted, resolution, smoothing, job, &failure))
    {
      if (drawing->count == 1 || g_error_matches (failure, SE_ERROR, SE_ERROR_CANCELLED))
        {
          se_temp_blame_space (&failure);
          g_propagate_prefixed_error (error, g_steal_pointer (&failure), _ ("its page %d: "),
                                      first);
          return FALSE;
        }
      g_clear_error (&failure);
      se_drawing_clear (drawing);
      drawing->count /= 2;
    }
  return TRUE;
}

void
se_drawing_clear (SeDrawing *drawing)
{
  if (drawing->fd >= 0)
    close (drawing->fd);
  drawing->fd = -1;
}
