/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/image.h"

#include "filter/child.h"
#include "filter/image-pdf.h"
#include "filter/jpeg.h"

#include <string.h>

#define UNKNOWN 72 /* pixels an inch where none are stated */

/* What the child gets and gives back. */
typedef struct
{
  gboolean wrap;
  int paper_wide, paper_high; /* points */
  SeImageResult result;
} Task;

gboolean
se_image_is_known (const SeType *type)
{
  return strcmp (type->mime, "image/jpeg") == 0;
}

/* Sets the image's size in points. Exif counts before JFIF: a program that edits an image often
 * knows the one and copies the other. */
static void
measure (const Task *task, const SeExif *exif, const SeJpegFacts *facts, SeImage *image)
{
  double paper_long = MAX (task->paper_wide, task->paper_high);
  double paper_short = MIN (task->paper_wide, task->paper_high);
  SeResolution resolution = exif->resolution;
  double shrink;

  if (resolution.x <= 0 && !facts->ratio)
    resolution = facts->resolution;
  image->points_wide = image->width * 72.0 / UNKNOWN;
  image->points_high = image->height * 72.0 / UNKNOWN;
  if (se_resolution_is_sane (resolution.x) && se_resolution_is_sane (resolution.y))
    {
      image->points_wide = image->width * 72.0 / resolution.x;
      image->points_high = image->height * 72.0 / resolution.y;
      return;
    }
  if (facts->ratio && facts->resolution.y > 0)
    image->points_high *= CLAMP (facts->resolution.x / facts->resolution.y, 0.1, 10);
  shrink = MIN (paper_long / MAX (image->points_wide, image->points_high),
                paper_short / MIN (image->points_wide, image->points_high));
  if (shrink < 1)
    {
      image->points_wide *= shrink;
      image->points_high *= shrink;
    }
}

static gboolean
write_pdf (int in_fd, int out_fd, const SeImage *image, GError **error)
{
  g_autoptr (SeImagePdf) pdf = se_image_pdf_new (out_fd);

  return se_image_pdf_add (pdf, in_fd, image, error) && se_image_pdf_finish (pdf, error);
}

static gboolean
wrap_jpeg (int in_fd, int out_fd, const SeJpeg *jpeg, Task *task, GError **error)
{
  SeJpegFacts facts;
  SeImage image;

  if (!se_jpeg_decode (in_fd, &facts, error))
    return FALSE;
  task->result.profile_lost = jpeg->profile_lost;
  task->result.more = !jpeg->last;
  task->result.wrapped = task->wrap && facts.plain && !jpeg->arithmetic;
  if (!task->result.wrapped)
    return TRUE;
  image = (SeImage){
    .width = facts.width,
    .height = facts.height,
    .bits = 8,
    .components = facts.components,
    /* Adobe's programs write CMYK so, and all others that leave their marker have followed. */
    .inverted = facts.components == 4 && facts.adobe,
    .filter = "DCTDecode",
    .parameters = facts.components == 1 ? NULL
                  : facts.transform     ? "/ColorTransform 1"
                                        : "/ColorTransform 0",
    .data = jpeg->data,
    .profile = jpeg->profile->len > 0 ? jpeg->profile : NULL,
    .orientation = jpeg->exif.orientation,
  };
  measure (task, &jpeg->exif, &facts, &image);
  return write_pdf (in_fd, out_fd, &image, error);
}

/* In a child. */
static gboolean
wrap (int in_fd, int out_fd, gpointer result, GError **error)
{
  g_autofree SeReader *reader = g_new (SeReader, 1);
  SeJpeg jpeg = { 0 };
  gboolean done;

  if (!se_reader_open (reader, in_fd))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, "it cannot be read");
      return FALSE;
    }
  done = se_jpeg_read (reader, &jpeg, error) && wrap_jpeg (in_fd, out_fd, &jpeg, result, error);
  se_jpeg_clear (&jpeg);
  return done;
}

gboolean
se_image_wrap (int in_fd, int out_fd, int width, int height, SeImageResult *result, GError **error)
{
  Task task = { .wrap = out_fd >= 0, .paper_wide = width, .paper_high = height };
  gboolean done = se_child_call ("the check of the image", wrap, in_fd, out_fd, &task, sizeof task,
                                 &se_child_limits, error);

  *result = task.result;
  return done;
}
