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

#define LITERAL(text) \
  g_byte_array_new_take (g_memdup2 ((text), sizeof (text) - 1), sizeof (text) - 1)

static GArray *
make_samples (void)
{
  GArray *samples = g_array_new (FALSE, FALSE, sizeof (Sample));
  const Sample list[] = {
    { "image/x-sun-raster", make_sun (), 0 },
    { "image/x-sgi-rgb", make_sgi (), 0 },
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
check (const guchar *data, gsize length, const SeType *type, guint *pages)
{
  g_autoptr (GError) error = NULL;
  se_autofd int fd = se_temp_file (&error);
  gboolean done;

  g_assert_no_error (error);
  g_assert_true (se_io_write_all (fd, data, length, &error));
  done = se_complete_check (fd, type, pages, &error);
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
  guint pages;

  for (guint i = 0; i < samples->len; i++)
    {
      Sample *sample = &g_array_index (samples, Sample, i);
      GByteArray *bytes = sample->bytes;
      const SeType *type = se_type_find (bytes->data, MIN (bytes->len, SE_TYPE_HEAD), sample->mime);
      guint step = bytes->len > 1000 ? 97 : 1;

      g_assert_nonnull (type);
      g_assert_cmpstr (type->mime, ==, sample->mime);
      g_assert_true (check (bytes->data, bytes->len, type, &pages));
      g_assert_true (check (bytes->data, bytes->len - sample->spare, type, &pages));
      for (guint length = bytes->len - sample->spare - 1; length > sample->least;
           length -= MIN (step, length))
        if (!ends_a_page (sample, length) && check (bytes->data, length, type, &pages))
          g_error ("%s cut at %u of %u bytes passes", sample->mime, length, bytes->len);
      g_byte_array_unref (bytes);
    }
}

static void
test_pages (void)
{
  g_autoptr (GByteArray) raster = make_raster ("RaS2", TRUE);
  guint pages;

  g_assert_true (
      check (raster->data, raster->len, se_type_find (raster->data, SE_TYPE_HEAD, NULL), &pages));
  g_assert_cmpuint (pages, ==, 2);
}

/* Bytes changed at random: an answer in the end, and nothing read or written that is not ours. */
static void
test_damaged (void)
{
  g_autoptr (GArray) samples = make_samples ();
  guint pages;
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
          check (copy, bytes->len, type, &pages);
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
  g_test_add_func ("/complete/damaged", test_damaged);
  return g_test_run ();
}
