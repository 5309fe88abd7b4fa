/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/jpeg-error.h"
#include "filter/jpeg-scan.h"
#include "filter/jpeg.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

#include <jerror.h> /* needs jpeglib.h before it */

#define BUFFER 262144    /* libjpeg-turbo decodes at full speed only away from a buffer's end */
#define PADDING_MAX 4096 /* bytes that an encoder may leave behind a scan */
#define ADOBE_YCC 1

/* The file as libjpeg reads it. */
typedef struct
{
  struct jpeg_source_mgr base;
  int fd;
  off_t position;
  int error; /* errno of a read that failed; 0: none */
  guchar *buffer;
} Source;

/* Tells whether the count bytes before the next one are padding. Others mean that the decoder lost
 * its way in them. */
static gboolean
follows_padding (const Source *source, int count)
{
  guchar bytes[PADDING_MAX];
  off_t end = source->position - (off_t)source->base.bytes_in_buffer;

  if (count > PADDING_MAX || end < count
      || pread (source->fd, bytes, (gsize)count, end - count) != count)
    return FALSE;
  for (int i = 0; i < count; i++)
    if (bytes[i] != 0x00 && bytes[i] != 0xff)
      return FALSE;
  return TRUE;
}

/* Some warnings are of things without weight, such as the version of a JFIF marker. */
static gboolean
tells_of_damage (j_common_ptr info)
{
  switch (info->err->msg_code)
    {
    case JWRN_EXTRANEOUS_DATA:
      return !follows_padding ((const Source *)((j_decompress_ptr)info)->src,
                               info->err->msg_parm.i[0]);
#ifdef D_ARITH_CODING_SUPPORTED
    case JWRN_ARITH_BAD_CODE:
#endif
    case JWRN_BOGUS_PROGRESSION:
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_JPEG_EOF:
    case JWRN_MUST_RESYNC:
    case JWRN_NOT_SEQUENTIAL:
      return TRUE;
    default:
      return FALSE;
    }
}

/* libjpeg goes on over damage with a warning of level -1; we need not. */
static void
take_message (j_common_ptr info, int level)
{
  if (level < 0 && tells_of_damage (info))
    se_jpeg_error_jump (info);
}

/* A progressive image is all there when no scan is left out: neither bits nor coefficients. */
static gboolean
has_all_scans (const struct jpeg_decompress_struct *decoder)
{
  if (decoder->coef_bits == NULL)
    return TRUE;
  for (int component = 0; component < decoder->num_components; component++)
    for (int k = 0; k < DCTSIZE2; k++)
      if (decoder->coef_bits[component][k] != 0)
        return FALSE;
  return TRUE;
}

/* Has an image of several scans read by the start; one of a single scan line by line, at an eighth
 * of its size: one value of each block, the rest of which is only taken apart. */
static void
decode_all (struct jpeg_decompress_struct *decoder)
{
  JSAMPARRAY line;

  decoder->out_color_space = decoder->jpeg_color_space;
  decoder->scale_num = 1;
  decoder->scale_denom = DCTSIZE;
  decoder->dct_method = JDCT_IFAST;
  decoder->do_fancy_upsampling = FALSE;
  jpeg_start_decompress (decoder);
  if (!has_all_scans (decoder))
    ERREXIT (decoder, JERR_MISSING_DATA);
  if (jpeg_has_multiple_scans (decoder))
    return;
  line = decoder->mem->alloc_sarray ((j_common_ptr)decoder, JPOOL_IMAGE,
                                     decoder->output_width * (JDIMENSION)decoder->output_components,
                                     (JDIMENSION)decoder->rec_outbuf_height);
  while (decoder->output_scanline < decoder->output_height)
    jpeg_read_scanlines (decoder, line, (JDIMENSION)decoder->rec_outbuf_height);
  jpeg_finish_decompress (decoder);
}

/* Viewers of PDF let an Adobe marker say whether the colours are transformed, libjpeg a JFIF
 * marker and even components' names: where they would differ, the image is not plain. */
static void
take_facts (const struct jpeg_decompress_struct *decoder, SeJpegFacts *facts)
{
  double factor = decoder->density_unit == 2 ? 2.54 : 1;

  facts->width = decoder->image_width;
  facts->height = decoder->image_height;
  facts->components = (guint)decoder->num_components;
  facts->adobe = decoder->saw_Adobe_marker;
  facts->transform
      = decoder->jpeg_color_space == JCS_YCbCr || decoder->jpeg_color_space == JCS_YCCK;
  facts->plain = facts->components != 2
                 && !(facts->components == 3 && facts->adobe
                      && facts->transform != (decoder->Adobe_transform == ADOBE_YCC));
  if (!decoder->saw_JFIF_marker || decoder->X_density == 0 || decoder->Y_density == 0)
    return;
  facts->resolution.ratio = decoder->density_unit == 0;
  facts->resolution.x = decoder->X_density * factor;
  facts->resolution.y = decoder->Y_density * factor;
}

/* There is nothing to do at the beginning, when the buffer is empty, or at the end. */
static void
do_nothing (j_decompress_ptr decoder)
{
}

static boolean
fill_source (j_decompress_ptr decoder)
{
  Source *source = (Source *)decoder->src;
  gssize length;

  do
    length = pread (source->fd, source->buffer, BUFFER, source->position);
  while (length < 0 && errno == EINTR);
  if (length < 0)
    source->error = errno;
  if (length <= 0)
    ERREXIT (decoder, JERR_INPUT_EOF);
  source->position += length;
  source->base.next_input_byte = source->buffer;
  source->base.bytes_in_buffer = (gsize)length;
  return TRUE;
}

static void
skip_source (j_decompress_ptr decoder, long count)
{
  struct jpeg_source_mgr *source = decoder->src;

  while (count > 0)
    {
      gsize part;

      if (source->bytes_in_buffer == 0)
        fill_source (decoder);
      part = MIN ((gsize)count, source->bytes_in_buffer);
      source->next_input_byte += part;
      source->bytes_in_buffer -= part;
      count -= (long)part;
    }
}

/* Says why the decoder gave up. */
static void
explain (const SeJpegError *handler, const Source *source, GError **error)
{
  if (source->error != 0)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read: %s"),
                 g_strerror (source->error));
  else
    g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                 handler->base.msg_code == JERR_OUT_OF_MEMORY
                     ? _ ("it is a JPEG image that is too large to be checked (%s)")
                     : _ ("it is a JPEG image that is damaged or incomplete (%s)"),
                 handler->message);
}

gboolean
se_jpeg_decode (int fd, SeJpegFacts *facts, GError **error)
{
  g_autofree guchar *buffer = g_malloc (BUFFER);
  struct jpeg_decompress_struct decoder = { 0 };
  SeJpegError handler = { 0 };
  Source source = {
    .base = { .init_source = do_nothing,
              .fill_input_buffer = fill_source,
              .skip_input_data = skip_source,
              .resync_to_restart = jpeg_resync_to_restart,
              .term_source = do_nothing },
    .fd = fd,
    .buffer = buffer,
  };

  *facts = (SeJpegFacts){ 0 };
  decoder.err = se_jpeg_error_init (&handler);
  handler.base.emit_message = take_message;
  if (setjmp (handler.failed) != 0)
    {
      explain (&handler, &source, error);
      jpeg_destroy_decompress (&decoder);
      return FALSE;
    }
  jpeg_create_decompress (&decoder);
  decoder.src = &source.base;
  jpeg_read_header (&decoder, TRUE);
  take_facts (&decoder, facts);
  if (!se_jpeg_scan_is_whole (&decoder, fd, source.position - (off_t)source.base.bytes_in_buffer))
    decode_all (&decoder);
  jpeg_destroy_decompress (&decoder);
  return TRUE;
}
