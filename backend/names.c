/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/names.h"

#include "mail/message.h"

#include <string.h>

#define UNTITLED "scan-%{date}"
#define COMPRESSED ".gz"
#define ENDING_MAX 10 /* characters, with the dot */
#define OFFICE "application/vnd.openxmlformats-officedocument."
#define OPEN_DOCUMENT "application/vnd.oasis.opendocument."

typedef struct
{
  const char *type;
  const char *endings; /* that fit, separated by spaces, the one to add first */
  gboolean broad;      /* names of this type have many other endings */
} Kind;

static const Kind kinds[] = {
  { "application/pdf", ".pdf", FALSE },
  { "image/tiff", ".tiff .tif", FALSE },
  { "image/jpeg", ".jpg .jpeg .jpe .jfif", FALSE },
  { "image/png", ".png .apng", FALSE },
  { "image/gif", ".gif", FALSE },
  { "image/x-bitmap", ".bmp .dib", FALSE }, /* BMP, as CUPS calls it */
  { "image/bmp", ".bmp .dib", FALSE },
  { "image/x-portable-bitmap", ".pbm .pnm", FALSE },
  { "image/x-portable-graymap", ".pgm .pnm", FALSE },
  { "image/x-portable-pixmap", ".ppm .pnm", FALSE },
  { "image/x-portable-anymap", ".pnm .pbm .pgm .ppm", FALSE },
  { "image/x-sun-raster", ".ras .sun", FALSE },
  { "image/x-sgi-rgb", ".rgb .sgi .bw", FALSE },
  { "image/pwg-raster", ".pwg", FALSE },
  { "image/urf", ".urf", FALSE },
  { "image/webp", ".webp", FALSE },
  { "image/heic", ".heic", FALSE },
  { "image/svg+xml", ".svg", FALSE },
  { "application/vnd.cups-raster", ".ras", FALSE },
  { "application/postscript", ".ps .eps .ai", FALSE },
  { "text/html", ".html .htm .xhtml", FALSE },
  { "text/rtf", ".rtf", FALSE },
  { "application/rtf", ".rtf", FALSE },
  { "text/csv", ".csv", FALSE },
  { "application/msword", ".doc .dot", FALSE },
  { "application/vnd.ms-excel", ".xls", FALSE },
  { "application/vnd.ms-powerpoint", ".ppt .pps", FALSE },
  { "application/vnd.ms-xpsdocument", ".xps .oxps", FALSE },
  { OFFICE "wordprocessingml.document", ".docx", FALSE },
  { OFFICE "spreadsheetml.sheet", ".xlsx", FALSE },
  { OFFICE "presentationml.presentation", ".pptx", FALSE },
  { OPEN_DOCUMENT "text", ".odt", FALSE },
  { OPEN_DOCUMENT "spreadsheet", ".ods", FALSE },
  { OPEN_DOCUMENT "presentation", ".odp", FALSE },
  { OPEN_DOCUMENT "graphics", ".odg", FALSE },
  { "text/plain", ".txt .text .c .h .sh .pl .css .md .log", TRUE },
};

/* Programs on Windows that write their name before the document's. */
static const char *const programs[]
    = { "Microsoft Word - ",        "Microsoft Excel - ",   "Microsoft PowerPoint - ",
        "Microsoft Office Word - ", "Microsoft Outlook - ", "Microsoft Publisher - ",
        "Microsoft Visio - ",       "Microsoft OneNote - ", "Microsoft Access - ",
        "Microsoft Project - ",     "Microsoft WordPad - " };

static const Kind *
find_kind (const char *type)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_ascii_strcasecmp (kinds[i].type, type) == 0)
      return &kinds[i];
  return NULL;
}

/* The ending of a name, with its dot; NULL: none. "v1.2" has none: a number is no ending. */
static const char *
find_ending (const char *name)
{
  const char *dot = strrchr (name, '.');
  gboolean letter = FALSE;
  gsize length = 1;

  if (dot == NULL || dot == name)
    return NULL;
  for (; dot[length] != '\0'; length++)
    {
      if (!g_ascii_isalnum (dot[length]))
        return NULL;
      letter = letter || g_ascii_isalpha (dot[length]);
    }
  return letter && length <= ENDING_MAX ? dot : NULL;
}

static gboolean
fits (const Kind *kind, const char *ending)
{
  g_auto (GStrv) endings = g_strsplit (kind->endings, " ", -1);
  g_autofree char *lower = g_ascii_strdown (ending, -1);

  return g_strv_contains ((const char *const *)endings, lower);
}

/* TRUE for the ending of a document of whatever type. */
static gboolean
is_known (const char *ending)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (fits (&kinds[i], ending))
      return TRUE;
  return FALSE;
}

/* The ending of a name, if it may stay on an attachment of this kind; NULL: none that may. */
static const char *
keep_ending (const Kind *kind, const char *name)
{
  const char *ending = find_ending (name);

  if (ending == NULL || kind == NULL || fits (kind, ending) || (kind->broad && !is_known (ending)))
    return ending;
  return NULL;
}

/* A copy of name without the ending that stays or gives way. */
static char *
drop_ending (const Kind *kind, const char *name)
{
  const char *ending = find_ending (name);

  if (ending == NULL || (keep_ending (kind, name) == NULL && !is_known (ending)))
    return g_strdup (name);
  return g_strndup (name, (gsize)(ending - name));
}

/* The ending for a name. own: the document's name, which counts where the type says little. */
static char *
choose_ending (const Kind *kind, const char *name, const char *own)
{
  const char *ending = keep_ending (kind, name);

  if (ending == NULL && own != NULL && (kind == NULL || kind->broad))
    ending = keep_ending (kind, own);
  if (ending != NULL)
    return g_strdup (ending);
  return kind == NULL ? g_strdup ("") : g_strndup (kind->endings, strcspn (kind->endings, " "));
}

/* A title without what programs put before the document's name, and without the ending of a
 * compressed document, which is attached as what it holds. */
static char *
clean_title (const char *title)
{
  const char *slash = NULL;
  char *clean;
  gsize length;

  for (gsize i = 0; i < G_N_ELEMENTS (programs); i++)
    if (g_str_has_prefix (title, programs[i]))
      title += strlen (programs[i]);
  if ((g_ascii_isalpha (title[0]) && title[1] == ':' && title[2] == '\\')
      || g_str_has_prefix (title, "\\\\"))
    slash = strrchr (title, '\\');
  else if (*title == '/' || g_str_has_prefix (title, "file://"))
    slash = strrchr (title, '/');
  clean = g_strdup (slash != NULL && slash[1] != '\0' ? slash + 1 : title);
  length = strlen (clean);
  if (length > strlen (COMPRESSED)
      && g_ascii_strcasecmp (clean + length - strlen (COMPRESSED), COMPRESSED) == 0)
    clean[length - strlen (COMPRESSED)] = '\0';
  return clean;
}

/* The number of documents of which these are the pieces. */
static guint
count_documents (const GPtrArray *entries)
{
  guint documents = 0;

  for (guint i = 0; i < entries->len; i++)
    documents += i == 0
                 || ((const SeBundleEntry *)entries->pdata[i])->number
                        != ((const SeBundleEntry *)entries->pdata[i - 1])->number;
  return documents;
}

/* TRUE if the documents go by their own names: each has one, and nothing else is said. */
static gboolean
use_own_names (const SeNaming *naming, guint documents)
{
  if (naming->given != NULL || naming->template != NULL
      || (documents == 1 && se_template_has_title (naming->values->title)))
    return FALSE;
  for (guint i = 0; i < naming->entries->len; i++)
    if (!se_template_has_title (((const SeBundleEntry *)naming->entries->pdata[i])->name))
      return FALSE;
  return TRUE;
}

/* The name that the job's documents share, for one of this kind; its ending says nothing yet. NULL:
 * error. */
static char *
shared_name (const SeNaming *naming, const Kind *kind, GError **error)
{
  gboolean titled = se_template_has_title (naming->values->title);
  g_autofree char *title = clean_title (titled ? naming->values->title : "");
  g_autofree char *stem = drop_ending (kind, title);
  SeTemplateValues values = *naming->values;
  g_autofree char *name = NULL;

  if (naming->given != NULL)
    name = g_strdup (naming->given);
  else if (naming->template != NULL)
    {
      values.title = stem;
      name = se_template_expand (naming->template, &values, error);
    }
  else
    name = g_strdup (title);
  if (name != NULL && *g_strstrip (name) == '\0')
    {
      g_free (name);
      name = se_template_expand (UNTITLED, &values, error);
    }
  return g_steal_pointer (&name);
}

static guint
count_digits (guint number)
{
  guint digits = 1;

  for (; number >= 10; number /= 10)
    digits++;
  return digits;
}

/* "-3" of 7, "-03" of 12; "" of 1. */
static char *
make_number (guint n, guint of)
{
  return of > 1 ? g_strdup_printf ("-%0*u", (int)count_digits (of), n) : g_strdup ("");
}

/* The first name that stem, number and ending give and taken, names of this job, does not hold. */
static char *
find_free (GHashTable *taken, const char *stem, const char *number, const char *ending)
{
  for (guint n = 1;; n++)
    {
      g_autofree char *again = n > 1 ? g_strdup_printf ("-%u", n) : g_strdup ("");
      g_autofree char *tail = g_strconcat (number, again, ending, NULL);
      g_autofree char *name = se_message_filename (stem, tail);

      if (g_hash_table_add (taken, g_utf8_casefold (name, -1)))
        return g_steal_pointer (&name);
    }
}

/* The name of one entry. own: documents go by their own names; number: what tells it from the job's
 * other documents and from the document's other pieces. NULL: error. */
static char *
make_name (const SeNaming *naming, const SeBundleEntry *entry, gboolean own, const char *number,
           GHashTable *taken, GError **error)
{
  const Kind *kind = find_kind (entry->type);
  g_autofree char *name = own ? clean_title (entry->name) : shared_name (naming, kind, error);
  g_autofree char *stem = name != NULL ? drop_ending (kind, name) : NULL;
  g_autofree char *ending = NULL;

  if (name == NULL)
    return NULL;
  ending = choose_ending (
      kind, name, se_template_has_title (entry->name) ? entry->name : naming->values->title);
  return find_free (taken, stem, number, ending);
}

char **
se_names_new (const SeNaming *naming, GError **error)
{
  const GPtrArray *entries = naming->entries;
  guint documents = count_documents (entries);
  gboolean own = use_own_names (naming, documents);
  g_autoptr (GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_auto (GStrv) names = g_new0 (char *, entries->len + 1);
  guint document = 0;

  for (guint first = 0, next; first < entries->len; first = next)
    {
      const SeBundleEntry *head = entries->pdata[first];
      g_autofree char *of_document = make_number (++document, own ? 1 : documents);

      for (next = first + 1; next < entries->len; next++)
        if (((const SeBundleEntry *)entries->pdata[next])->number != head->number)
          break;
      for (guint i = first; i < next; i++)
        {
          g_autofree char *of_piece = make_number (i - first + 1, next - first);
          g_autofree char *number = g_strconcat (of_document, of_piece, NULL);

          names[i] = make_name (naming, entries->pdata[i], own, number, taken, error);
          if (names[i] == NULL)
            return NULL;
        }
    }
  return g_steal_pointer (&names);
}
