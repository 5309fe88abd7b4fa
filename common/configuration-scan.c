/* SPDX-License-Identifier: Apache-2.0 */
#include "common/configuration-private.h"

#include "common/log.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* GKeyFile merges sections of one name, lets a later key win and takes any name. A mistyped name
 * would change where mail goes without a word, so every line is looked at first. */

typedef struct
{
  guint line;
  char *text;
} Problem;

typedef struct
{
  SeConfigFile *file;
  GPtrArray *problems;
  gboolean presets;
  guint line;
  const char *kind; /* of the section that the line stands in; NULL: none, or not known */
  char *section;    /* NULL before the first one, and in one that is malformed */
  gboolean begun;   /* a section was seen */
} Scan;

static const char *const kinds[] = { "server", "account", "provider", "queue", NULL };

static void
free_problem (gpointer data)
{
  Problem *problem = data;

  g_free (problem->text);
  g_free (problem);
}

static int
compare_problems (gconstpointer a, gconstpointer b)
{
  const Problem *const *first = a;
  const Problem *const *second = b;

  return (*first)->line < (*second)->line ? -1 : (*first)->line > (*second)->line;
}

static void report (GPtrArray *problems, guint line, const char *format, ...) G_GNUC_PRINTF (3, 4);

static void
report (GPtrArray *problems, guint line, const char *format, ...)
{
  Problem *problem = g_new (Problem, 1);
  va_list arguments;

  va_start (arguments, format);
  problem->line = line;
  problem->text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_ptr_array_add (problems, problem);
}

/* Remembers where a section or key stands. Returns the line where it stood before, or 0. */
static guint
remember (Scan *scan, const char *section, const char *key)
{
  guint before = se_config_file_line (scan->file, section, key);
  char *place = key != NULL ? g_strjoin ("\n", section, key, NULL) : g_strdup (section);

  g_hash_table_replace (scan->file->lines, place, GUINT_TO_POINTER (scan->line));
  return before;
}

/* Checks "KIND NAME" and returns the kind; NULL if it is none. */
static const char *
check_section (Scan *scan, const char *section)
{
  const char *space = strchr (section, ' ');
  g_autofree char *word
      = space != NULL ? g_strndup (section, (gsize)(space - section)) : g_strdup (section);
  g_autofree char *shown = se_log_clean (section, 100);
  g_autofree char *name = se_log_clean (space, 100);
  g_autoptr (GError) error = NULL;
  const char *kind = NULL;

  for (gsize i = 0; kinds[i] != NULL; i++)
    if (strcmp (kinds[i], word) == 0)
      kind = kinds[i];
  if (strpbrk (section, "[]") != NULL)
    report (scan->problems, scan->line, _ ("[%s]: a name may not hold brackets"), shown);
  else if (kind == NULL)
    report (scan->problems, scan->line, _ ("unknown section [%s]; did you mean [%s%s]?"), shown,
            se_config_nearest (word, kinds), name);
  else if (scan->presets && strcmp (kind, "provider") != 0)
    report (scan->problems, scan->line, _ ("[%s] cannot stand here, only [provider NAME]"), shown);
  else if (strcmp (kind, "server") == 0 && space != NULL)
    report (scan->problems, scan->line, _ ("[%s] takes no name; did you mean [server]?"), shown);
  else if (strcmp (kind, "server") != 0 && (space == NULL || space[1] == '\0'))
    report (scan->problems, scan->line, _ ("[%s] lacks its name: [%s %s]"), shown, kind,
            strcmp (kind, "account") == 0 ? "ADDRESS" : "NAME");
  else if (strcmp (kind, "server") != 0
           && !se_config_parse_value (strcmp (kind, "account") == 0 ? SE_VALUE_ADDRESS
                                      : strcmp (kind, "queue") == 0 ? SE_VALUE_QUEUE
                                                                    : SE_VALUE_NAME,
                                      space + 1, NULL, &error))
    report (scan->problems, scan->line, "[%s]: %s", shown, error->message);
  return kind;
}

static void
scan_section (Scan *scan, const char *line)
{
  const char *end = strrchr (line, ']');
  guint before;

  g_clear_pointer (&scan->section, g_free);
  scan->kind = NULL;
  scan->begun = TRUE;
  if (end == NULL || end[1] != '\0')
    {
      report (scan->problems, scan->line, "%s",
              end == NULL
                  ? _ ("the section lacks its closing bracket")
                  : _ ("nothing may follow a section; comments stand on lines of their own"));
      return;
    }
  scan->section = g_strndup (line + 1, (gsize)(end - line - 1));
  scan->kind = check_section (scan, scan->section);
  before = remember (scan, scan->section, NULL);
  if (before > 0)
    {
      g_autofree char *shown = se_log_clean (scan->section, 100);

      report (scan->problems, scan->line, _ ("[%s] stands in line %u already"), shown, before);
    }
}

static const char *
nearest_key (const char *kind, const char *key)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (const SeConfigKey *known = se_config_keys; known->section != NULL; known++)
    if (strcmp (known->section, kind) == 0)
      g_ptr_array_add (names, (gpointer)known->key);
  g_ptr_array_add (names, NULL);
  return se_config_nearest (key, (const char *const *)names->pdata);
}

/* The kind of section that has this key; NULL if none has. */
static const char *
home_of (const char *key)
{
  for (gsize i = 0; kinds[i] != NULL; i++)
    if (se_config_find_key (kinds[i], key) != NULL)
      return kinds[i];
  return NULL;
}

static void
check_key (Scan *scan, const char *key)
{
  g_autofree char *shown = se_log_clean (key, 100);
  guint before;

  if (scan->kind == NULL)
    return;
  before = remember (scan, scan->section, key);
  if (se_config_find_key (scan->kind, key) != NULL)
    {
      if (before > 0)
        report (scan->problems, scan->line, _ ("'%s' stands in line %u already"), shown, before);
    }
  else if (home_of (key) != NULL)
    report (scan->problems, scan->line,
            _ ("unknown key '%s' in [%s]; it belongs into a [%s] section"), shown, scan->kind,
            home_of (key));
  else
    report (scan->problems, scan->line, _ ("unknown key '%s' in [%s]; did you mean '%s'?"), shown,
            scan->kind, nearest_key (scan->kind, key));
}

/* Texts of the line are not shown: it may hold a secret that was pasted here by mistake. */
static void
scan_line (Scan *scan, char *line)
{
  char *equals = strchr (g_strstrip (line), '=');

  if (*line == '\0' || *line == '#')
    return;
  if (!g_utf8_validate (line, -1, NULL))
    report (scan->problems, scan->line, _ ("the line is not valid UTF-8"));
  else if (*line == '[')
    scan_section (scan, line);
  else if (equals == NULL)
    report (scan->problems, scan->line, _ ("neither a [section] nor KEY = VALUE nor a # comment"));
  else if (!scan->begun)
    report (scan->problems, scan->line, _ ("a key stands before the first [section]"));
  else
    {
      const char *value = g_strchug (equals + 1);

      for (const char *hash = strchr (value, '#'); hash != NULL; hash = strchr (hash + 1, '#'))
        if (hash == value || g_ascii_isspace (hash[-1]))
          {
            report (scan->problems, scan->line,
                    _ ("a '#' after a value: comments stand on lines of their own (a space before "
                       "a '#' that is meant is written \\s)"));
            break;
          }
      *equals = '\0';
      check_key (scan, g_strchomp (line));
    }
}

static void
scan_text (SeConfigFile *file, gboolean presets, GPtrArray *problems)
{
  g_auto (GStrv) lines = g_strsplit (file->text, "\n", -1);
  Scan scan = { .file = file, .problems = problems, .presets = presets };

  for (char **line = lines; *line != NULL; line++)
    {
      scan.line++;
      scan_line (&scan, *line);
    }
  g_free (scan.section);
}

/* Checks the value of every key that is known; an empty one counts as none. */
static void
check_values (SeConfigFile *file, GPtrArray *problems)
{
  g_auto (GStrv) sections = g_key_file_get_groups (file->keys, NULL);

  for (char **section = sections; *section != NULL; section++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (file->keys, *section, NULL, NULL);
      g_autofree char *kind = g_strndup (*section, strcspn (*section, " "));

      for (char **key = keys; *key != NULL; key++)
        {
          const SeConfigKey *known = se_config_find_key (kind, *key);
          g_autoptr (GError) error = NULL;
          g_autofree char *value = NULL;

          /* What has no line was reported by the scan. */
          if (known == NULL || se_config_file_line (file, *section, *key) == 0)
            continue;
          value = g_key_file_get_string (file->keys, *section, *key, &error);
          if (error != NULL)
            report (problems, se_config_file_line (file, *section, *key),
                    _ ("%s: a backslash is written \\\\ here"), *key);
          else if (*g_strstrip (value) != '\0'
                   && !se_config_parse_value (known->type, value, NULL, &error))
            report (problems, se_config_file_line (file, *section, *key), "%s: %s", *key,
                    error->message);
        }
    }
}

static void
set_error (const SeConfigFile *file, GPtrArray *problems, GError **error)
{
  g_autoptr (GString) all = g_string_new (NULL);

  g_ptr_array_sort (problems, compare_problems);
  for (guint i = 0; i < problems->len; i++)
    {
      const Problem *problem = problems->pdata[i];

      g_string_append_printf (all, "%s%s:%u: %s", i > 0 ? "\n" : "", file->path, problem->line,
                              problem->text);
    }
  g_set_error_literal (error, SE_ERROR, SE_ERROR_CONFIG, all->str);
}

SeConfigFile *
se_config_file_parse (const char *path, const char *text, gboolean presets, GError **error)
{
  g_autoptr (SeConfigFile) file = g_new0 (SeConfigFile, 1);
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func (free_problem);
  g_autoptr (GError) refused = NULL;

  file->path = g_strdup (path);
  file->text = g_strdup (text);
  file->keys = g_key_file_new ();
  file->lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  scan_text (file, presets, problems);
  if (g_key_file_load_from_data (file->keys, text, (gsize)-1, G_KEY_FILE_NONE, &refused))
    check_values (file, problems);
  else if (problems->len == 0)
    report (problems, 1, "%s", refused->message);
  if (problems->len == 0)
    return g_steal_pointer (&file);
  set_error (file, problems, error);
  return NULL;
}

void
se_config_file_free (SeConfigFile *file)
{
  if (file == NULL)
    return;
  g_free (file->path);
  g_free (file->text);
  g_key_file_free (file->keys);
  g_hash_table_unref (file->lines);
  g_free (file);
}

guint
se_config_file_line (const SeConfigFile *file, const char *section, const char *key)
{
  g_autofree char *place = key != NULL ? g_strjoin ("\n", section, key, NULL) : g_strdup (section);

  return GPOINTER_TO_UINT (g_hash_table_lookup (file->lines, place));
}
