/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/image.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/pdf.h"
#include "filter/test-file.h"

#include <string.h>
#include <unistd.h>

/* An image of a kind that is decoded; from least bytes on it has a type. */
typedef struct
{
  const char *name;
  const char *bytes;
  gsize length, least;
  gsize spare; /* bytes at the end that may be missing */
  int pages;
} Sample;

#define BYTES(text) text, sizeof text - 1

/* BMP, with where its data begin, its size, the bits of a pixel and its compression. */
#define BMP_FILE(data) "BM\0\0\0\0\0\0\0\0" data "\0\0\0"
#define BMP_INFO(bits, compression)                            \
  "\x28\0\0\0\x03\0\0\0\x02\0\0\0\x01\0" bits "\0" compression \
  "\0\0\0\0\0\0\0\x12\x0b\0\0\x12\x0b\0\0\x02\0\0\0\0\0\0\0"
#define BMP_PALETTE "\x10\x20\x30\0\xff\x80\x40\0"
#define BMP_RGB_ROW "123456789\0\0\0"

static const Sample samples[] = {
  { "GIF",
    BYTES ("GIF89a\x02\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"
           "!\xf9\x04\x01\0\0\x01\0"
           ",\0\0\0\0\x02\0\x01\0\0\x02\x02\x44\x0a\0;"),
    6, 1, 1 },
  { "GIF of code size 1",
    BYTES ("GIF89a\x06\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"
           ",\0\0\0\0\x06\0\x01\0\0\x01\x02\x12\x76\0;"),
    6, 1, 1 },
  { "interlaced GIF, smaller than its screen",
    BYTES ("GIF87a\x05\0\x05\0\0\0\0"
           ",\x01\0\x01\0\x01\0\x02\0\xc0\0\0\0\xff\xff\xff\x02\x02\x44\x0a\0;"),
    6, 1, 1 },
  { "BMP of OS/2",
    BYTES (BMP_FILE ("\x20") "\x0c\0\0\0\x03\0\x02\0\x01\0\x01\0"
                             "\x10\x20\x30\xff\x80\x40\xa0\0\0\0\x40\0\0\0"),
    16, 0, 1 },
  { "BMP of 24 bits", BYTES (BMP_FILE ("\x36") BMP_INFO ("\x18", "\0") BMP_RGB_ROW BMP_RGB_ROW), 16,
    0, 1 },
  { "BMP of run lengths",
    BYTES (BMP_FILE ("\x3e") BMP_INFO ("\x08", "\x01") BMP_PALETTE
           "\x01\x01\0\x02\x01\0\x01\x01\0\0\0\x03\x01\0\x01\0\0\x01"),
    16, 0, 1 },
  { "BMP of run lengths, 4 bits",
    BYTES (BMP_FILE ("\x3e") BMP_INFO ("\x04", "\x02") BMP_PALETTE
           "\x03\x10\0\0\0\x03\x10\x10\0\x01"),
    16, 0, 1 },
  { "BMP of 16 bits by fields",
    BYTES (BMP_FILE ("\x42") BMP_INFO ("\x10", "\x03") "\0\xf8\0\0\xe0\x07\0\0\x1f\0\0\0"
                                                       "123456\0\0"
                                                       "abcdef\0\0"),
    16, 0, 1 },
  { "P1", BYTES ("P1 3 2\n101\n010"), 3, 0, 1 },
  { "P2", BYTES ("P2 2 1 15\n7\n#a comment\n9 "), 3, 1, 1 },
  { "P3", BYTES ("P3 1 2 255 1 2 3 4 5 6\n"), 3, 1, 1 },
  { "P4", BYTES ("P4\n# by hand\n9 2\n1234"), 3, 0, 1 },
  { "P5", BYTES ("P5 2 2 65535\n12345678"), 3, 0, 1 },
  { "P6", BYTES ("P6 1 2 200\nabcdef"), 3, 0, 1 },
  { "two of P6", BYTES ("P6 1 2 255\nabcdef\nP5 1 1 255\nx"), 25, 0, 2 },
};

/* Wraps it; returns the PDF's descriptor, -1 where it is refused as a document. */
static int
wrap (const void *data, gsize length, SeImageResult *result)
{
  g_autoptr (GError) error = NULL;
  const SeType *type = se_type_find (data, length, NULL);
  se_autofd int fd = test_file_new (data, length);
  se_autofd int out_fd = test_file_new ("", 0);

  if (type == NULL || !se_image_is_known (type))
    return -1;
  if (se_image_wrap (type, fd, out_fd, 595, 842, result, &error))
    return se_io_steal_fd (&out_fd);
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  if (strstr (error->message, "damaged") == NULL && strstr (error->message, "of a kind") == NULL
      && strstr (error->message, "takes more than") == NULL)
    g_error ("%s", error->message); /* the child crashed */
  return -1;
}

/* Each is whole, also without its last bytes that say nothing, and cut anywhere it is not. */
static void
test_cut (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    for (gsize length = samples[i].length; length > samples[i].least; length--)
      {
        SeImageResult result;
        se_autofd int fd = wrap (samples[i].bytes, length, &result);
        SePdf facts;

        if ((fd >= 0) != (length + samples[i].spare >= samples[i].length))
          g_error ("%s: %" G_GSIZE_FORMAT " of %" G_GSIZE_FORMAT " bytes %s", samples[i].name,
                   length, samples[i].length, fd >= 0 ? "pass" : "are refused");
        if (fd < 0)
          continue;
        g_assert_true (result.wrapped && !result.more);
        g_assert_true (se_pdf_check (fd, &facts, NULL));
        g_assert_false (facts.recovered);
        g_assert_cmpint (facts.pages, ==, samples[i].pages);
        g_assert_cmpint ((int)result.pages, ==, samples[i].pages);
      }
}

/* Every byte changed in several ways: an answer, and no crash. */
static void
test_damaged (void)
{
  static const guchar changes[] = { 0x01, 0x10, 0x80, 0xff };

  for (gsize i = 0; i < G_N_ELEMENTS (samples); i++)
    for (gsize at = 2; at < samples[i].length; at++)
      {
        g_autofree guchar *bytes = g_memdup2 (samples[i].bytes, samples[i].length);
        SeImageResult result;
        se_autofd int fd = -1;
        SePdf facts;

        bytes[at] ^= changes[at % G_N_ELEMENTS (changes)];
        fd = wrap (bytes, samples[i].length, &result);
        if (fd >= 0)
          g_assert_true (se_pdf_check (fd, &facts, NULL));
      }
}

static void
test_more (void)
{
  static const struct
  {
    const char *bytes;
    gsize length;
    gboolean refused;
  } cases[] = { { BYTES ("P5 1 1 255\nx and more"), FALSE },
                { BYTES ("P2 1 1 255\n7\nP2"), FALSE },
                { BYTES ("P5 1 1 255\nxP5 1 1 255\n"), TRUE },
                { BYTES ("P2 1 1 255\n256\n"), TRUE },
                { BYTES ("P5 1 1 99\nx"), TRUE },
                { BYTES ("GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"
                         ",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
                         ",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;"),
                  FALSE },
                { BYTES ("GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"
                         ",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0"
                         ",\0\0\0\0\x01\0\x01\0\0\x02\x02\x44"),
                  TRUE } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SeImageResult result;
      se_autofd int fd = wrap (cases[i].bytes, cases[i].length, &result);

      g_assert_cmpint (fd < 0, ==, cases[i].refused);
      g_assert_true (fd < 0 || result.more);
    }
}

/* A few bytes that make a screen of gigabytes: nobody draws them. */
static void
test_far (void)
{
  static const guchar bytes[] = "GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff"
                                ",\0\xff\0\xff\x01\0\x01\0\0\x02\x02\x44\x01\0;";
  g_autoptr (GError) error = NULL;
  SeImageResult result;
  se_autofd int fd = test_file_new (bytes, sizeof bytes - 1);
  se_autofd int out_fd = test_file_new ("", 0);

  g_assert_false (se_image_wrap (se_type_find (bytes, sizeof bytes - 1, NULL), fd, out_fd, 595, 842,
                                 &result, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  g_assert_nonnull (strstr (error->message, "takes more than 512 MiB"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  se_child_take_signals ();
  g_test_add_func ("/pixels/cut", test_cut);
  g_test_add_func ("/pixels/damaged", test_damaged);
  g_test_add_func ("/pixels/more", test_more);
  g_test_add_func ("/pixels/far", test_far);
  return g_test_run ();
}
