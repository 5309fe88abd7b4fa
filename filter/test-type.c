/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/type.h"

#include <string.h>

#define FIND(bytes, hint) se_type_find ((const guchar *)(bytes), sizeof (bytes) - 1, (hint))

static const char *
mime_of (const SeType *type)
{
  return type != NULL ? type->mime : NULL;
}

static void
assert_type (const SeType *type, const char *mime)
{
  g_assert_cmpstr (mime_of (type), ==, mime);
}

static void
test_pdf (void)
{
  assert_type (FIND ("%PDF-1.7\n", NULL), "application/pdf");
  assert_type (FIND ("\r\n\n%PDF-1.7\n", "application/octet-stream"), "application/pdf");
  assert_type (FIND ("\xef\xbb\xbf%PDF-1.7\n", NULL), "application/pdf");
  /* stray bytes before it: only where the client says that it is one */
  assert_type (FIND ("HTTP junk\0%PDF-1.7\n", "application/pdf"), "application/pdf");
  assert_type (FIND ("HTTP junk\0%PDF-1.7\n", NULL), NULL);
  assert_type (FIND ("how to write %PDF-1.7\n", NULL), "text/plain");
  assert_type (FIND ("%PD", NULL), "text/plain");
}

static void
test_lying_client (void)
{
  assert_type (FIND ("\x01\x02\x03 garbage", "application/pdf"), NULL);
  assert_type (FIND ("\xff\xd8\xff\xe0 JFIF", "application/pdf"), "image/jpeg");
  assert_type (FIND ("%PDF-1.4", "image/jpeg"), "application/pdf");
  assert_type (FIND ("Just a letter.\n", "application/pdf"), "text/plain");
}

static void
test_images (void)
{
  assert_type (FIND ("\x89PNG\r\n\x1a\n....", NULL), "image/png");
  assert_type (FIND ("\x89PNG", "image/png"), NULL);
  assert_type (FIND ("\xff\xd8\xff\xdb", NULL), "image/jpeg");
  assert_type (FIND ("II*\0\x08\0\0\0", NULL), "image/tiff");
  assert_type (FIND ("MM\0*\0\0\0\x08", NULL), "image/tiff");
  assert_type (FIND ("GIF89a....", NULL), "image/gif");
  assert_type (FIND ("BM\x36\x10\x0e\0\0\0\0\0\x36\0\0\0", NULL), "image/x-bitmap");
  assert_type (FIND ("P6\n3 2\n255\n", NULL), "image/x-portable-pixmap");
  assert_type (FIND ("P4 # made by hand\n", NULL), "image/x-portable-bitmap");
  assert_type (FIND ("P1", NULL), "text/plain");
  assert_type (FIND ("BMW is a car, PNG is not", NULL), "text/plain");
  assert_type (FIND ("P1 is the first prime", NULL), "text/plain");
}

static void
test_raster (void)
{
  assert_type (FIND ("RaS2PwgRaster\0....", NULL), "image/pwg-raster");
  assert_type (FIND ("RaS2....", NULL), "application/vnd.cups-raster");
  assert_type (FIND ("3SaR....", NULL), "application/vnd.cups-raster");
  assert_type (FIND ("UNIRAST\0\0\0\0\1", NULL), "image/urf");
}

static void
test_postscript (void)
{
  assert_type (FIND ("%!PS-Adobe-3.0\n", NULL), "application/postscript");
  assert_type (FIND ("\x04%!\n", NULL), "application/postscript");
  assert_type (FIND ("\033%-12345X@PJL JOB\r\n@PJL ENTER LANGUAGE=POSTSCRIPT\r\n%!PS\n", NULL),
               "application/postscript");
  assert_type (FIND ("\033%-12345X@PJL ENTER LANGUAGE=PCL\r\n\033E", NULL), NULL);
}

static void
test_text (void)
{
  assert_type (FIND ("plain\ttext\r\nwith\fpages\b\n", NULL), "text/plain");
  assert_type (FIND ("Gr\xc3\xbc\xc3\x9f"
                     "e",
                     "text/plain"),
               "text/plain");
  assert_type (FIND ("Gr\xfc\xdf"
                     "e",
                     "text/plain"),
               "text/plain");
  assert_type (FIND ("\xff\xfe"
                     "H\0i\0",
                     NULL),
               "text/plain");
  assert_type (FIND ("has a NUL\0 in it", "text/plain"), NULL);
  assert_type (FIND ("\033E\033&l0O", "text/plain"), NULL);
  assert_type (FIND ("#!/bin/sh\n", "application/x-shell"), "text/plain");
  assert_type (FIND ("#define x_width 8\n", "image/x-xbitmap"), NULL);
  assert_type (FIND ("#CUPS-COMMAND\nClean all\n", NULL), NULL);
  assert_type (FIND ("", NULL), NULL);
}

static void
test_noise (void)
{
  guchar noise[SE_TYPE_HEAD];
  GRand *random = g_rand_new_with_seed (1);

  for (int round = 0; round < 200; round++)
    {
      for (gsize i = 0; i < sizeof noise; i++)
        noise[i] = (guchar)g_rand_int_range (random, 0, 256);
      noise[0] = '\0';
      assert_type (se_type_find (noise, sizeof noise, "application/pdf"), NULL);
    }
  g_rand_free (random);
}

/* Nothing is read behind the end, whatever begins there. */
static void
test_short_heads (void)
{
  static const char all[]
      = "RaS2PwgRaster\0\xff\xd8\xff\x89PNG\r\n\x1a\nUNIRAST\0GIF89a%!%PDF-BMP6";

  for (gsize start = 0; start < sizeof all; start++)
    for (gsize length = 0; length <= sizeof all - start; length++)
      {
        g_autofree guchar *head = g_malloc (MAX (length, 1));

        memcpy (head, all + start, length);
        se_type_find (head, length, "application/pdf");
      }
}

static void
test_gzip (void)
{
  g_assert_true (se_type_is_gzip ((const guchar *)"\x1f\x8b\x08\0", 4));
  g_assert_false (se_type_is_gzip ((const guchar *)"\x1f\x8b", 2));
}

static void
test_mime (void)
{
  static const struct
  {
    const char *bytes, *hint, *mime;
  } cases[] = {
    { "%PDF-1.4", "text/html", "application/pdf" },
    { "<html>", "text/html", "text/html" },
    { "hello", NULL, "text/plain" },
    { "hello", "application/octet-stream", "text/plain" },
    { "hello", "application/vnd.cups-raw", "text/plain" },
    { "hello", "application/pdf", "text/plain" },
    { "hello", "image/svg+xml", "image/svg+xml" },
    { "\1\2", "application/msword", "application/msword" },
    { "\1\2", "application/pdf", "application/octet-stream" },
    { "\1\2", "image/x-portable-bitmap", "application/octet-stream" },
    { "\1\2", "image/jpeg", "application/octet-stream" },
    { "\1\2", "application/vnd.cups-raw", "application/octet-stream" },
    { "\1\2", NULL, "application/octet-stream" },
    { "\1\2", "multipart/mixed", "application/octet-stream" },
    { "\1\2", "message/rfc822", "application/octet-stream" },
    { "\1\2", "application/x\r\nBcc: a@b", "application/octet-stream" },
    { "\1\2", "application/", "application/octet-stream" },
    { "\1\2", "application/x/y", "application/octet-stream" },
    { "\1\2", "application/x; name=\"y\"", "application/octet-stream" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const SeType *type
          = se_type_find ((const guchar *)cases[i].bytes, strlen (cases[i].bytes), cases[i].hint);

      g_test_message ("%" G_GSIZE_FORMAT, i);
      g_assert_cmpstr (se_type_mime (type, cases[i].hint), ==, cases[i].mime);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/type/pdf", test_pdf);
  g_test_add_func ("/type/lying-client", test_lying_client);
  g_test_add_func ("/type/images", test_images);
  g_test_add_func ("/type/raster", test_raster);
  g_test_add_func ("/type/postscript", test_postscript);
  g_test_add_func ("/type/text", test_text);
  g_test_add_func ("/type/noise", test_noise);
  g_test_add_func ("/type/short-heads", test_short_heads);
  g_test_add_func ("/type/gzip", test_gzip);
  g_test_add_func ("/type/mime", test_mime);
  return g_test_run ();
}
