/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/image.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/exif.h"
#include "filter/pdf.h"
#include "filter/test-file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jpeglib.h>
#include <zlib.h>

#define PAPER_WIDE 595
#define PAPER_HIGH 842

/* The PDF is one for libqpdf too, and just what result says. */
static void
assert_sound (int fd, const SeImageResult *result, SePdf *facts)
{
  g_autoptr (GError) error = NULL;

  se_pdf_check (fd, facts, &error);
  g_assert_no_error (error);
  g_assert_false (facts->recovered);
  g_assert_cmpint (facts->pages, ==, result->pages);
  g_assert_cmpint (facts->width, ==, result->width);
  g_assert_cmpint (facts->height, ==, result->height);
}

/* A ramp of colours, of width by height pixels, at 144 pixels an inch. */
static GByteArray *
make_jpeg (guint width, guint height, int components, gboolean progressive)
{
  struct jpeg_compress_struct encoder;
  struct jpeg_error_mgr errors;
  g_autofree guchar *line = g_malloc ((gsize)width * (gsize)components);
  unsigned char *data = NULL;
  unsigned long length = 0;
  GByteArray *bytes;

  encoder.err = jpeg_std_error (&errors);
  jpeg_create_compress (&encoder);
  jpeg_mem_dest (&encoder, &data, &length);
  encoder.image_width = width;
  encoder.image_height = height;
  encoder.input_components = components;
  encoder.in_color_space = components == 1 ? JCS_GRAYSCALE : components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults (&encoder);
  encoder.density_unit = 1;
  encoder.X_density = encoder.Y_density = 144;
  if (progressive)
    jpeg_simple_progression (&encoder);
  jpeg_start_compress (&encoder, TRUE);
  for (guint y = 0; y < height; y++)
    {
      for (guint i = 0; i < width * (guint)components; i++)
        line[i] = (guchar)(i * 7 + y * 11);
      jpeg_write_scanlines (&encoder, &line, 1);
    }
  jpeg_finish_compress (&encoder);
  jpeg_destroy_compress (&encoder);
  bytes = g_byte_array_new ();
  g_byte_array_append (bytes, data, (guint)length);
  free (data);
  return bytes;
}

static void
add_number (GByteArray *bytes, guint32 number)
{
  number = GUINT32_TO_BE (number);
  g_byte_array_append (bytes, (const guchar *)&number, sizeof number);
}

static void
add_chunk (GByteArray *png, const char *type, const guchar *data, gsize length)
{
  guint start = png->len + 4;

  add_number (png, (guint32)length);
  g_byte_array_append (png, (const guchar *)type, 4);
  g_byte_array_append (png, data, (guint)length);
  add_number (png, (guint32)crc32 (0, png->data + start, (guint)length + 4));
}

/* 40 by 20 pixels of RGB, with a resolution and something that is called a profile. change: of a
 * byte of a chunk, whose checksum is true all the same. */
static GByteArray *
make_png (guint change, guchar bits)
{
  guchar header[] = "\0\0\0\x28\0\0\0\x14\x08\x02\0\0";
  guchar resolution[] = "\0\0\x16\x25\0\0\x16\x25\x01"; /* 144 pixels an inch */
  guchar profile[] = "a\0\0zzzzzzzz";
  guchar lines[(3 * 40 + 1) * 20] = { 0 };
  guchar data[512];
  uLongf length = sizeof data;
  struct
  {
    const char *type;
    guchar *data;
    gsize length;
  } chunks[] = { { "IHDR", header, 13 },
                 { "pHYs", resolution, 9 },
                 { "iCCP", profile, 11 },
                 { "IDAT", data, 0 },
                 { "IEND", NULL, 0 } };
  GByteArray *png = g_byte_array_new ();

  for (guint i = 0; i < sizeof lines; i++)
    if (i % 121 != 0)
      lines[i] = (guchar)(i % 11);
  g_assert_cmpint (compress (data, &length, lines, sizeof lines), ==, Z_OK);
  chunks[3].length = length;
  g_byte_array_append (png, (const guchar *)"\x89PNG\r\n\x1a\n", 8);
  for (gsize i = 0; i < G_N_ELEMENTS (chunks); i++)
    {
      if (change < chunks[i].length)
        chunks[i].data[change] ^= bits;
      change -= (guint)chunks[i].length; /* below 0 it is beyond all others */
      add_chunk (png, chunks[i].type, chunks[i].data, chunks[i].length);
    }
  return png;
}

/* Wraps it; returns the PDF's descriptor, -1 where it is refused as a document. */
static int
wrap (const guchar *data, gsize length, SeImageResult *result)
{
  g_autoptr (GError) error = NULL;
  se_autofd int fd = test_file_new (data, length);
  se_autofd int out_fd = test_file_new ("", 0);

  if (se_image_wrap (se_type_find (data, MIN (length, SE_TYPE_HEAD), NULL), fd, out_fd, PAPER_WIDE,
                     PAPER_HIGH, result, &error))
    return se_io_steal_fd (&out_fd);
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  if (strstr (error->message, "it is a JPEG image") == NULL
      && strstr (error->message, "it is a damaged") == NULL)
    g_error ("%s", error->message); /* the child crashed */
  return -1;
}

static void
test_wrap (void)
{
  for (int components = 1; components <= 4; components++)
    for (int progressive = 0; progressive <= 1 && components != 2; progressive++)
      {
        g_autoptr (GByteArray) jpeg = make_jpeg (40, 20, components, progressive != 0);
        g_autoptr (GByteArray) again = NULL, pdf = NULL;
        SeImageResult result;
        se_autofd int fd = wrap (jpeg->data, jpeg->len, &result);
        se_autofd int second = wrap (jpeg->data, jpeg->len, &result);
        SePdf facts;
        gboolean inverted;

        g_assert_true (result.wrapped);
        g_assert_false (result.more || result.profile_lost);
        assert_sound (fd, &result, &facts);
        g_assert_false (facts.recovered);
        g_assert_cmpint (facts.pages, ==, 1);
        if (components != 4) /* an Adobe marker states no resolution */
          g_assert_true (facts.width == 20 && facts.height == 10);
        pdf = test_file_read (fd);
        again = test_file_read (second);
        g_assert_cmpmem (pdf->data, pdf->len, again->data, again->len);
        g_assert_nonnull (memmem (pdf->data, pdf->len, jpeg->data, jpeg->len));
        inverted = memmem (pdf->data, pdf->len, "/Decode [1 0 1 0 1 0 1 0]", 25) != NULL;
        g_assert_cmpint (inverted, ==, components == 4);
      }
}

/* Cut anywhere it is refused. */
static void
test_cut (void)
{
  for (int progressive = 0; progressive <= 1; progressive++)
    {
      g_autoptr (GByteArray) jpeg = make_jpeg (40, 20, 3, progressive != 0);

      for (guint length = 4; length < jpeg->len; length += 1 + length / 16)
        {
          SeImageResult result;
          se_autofd int fd = wrap (jpeg->data, length, &result);

          if (fd >= 0)
            g_error ("cut at %u of %u bytes it passes", length, jpeg->len);
        }
    }
}

/* Bytes changed at random, mostly in the markers: an answer, and no crash. */
static void
test_damaged (void)
{
  static const guchar extra[] = "\xff\xe1\0\x2a" /* Exif: orientation 6, 300 pixels an inch */
                                "Exif\0\0MM\0*\0\0\0\x08\0\x02"
                                "\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
                                "\x01\x1a\0\x05\0\0\0\x01\0\0\0\x08"
                                "\xff\xe2\0\x14"
                                "ICC_PROFILE\0\x01\x01zzzz";
  GRand *random = g_rand_new_with_seed (3);

  for (int progressive = 0; progressive <= 1; progressive++)
    {
      g_autoptr (GByteArray) jpeg = make_jpeg (40, 20, 3, progressive != 0);

      g_byte_array_set_size (jpeg, jpeg->len + sizeof extra - 1);
      memmove (jpeg->data + 2 + sizeof extra - 1, jpeg->data + 2, jpeg->len - 2 - sizeof extra + 1);
      memcpy (jpeg->data + 2, extra, sizeof extra - 1);
      for (int round = 0; round < 150; round++)
        {
          g_autofree guchar *copy = g_memdup2 (jpeg->data, jpeg->len);
          SeImageResult result;
          se_autofd int fd = -1;
          SePdf facts;

          if (round > 0)
            copy[g_rand_int_range (random, 2, (gint32)jpeg->len)] = (guchar)g_rand_int (random);
          fd = wrap (copy, jpeg->len, &result);
          g_assert_true (fd >= 0 || round > 0);
          g_assert_true (round > 0 || result.profile_lost);
          if (fd >= 0 && result.wrapped)
            assert_sound (fd, &result, &facts);
        }
    }
  g_rand_free (random);
}

static void
test_exif (void)
{
#define EXIF_CASE(bytes) bytes, sizeof bytes - 1
#define HEAD "II*\0\x08\0\0\0"
  static const struct
  {
    const char *bytes;
    gsize length;
    guint orientation;
    double x, y;
  } cases[] = {
    { EXIF_CASE (HEAD "\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0"), 8, 0, 0 },
    { EXIF_CASE ("MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"), 6, 0, 0 },
    /* no such orientation, a wrong type, two values */
    { EXIF_CASE (HEAD "\x01\0\x12\x01\x03\0\x01\0\0\0\x09\0\0\0"), 1, 0, 0 },
    { EXIF_CASE (HEAD "\x01\0\x12\x01\x04\0\x01\0\0\0\x08\0\0\0"), 1, 0, 0 },
    { EXIF_CASE (HEAD "\x01\0\x12\x01\x03\0\x02\0\0\0\x08\0\0\0"), 1, 0, 0 },
    /* more entries than there are, no entry, directories that are not there */
    { EXIF_CASE (HEAD "\xff\xff\x12\x01\x03\0\x01\0\0\0\x03\0\0\0"), 3, 0, 0 },
    { EXIF_CASE (HEAD "\x01\0\x12\x01\x03\0\x01\0\0\0\x03\0\0"), 1, 0, 0 },
    { EXIF_CASE ("II*\0\xff\xff\xff\xff\x01\0"), 1, 0, 0 },
    { EXIF_CASE ("II"), 1, 0, 0 },
    { EXIF_CASE ("XX*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x08\0\0\0"), 1, 0, 0 },
    /* 300 by 1, then with a denominator of 0, then beyond the end, then unknown by definition */
    { EXIF_CASE (HEAD "\x01\0\x1a\x01\x05\0\x01\0\0\0\x16\0\0\0\x2c\x01\0\0\x01\0\0\0"), 1, 300,
      300 },
    { EXIF_CASE (HEAD "\x01\0\x1a\x01\x05\0\x01\0\0\0\x16\0\0\0\x2c\x01\0\0\0\0\0\0"), 1, 0, 0 },
    { EXIF_CASE (HEAD "\x01\0\x1a\x01\x05\0\x01\0\0\0\x17\0\0\0\x2c\x01\0\0\x01\0\0\0"), 1, 0, 0 },
    { EXIF_CASE (HEAD "\x01\0\x1a\x01\x05\0\x01\0\0\0\xff\xff\xff\xff\x2c\x01\0\0\x01\0\0\0"), 1, 0,
      0 },
    { EXIF_CASE (HEAD "\x01\0\x1a\x01\x05\0\x01\0\0\0\x16\0\0\0\x48\0\0\0\x01\0\0\0"), 1, 0, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *file = g_strdup_printf ("%6s%*s", "before", (int)cases[i].length + 4, "");
      g_autofree SeReader *reader = g_new (SeReader, 1);
      se_autofd int fd = -1;
      SeExif exif;

      memcpy (file + 6, cases[i].bytes, cases[i].length);
      fd = test_file_new (file, cases[i].length + 10);
      g_assert_true (se_reader_open (reader, fd));
      se_exif_read (reader, 6, 6 + cases[i].length, &exif);
      g_assert_cmpuint (exif.orientation, ==, cases[i].orientation);
      g_assert_cmpfloat (exif.resolution.x, ==, cases[i].x);
      g_assert_cmpfloat (exif.resolution.y, ==, cases[i].y);
    }
}

static void
test_png (void)
{
  g_autoptr (GByteArray) png = make_png (0, 0);
  SeImageResult result;
  se_autofd int whole = wrap (png->data, png->len, &result);
  SePdf facts;

  g_assert_true (whole >= 0 && result.wrapped && result.profile_lost && !result.more);
  g_assert_true (se_pdf_check (whole, &facts, NULL));
  g_assert_true (facts.width == 20 && facts.height == 10);
  for (guint length = 9; length < png->len; length += 3)
    {
      se_autofd int fd = wrap (png->data, length, &result);

      if (fd >= 0)
        g_error ("cut at %u of %u bytes it passes", length, png->len);
    }
  /* Every byte of every chunk, in other ways each: an answer, and no crash. */
  for (guint change = 0; change < png->len - 8 - 5 * 12; change++)
    {
      g_autoptr (GByteArray) changed = make_png (change, (guchar)(1U << change % 8));
      se_autofd int fd = wrap (changed->data, changed->len, &result);

      if (fd >= 0 && result.wrapped)
        assert_sound (fd, &result, &facts);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  se_child_take_signals ();
  g_test_add_func ("/image/wrap", test_wrap);
  g_test_add_func ("/image/cut", test_cut);
  g_test_add_func ("/image/damaged", test_damaged);
  g_test_add_func ("/image/png", test_png);
  g_test_add_func ("/image/exif", test_exif);
  return g_test_run ();
}
