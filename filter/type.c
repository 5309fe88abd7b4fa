/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/type.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define UEL "\033%-12345X" /* begins and ends a job in a printer's control language (PJL) */
#define UNKNOWN "application/octet-stream"

static const SeType pdf = { SE_FAMILY_PDF, "application/pdf", "PDF", NULL };
static const SeType postscript
    = { SE_FAMILY_POSTSCRIPT, "application/postscript", N_ ("PostScript document"), "gs" };
static const SeType text = { SE_FAMILY_TEXT, "text/plain", N_ ("text"), "texttopdf" };

typedef struct
{
  SeType type;
  gsize offset;
  gsize length;
  const char *magic;
} Magic;

/* clang-format off */
#define MAGIC(offset, bytes) (offset), sizeof bytes - 1, (bytes)
#define IMAGE(subtype, title) { SE_FAMILY_IMAGE, "image/" subtype, title, "imagetopdf" }
#define RASTER(mime, title) { SE_FAMILY_RASTER, mime, title, "rastertopdf" }
#define CUPS_RASTER RASTER ("application/vnd.cups-raster", N_ ("CUPS raster"))

/* The first that fits counts. As in CUPS's mime.types. */
static const Magic magics[] = {
  { IMAGE ("png", N_ ("PNG image")), MAGIC (0, "\x89PNG\r\n\x1a\n") },
  { IMAGE ("jpeg", N_ ("JPEG image")), MAGIC (0, "\xff\xd8\xff") },
  { IMAGE ("tiff", N_ ("TIFF image")), MAGIC (0, "II*\0") },
  { IMAGE ("tiff", N_ ("TIFF image")), MAGIC (0, "MM\0*") },
  { IMAGE ("tiff", N_ ("TIFF image")), MAGIC (0, "II+\0") }, /* BigTIFF */
  { IMAGE ("tiff", N_ ("TIFF image")), MAGIC (0, "MM\0+") },
  { IMAGE ("gif", N_ ("GIF image")), MAGIC (0, "GIF87a") },
  { IMAGE ("gif", N_ ("GIF image")), MAGIC (0, "GIF89a") },
  { IMAGE ("x-sun-raster", N_ ("Sun raster image")), MAGIC (0, "\x59\xa6\x6a\x95") },
  { IMAGE ("x-sgi-rgb", N_ ("SGI image")), MAGIC (0, "\x01\xda") },
  { RASTER ("image/pwg-raster", N_ ("PWG raster")), MAGIC (0, "RaS2PwgRaster\0") },
  { RASTER ("image/urf", N_ ("URF raster")), MAGIC (0, "UNIRAST\0") },
  { CUPS_RASTER, MAGIC (0, "RaSt") },
  { CUPS_RASTER, MAGIC (0, "tSaR") },
  { CUPS_RASTER, MAGIC (0, "RaS2") },
  { CUPS_RASTER, MAGIC (0, "2SaR") },
  { CUPS_RASTER, MAGIC (0, "RaS3") },
  { CUPS_RASTER, MAGIC (0, "3SaR") },
  { { SE_FAMILY_BANNER, "application/vnd.cups-pdf-banner", N_ ("CUPS banner"), "bannertopdf" },
    MAGIC (0, "#PDF-BANNER") },
};
static const SeType bitmap = IMAGE ("x-bitmap", N_ ("BMP image"));
static const SeType bitmaps[] = { /* P1 to P6 */
  IMAGE ("x-portable-bitmap", N_ ("PBM image")), IMAGE ("x-portable-graymap", N_ ("PGM image")),
  IMAGE ("x-portable-pixmap", N_ ("PPM image")),
};
/* clang-format on */

static gboolean
has_bytes (const guchar *head, gsize length, gsize offset, const char *bytes, gsize size)
{
  return length >= offset + size && memcmp (head + offset, bytes, size) == 0;
}

static gboolean
has_hint (const char *hint, const char *mime)
{
  return g_strcmp0 (hint, mime) == 0;
}

/* "%PDF-" at the beginning, past white space or a byte order mark; where the hint says PDF,
 * anywhere in the first 1024 bytes, as readers do (ISO 32000-1, annex H, 3.4.1). */
static gboolean
is_pdf (const guchar *head, gsize length, const char *hint)
{
  gsize skipped = has_bytes (head, length, 0, "\xef\xbb\xbf", 3) ? 3 : 0;

  if (has_hint (hint, pdf.mime))
    return memmem (head, MIN (length, 1024), "%PDF-", 5) != NULL;
  while (skipped < length && g_ascii_isspace (head[skipped]))
    skipped++;
  return has_bytes (head, length, skipped, "%PDF-", 5);
}

/* "%!" at the beginning, past a ^D, or after PJL that enters PostScript. */
static gboolean
is_postscript (const guchar *head, gsize length)
{
  return has_bytes (head, length, 0, "%!", 2) || has_bytes (head, length, 0, "\x04%!", 3)
         || (has_bytes (head, length, 0, UEL, strlen (UEL))
             && memmem (head, length, "\n%!", 3) != NULL);
}

/* Letters and digits, white space and a few controls that text files hold: no NUL, and none of
 * the rest that CUPS's printable() rule refuses. Any 8-bit character set will do. */
static gboolean
is_text (const guchar *head, gsize length)
{
  if (has_bytes (head, length, 0, "\xff\xfe", 2) || has_bytes (head, length, 0, "\xfe\xff", 2))
    return length > 2; /* UTF-16 with its byte order mark */
  for (gsize i = 0; i < length; i++)
    if (head[i] == 0x7f || (head[i] < 0x20 && strchr ("\b\t\n\f\r", head[i]) == NULL)
        || head[i] == '\0')
      return FALSE;
  return length > 0;
}

/* Portable bitmaps begin with a P and a digit, as a text may: white space and a number or a comment
 * have to follow. */
static const SeType *
find_bitmap (const guchar *head, gsize length)
{
  if (length > 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '6')
    {
      gsize next = 2;

      while (next < length && g_ascii_isspace (head[next]))
        next++;
      if (next < length && (head[next] == '#' || (next > 2 && g_ascii_isdigit (head[next]))))
        return &bitmaps[(head[1] - '1') % 3];
    }
  if (has_bytes (head, length, 0, "BM", 2) && !is_text (head, MIN (length, 16)))
    return &bitmap;
  return NULL;
}

/* Commands for a printer, images as program text and the stump of an image: text, but not meant to
 * be read. */
static gboolean
is_foreign_text (const guchar *head, gsize length, const char *hint)
{
  return (hint != NULL && g_str_has_prefix (hint, "image/"))
         || has_hint (hint, "application/vnd.cups-command")
         || has_bytes (head, length, 0, "#CUPS-COMMAND", 13);
}

const SeType *
se_type_find (const guchar *head, gsize length, const char *hint)
{
  if (is_pdf (head, length, hint))
    return &pdf;
  for (gsize i = 0; i < G_N_ELEMENTS (magics); i++)
    if (has_bytes (head, length, magics[i].offset, magics[i].magic, magics[i].length))
      return &magics[i].type;
  if (is_postscript (head, length))
    return &postscript;
  if (find_bitmap (head, length) != NULL)
    return find_bitmap (head, length);
  if (is_text (head, length) && !is_foreign_text (head, length, hint))
    return &text;
  return NULL;
}

/* RFC 6838, 4.2: a known top-level type and a name that may be registered. */
static gboolean
is_mime_type (const char *hint)
{
  static const char *const tops[]
      = { "application", "audio", "font", "image", "model", "text", "video", NULL };
  g_auto (GStrv) parts = g_strsplit (hint, "/", 3);

  return g_strv_length (parts) == 2 && g_strv_contains (tops, parts[0])
         && g_ascii_isalnum (parts[1][0]) && strlen (parts[1]) < 128
         && strspn (parts[1], G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "!#$&-^_.+")
                == strlen (parts[1]);
}

/* Tells whether the bytes of such a document say it. */
static gboolean
is_known_by_bytes (const char *hint)
{
  gboolean known = has_hint (hint, pdf.mime) || has_hint (hint, postscript.mime)
                   || has_hint (hint, bitmap.mime);

  for (gsize i = 0; i < G_N_ELEMENTS (magics) && !known; i++)
    known = has_hint (hint, magics[i].type.mime);
  for (gsize i = 0; i < G_N_ELEMENTS (bitmaps) && !known; i++)
    known = has_hint (hint, bitmaps[i].mime);
  return known;
}

const char *
se_type_mime (const SeType *type, const char *hint)
{
  if (type != NULL && type->family != SE_FAMILY_TEXT)
    return type->mime;
  if (hint != NULL && is_mime_type (hint) && !is_known_by_bytes (hint) && !has_hint (hint, UNKNOWN)
      && !g_str_has_prefix (hint, "application/vnd.cups-"))
    return hint;
  return type != NULL ? type->mime : UNKNOWN;
}

gboolean
se_type_is_gzip (const guchar *head, gsize length)
{
  return has_bytes (head, length, 0, "\x1f\x8b\x08", 3);
}

const SeType *
se_type_pdf (void)
{
  return &pdf;
}
