/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/jpeg-scan.h"

#include "common/io.h"
#include "filter/jpeg-error.h"
#include "filter/test-file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAMAGES 5000

/* How an image is coded. */
typedef struct
{
  guint width, height;
  int components;
  int wide, high; /* sampling of the first component */
  guint restart;  /* units */
  int quality;
  gboolean optimized; /* codes made for it, short and long ones */
  gboolean progressive;
} Shape;

static const Shape shapes[] = {
  { 40, 20, 1, 1, 1, 0, 75, FALSE, FALSE },
  { 41, 23, 1, 2, 2, 3, 95, TRUE, FALSE }, /* one component has units of a block whatever it says */
  { 64, 64, 3, 1, 1, 0, 100, FALSE, FALSE },
  { 65, 33, 3, 2, 1, 0, 60, TRUE, FALSE },
  { 33, 65, 3, 1, 2, 5, 60, FALSE, FALSE },
  { 100, 70, 3, 2, 2, 1, 90, TRUE, FALSE },
  { 300, 200, 3, 2, 2, 0, 98, TRUE, FALSE }, /* several buffers long */
  { 50, 50, 4, 1, 1, 2, 30, FALSE, FALSE },
  { 1, 1, 3, 2, 2, 0, 75, FALSE, FALSE },
};

static void
be_quiet (j_common_ptr info)
{
}

/* An image of noise, which needs every length of code and value. */
static GByteArray *
make_jpeg (const Shape *shape)
{
  struct jpeg_compress_struct encoder;
  struct jpeg_error_mgr errors;
  g_autofree guchar *row = g_malloc ((gsize)shape->width * 4);
  g_autoptr (GRand) random = g_rand_new_with_seed (shape->width);
  GByteArray *jpeg = g_byte_array_new ();
  unsigned char *data = NULL;
  unsigned long length = 0;

  encoder.err = jpeg_std_error (&errors);
  jpeg_create_compress (&encoder);
  jpeg_mem_dest (&encoder, &data, &length);
  encoder.image_width = shape->width;
  encoder.image_height = shape->height;
  encoder.input_components = shape->components;
  encoder.in_color_space = shape->components == 1   ? JCS_GRAYSCALE
                           : shape->components == 3 ? JCS_RGB
                                                    : JCS_CMYK;
  jpeg_set_defaults (&encoder);
  jpeg_set_quality (&encoder, shape->quality, TRUE);
  encoder.comp_info[0].h_samp_factor = shape->wide;
  encoder.comp_info[0].v_samp_factor = shape->high;
  encoder.restart_interval = shape->restart;
  encoder.optimize_coding = shape->optimized;
  if (shape->progressive)
    jpeg_simple_progression (&encoder);
  jpeg_start_compress (&encoder, TRUE);
  while (encoder.next_scanline < encoder.image_height)
    {
      for (gsize i = 0; i < (gsize)shape->width * 4; i++)
        row[i] = i / 60 % 2 == 0 ? (guchar)g_rand_int (random) : 128;
      jpeg_write_scanlines (&encoder, &row, 1);
    }
  jpeg_finish_compress (&encoder);
  jpeg_destroy_compress (&encoder);
  g_byte_array_append (jpeg, data, (guint)length);
  free (data);
  return jpeg;
}

typedef enum
{
  NOT_READ, /* the header is refused */
  NOT_WHOLE,
  WHOLE,
} Verdict;

/* libjpeg's: it gives no pixel without a complaint that it made up. */
static Verdict
judge_by_libjpeg (struct jpeg_decompress_struct *decoder)
{
  JSAMPARRAY row;

  decoder->out_color_space = decoder->jpeg_color_space;
  jpeg_start_decompress (decoder);
  row = decoder->mem->alloc_sarray ((j_common_ptr)decoder, JPOOL_IMAGE,
                                    decoder->output_width * (JDIMENSION)decoder->output_components,
                                    1);
  while (decoder->output_scanline < decoder->output_height)
    jpeg_read_scanlines (decoder, row, 1);
  jpeg_finish_decompress (decoder);
  return decoder->err->num_warnings == 0 ? WHOLE : NOT_WHOLE;
}

/* ours: what se_jpeg_scan_is_whole says. Returns libjpeg's verdict. */
static Verdict
judge (const guchar *data, gsize length, Verdict *ours)
{
  struct jpeg_decompress_struct decoder = { 0 };
  se_autofd int fd = test_file_new (data, length);
  SeJpegError handler;
  Verdict theirs = NOT_WHOLE;

  *ours = NOT_READ;
  decoder.err = se_jpeg_error_init (&handler);
  handler.base.output_message = be_quiet;
  if (setjmp (handler.failed) == 0)
    {
      jpeg_create_decompress (&decoder);
      jpeg_mem_src (&decoder, data, length);
      jpeg_read_header (&decoder, TRUE);
      handler.base.num_warnings = 0;
      *ours = se_jpeg_scan_is_whole (&decoder, fd, (off_t)(length - decoder.src->bytes_in_buffer))
                  ? WHOLE
                  : NOT_WHOLE;
      theirs = judge_by_libjpeg (&decoder);
    }
  jpeg_destroy_decompress (&decoder);
  return theirs;
}

static void
test_sound (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autoptr (GByteArray) jpeg = make_jpeg (&shapes[i]);
      Verdict ours, theirs = judge (jpeg->data, jpeg->len, &ours);

      g_test_message ("shape %zu: %u bytes", i, jpeg->len);
      g_assert_cmpint (theirs, ==, WHOLE);
      g_assert_cmpint (ours, ==, WHOLE);
    }
}

static void
test_other_kinds (void)
{
  Shape shape = shapes[2];
  g_autoptr (GByteArray) jpeg = NULL;
  Verdict ours;

  shape.progressive = TRUE;
  jpeg = make_jpeg (&shape);
  g_assert_cmpint (judge (jpeg->data, jpeg->len, &ours), ==, WHOLE);
  g_assert_cmpint (ours, ==, NOT_WHOLE);
}

static void
test_cut (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    {
      g_autoptr (GByteArray) jpeg = make_jpeg (&shapes[i]);

      for (guint length = 2; length < jpeg->len; length += 1 + length / 64)
        {
          Verdict ours;

          judge (jpeg->data, length, &ours);
          g_assert_cmpint (ours, !=, WHOLE);
        }
    }
}

/* What libjpeg finds fault with is never told to be whole. */
static void
test_damaged (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (4);
  GByteArray *jpegs[G_N_ELEMENTS (shapes)];
  guint passed = 0, refused = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    jpegs[i] = make_jpeg (&shapes[i]);
  for (guint i = 0; i < DAMAGES; i++)
    {
      const GByteArray *jpeg = jpegs[i % G_N_ELEMENTS (shapes)];
      g_autofree guchar *data = g_memdup2 (jpeg->data, jpeg->len);
      Verdict ours, theirs;

      for (guint k = g_rand_int_range (random, 1, 3); k > 0; k--)
        data[g_rand_int_range (random, 2, (gint32)jpeg->len)] = (guchar)g_rand_int (random);
      theirs = judge (data, jpeg->len, &ours);
      if (ours == WHOLE && theirs != WHOLE)
        g_error ("damage %u goes unnoticed", i);
      passed += ours == WHOLE;
      refused += ours == NOT_WHOLE && theirs == NOT_WHOLE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    g_byte_array_unref (jpegs[i]);
  g_test_message ("%u whole, %u not", passed, refused);
  g_assert_cmpuint (passed, >, DAMAGES / 100);
  g_assert_cmpuint (refused, >, DAMAGES / 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/jpeg-scan/sound", test_sound);
  g_test_add_func ("/jpeg-scan/other-kinds", test_other_kinds);
  g_test_add_func ("/jpeg-scan/cut", test_cut);
  g_test_add_func ("/jpeg-scan/damaged", test_damaged);
  return g_test_run ();
}
