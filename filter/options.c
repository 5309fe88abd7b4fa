/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/options.h"

#include "common/log.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Who sees to an option. */
enum
{
  BY_POSTSCRIPT = 1 << 0, /* Ghostscript: the paper, by paper.c */
  BY_TEXT = 1 << 1,       /* texttopdf */
  BY_IMAGE = 1 << 2,      /* imagetopdf */
  BY_PDFTOPDF = 1 << 3,
  BY_SELECTION = 1 << 4, /* our own choice of pages, before pdftopdf */
  BY_ALL = BY_POSTSCRIPT | BY_TEXT | BY_IMAGE | BY_PDFTOPDF,
};

typedef enum
{
  VALUE_LISTED,
  VALUE_BOOLEAN,
  VALUE_NUMBER, /* 0 or more, decimals allowed */
  VALUE_RANGES, /* 1-3,7,9- */
  VALUE_TEXT,
} ValueKind;

/* How an option weighs on a document whose converter does not see to it. */
typedef enum
{
  WEIGHT_ASKS,     /* pdftopdf has to run for it; if that cannot either, it means nothing here */
  WEIGHT_MODIFIES, /* goes along when pdftopdf runs anyway */
  WEIGHT_DEMANDS,  /* as ASKS, but the job fails where nobody can see to it */
} Weight;

typedef struct
{
  const char *name;
  int by;
  Weight weight;
  ValueKind kind;
  const char *values;  /* of VALUE_LISTED, separated by spaces */
  const char *neutral; /* values that ask for nothing */
  const char *passed;  /* what the program is told instead of "name=value" */
} Layout;

#define LAYOUT_ORDER "reverse reverse-order reverse-order-face-up reverse-order-face-down"
#define PLAIN_ORDER "normal same-order same-order-face-up same-order-face-down system-specified"
#define FALSE_WORDS "false no off"
#define TRUE_WORDS "true yes on"

/* clang-format off */
static const Layout layouts[] = {
  { "page-ranges", BY_SELECTION, WEIGHT_ASKS, VALUE_RANGES, NULL, "", NULL },
  { "page-set", BY_SELECTION, WEIGHT_ASKS, VALUE_LISTED, "odd even", "all", NULL },
  { "number-up", BY_PDFTOPDF, WEIGHT_ASKS, VALUE_LISTED, "2 3 4 6 8 9 10 12 15 16", "1", NULL },
  { "number-up-layout", BY_PDFTOPDF, WEIGHT_MODIFIES, VALUE_LISTED,
    "btlr btrl lrbt lrtb rlbt rltb tblr tbrl", "", NULL },
  { "page-border", BY_PDFTOPDF, WEIGHT_ASKS, VALUE_LISTED,
    "single single-thick double double-thick", "none", NULL },
  { "page-label", BY_PDFTOPDF, WEIGHT_ASKS, VALUE_TEXT, NULL, "", NULL },
  { "OutputOrder", BY_PDFTOPDF, WEIGHT_ASKS, VALUE_LISTED, LAYOUT_ORDER, PLAIN_ORDER, "OutputOrder=Reverse" },
  { "output-order", BY_PDFTOPDF, WEIGHT_ASKS, VALUE_LISTED, LAYOUT_ORDER, PLAIN_ORDER, "OutputOrder=Reverse" },
  { "page-delivery", BY_PDFTOPDF, WEIGHT_ASKS, VALUE_LISTED, LAYOUT_ORDER, PLAIN_ORDER, "OutputOrder=Reverse" },
  { "booklet", BY_PDFTOPDF, WEIGHT_ASKS, VALUE_LISTED, TRUE_WORDS " shuffle-only", FALSE_WORDS, NULL },
  { "booklet-signature", BY_PDFTOPDF, WEIGHT_MODIFIES, VALUE_NUMBER, NULL, "", NULL },
  { "mirror", BY_IMAGE | BY_PDFTOPDF, WEIGHT_ASKS, VALUE_BOOLEAN, NULL, FALSE_WORDS, NULL },
  { "landscape", BY_TEXT | BY_IMAGE | BY_PDFTOPDF, WEIGHT_ASKS, VALUE_BOOLEAN, NULL, FALSE_WORDS, NULL },
  { "orientation-requested", BY_TEXT | BY_IMAGE | BY_PDFTOPDF, WEIGHT_ASKS, VALUE_LISTED,
    "4 5 6", "0 3 7", NULL },
  { "print-scaling", BY_TEXT | BY_IMAGE | BY_PDFTOPDF, WEIGHT_ASKS, VALUE_LISTED,
    "auto-fit fill fit", "auto none", NULL },
  { "fit-to-page", BY_TEXT | BY_IMAGE | BY_PDFTOPDF, WEIGHT_ASKS, VALUE_BOOLEAN, NULL, FALSE_WORDS, NULL },
  { "fitplot", BY_TEXT | BY_IMAGE | BY_PDFTOPDF, WEIGHT_ASKS, VALUE_BOOLEAN, NULL, FALSE_WORDS, NULL },
  { "fill", BY_TEXT | BY_IMAGE | BY_PDFTOPDF, WEIGHT_ASKS, VALUE_BOOLEAN, NULL, FALSE_WORDS, NULL },
  { "crop-to-fit", BY_TEXT | BY_IMAGE | BY_PDFTOPDF, WEIGHT_ASKS, VALUE_BOOLEAN, NULL, FALSE_WORDS, NULL },
  { "position", BY_IMAGE | BY_PDFTOPDF, WEIGHT_MODIFIES, VALUE_LISTED,
    "center top bottom left right top-left top-right bottom-left bottom-right", "", NULL },
  { "page-left", BY_ALL, WEIGHT_MODIFIES, VALUE_NUMBER, NULL, "", NULL },
  { "page-right", BY_ALL, WEIGHT_MODIFIES, VALUE_NUMBER, NULL, "", NULL },
  { "page-top", BY_ALL, WEIGHT_MODIFIES, VALUE_NUMBER, NULL, "", NULL },
  { "page-bottom", BY_ALL, WEIGHT_MODIFIES, VALUE_NUMBER, NULL, "", NULL },
  { "media", BY_ALL, WEIGHT_MODIFIES, VALUE_TEXT, NULL, "", NULL },
  { "PageSize", BY_ALL, WEIGHT_MODIFIES, VALUE_TEXT, NULL, "", NULL },
  { "PageRegion", BY_ALL, WEIGHT_MODIFIES, VALUE_TEXT, NULL, "", NULL },
  { "cpi", BY_TEXT, WEIGHT_ASKS, VALUE_NUMBER, NULL, "", NULL },
  { "lpi", BY_TEXT, WEIGHT_ASKS, VALUE_NUMBER, NULL, "", NULL },
  { "columns", BY_TEXT, WEIGHT_ASKS, VALUE_NUMBER, NULL, "", NULL },
  { "wrap", BY_TEXT, WEIGHT_ASKS, VALUE_BOOLEAN, NULL, "", NULL },
  { "prettyprint", BY_TEXT, WEIGHT_ASKS, VALUE_BOOLEAN, NULL, FALSE_WORDS, NULL },
  { "ppi", BY_IMAGE, WEIGHT_ASKS, VALUE_NUMBER, NULL, "", NULL },
  { "scaling", BY_IMAGE, WEIGHT_DEMANDS, VALUE_NUMBER, NULL, "100", NULL },
  { "natural-scaling", BY_IMAGE, WEIGHT_DEMANDS, VALUE_NUMBER, NULL, "100", NULL },
};
/* clang-format on */

GPtrArray *
se_options_document_names (const GPtrArray *options)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < options->len; i++)
    {
      const SeOption *option = options->pdata[i];

      if (g_ascii_strcasecmp (option->name, "document-name-supplied") == 0)
        g_ptr_array_add (names, g_strdup (option->value));
    }
  return names;
}

/* Tells whether value is one of the words, in any case of letters. */
static gboolean
is_among (const char *value, const char *words)
{
  g_auto (GStrv) list = g_strsplit (words, " ", -1);

  for (gsize i = 0; list[i] != NULL; i++)
    if (g_ascii_strcasecmp (value, list[i]) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_number (const char *value)
{
  gsize digits = strspn (value, "0123456789");
  gsize decimals = value[digits] == '.' ? 1 + strspn (value + digits + 1, "0123456789") : 0;

  return digits > 0 && digits < 7 && value[digits + decimals] == '\0';
}

/* Reads a page number. Returns 0 without one. */
static int
read_page (const char **text)
{
  gsize digits = strspn (*text, "0123456789");
  int page = digits > 0 && digits < 10 ? (int)g_ascii_strtoll (*text, NULL, 10) : 0;

  *text += digits;
  return page;
}

/* Reads one range of "3", "1-4" and "7-", in rising order (RFC 8011, 5.2.7), and the comma behind
 * it. lower, upper: the range before, 0 at the beginning. */
static gboolean
read_range (const char **text, int *lower, int *upper)
{
  int last = *upper;

  *lower = *upper = read_page (text);
  if (*lower <= last)
    return FALSE;
  if (**text == '-')
    {
      ++*text;
      *upper = **text == ',' || **text == '\0' ? G_MAXINT : read_page (text);
    }
  if (*upper < *lower || (**text != ',' && **text != '\0') || (**text == ',' && (*text)[1] == '\0'))
    return FALSE;
  if (**text == ',')
    ++*text;
  return TRUE;
}

static gboolean
is_ranges (const char *value)
{
  int lower = 0, upper = 0;

  do
    if (!read_range (&value, &lower, &upper))
      return FALSE;
  while (*value != '\0');
  return TRUE;
}

static gboolean
is_plain_text (const char *value)
{
  for (const char *next = value; *next != '\0'; next++)
    if (g_ascii_iscntrl (*next))
      return FALSE;
  return value[0] != '{' && g_utf8_validate (value, -1, NULL);
}

static gboolean
is_neutral (const Layout *layout, const char *value)
{
  return is_among (value, layout->neutral);
}

static gboolean
is_possible (const Layout *layout, const char *value)
{
  if (is_neutral (layout, value))
    return TRUE;
  switch (layout->kind)
    {
    case VALUE_LISTED:
      return is_among (value, layout->values);
    case VALUE_BOOLEAN:
      return is_among (value, TRUE_WORDS " " FALSE_WORDS);
    case VALUE_NUMBER:
      return is_number (value);
    case VALUE_RANGES:
      return is_ranges (value);
    case VALUE_TEXT:
    default:
      return is_plain_text (value);
    }
}

/* Says what values there are, for a message. */
static const char *
describe_values (const Layout *layout)
{
  switch (layout->kind)
    {
    case VALUE_LISTED:
      return layout->values;
    case VALUE_BOOLEAN:
      return _ ("true or false");
    case VALUE_NUMBER:
      return _ ("a number");
    case VALUE_RANGES:
      return _ ("page numbers in rising order, such as 1-3,7");
    case VALUE_TEXT:
    default:
      return _ ("plain text");
    }
}

gboolean
se_options_check (const GPtrArray *options, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      const char *value = se_option_list_get (options, layouts[i].name);

      if (value != NULL && !is_possible (&layouts[i], value))
        {
          g_autofree char *clean = se_log_clean (value, 60);

          g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                       _ ("the option %s=%s cannot be honoured; possible: %s"), layouts[i].name,
                       clean, describe_values (&layouts[i]));
          return FALSE;
        }
    }
  return TRUE;
}

static int
converter_of (SeFamily family)
{
  switch (family)
    {
    case SE_FAMILY_POSTSCRIPT:
      return BY_POSTSCRIPT;
    case SE_FAMILY_TEXT:
      return BY_TEXT;
    case SE_FAMILY_IMAGE:
      return BY_IMAGE;
    default:
      return 0;
    }
}

gboolean
se_options_check_family (const GPtrArray *options, SeFamily family, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      const char *value = se_option_list_get (options, layouts[i].name);

      if (value == NULL || layouts[i].weight != WEIGHT_DEMANDS || is_neutral (&layouts[i], value)
          || (layouts[i].by & (converter_of (family) | BY_PDFTOPDF)) != 0)
        continue;
      g_set_error (error, SE_ERROR, SE_ERROR_DOCUMENT,
                   _ ("the option %s=%s can be honoured for images only"), layouts[i].name, value);
      return FALSE;
    }
  return TRUE;
}

gboolean
se_options_select_pages (const GPtrArray *options)
{
  return se_option_list_get (options, "page-ranges") != NULL
         || se_options_ask (options, "page-set");
}

gboolean
se_options_take_page (const GPtrArray *options, int number)
{
  const char *ranges = se_option_list_get (options, "page-ranges");
  const char *set = se_option_list_get (options, "page-set");
  gboolean taken = ranges == NULL;
  int lower = 0, upper = 0;

  while (!taken && *ranges != '\0' && read_range (&ranges, &lower, &upper))
    taken = number >= lower && number <= upper;
  if (set != NULL && g_ascii_strcasecmp (set, "all") != 0)
    taken = taken && (number % 2 == 1) == (g_ascii_strcasecmp (set, "odd") == 0);
  return taken;
}

gboolean
se_options_ask (const GPtrArray *options, const char *name)
{
  const char *value = se_option_list_get (options, name);

  for (gsize i = 0; value != NULL && i < G_N_ELEMENTS (layouts); i++)
    if (strcmp (layouts[i].name, name) == 0)
      return !is_neutral (&layouts[i], value);
  return FALSE;
}

gboolean
se_options_name_media (const GPtrArray *options)
{
  return se_option_list_get (options, "media") != NULL
         || se_option_list_get (options, "PageSize") != NULL
         || se_option_list_get (options, "PageRegion") != NULL;
}

gboolean
se_options_need_pdftopdf (const GPtrArray *options, SeFamily family)
{
  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      const char *value = se_option_list_get (options, layouts[i].name);

      if (value != NULL && layouts[i].weight != WEIGHT_MODIFIES && !is_neutral (&layouts[i], value)
          && (layouts[i].by & BY_PDFTOPDF) != 0 && (layouts[i].by & converter_of (family)) == 0)
        return TRUE;
    }
  return FALSE;
}

gboolean
se_options_need_converter (const GPtrArray *options, SeFamily family)
{
  gboolean alone = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      const char *value = se_option_list_get (options, layouts[i].name);
      gboolean modifies = layouts[i].weight == WEIGHT_MODIFIES;

      if (value == NULL || is_neutral (&layouts[i], value) || layouts[i].kind == VALUE_TEXT
          || (layouts[i].by & converter_of (family)) == 0)
        continue;
      if (modifies)
        alone = TRUE;
      else if ((layouts[i].by & BY_PDFTOPDF) == 0)
        return TRUE;
    }
  return alone && !se_options_need_pdftopdf (options, SE_FAMILY_PDF);
}

const char *
se_options_find_layout (const GPtrArray *options, SeFamily family)
{
  int by = converter_of (family) | BY_SELECTION | BY_PDFTOPDF;

  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      const char *value = se_option_list_get (options, layouts[i].name);
      /* Such as a margin, which an image has and others only where they are laid out anew. */
      gboolean alone = family == SE_FAMILY_IMAGE && (layouts[i].by & BY_IMAGE) != 0
                       && layouts[i].kind != VALUE_TEXT;

      if (value != NULL && !is_neutral (&layouts[i], value) && (layouts[i].by & by) != 0
          && (layouts[i].weight != WEIGHT_MODIFIES || alone))
        return layouts[i].name;
    }
  return NULL;
}

static void
append_option (GString *text, const Layout *layout, const char *value)
{
  if (text->len > 0)
    g_string_append_c (text, ' ');
  if (layout->passed != NULL)
    {
      g_string_append (text, layout->passed);
      return;
    }
  g_string_append_printf (text, "%s=", layout->name);
  for (; *value != '\0'; value++)
    {
      if (strchr (" \\'\"", *value) != NULL)
        g_string_append_c (text, '\\');
      g_string_append_c (text, *value);
    }
}

/* Collects the options that a program of by sees to and no program of done did. */
static char *
collect (const GPtrArray *options, int by, int done)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      const char *value = se_option_list_get (options, layouts[i].name);

      if (value != NULL && (layouts[i].by & by) != 0
          && ((layouts[i].by & done) == 0 || layouts[i].kind == VALUE_TEXT)
          && !is_neutral (&layouts[i], value))
        append_option (text, &layouts[i], value);
    }
  return g_string_free (text, FALSE);
}

/* An image larger than the page is made to fit unless the job says how to place it: by default
 * imagetopdf would cut it into several pages. */
static gboolean
says_how_to_scale (const GPtrArray *options)
{
  static const char *const names[] = { "print-scaling", "fit-to-page",     "fitplot", "fill",
                                       "crop-to-fit",   "natural-scaling", "scaling", "ppi" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *value = se_option_list_get (options, names[i]);

      if (value != NULL && !is_among (value, "auto none"))
        return TRUE;
    }
  return FALSE;
}

/* The queue's paper has no margins, but text needs some. */
static void
append_margins (GString *text, const GPtrArray *options)
{
  static const char *const names[] = { "page-left", "page-right", "page-top", "page-bottom" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (se_option_list_get (options, names[i]) == NULL)
      g_string_append_printf (text, " %s=36", names[i]);
}

char *
se_options_for_converter (const GPtrArray *options, SeFamily family)
{
  g_autofree char *collected = collect (options, converter_of (family), 0);
  GString *text = g_string_new (collected);

  if (family == SE_FAMILY_IMAGE && !says_how_to_scale (options))
    g_string_append (text, " print-scaling=auto-fit");
  if (family == SE_FAMILY_TEXT)
    append_margins (text, options);
  return g_string_free (text, FALSE);
}

char *
se_options_for_pdftopdf (const GPtrArray *options, SeFamily family)
{
  return collect (options, BY_PDFTOPDF, converter_of (family));
}
