/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/paper.h"

#include "common/io.h"

#include <stdio.h>
#include <string.h>

#define PPD_SIZE_MAX (1 << 20)
#define POINTS_MAX 14400

static gboolean
is_size (double width, double height)
{
  return width >= 1 && width <= POINTS_MAX && height >= 1 && height <= POINTS_MAX;
}

/* Returns what stands behind keyword in the PPD, up to the line's end, owned by the caller; NULL
 * without such a line. */
static char *
find_line (const char *ppd, const char *keyword)
{
  g_auto (GStrv) lines = g_strsplit (ppd, "\n", -1);

  for (gsize i = 0; lines[i] != NULL; i++)
    if (g_str_has_prefix (lines[i], keyword))
      return g_strstrip (g_strdup (lines[i] + strlen (keyword)));
  return NULL;
}

/* Looks a page size's name up in the PPD: *PaperDimension A4/…: "595 842". */
static gboolean
look_up (const char *ppd, const char *name, int *width, int *height)
{
  g_autofree char *keyword = g_strdup_printf ("*PaperDimension %s/", name);
  g_autofree char *line = find_line (ppd, keyword);
  const char *value = line != NULL ? strchr (line, '"') : NULL;
  double w, h;

  if (value == NULL || sscanf (value, "\"%lf %lf\"", &w, &h) != 2 || !is_size (w, h))
    return FALSE;
  *width = (int)(w + 0.5);
  *height = (int)(h + 0.5);
  return TRUE;
}

/* Custom.WIDTHxHEIGHT in points, or with a unit behind it. */
static gboolean
read_custom (const char *name, int *width, int *height)
{
  static const struct
  {
    const char *name;
    double points;
  } units[] = { { "", 1 },           { "pt", 1 },         { "in", 72 },        { "ft", 864 },
                { "mm", 72 / 25.4 }, { "cm", 72 / 2.54 }, { "m", 72 / 0.0254 } };
  char unit[3] = "";
  double w, h;

  if (sscanf (name, "Custom.%lfx%lf%2s", &w, &h, unit) < 2)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (units); i++)
    if (strcmp (unit, units[i].name) == 0 && is_size (w * units[i].points, h * units[i].points))
      {
        *width = (int)(w * units[i].points + 0.5);
        *height = (int)(h * units[i].points + 0.5);
        return TRUE;
      }
  return FALSE;
}

void
se_paper_find (const GPtrArray *options, int *width, int *height)
{
  const char *name = se_option_list_get (options, "PageSize");
  const char *path = g_getenv ("PPD");
  g_autofree char *ppd = path != NULL ? se_io_read_file (path, PPD_SIZE_MAX, NULL, NULL) : NULL;
  g_autofree char *usual = ppd != NULL ? find_line (ppd, "*DefaultPageSize:") : NULL;

  *width = 595;
  *height = 842;
  if (name != NULL
      && (read_custom (name, width, height) || (ppd != NULL && look_up (ppd, name, width, height))))
    return;
  if (usual != NULL)
    look_up (ppd, usual, width, height);
}
