/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/tiff-layout.h"

#include <glib/gi18n-lib.h>

#define ROW_MAX (64 << 20) /* bytes */
#define CENTIMETRES_AN_INCH 2.54

static gboolean
refuse (guint page, const char *why, GError **error)
{
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
               _ ("its page %u is a TIFF image of a kind that cannot be read here (%s)"), page,
               why);
  return FALSE;
}

static guint16
get_short (TIFF *tiff, ttag_t tag)
{
  guint16 value = 0;

  return TIFFGetFieldDefaulted (tiff, tag, &value) ? value : 0;
}

static gboolean
is_fax (const SeTiffLayout *layout)
{
  return layout->compression >= COMPRESSION_CCITTRLE
         && layout->compression <= COMPRESSION_CCITTFAX4;
}

/* Some writers leave out what their compression or number of samples tells. */
static guint16
get_photometric (TIFF *tiff, const SeTiffLayout *layout)
{
  guint16 photometric;

  if (TIFFGetField (tiff, TIFFTAG_PHOTOMETRIC, &photometric))
    return photometric;
  if (layout->samples >= 3)
    return PHOTOMETRIC_RGB;
  return is_fax (layout) ? PHOTOMETRIC_MINISWHITE : PHOTOMETRIC_MINISBLACK;
}

static void
read_resolution (TIFF *tiff, SeResolution *resolution)
{
  float x = 0, y = 0;
  guint16 unit = get_short (tiff, TIFFTAG_RESOLUTIONUNIT);
  double factor = unit == RESUNIT_CENTIMETER ? CENTIMETRES_AN_INCH : 1;

  *resolution = (SeResolution){ 0 };
  TIFFGetField (tiff, TIFFTAG_XRESOLUTION, &x);
  TIFFGetField (tiff, TIFFTAG_YRESOLUTION, &y);
  /* NaN is not greater than anything. */
  if (!(x > 0) || !(x < 1e6F))
    return;
  resolution->x = x * factor;
  resolution->y = y > 0 && y < 1e6F ? y * factor : resolution->x;
  resolution->ratio = unit == RESUNIT_NONE;
}

/* The first sample of opacity behind those of the colour. */
static void
find_alpha (TIFF *tiff, SeTiffLayout *layout)
{
  guint16 count = 0, *types = NULL;

  if (!TIFFGetFieldDefaulted (tiff, TIFFTAG_EXTRASAMPLES, &count, &types))
    return;
  for (guint i = 0; i < count && layout->alpha == 0; i++)
    if ((types[i] == EXTRASAMPLE_ASSOCALPHA || types[i] == EXTRASAMPLE_UNASSALPHA)
        && layout->components + i < layout->samples)
      {
        layout->alpha = layout->components + i + 1;
        layout->associated = types[i] == EXTRASAMPLE_ASSOCALPHA;
      }
}

/* The colours have 16 bits, but some writers fill in 8. */
static gboolean
read_palette (TIFF *tiff, SeTiffLayout *layout)
{
  guint16 *maps[3];
  guint shift = 0;

  if (layout->bits > 8 || !TIFFGetField (tiff, TIFFTAG_COLORMAP, &maps[0], &maps[1], &maps[2]))
    return FALSE;
  layout->colors = 1U << layout->bits;
  for (guint i = 0; i < 3 * layout->colors; i++)
    if (maps[i / layout->colors][i % layout->colors] > 0xff)
      shift = 8;
  for (guint i = 0; i < 3 * layout->colors; i++)
    layout->palette[i] = (guchar)(maps[i % 3][i / 3] >> shift);
  return TRUE;
}

/* libtiff's own conversion, to 8 bits. */
static gboolean
take_rgba (TIFF *tiff, SeTiffLayout *layout, guint page, GError **error)
{
  char why[1024];

  if (!TIFFRGBAImageOK (tiff, why))
    return refuse (page, why, error);
  layout->rgba = TRUE;
  layout->components = 3;
  find_alpha (tiff, layout);
  layout->bits = 8;
  layout->samples = 4;
  layout->separate = FALSE;
  layout->associated = layout->alpha > 0;
  layout->alpha = layout->associated ? 4 : 0;
  return TRUE;
}

/* Decides what the samples are. */
static gboolean
read_kind (TIFF *tiff, SeTiffLayout *layout, guint page, GError **error)
{
  guint16 photometric = get_photometric (tiff, layout);
  guint16 format = get_short (tiff, TIFFTAG_SAMPLEFORMAT);

  if (photometric == PHOTOMETRIC_YCBCR && layout->compression == COMPRESSION_JPEG
      && !layout->separate && layout->samples == 3)
    {
      TIFFSetField (tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
      photometric = PHOTOMETRIC_RGB;
    }
  if (photometric != PHOTOMETRIC_MINISWHITE && photometric != PHOTOMETRIC_MINISBLACK
      && photometric != PHOTOMETRIC_RGB && photometric != PHOTOMETRIC_PALETTE
      && photometric != PHOTOMETRIC_SEPARATED)
    return take_rgba (tiff, layout, page, error);
  if (layout->compression == COMPRESSION_OJPEG && layout->samples > 1)
    return take_rgba (tiff, layout, page, error);
  if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)
    return refuse (page, _ ("its samples are signed or floating-point numbers"), error);
  if (layout->bits != 1 && layout->bits != 2 && layout->bits != 4 && layout->bits != 8
      && layout->bits != 16)
    return refuse (page, _ ("not 1, 2, 4, 8 or 16 bits a sample"), error);
  layout->inverted = photometric == PHOTOMETRIC_MINISWHITE;
  layout->components = photometric == PHOTOMETRIC_RGB         ? 3
                       : photometric == PHOTOMETRIC_SEPARATED ? 4
                                                              : 1;
  if (layout->samples < layout->components
      || (photometric == PHOTOMETRIC_SEPARATED && get_short (tiff, TIFFTAG_INKSET) != INKSET_CMYK))
    return refuse (page, _ ("other inks than cyan, magenta, yellow and black, or too few samples"),
                   error);
  if (photometric == PHOTOMETRIC_PALETTE && !read_palette (tiff, layout))
    return refuse (page, _ ("a palette without colors, or with too many"), error);
  find_alpha (tiff, layout);
  return TRUE;
}

gboolean
se_tiff_layout_read (SeTiffLayout *layout, TIFF *tiff, guint page, GError **error)
{
  *layout = (SeTiffLayout){ 0 };
  if (!TIFFGetField (tiff, TIFFTAG_IMAGEWIDTH, &layout->width)
      || !TIFFGetField (tiff, TIFFTAG_IMAGELENGTH, &layout->height) || layout->width == 0
      || layout->height == 0)
    return refuse (page, _ ("it has no pixels"), error);
  layout->compression = get_short (tiff, TIFFTAG_COMPRESSION);
  if (!TIFFIsCODECConfigured (layout->compression))
    {
      g_autofree char *why = g_strdup_printf (_ ("compression %u"), layout->compression);

      return refuse (page, why, error);
    }
  layout->bits = get_short (tiff, TIFFTAG_BITSPERSAMPLE);
  layout->samples = get_short (tiff, TIFFTAG_SAMPLESPERPIXEL);
  layout->separate
      = layout->samples > 1 && get_short (tiff, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
  /* libtiff would fill a part of each row only. */
  if (is_fax (layout) && layout->samples > 1 && !layout->separate)
    return refuse (page, _ ("fax of more than one bit a pixel"), error);
  layout->tiled = TIFFIsTiled (tiff) != 0;
  layout->low_first = get_short (tiff, TIFFTAG_FILLORDER) == FILLORDER_LSB2MSB;
  layout->orientation = get_short (tiff, TIFFTAG_ORIENTATION);
  if (layout->orientation < 1 || layout->orientation > 8)
    layout->orientation = 1;
  read_resolution (tiff, &layout->resolution);
  if (!read_kind (tiff, layout, page, error))
    return FALSE;
  if ((guint64)layout->width * layout->samples * layout->bits / 8 > ROW_MAX)
    return refuse (page, _ ("its rows are too long"), error);
  return TRUE;
}
