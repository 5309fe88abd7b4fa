/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/tiff.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/image.h"
#include "filter/pdf.h"
#include "filter/test-file.h"

#include <string.h>
#include <sys/stat.h>
#include <tiffio.h>
#include <unistd.h>

#define WIDE 40
#define HIGH 24
#define PAPER_WIDE 595
#define PAPER_HIGH 842

/* A page to make. */
typedef struct
{
  guint16 compression;
  guint16 bits;
  guint16 samples;
  guint32 rows; /* of a strip */
  guint32 subfile;
} Page;

static const SeType type = { SE_FAMILY_IMAGE, "image/tiff", "TIFF image", "imagetopdf" };

/* Two pages and a thumbnail between them. */
static const Page mixed[] = { { COMPRESSION_CCITTFAX4, 1, 1, HIGH, 0 },
                              { COMPRESSION_NONE, 8, 1, HIGH, FILETYPE_REDUCEDIMAGE },
                              { COMPRESSION_LZW, 8, 3, 5, 0 } };

static void
add_page (TIFF *tiff, const Page *page)
{
  guchar row[WIDE * 4];

  TIFFSetField (tiff, TIFFTAG_IMAGEWIDTH, WIDE);
  TIFFSetField (tiff, TIFFTAG_IMAGELENGTH, HIGH);
  TIFFSetField (tiff, TIFFTAG_BITSPERSAMPLE, page->bits);
  TIFFSetField (tiff, TIFFTAG_SAMPLESPERPIXEL, page->samples);
  TIFFSetField (tiff, TIFFTAG_PHOTOMETRIC,
                page->samples == 3 ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK);
  TIFFSetField (tiff, TIFFTAG_COMPRESSION, page->compression);
  TIFFSetField (tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
  TIFFSetField (tiff, TIFFTAG_ROWSPERSTRIP, page->rows);
  TIFFSetField (tiff, TIFFTAG_SUBFILETYPE, page->subfile);
  TIFFSetField (tiff, TIFFTAG_XRESOLUTION, 144.0);
  TIFFSetField (tiff, TIFFTAG_YRESOLUTION, 72.0);
  for (guint32 y = 0; y < HIGH; y++)
    {
      for (guint i = 0; i < sizeof row; i++)
        row[i] = (guchar)(i * 7 + y * 13);
      g_assert_cmpint (TIFFWriteScanline (tiff, row, y, 0), ==, 1);
    }
  g_assert_cmpint (TIFFWriteDirectory (tiff), ==, 1);
}

/* mode: as of TIFFOpen. */
static GByteArray *
make_tiff (const Page *pages, gsize count, const char *mode)
{
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "test-tiff-XXXXXX", NULL);
  int fd = g_mkstemp (path);
  TIFF *tiff = TIFFOpen (path, mode);
  char *data;
  gsize length;

  g_assert_true (fd >= 0 && tiff != NULL);
  for (gsize i = 0; i < count; i++)
    add_page (tiff, &pages[i]);
  TIFFClose (tiff);
  g_assert_true (g_file_get_contents (path, &data, &length, NULL));
  close (fd);
  unlink (path);
  return g_byte_array_new_take ((guchar *)data, length);
}

/* Makes a PDF of it; returns the number of its pages, or -1 where it is refused as a document. */
static int
wrap (const void *data, gsize length, char **why)
{
  g_autoptr (GError) error = NULL;
  se_autofd int fd = test_file_new (data, length);
  se_autofd int out_fd = test_file_new ("", 0);
  SeImageResult result = { 0 };
  SePdf facts;

  if (se_image_wrap (&type, fd, out_fd, PAPER_WIDE, PAPER_HIGH, &result, &error))
    {
      g_assert_true (se_pdf_check (out_fd, &facts, &error));
      g_assert_false (facts.recovered);
      g_assert_cmpint (facts.pages, ==, (int)result.pages);
      return facts.pages;
    }
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
  if (strstr (error->message, "crashed") != NULL || strstr (error->message, "status") != NULL)
    g_error ("%s", error->message);
  if (why != NULL)
    *why = g_strdup (error->message);
  return -1;
}

/* Is of that many pages, in every byte order and as BigTIFF. */
static void
test_pages (void)
{
  static const char *const modes[] = { "wl", "wb", "wl8", "wb8" };

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (GByteArray) tiff = make_tiff (mixed, G_N_ELEMENTS (mixed), modes[i]);

      g_assert_cmpint (wrap (tiff->data, tiff->len, NULL), ==, 2);
    }
}

static void
test_list (void)
{
  static const Page plain = { COMPRESSION_NONE, 8, 1, HIGH, 0 };
  g_autofree SeTiffList *list = g_new0 (SeTiffList, 1);
  g_autoptr (GByteArray) big = make_tiff (&plain, 1, "wl8");
  se_autofd int big_fd = test_file_new (big->data, big->len);
  g_autoptr (GError) error = NULL;

  for (int big_endian = 0; big_endian <= 1; big_endian++)
    {
      const char *mode = big_endian ? "wb" : "wl";
      g_autoptr (GByteArray) tiff = make_tiff (mixed, G_N_ELEMENTS (mixed), mode);
      g_autoptr (GByteArray) single = make_tiff (&plain, 1, mode);
      se_autofd int fd = test_file_new (tiff->data, tiff->len);
      se_autofd int single_fd = test_file_new (single->data, single->len);

      g_assert_true (se_tiff_list (fd, list, NULL));
      g_assert_cmpuint (list->count, ==, 2);
      g_assert_false (list->plain);
      g_assert_cmpint (list->big_endian, ==, big_endian);
      g_assert_cmpuint (list->offsets[0], <, list->offsets[1]);
      g_assert_true (se_tiff_list (single_fd, list, NULL));
      g_assert_true (list->plain && list->count == 1);
    }
  g_assert_false (se_tiff_list (big_fd, list, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
}

/* One page behind a thumbnail is not the plain case; thumbnails alone are no document. */
static void
test_thumbnail (void)
{
  g_autofree SeTiffList *list = g_new0 (SeTiffList, 1);
  g_autoptr (GByteArray) tiff = make_tiff (mixed + 1, 2, "wl");
  g_autoptr (GByteArray) alone = make_tiff (mixed + 1, 1, "wl");
  se_autofd int fd = test_file_new (tiff->data, tiff->len);
  g_autofree char *why = NULL;

  g_assert_true (se_tiff_list (fd, list, NULL));
  g_assert_true (list->count == 1 && !list->plain);
  g_assert_cmpint (wrap (tiff->data, tiff->len, NULL), ==, 1);
  g_assert_cmpint (wrap (alone->data, alone->len, &why), ==, -1);
  g_assert_nonnull (strstr (why, "no page"));
}

/* The last directory leads back to the first. */
static void
test_circle (void)
{
  g_autoptr (GByteArray) tiff = make_tiff (mixed, G_N_ELEMENTS (mixed), "wl");
  g_autofree SeTiffList *list = g_new0 (SeTiffList, 1);
  g_autofree char *why = NULL;
  se_autofd int fd = test_file_new (tiff->data, tiff->len);
  guint64 last;
  guint16 entries;

  g_assert_true (se_tiff_list (fd, list, NULL));
  last = list->offsets[1];
  memcpy (&entries, tiff->data + last, sizeof entries);
  memcpy (tiff->data + last + 2 + 12 * GUINT16_FROM_LE (entries), tiff->data + 4, 4);
  g_assert_cmpint (wrap (tiff->data, tiff->len, &why), ==, -1);
  g_assert_nonnull (strstr (why, "follows its page 2"));
}

/* Cut anywhere it is refused: libtiff puts the last directory behind the data. */
static void
test_cut (void)
{
  g_autoptr (GByteArray) tiff = make_tiff (mixed, G_N_ELEMENTS (mixed), "wl");

  for (guint length = 8; length < tiff->len - 40; length += 23)
    if (wrap (tiff->data, length, NULL) >= 0)
      g_error ("cut at %u of %u bytes it passes", length, tiff->len);
}

/* Bytes changed at random: an answer in the end, and no crash. */
static void
test_damaged (void)
{
  static const Page kinds[] = {
    { COMPRESSION_CCITTFAX4, 1, 1, HIGH, 0 },
    { COMPRESSION_CCITTFAX3, 1, 1, 7, 0 },
    { COMPRESSION_LZW, 8, 3, 5, 0 },
    { COMPRESSION_JPEG, 8, 3, 8, 0 },
    { COMPRESSION_ADOBE_DEFLATE, 8, 1, HIGH, 0 },
    { COMPRESSION_PACKBITS, 8, 3, 5, 0 },
  };
  GRand *random = g_rand_new_with_seed (7);

  for (gsize kind = 0; kind < G_N_ELEMENTS (kinds); kind++)
    {
      g_autoptr (GByteArray) tiff = make_tiff (&kinds[kind], 1, "wl");

      g_assert_cmpint (wrap (tiff->data, tiff->len, NULL), ==, 1);
      for (int round = 0; round < 90; round++)
        {
          g_autofree guchar *copy = g_memdup2 (tiff->data, tiff->len);

          copy[g_rand_int_range (random, 4, (gint32)tiff->len)] = (guchar)g_rand_int (random);
          wrap (copy, tiff->len, NULL);
        }
    }
  g_rand_free (random);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  se_child_take_signals ();
  g_test_add_func ("/tiff/pages", test_pages);
  g_test_add_func ("/tiff/list", test_list);
  g_test_add_func ("/tiff/thumbnail", test_thumbnail);
  g_test_add_func ("/tiff/circle", test_circle);
  g_test_add_func ("/tiff/cut", test_cut);
  g_test_add_func ("/tiff/damaged", test_damaged);
  return g_test_run ();
}
