/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/complete.h"

#include "common/io.h"
#include "filter/child.h"
#include "filter/temp.h"

#include <string.h>

typedef struct
{
  const char *mime;
  GByteArray *bytes;
  guint spare; /* bytes at the end that may be missing */
  guint least; /* bytes by which it is known for what it is */
} Sample;

static void
add (GByteArray *bytes, const void *data, gsize length)
{
  g_byte_array_append (bytes, data, (guint)length);
}

#define ADD(bytes, literal) add ((bytes), (literal), sizeof (literal) - 1)

static void
add_number (GByteArray *bytes, gboolean big, int size, guint32 value)
{
  for (int i = 0; i < size; i++)
    {
      guchar byte = (guchar)(value >> (8 * (big ? size - 1 - i : i)));

      add (bytes, &byte, 1);
    }
}

static void
set_number (GByteArray *bytes, guint offset, gboolean big, guint32 value)
{
  for (guint i = 0; i < 4; i++)
    bytes->data[offset + i] = (guchar)(value >> (8 * (big ? 3 - i : i)));
}

static void
add_zeros (GByteArray *bytes, guint count)
{
  guint length = bytes->len;

  g_byte_array_set_size (bytes, length + count);
  memset (bytes->data + length, 0, count);
}

static GByteArray *
make_gif (void)
{
  GByteArray *gif = g_byte_array_new ();

  ADD (gif, "GIF89a\x02\0\x01\0\x80\0\0"
            "\0\0\0\xff\xff\xff"
            "!\xf9\x04\0\0\0\0\0");
  ADD (gif, ",\0\0\0\0\x02\0\x01\0\0"
            "\x02\x02\x44\x01\0"
            ";");
  return gif;
}

static GByteArray *
make_bmp (void)
{
  GByteArray *bmp = g_byte_array_new ();

  ADD (bmp, "BM\x46\0\0\0\0\0\0\0\x36\0\0\0"
            "\x28\0\0\0\x02\0\0\0\x02\0\0\0\x01\0\x18\0\0\0\0\0");
  add_zeros (bmp, 54 - bmp->len + 16);
  return bmp;
}

static GByteArray *
make_sun (void)
{
  GByteArray *sun = g_byte_array_new ();

  ADD (sun, "\x59\xa6\x6a\x95\0\0\0\x03\0\0\0\x02\0\0\0\x08\0\0\0\x08\0\0\0\x01\0\0\0\0\0\0\0\0");
  ADD (sun, "12345678");
  return sun;
}

static GByteArray *
make_sgi (void)
{
  GByteArray *sgi = g_byte_array_new ();

  ADD (sgi, "\x01\xda\0\x01\0\x02\0\x03\0\x02\0\x01");
  add_zeros (sgi, 512 - sgi->len);
  ADD (sgi, "123456");
  return sgi;
}

/* Two pages of 8 by 4 grey pixels. version: the sync word's digit. */
static GByteArray *
make_raster (const char *sync, gboolean compressed)
{
  GByteArray *raster = g_byte_array_new ();
  gboolean big = sync[0] == 'R';

  add (raster, sync, 4);
  for (int page = 0; page < 2; page++)
    {
      guint start = raster->len;

      add_zeros (raster, 1796);
      if (compressed)
        memcpy (raster->data + start, "PwgRaster", 9);
      set_number (raster, start + 372, big, 8);
      set_number (raster, start + 376, big, 4);
      set_number (raster, start + 384, big, 8);
      set_number (raster, start + 388, big, 8);
      set_number (raster, start + 392, big, 8);
      set_number (raster, start + 420, big, 1);
      if (compressed)
        /* two lines of one run; one of six pixels as they are and a run; one blank */
        ADD (raster, "\x01\x07\xaa"
                     "\0\xfb"
                     "123456\x01\xbb"
                     "\0\x80");
      else
        add_zeros (raster, 32);
    }
  return raster;
}

/* Two lines of three pixels; of 24 bits, or of one as Ghostscript writes them. */
static GByteArray *
make_urf (gboolean one_bit)
{
  GByteArray *urf = g_byte_array_new ();

  ADD (urf, "UNIRAST\0\0\0\0\x01");
  add_number (urf, TRUE, 1, one_bit ? 1 : 24);
  ADD (urf, "\x01\x01\x04\0\0\0\0\0\0\0\0");
  add_number (urf, TRUE, 4, 3);
  add_number (urf, TRUE, 4, 2);
  add_zeros (urf, 12);
  if (one_bit)
    ADD (urf, "\x01\0\xa0");
  else
    ADD (urf, "\x01\x01"
              "rgb\x80");
  return urf;
}

static void
add_entry (GByteArray *tiff, gboolean big, guint32 tag, guint32 type, guint32 count, guint32 value)
{
  add_number (tiff, big, 2, tag);
  add_number (tiff, big, 2, type);
  add_number (tiff, big, 4, count);
  if (type == 3 && count == 1)
    {
      add_number (tiff, big, 2, value);
      add_number (tiff, big, 2, 0);
    }
  else
    add_number (tiff, big, 4, value);
}

/* A page of two strips, a thumbnail and a page of one strip, whose data end the file. */
static GByteArray *
make_tiff (gboolean big)
{
  GByteArray *tiff = g_byte_array_new ();
  guint first = 8, thumb = first + 2 + 2 * 12 + 4 + 12, last = thumb + 2 + 1 * 12 + 4;
  guint data = last + 2 + 2 * 12 + 4;

  add (tiff, big ? "MM\0*" : "II*\0", 4);
  add_number (tiff, big, 4, first);
  add_number (tiff, big, 2, 2);
  add_entry (tiff, big, 273, 4, 2, thumb - 12);
  add_entry (tiff, big, 279, 3, 2, 0);
  set_number (tiff, tiff->len - 4, big, big ? 3 << 16 | 4 : 4 << 16 | 3); /* counts 3 and 4 */
  add_number (tiff, big, 4, thumb);
  add_number (tiff, big, 4, data);
  add_number (tiff, big, 4, data + 3);
  add_zeros (tiff, 4);
  add_number (tiff, big, 2, 1);
  add_entry (tiff, big, 254, 4, 1, 1);
  add_number (tiff, big, 4, last);
  add_number (tiff, big, 2, 2);
  add_entry (tiff, big, 273, 4, 1, data + 7);
  add_entry (tiff, big, 279, 3, 1, 5);
  add_number (tiff, big, 4, 0);
  g_assert_cmpuint (tiff->len, ==, data);
  ADD (tiff, "1112222last5");
  return tiff;
}

#define LITERAL(text) \
  g_byte_array_new_take (g_memdup2 ((text), sizeof (text) - 1), sizeof (text) - 1)

static GArray *
make_samples (void)
{
  GArray *samples = g_array_new (FALSE, FALSE, sizeof (Sample));
  const Sample list[] = {
    { "image/gif", make_gif (), 1 },
    { "image/x-bitmap", make_bmp (), 0 },
    { "image/x-portable-bitmap", LITERAL ("P4\n# by hand\n9 2\n1234"), 0 },
    { "image/x-portable-graymap", LITERAL ("P5 2 2 65535\n12345678"), 0 },
    { "image/x-portable-pixmap", LITERAL ("P3 1 2 255 1 2 3 4 5 6\n"), 1 },
    { "image/x-portable-bitmap", LITERAL ("P1 3 2\n101\n010"), 0 },
    { "image/x-sun-raster", make_sun (), 0 },
    { "image/x-sgi-rgb", make_sgi (), 0 },
    { "image/tiff", make_tiff (FALSE), 0 },
    { "image/tiff", make_tiff (TRUE), 0 },
    { "image/pwg-raster", make_raster ("RaS2", TRUE), 0 },
    { "application/vnd.cups-raster", make_raster ("2SaR", TRUE), 0 },
    { "application/vnd.cups-raster", make_raster ("3SaR", FALSE), 0 },
    { "image/urf", make_urf (FALSE), 0 },
    { "image/urf", make_urf (TRUE), 0 },
    { "application/postscript", LITERAL ("%!PS-Adobe-3.0\nshowpage\n%%EOF\n\x04"), 2, 11 },
  };

  g_array_append_vals (samples, list, G_N_ELEMENTS (list));
  return samples;
}

static gboolean
check (const guchar *data, gsize length, const SeType *type, SeComplete *complete)
{
  g_autoptr (GError) error = NULL;
  se_autofd int fd = se_temp_file (&error);
  gboolean done;

  g_assert_no_error (error);
  g_assert_true (se_io_write_all (fd, data, length, &error));
  done = se_complete_check (fd, type, complete, &error);
  if (!done)
    {
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
      /* not that the child crashed */
      g_assert_nonnull (strstr (error->message, "damaged or incomplete"));
    }
  return done;
}

/* The raster samples end their first page here; a document that is cut there is whole. */
static gboolean
ends_a_page (const Sample *sample, guint length)
{
  return strstr (sample->mime, "raster") != NULL && strstr (sample->mime, "sun") == NULL
         && length == 4 + (sample->bytes->len - 4) / 2;
}

/* Every sample is whole, and cut anywhere it is not. */
static void
test_cut (void)
{
  g_autoptr (GArray) samples = make_samples ();
  g_autofree SeComplete *complete = g_new0 (SeComplete, 1);

  for (guint i = 0; i < samples->len; i++)
    {
      Sample *sample = &g_array_index (samples, Sample, i);
      GByteArray *bytes = sample->bytes;
      const SeType *type = se_type_find (bytes->data, MIN (bytes->len, SE_TYPE_HEAD), sample->mime);
      guint step = bytes->len > 1000 ? 97 : 1;

      g_assert_nonnull (type);
      g_assert_cmpstr (type->mime, ==, sample->mime);
      g_assert_true (check (bytes->data, bytes->len, type, complete));
      g_assert_true (check (bytes->data, bytes->len - sample->spare, type, complete));
      for (guint length = bytes->len - sample->spare - 1; length > sample->least;
           length -= MIN (step, length))
        if (!ends_a_page (sample, length) && check (bytes->data, length, type, complete))
          g_error ("%s cut at %u of %u bytes passes", sample->mime, length, bytes->len);
      g_byte_array_unref (bytes);
    }
}

static void
test_pages (void)
{
  g_autoptr (GByteArray) raster = make_raster ("RaS2", TRUE);
  g_autoptr (GByteArray) tiff = make_tiff (FALSE);
  g_autofree SeComplete *complete = g_new0 (SeComplete, 1);

  g_assert_true (
      check (raster->data, raster->len, se_type_find (raster->data, SE_TYPE_HEAD, NULL), complete));
  g_assert_cmpuint (complete->pages, ==, 2);
  g_assert_true (
      check (tiff->data, tiff->len, se_type_find (tiff->data, tiff->len, NULL), complete));
  g_assert_cmpuint (complete->tiff.count, ==, 2);
  g_assert_false (complete->tiff.plain);
  g_assert_cmpuint (complete->tiff.offsets[0], ==, 8);
}

/* One page behind a thumbnail is not the plain case; without the thumbnail it is. */
static void
test_thumbnail (void)
{
  g_autoptr (GByteArray) tiff = make_tiff (FALSE);
  g_autofree SeComplete *complete = g_new0 (SeComplete, 1);
  const SeType *type = se_type_find (tiff->data, tiff->len, NULL);
  guint thumb = 50, last = 68;

  set_number (tiff, 4, FALSE, thumb);
  g_assert_true (check (tiff->data, tiff->len, type, complete));
  g_assert_cmpuint (complete->tiff.count, ==, 1);
  g_assert_cmpuint (complete->tiff.offsets[0], ==, last);
  g_assert_false (complete->tiff.plain);
  set_number (tiff, 4, FALSE, last);
  g_assert_true (check (tiff->data, tiff->len, type, complete));
  g_assert_true (complete->tiff.plain);
}

static void
test_circle (void)
{
  static const guchar circle[] = "II*\0\x08\0\0\0"
                                 "\x01\0"
                                 "\x11\x01\x04\0\x01\0\0\0\0\0\0\0"
                                 "\x08\0\0\0";
  g_autofree SeComplete *complete = g_new0 (SeComplete, 1);

  g_assert_false (
      check (circle, sizeof circle - 1, se_type_find (circle, sizeof circle - 1, NULL), complete));
}

/* Bytes changed at random: an answer in the end, and nothing read or written that is not ours. */
static void
test_damaged (void)
{
  g_autoptr (GArray) samples = make_samples ();
  g_autofree SeComplete *complete = g_new0 (SeComplete, 1);
  GRand *random = g_rand_new_with_seed (7);

  for (guint i = 0; i < samples->len; i++)
    {
      GByteArray *bytes = g_array_index (samples, Sample, i).bytes;
      const SeType *type = se_type_find (bytes->data, MIN (bytes->len, SE_TYPE_HEAD),
                                         g_array_index (samples, Sample, i).mime);

      for (int round = 0; round < 100; round++)
        {
          g_autofree guchar *copy = g_memdup2 (bytes->data, bytes->len);

          for (int change = 0; change < 3; change++)
            copy[g_rand_int_range (random, 2, (gint32)bytes->len)] = (guchar)g_rand_int (random);
          check (copy, bytes->len, type, complete);
          g_assert_cmpuint (complete->tiff.count, <=, SE_TIFF_PAGES_MAX);
        }
      g_byte_array_unref (bytes);
    }
  g_rand_free (random);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  se_child_take_signals ();
  g_test_add_func ("/complete/cut", test_cut);
  g_test_add_func ("/complete/pages", test_pages);
  g_test_add_func ("/complete/thumbnail", test_thumbnail);
  g_test_add_func ("/complete/circle", test_circle);
  g_test_add_func ("/complete/damaged", test_damaged);
  return g_test_run ();
}
