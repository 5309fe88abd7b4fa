/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/image.h"

#include "filter/child.h"
#include "filter/image-pdf.h"
#include "filter/jpeg.h"
#include "filter/png.h"

#include <string.h>

#define UNKNOWN 72 /* pixels an inch where none are stated */

typedef struct Kind Kind;

/* What the child gets and gives back. */
typedef struct
{
  const Kind *kind;
  gboolean wrap;
  int paper_wide, paper_high; /* points */
  SeImageResult result;
} Task;

/* A type of images: wrap checks it, sets the task's result and writes the PDF if it is to. */
struct Kind
{
  const char *mime;
  gboolean (*wrap) (SeReader *reader, int out_fd, Task *task, GError **error);
};

/* Sets the image's size in points. */
static void
measure (const Task *task, const SeResolution *resolution, SeImage *image)
{
  double paper_long = MAX (task->paper_wide, task->paper_high);
  double paper_short = MIN (task->paper_wide, task->paper_high);
  double shrink;

  if (!resolution->ratio && se_resolution_is_sane (resolution->x)
      && se_resolution_is_sane (resolution->y))
    {
      image->points_wide = image->width * 72.0 / resolution->x;
      image->points_high = image->height * 72.0 / resolution->y;
      return;
    }
  image->points_wide = image->width * 72.0 / UNKNOWN;
  image->points_high = image->height * 72.0 / UNKNOWN;
  if (resolution->ratio)
    image->points_high *= CLAMP (resolution->x / resolution->y, 0.1, 10);
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
write_jpeg (int in_fd, int out_fd, const SeJpeg *jpeg, Task *task, GError **error)
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
  /* Exif counts before JFIF: a program that edits an image often knows the one and copies the
   * other. */
  measure (task, jpeg->exif.resolution.x > 0 ? &jpeg->exif.resolution : &facts.resolution, &image);
  return write_pdf (in_fd, out_fd, &image, error);
}

static gboolean
wrap_jpeg (SeReader *reader, int out_fd, Task *task, GError **error)
{
  SeJpeg jpeg;
  gboolean done
      = se_jpeg_read (reader, &jpeg, error) && write_jpeg (reader->fd, out_fd, &jpeg, task, error);

  se_jpeg_clear (&jpeg);
  return done;
}

static gboolean
write_png (int in_fd, int out_fd, const SePng *png, Task *task, GError **error)
{
  g_autofree char *parameters
      = g_strdup_printf ("/Predictor 15 /Colors %u /BitsPerComponent %u /Columns %u",
                         png->indexed ? 1 : png->components, png->bits, png->width);
  SeImage image = {
    .width = png->width,
    .height = png->height,
    .bits = png->bits,
    .components = png->components,
    .filter = "FlateDecode",
    .parameters = parameters,
    .data = png->data,
    .palette = png->indexed ? png->palette : NULL,
    .colors = png->colors,
    .profile = png->profile->len > 0 ? png->profile : NULL,
    .profile_filter = "FlateDecode",
    .orientation = 1,
  };

  measure (task, &png->resolution, &image);
  return write_pdf (in_fd, out_fd, &image, error);
}

static gboolean
wrap_png (SeReader *reader, int out_fd, Task *task, GError **error)
{
  g_autofree SePng *png = g_new0 (SePng, 1);
  gboolean done = se_png_read (reader, png, error);

  if (done)
    {
      task->result = (SeImageResult){ .wrapped = task->wrap && png->plain,
                                      .profile_lost = png->profile_lost,
                                      .more = png->more };
      done = !task->result.wrapped || write_png (reader->fd, out_fd, png, task, error);
    }
  se_png_clear (png);
  return done;
}

static const Kind kinds[] = { { "image/jpeg", wrap_jpeg }, { "image/png", wrap_png } };

static const Kind *
find_kind (const SeType *type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (type->mime, kinds[i].mime) == 0)
      return &kinds[i];
  return NULL;
}

gboolean
se_image_is_known (const SeType *type)
{
  return find_kind (type) != NULL;
}

/* In a child. */
static gboolean
wrap (int in_fd, int out_fd, gpointer result, GError **error)
{
  g_autofree SeReader *reader = g_new (SeReader, 1);
  Task *task = result;

  if (se_reader_open (reader, in_fd))
    return task->kind->wrap (reader, out_fd, task, error);
  g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, "it cannot be read");
  return FALSE;
}

gboolean
se_image_wrap (const SeType *type, int in_fd, int out_fd, int width, int height,
               SeImageResult *result, GError **error)
{
  Task task = {
    .kind = find_kind (type), .wrap = out_fd >= 0, .paper_wide = width, .paper_high = height
  };
  gboolean done = se_child_call ("the check of the image", wrap, in_fd, out_fd, &task, sizeof task,
                                 &se_child_limits, error);

  *result = task.result;
  return done;
}
