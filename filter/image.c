/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/image.h"

#include "filter/bmp.h"
#include "filter/child.h"
#include "filter/gif.h"
#include "filter/image-pdf.h"
#include "filter/jpeg.h"
#include "filter/png.h"
#include "filter/pnm.h"
#include "filter/tiff.h"

#include <glib/gi18n-lib.h>
#include <string.h>

typedef struct Kind Kind;

/* What the child gets and gives back. */
typedef struct
{
  const Kind *kind;
  gboolean wrap;
  int paper_wide, paper_high; /* points */
  SeImageResult result;
} Task;

/* A type of images: wrap checks it, adds it to pdf and sets the result; where it leaves the image
 * to a converter, pdf is not used. */
struct Kind
{
  const char *mime;
  gboolean (*wrap) (SeReader *reader, SeImagePdf *pdf, SeImageResult *result, GError **error);
};

static gboolean
add_jpeg (SeImagePdf *pdf, int in_fd, const SeJpeg *jpeg, SeImageResult *result, GError **error)
{
  SeJpegFacts facts;
  SeImage image;

  if (!se_jpeg_decode (in_fd, &facts, error))
    return FALSE;
  result->profile_lost = jpeg->profile_lost;
  result->more = !jpeg->last;
  result->wrapped = facts.plain && !jpeg->arithmetic;
  if (!result->wrapped)
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
    /* Exif counts before JFIF: a program that edits an image often knows the one and copies the
     * other. */
    .resolution = jpeg->exif.resolution.x > 0 ? jpeg->exif.resolution : facts.resolution,
  };
  return se_image_pdf_add (pdf, in_fd, &image, error);
}

static gboolean
wrap_jpeg (SeReader *reader, SeImagePdf *pdf, SeImageResult *result, GError **error)
{
  SeJpeg jpeg;
  gboolean done
      = se_jpeg_read (reader, &jpeg, error) && add_jpeg (pdf, reader->fd, &jpeg, result, error);

  se_jpeg_clear (&jpeg);
  return done;
}

static gboolean
wrap_png (SeReader *reader, SeImagePdf *pdf, SeImageResult *result, GError **error)
{
  g_autofree SePng *png = g_new0 (SePng, 1);
  gboolean done = se_png_read (reader, png, error);

  if (done)
    {
      *result = (SeImageResult){ .wrapped = TRUE,
                                 .profile_lost = png->profile_lost,
                                 .more = png->more };
      done = se_png_add (pdf, reader, png, error);
    }
  se_png_clear (png);
  return done;
}

static gboolean
wrap_tiff (SeReader *reader, SeImagePdf *pdf, SeImageResult *result, GError **error)
{
  g_autoptr (SeTiff) tiff = se_tiff_new (reader, error);
  gboolean more = TRUE;

  if (tiff == NULL)
    return FALSE;
  *result = (SeImageResult){ .wrapped = TRUE };
  for (;;)
    {
      gboolean profile_lost = FALSE;

      if (!se_tiff_next (tiff, &more, error))
        return FALSE;
      if (!more)
        return TRUE;
      if (!se_tiff_add (tiff, pdf, &profile_lost, error))
        return FALSE;
      result->profile_lost = result->profile_lost || profile_lost;
    }
}

static gboolean
wrap_gif (SeReader *reader, SeImagePdf *pdf, SeImageResult *result, GError **error)
{
  result->wrapped = TRUE;
  return se_gif_add (pdf, reader, &result->more, error);
}

static gboolean
wrap_pnm (SeReader *reader, SeImagePdf *pdf, SeImageResult *result, GError **error)
{
  result->wrapped = TRUE;
  return se_pnm_add (pdf, reader, &result->more, error);
}

static gboolean
wrap_bmp (SeReader *reader, SeImagePdf *pdf, SeImageResult *result, GError **error)
{
  result->wrapped = TRUE;
  return se_bmp_add (pdf, reader, error);
}

static const Kind kinds[] = {
  { "image/jpeg", wrap_jpeg },
  { "image/png", wrap_png },
  { "image/tiff", wrap_tiff },
  { "image/gif", wrap_gif },
  { "image/x-bitmap", wrap_bmp },
  { "image/x-portable-bitmap", wrap_pnm },
  { "image/x-portable-graymap", wrap_pnm },
  { "image/x-portable-pixmap", wrap_pnm },
};

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
  g_autoptr (SeImagePdf) pdf
      = se_image_pdf_new (task->wrap ? out_fd : -1, task->paper_wide, task->paper_high);

  if (!se_reader_open (reader, in_fd))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read"));
      return FALSE;
    }
  if (!task->kind->wrap (reader, pdf, &task->result, error))
    return FALSE;
  task->result.pages = MAX (se_image_pdf_count (pdf), 1); /* a JPEG may have been left out */
  se_image_pdf_get_size (pdf, &task->result.width, &task->result.height);
  task->result.wrapped = task->result.wrapped && task->wrap;
  return !task->result.wrapped || se_image_pdf_finish (pdf, error);
}

gboolean
se_image_wrap (const SeType *type, int in_fd, int out_fd, int width, int height,
               SeImageResult *result, GError **error)
{
  Task task = {
    .kind = find_kind (type), .wrap = out_fd >= 0, .paper_wide = width, .paper_high = height
  };
  gboolean done = se_child_call_with_files (_ ("the check of the image"), wrap, in_fd, out_fd,
                                            &task, sizeof task, &se_child_limits, error);

  *result = task.result;
  return done;
}
