/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/tiff-pass.h"

#include "filter/tiff-jpeg.h"

#include <stdio.h>

/* The page's only strip or tile. A tile may be larger than the page. */
static gboolean
find_only_part (SeTiffFile *file, TIFF *tiff, const SeTiffLayout *layout, SeRange *range)
{
  guint32 wide = 0, high = 0;
  guint32 count = layout->tiled ? TIFFNumberOfTiles (tiff) : TIFFNumberOfStrips (tiff);

  if (count != 1)
    return FALSE;
  if (layout->tiled
      && (!TIFFGetField (tiff, TIFFTAG_TILEWIDTH, &wide)
          || !TIFFGetField (tiff, TIFFTAG_TILELENGTH, &high) || wide != layout->width
          || high != layout->height))
    return FALSE;
  return se_tiff_file_find_part (file, tiff, 0, range);
}

/* TIFF 6.0, section 11; ISO 32000-1, 7.4.6. The number of rows counts, not a code at the end. */
static gboolean
pass_fax (SeTiffPass *pass, SeTiffFile *file, TIFF *tiff, const SeTiffLayout *layout)
{
  guint32 options = 0;
  const char *kind = "/K -1";
  SeRange range;

  if (layout->bits != 1 || layout->samples != 1 || !find_only_part (file, tiff, layout, &range))
    return FALSE;
  range.reversed = layout->low_first;
  g_array_append_val (pass->data, range);
  if (layout->compression == COMPRESSION_CCITTRLE)
    kind = "/K 0 /EncodedByteAlign true";
  else if (layout->compression == COMPRESSION_CCITTFAX3)
    {
      TIFFGetField (tiff, TIFFTAG_GROUP3OPTIONS, &options);
      kind
          = (options & GROUP3OPT_2DENCODING) != 0 ? "/K 1 /EndOfLine true" : "/K 0 /EndOfLine true";
    }
  /* Black runs are 1 in TIFF, whatever that is in the end. */
  snprintf (pass->parameters, sizeof pass->parameters,
            "%s /Columns %u /Rows %u /EndOfBlock false%s", kind, layout->width, layout->height,
            layout->inverted ? "" : " /BlackIs1 true");
  pass->filter = "CCITTFaxDecode";
  return TRUE;
}

/* TIFF's predictor 2 is PDF's as well; of 16 bits, only the order of bytes of PDF will do. */
static gboolean
pass_deflate (SeTiffPass *pass, SeTiffFile *file, TIFF *tiff, const SeTiffLayout *layout)
{
  guint16 predictor = PREDICTOR_NONE;
  SeRange range;

  TIFFGetFieldDefaulted (tiff, TIFFTAG_PREDICTOR, &predictor);
  if (layout->low_first || layout->separate || layout->samples != layout->components
      || (layout->bits == 16 && (!file->big_endian || predictor != PREDICTOR_NONE))
      || (predictor != PREDICTOR_NONE && predictor != PREDICTOR_HORIZONTAL)
      || !find_only_part (file, tiff, layout, &range))
    return FALSE;
  g_array_append_val (pass->data, range);
  if (predictor == PREDICTOR_HORIZONTAL)
    snprintf (pass->parameters, sizeof pass->parameters,
              "/Predictor 2 /Colors %u /BitsPerComponent %u /Columns %u", layout->components,
              layout->bits, layout->width);
  pass->filter = "FlateDecode";
  return TRUE;
}

gboolean
se_tiff_pass_find (SeTiffPass *pass, SeTiffFile *file, TIFF *tiff, const SeTiffLayout *layout)
{
  *pass = (SeTiffPass){ .data = g_array_new (FALSE, FALSE, sizeof (SeRange)),
                        .bytes = g_ptr_array_new_with_free_func (g_free) };
  if (layout->rgba)
    return FALSE;
  switch (layout->compression)
    {
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
      return pass_fax (pass, file, tiff, layout);
    case COMPRESSION_JPEG:
      return se_tiff_jpeg_pass (pass, file, tiff, layout);
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE:
      return pass_deflate (pass, file, tiff, layout);
    default:
      return FALSE;
    }
}

void
se_tiff_pass_clear (SeTiffPass *pass)
{
  g_clear_pointer (&pass->data, g_array_unref);
  g_clear_pointer (&pass->bytes, g_ptr_array_unref);
}
