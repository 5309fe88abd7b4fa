/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/raster.h"

/* Where the fields that matter stand in a page header (cups_page_header2_t). */
#define WIDTH_FIELD 372
#define HEIGHT_FIELD 376
#define HEADER_1 420 /* length in version 1 */
#define HEADER_2 1796
#define ORDER_CHUNKY 0
#define ORDER_PLANAR 2

typedef struct
{
  guint64 lines;
  guint32 line_bytes;
  guint32 pixel_bytes; /* unit of the compression */
} Page;

/* Reads one compressed line: a run of equal pixels, pixels as they are, or blank to the end. */
static gboolean
skip_line (SeReader *reader, const Page *page)
{
  guint64 left = page->line_bytes;

  while (left > 0)
    {
      guchar code;
      guint64 count;

      if (!se_reader_byte (reader, &code))
        return FALSE;
      if (code == 128)
        return TRUE;
      count = MIN (left, (guint64)(code > 128 ? 257 - code : code + 1) * page->pixel_bytes);
      if (!se_reader_skip (reader, code > 128 ? count : page->pixel_bytes))
        return FALSE;
      left -= count;
    }
  return TRUE;
}

/* Each group begins with how often its line is repeated. */
static gboolean
skip_compressed_page (SeReader *reader, const Page *page)
{
  for (guint64 lines = 0; lines < page->lines;)
    {
      guchar repeated;

      if (!se_reader_byte (reader, &repeated) || !skip_line (reader, page))
        return FALSE;
      lines += (guint64)repeated + 1;
    }
  return TRUE;
}

static gboolean
read_header (SeReader *reader, gboolean big, gboolean first, Page *page)
{
  guint64 start = reader->position;
  guint32 width, height, media, color_bits, pixel_bits, order, unit, colors = 1;

  if (!se_reader_skip (reader, WIDTH_FIELD) || !se_reader_u32 (reader, big, &width)
      || !se_reader_u32 (reader, big, &height) || !se_reader_u32 (reader, big, &media)
      || !se_reader_u32 (reader, big, &color_bits) || !se_reader_u32 (reader, big, &pixel_bits)
      || !se_reader_u32 (reader, big, &page->line_bytes) || !se_reader_u32 (reader, big, &order))
    return FALSE;
  if (!first
      && (!se_reader_seek (reader, start + HEADER_1) || !se_reader_u32 (reader, big, &colors)))
    return FALSE;
  unit = order == ORDER_CHUNKY ? pixel_bits : color_bits;
  page->pixel_bytes = (unit + 7) / 8;
  page->lines = (guint64)height * (order == ORDER_PLANAR ? MAX (colors, 1) : 1);
  return page->line_bytes > 0 && page->pixel_bytes > 0 && page->pixel_bytes <= 240
         && page->lines > 0 && width > 0
         && se_reader_seek (reader, start + (first ? HEADER_1 : HEADER_2));
}

gboolean
se_raster_check (SeReader *reader, guint *pages)
{
  char magic[4];
  gboolean big, first, compressed;

  *pages = 0;
  if (!se_reader_read (reader, magic, sizeof magic))
    return FALSE;
  big = magic[0] == 'R';
  first = magic[0] == 't' || magic[3] == 't';
  compressed = magic[0] == '2' || magic[3] == '2';
  do
    {
      Page page;

      if (!read_header (reader, big, first, &page))
        return FALSE;
      if (compressed ? !skip_compressed_page (reader, &page)
                     : (page.lines > G_MAXUINT64 / page.line_bytes
                        || !se_reader_skip (reader, page.lines * page.line_bytes)))
        return FALSE;
      ++*pages;
    }
  while (!se_reader_at_end (reader));
  return TRUE;
}

gboolean
se_raster_check_urf (SeReader *reader, guint *pages)
{
  guint32 declared;

  *pages = 0;
  if (!se_reader_skip (reader, 8) || !se_reader_u32 (reader, TRUE, &declared))
    return FALSE;
  do
    {
      guchar pixel_bits;
      guint32 width, height;
      Page page;

      if (!se_reader_byte (reader, &pixel_bits) || !se_reader_skip (reader, 11)
          || !se_reader_u32 (reader, TRUE, &width) || !se_reader_u32 (reader, TRUE, &height)
          || !se_reader_skip (reader, 12) || pixel_bits == 0 || width == 0
          || width > G_MAXINT32 / G_MAXUINT8 || height == 0)
        return FALSE;
      page.pixel_bytes = (pixel_bits + 7) / 8; /* Ghostscript writes one bit a pixel */
      page.line_bytes = (width * pixel_bits + 7) / 8;
      page.lines = height;
      if (!skip_compressed_page (reader, &page))
        return FALSE;
      ++*pages;
    }
  while (!se_reader_at_end (reader));
  return declared == 0 || declared == *pages;
}
