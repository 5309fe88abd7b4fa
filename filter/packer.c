/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/packer.h"

#include "common/io.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define OUTPUT 65536

enum
{
  NONE,
  SUB,
  UP,
  PAETH, /* here in the place of the average, which hardly ever wins */
  FILTERS,
};

struct SePacker
{
  int fd;
  z_stream zlib;
  guint64 length;         /* written */
  gsize size;             /* of a row, bytes */
  gsize distance;         /* to the pixel on the left, bytes */
  gboolean samples;       /* of whole bytes, which are much like their neighbours' */
  guchar *above;          /* the row before */
  guchar *lines[FILTERS]; /* the row by each filter, behind the filter's number */
  guchar output[OUTPUT];
};

SePacker *
se_packer_new (int out_fd, guint32 width, guint bits, gboolean indexed)
{
  SePacker *packer = g_new0 (SePacker, 1);

  packer->fd = out_fd;
  packer->size = (gsize)(((guint64)width * bits + 7) / 8);
  packer->distance = (bits + 7) / 8;
  packer->samples = bits >= 8 && !indexed;
  packer->above = g_malloc0 (packer->size);
  for (guint filter = 0; filter < FILTERS; filter++)
    {
      packer->lines[filter] = g_malloc (packer->size + 1);
      packer->lines[filter][0] = filter == PAETH ? 4 : (guchar)filter;
    }
  /* g_malloc has taken far more than this needs. */
  if (deflateInit2 (&packer->zlib, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS, MAX_MEM_LEVEL,
                    Z_DEFAULT_STRATEGY)
      != Z_OK)
    g_error ("zlib does not start");
  return packer;
}

void
se_packer_free (SePacker *packer)
{
  deflateEnd (&packer->zlib);
  g_free (packer->above);
  for (guint filter = 0; filter < FILTERS; filter++)
    g_free (packer->lines[filter]);
  g_free (packer);
}

static guchar
paeth (guchar left, guchar above, guchar corner)
{
  int to_left = abs (above - corner), to_above = abs (left - corner);
  int to_corner = abs (left + above - 2 * corner);

  if (to_left <= to_above && to_left <= to_corner)
    return left;
  return to_above <= to_corner ? above : corner;
}

/* ISO/IEC 15948, 9.2. */
static void
filter_row (SePacker *packer, const guchar *row)
{
  const guchar *above = packer->above;

  memcpy (packer->lines[NONE] + 1, row, packer->size);
  if (!packer->samples)
    return;
  for (gsize i = 0; i < packer->size; i++)
    packer->lines[UP][i + 1] = (guchar)(row[i] - above[i]);
  for (gsize i = 0; i < MIN (packer->distance, packer->size); i++)
    {
      packer->lines[SUB][i + 1] = row[i];
      packer->lines[PAETH][i + 1] = (guchar)(row[i] - above[i]);
    }
  for (gsize i = packer->distance; i < packer->size; i++)
    {
      guchar left = row[i - packer->distance], corner = above[i - packer->distance];

      packer->lines[SUB][i + 1] = (guchar)(row[i] - left);
      packer->lines[PAETH][i + 1] = (guchar)(row[i] - paeth (left, above[i], corner));
    }
}

/* The filter whose differences add up to the least; of samples smaller than a byte and of indices
 * they say nothing, and deflate finds the patterns itself. */
static const guchar *
choose_line (const SePacker *packer)
{
  const guchar *best = NULL;
  guint64 least = G_MAXUINT64;

  if (!packer->samples)
    return packer->lines[NONE];
  for (guint filter = 0; filter < FILTERS; filter++)
    {
      const guchar *line = packer->lines[filter];
      guint64 sum = 0;

      for (gsize i = 1; i <= packer->size; i++)
        sum += (guint64)abs ((signed char)line[i]);
      if (sum < least)
        {
          least = sum;
          best = line;
        }
    }
  return best;
}

static gboolean
deflate_all (SePacker *packer, const guchar *data, gsize length, int flush, GError **error)
{
  packer->zlib.next_in = (guchar *)data;
  packer->zlib.avail_in = (guint)length;
  do
    {
      gsize made;

      packer->zlib.next_out = packer->output;
      packer->zlib.avail_out = OUTPUT;
      deflate (&packer->zlib, flush);
      made = OUTPUT - packer->zlib.avail_out;
      if (!se_io_write_all (packer->fd, packer->output, made, error))
        return FALSE;
      packer->length += made;
    }
  while (packer->zlib.avail_out == 0);
  return TRUE;
}

gboolean
se_packer_add (SePacker *packer, const guchar *row, GError **error)
{
  if (packer->fd < 0)
    return TRUE;
  filter_row (packer, row);
  memcpy (packer->above, row, packer->size);
  return deflate_all (packer, choose_line (packer), packer->size + 1, Z_NO_FLUSH, error);
}

gboolean
se_packer_finish (SePacker *packer, guint64 *length, GError **error)
{
  if (packer->fd >= 0 && !deflate_all (packer, NULL, 0, Z_FINISH, error))
    return FALSE;
  *length = packer->length;
  return TRUE;
}
