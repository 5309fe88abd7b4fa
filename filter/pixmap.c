/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/pixmap.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#define SIDE_MAX 1000000 /* pixels */
#define TINT 1           /* steps of 255 that rounding adds to a grey of a scaled image */

static gboolean
read_colors (SePixmap *pixmap)
{
  return fread (pixmap->colors, 3, pixmap->width, pixmap->file) == pixmap->width;
}

/* Reads a number of the header and the white space, or comment, before it. 0: there is none. */
static guint
read_number (FILE *file)
{
  guint number = 0;
  int c = getc (file);

  while (c == '#' || (c != EOF && g_ascii_isspace (c)))
    {
      if (c == '#')
        while (c != '\n' && c != EOF)
          c = getc (file);
      if (c != EOF)
        c = getc (file);
    }
  for (; c != EOF && g_ascii_isdigit (c) && number <= SIDE_MAX; c = getc (file))
    number = number * 10 + (guint)(c - '0');
  return c != EOF && g_ascii_isspace (c) && number <= SIDE_MAX ? number : 0;
}

static gboolean
read_header (SePixmap *pixmap)
{
  if (getc (pixmap->file) != 'P' || getc (pixmap->file) != '6')
    return FALSE;
  pixmap->width = read_number (pixmap->file);
  pixmap->height = read_number (pixmap->file);
  return pixmap->width > 0 && pixmap->height > 0 && read_number (pixmap->file) == 255;
}

/* What a line holds that begins like one of pixels. */
static SePixels
look_at (const guchar *colors, guint width, SePixels pixels)
{
  /* Most lines of a text are white. */
  if ((colors[0] == 0 || colors[0] == 255)
      && memcmp (colors, colors + 1, (gsize)width * 3 - 1) == 0)
    return pixels;
  for (const guchar *end = colors + (gsize)width * 3; colors < end; colors += 3)
    {
      int red = colors[0], green = colors[1] - red, blue = colors[2] - red;

      if (ABS (green) > TINT || ABS (blue) > TINT)
        return SE_PIXELS_COLOR;
      if ((red != 0 && red != 255) || green != 0 || blue != 0)
        pixels = SE_PIXELS_GREY;
    }
  return pixels;
}

/* Looks at all lines. */
static gboolean
look_through (SePixmap *pixmap, gboolean is_last)
{
  for (guint y = 0; y < pixmap->height; y++)
    {
      if (!read_colors (pixmap))
        return FALSE;
      if (pixmap->pixels != SE_PIXELS_COLOR)
        pixmap->pixels = look_at (pixmap->colors, pixmap->width, pixmap->pixels);
    }
  pixmap->end = ftell (pixmap->file);
  return !is_last || (getc (pixmap->file) == EOF && !ferror (pixmap->file));
}

gboolean
se_pixmap_open (SePixmap *pixmap, int fd, long offset, gboolean is_last, GError **error)
{
  int copy = dup (fd);

  *pixmap = (SePixmap){ .file = copy >= 0 ? fdopen (copy, "r") : NULL };
  if (pixmap->file == NULL || fseek (pixmap->file, offset, SEEK_SET) < 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("it cannot be read: %s"),
                   g_strerror (errno));
      if (pixmap->file == NULL && copy >= 0)
        close (copy);
      return FALSE;
    }
  if (read_header (pixmap))
    {
      pixmap->start = ftell (pixmap->file);
      pixmap->colors = g_malloc ((gsize)pixmap->width * 3);
      if (look_through (pixmap, is_last) && fseek (pixmap->file, pixmap->start, SEEK_SET) == 0)
        return TRUE;
    }
  g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT, _ ("it was not drawn whole"));
  return FALSE;
}

void
se_pixmap_clear (SePixmap *pixmap)
{
  if (pixmap->file != NULL)
    fclose (pixmap->file);
  pixmap->file = NULL;
  g_clear_pointer (&pixmap->colors, g_free);
}

gsize
se_pixmap_line_size (const SePixmap *pixmap)
{
  switch (pixmap->pixels)
    {
    case SE_PIXELS_BILEVEL:
      return (pixmap->width + 7) / 8;
    case SE_PIXELS_GREY:
      return pixmap->width;
    case SE_PIXELS_COLOR:
    default:
      return (gsize)pixmap->width * 3;
    }
}

static void
pack_bits (const guchar *colors, guint width, guchar *line)
{
  memset (line, 0, (width + 7) / 8);
  for (guint x = 0; x < width; x++)
    if (colors[x * 3] != 0)
      line[x / 8] |= (guchar)(0x80 >> x % 8);
}

void
se_pixmap_read_line (SePixmap *pixmap, guchar *line)
{
  if (!read_colors (pixmap))
    {
      pixmap->cut = TRUE;
      memset (pixmap->colors, 255, (gsize)pixmap->width * 3);
    }
  switch (pixmap->pixels)
    {
    case SE_PIXELS_BILEVEL:
      pack_bits (pixmap->colors, pixmap->width, line);
      break;
    case SE_PIXELS_GREY:
      for (guint x = 0; x < pixmap->width; x++)
        line[x] = pixmap->colors[x * 3];
      break;
    case SE_PIXELS_COLOR:
    default:
      memcpy (line, pixmap->colors, (gsize)pixmap->width * 3);
    }
}
