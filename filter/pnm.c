/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pnm.h"

#include <glib/gi18n-lib.h>

#define SIDE_MAX 1000000 /* pixels */
#define NUMBER_MAX 100000000

typedef struct
{
  SeReader *reader;
  SeImagePdf *pdf;
  gboolean plain; /* numbers in letters */
  gboolean bitmap;
  guint components;
  guint32 width, height;
  guint32 maximum;
  guint bits; /* of a component in the PDF */
} Pnm;

/* Reads a number: white space and comments before it, one byte after it. */
static gboolean
read_number (SeReader *reader, guint32 *number)
{
  guchar byte;

  do
    {
      if (!se_reader_byte (reader, &byte))
        return FALSE;
      while (byte == '#')
        do
          if (!se_reader_byte (reader, &byte))
            return FALSE;
        while (byte != '\n');
    }
  while (g_ascii_isspace (byte));
  if (!g_ascii_isdigit (byte))
    return FALSE;
  *number = 0;
  do
    {
      if (*number > NUMBER_MAX)
        return FALSE;
      *number = *number * 10 + (guint32)(byte - '0');
      if (!se_reader_byte (reader, &byte))
        return TRUE; /* the file's last number */
    }
  while (g_ascii_isdigit (byte));
  return g_ascii_isspace (byte);
}

static gboolean
read_header (Pnm *pnm)
{
  guchar magic[2];

  if (!se_reader_read (pnm->reader, magic, sizeof magic) || magic[0] != 'P' || magic[1] < '1'
      || magic[1] > '6')
    return FALSE;
  pnm->plain = magic[1] <= '3';
  pnm->bitmap = magic[1] == '1' || magic[1] == '4';
  pnm->components = magic[1] == '3' || magic[1] == '6' ? 3 : 1;
  pnm->maximum = 1;
  if (!read_number (pnm->reader, &pnm->width) || !read_number (pnm->reader, &pnm->height)
      || (!pnm->bitmap && !read_number (pnm->reader, &pnm->maximum)))
    return FALSE;
  pnm->bits = pnm->bitmap ? 1 : pnm->maximum <= 255 ? 8 : 16;
  return pnm->width > 0 && pnm->width <= SIDE_MAX && pnm->height > 0 && pnm->height <= SIDE_MAX
         && pnm->maximum > 0 && pnm->maximum <= 65535;
}

/* Reads the digit of a bitmap, which need not stand apart from the next. */
static gboolean
read_bit (SeReader *reader, guint32 *bit)
{
  guchar byte;

  do
    if (!se_reader_byte (reader, &byte))
      return FALSE;
  while (g_ascii_isspace (byte));
  *bit = (guint32)(byte - '0');
  return byte == '0' || byte == '1';
}

/* Reads a row of numbers in letters, each as it would stand in the raw format. */
static gboolean
read_plain_row (const Pnm *pnm, guchar *row, gsize size)
{
  for (gsize i = 0; i < size; i++)
    row[i] = 0;
  for (gsize i = 0; i < (gsize)pnm->width * pnm->components; i++)
    {
      guint32 number;

      if (!(pnm->bitmap ? read_bit (pnm->reader, &number) : read_number (pnm->reader, &number)))
        return FALSE;
      if (number > pnm->maximum)
        return FALSE;
      if (pnm->bits == 1)
        row[i / 8] = (guchar)(row[i / 8] | number << (7 - i % 8));
      else if (pnm->bits == 8)
        row[i] = (guchar)number;
      else
        {
          row[2 * i] = (guchar)(number >> 8);
          row[2 * i + 1] = (guchar)number;
        }
    }
  return TRUE;
}

/* Makes the greatest number of the file the greatest of its bits. */
static gboolean
stretch_row (const Pnm *pnm, guchar *row)
{
  guint32 top = pnm->bits == 8 ? 255 : 65535;

  for (gsize i = 0; i < (gsize)pnm->width * pnm->components; i++)
    {
      guchar *sample = row + i * pnm->bits / 8;
      guint32 number = pnm->bits == 8 ? sample[0] : (guint32)sample[0] << 8 | sample[1];

      if (number > pnm->maximum)
        return FALSE;
      number = (number * top + pnm->maximum / 2) / pnm->maximum;
      sample[0] = (guchar)(pnm->bits == 8 ? number : number >> 8);
      if (pnm->bits == 16)
        sample[1] = (guchar)number;
    }
  return TRUE;
}

static gboolean
read_row (const Pnm *pnm, guchar *row, gsize size)
{
  if (!(pnm->plain ? read_plain_row (pnm, row, size) : se_reader_read (pnm->reader, row, size)))
    return FALSE;
  if (pnm->bitmap)
    row[size - 1] = (guchar)(row[size - 1] & 0xffU << (7 - (pnm->width - 1) % 8));
  else if (pnm->maximum != 255 && pnm->maximum != 65535)
    return stretch_row (pnm, row);
  return TRUE;
}

static gboolean
fail (GError **error)
{
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("it is a damaged or incomplete PNM image"));
  return FALSE;
}

static gboolean
add_image (Pnm *pnm, GError **error)
{
  gsize size = ((gsize)pnm->width * pnm->components * pnm->bits + 7) / 8;
  g_autofree guchar *row = g_malloc (size);
  SeImage image = { .width = pnm->width,
                    .height = pnm->height,
                    .bits = pnm->bits,
                    .components = pnm->components,
                    .inverted = pnm->bitmap,
                    .orientation = 1 };

  if (!se_image_pdf_begin (pnm->pdf, -1, &image, error))
    return FALSE;
  for (guint32 y = 0; y < pnm->height; y++)
    {
      if (!read_row (pnm, row, size))
        return fail (error);
      if (!se_image_pdf_add_row (pnm->pdf, row, error))
        return FALSE;
    }
  return se_image_pdf_end (pnm->pdf, error);
}

/* Moves on to another image. FALSE: there is none. */
static gboolean
find_next (Pnm *pnm, gboolean *more)
{
  guchar byte;

  do
    {
      *more = !se_reader_at_end (pnm->reader);
      if (!se_reader_byte (pnm->reader, &byte))
        return FALSE;
    }
  while (g_ascii_isspace (byte));
  return byte == 'P' && !pnm->plain && se_reader_seek (pnm->reader, pnm->reader->position - 1);
}

gboolean
se_pnm_add (SeImagePdf *pdf, SeReader *reader, gboolean *more, GError **error)
{
  Pnm pnm = { .reader = reader, .pdf = pdf };

  if (!se_reader_seek (reader, 0))
    return fail (error);
  do
    {
      if (!read_header (&pnm))
        return fail (error);
      if (!add_image (&pnm, error))
        return FALSE;
    }
  while (find_next (&pnm, more));
  return TRUE;
}
