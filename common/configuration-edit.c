/* SPDX-License-Identifier: Apache-2.0 */
#include "common/configuration-private.h"

#include <string.h>

/* The value as GKeyFile, and the scan for a '#' after a value, read it back; a space at the
 * beginning does not count. */
static char *
escape (const char *value)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *escaped = NULL;
  GString *result;

  g_key_file_set_string (file, "g", "k", value);
  escaped = g_key_file_get_value (file, "g", "k", NULL);
  result = g_string_new (*escaped == '#' ? "\\s" : "");
  g_string_append (result, escaped);
  g_string_replace (result, " #", "\\s#", 0);
  return g_string_free (result, FALSE);
}

/* Splits text into lines that keep their newline. */
static GPtrArray *
split_lines (const char *text)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func (g_free);

  while (*text != '\0')
    {
      gsize length = strcspn (text, "\n");

      length += text[length] == '\n' ? 1 : 0;
      g_ptr_array_add (lines, g_strndup (text, length));
      text += length;
    }
  return lines;
}

static gboolean
is_header (const char *line, const char *header)
{
  g_autofree char *stripped = g_strstrip (g_strdup (line));

  return header != NULL ? strcmp (stripped, header) == 0 : *stripped == '[';
}

/* The key of a "KEY = VALUE" line, owned by the caller; NULL if the line is none. */
static char *
key_of (const char *line)
{
  const char *equals = strchr (line, '=');
  g_autofree char *key = NULL;

  if (equals == NULL)
    return NULL;
  key = g_strstrip (g_strndup (line, (gsize)(equals - line)));
  return *key == '#' || *key == '[' ? NULL : g_steal_pointer (&key);
}

/* Index of the line that sets key in the section from start on; end if there is none. */
static guint
find_key (const GPtrArray *lines, guint start, guint end, const char *key)
{
  for (guint i = start; i < end; i++)
    {
      g_autofree char *found = key_of (lines->pdata[i]);

      if (g_strcmp0 (found, key) == 0)
        return i;
    }
  return end;
}

/* Takes the key's line out of the section between start and *end, if there is one. */
static void
remove_key (GPtrArray *lines, guint start, guint *end, const char *key)
{
  guint place = find_key (lines, start, *end, key);

  if (place == *end)
    return;
  g_ptr_array_remove_index (lines, place);
  (*end)--;
}

/* Sets one key of the section between start and *end; a new one stands behind the last. */
static void
set_key (GPtrArray *lines, guint start, guint *end, const char *key, const char *value)
{
  g_autofree char *escaped = escape (value);
  g_autofree char *line = g_strdup_printf ("%s = %s\n", key, escaped);
  guint place = find_key (lines, start, *end, key);

  if (place < *end)
    {
      g_free (lines->pdata[place]);
      lines->pdata[place] = g_steal_pointer (&line);
      return;
    }
  while (place > start)
    {
      g_autofree char *before = key_of (lines->pdata[place - 1]);

      if (before != NULL)
        break;
      place--;
    }
  g_ptr_array_insert (lines, (int)place, g_steal_pointer (&line));
  (*end)++;
}

/* A last line without a newline gets one before something is put behind it. */
static void
end_last_line (GPtrArray *lines)
{
  char **last = lines->len > 0 ? (char **)&lines->pdata[lines->len - 1] : NULL;

  if (last != NULL && !g_str_has_suffix (*last, "\n"))
    {
      char *ended = g_strconcat (*last, "\n", NULL);

      g_free (*last);
      *last = ended;
    }
}

char *
se_config_edit_account (const char *text, const char *address, GHashTable *keys)
{
  g_autofree char *header = g_strdup_printf ("[account %s]", address);
  g_autoptr (GPtrArray) lines = split_lines (text);
  guint start = 0, end;

  end_last_line (lines);
  while (start < lines->len && !is_header (lines->pdata[start], header))
    start++;
  if (start == lines->len)
    {
      if (lines->len > 0)
        g_ptr_array_add (lines, g_strdup ("\n"));
      g_ptr_array_add (lines, g_strconcat (header, "\n", NULL));
      start = lines->len - 1;
    }
  start++;
  for (end = start; end < lines->len && !is_header (lines->pdata[end], NULL);)
    end++;

  for (const SeConfigKey *known = se_config_keys; known->section != NULL; known++)
    {
      const char *value = g_hash_table_lookup (keys, known->key);

      if (strcmp (known->section, "account") != 0 || value == NULL)
        continue;
      if (*value == '\0')
        remove_key (lines, start, &end, known->key);
      else
        set_key (lines, start, &end, known->key, value);
    }
  g_ptr_array_add (lines, NULL);
  return g_strjoinv (NULL, (char **)lines->pdata);
}
