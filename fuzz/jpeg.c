/* SPDX-License-Identifier: Apache-2.0 */
/* JPEG images: the walk over their markers, and our reading of a scan against libjpeg's. */
#include "common/io.h"
#include "filter/jpeg-error.h"
#include "filter/jpeg-scan.h"
#include "filter/jpeg.h"
#include "fuzz/image.h"

#include <jerror.h> /* needs jpeglib.h before it */

#define PIXELS_MAX (1 << 20)

static void
take_message (j_common_ptr info, int level)
{
  if (level < 0 && info->err->msg_code != JWRN_JFIF_MAJOR
      && info->err->msg_code != JWRN_ADOBE_XFORM)
    se_jpeg_error_jump (info);
}

static void
decode_rest (struct jpeg_decompress_struct *decoder)
{
  JSAMPARRAY line;

  decoder->out_color_space = decoder->jpeg_color_space;
  decoder->scale_num = 1;
  decoder->scale_denom = DCTSIZE;
  jpeg_start_decompress (decoder);
  line = decoder->mem->alloc_sarray ((j_common_ptr)decoder, JPOOL_IMAGE,
                                     decoder->output_width * (JDIMENSION)decoder->output_components,
                                     (JDIMENSION)decoder->rec_outbuf_height);
  while (decoder->output_scanline < decoder->output_height)
    jpeg_read_scanlines (decoder, line, (JDIMENSION)decoder->rec_outbuf_height);
  jpeg_finish_decompress (decoder);
}

/* What se_jpeg_scan_is_whole takes for whole is whole to libjpeg. */
static void
check_scan (const uint8_t *data, size_t size)
{
  se_autofd int fd = fuzz_file (data, size);
  struct jpeg_decompress_struct decoder = { 0 };
  SeJpegError handler = { 0 };
  volatile gboolean whole = FALSE;

  decoder.err = se_jpeg_error_init (&handler);
  handler.base.emit_message = take_message;
  if (setjmp (handler.failed) != 0)
    {
      jpeg_destroy_decompress (&decoder);
      g_assert_false (whole);
      return;
    }
  jpeg_create_decompress (&decoder);
  jpeg_mem_src (&decoder, data, size);
  jpeg_read_header (&decoder, TRUE);
  if ((guint64)decoder.image_width * decoder.image_height <= PIXELS_MAX)
    {
      whole = se_jpeg_scan_is_whole (&decoder, fd, (off_t)(size - decoder.src->bytes_in_buffer));
      if (whole)
        decode_rest (&decoder);
    }
  jpeg_destroy_decompress (&decoder);
}

/* As the filter wraps it. */
static gboolean
add (SeReader *reader, SeImagePdf *pdf, gboolean *none, GError **error)
{
  SeJpeg jpeg;
  SeJpegFacts facts;
  gboolean done = se_jpeg_read (reader, &jpeg, error) && se_jpeg_decode (reader->fd, &facts, error);

  *none = done && (!facts.plain || jpeg.arithmetic);
  if (done && !*none)
    {
      const SeImage image = { .width = facts.width,
                              .height = facts.height,
                              .bits = 8,
                              .components = facts.components,
                              .filter = "DCTDecode",
                              .data = jpeg.data,
                              .profile = jpeg.profile->len > 0 ? jpeg.profile : NULL,
                              .orientation = jpeg.exif.orientation,
                              .resolution = jpeg.exif.resolution };

      done = se_image_pdf_add (pdf, reader->fd, &image, error);
    }
  se_jpeg_clear (&jpeg);
  return done;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return -1;
  check_scan (data, size);
  fuzz_image (data, size, add);
  return 0;
}
