/* SPDX-License-Identifier: Apache-2.0 */
#include "common/option-list.h"

#include <string.h>

static void
option_free (SeOption *option)
{
  g_free (option->name);
  g_free (option->value);
  g_free (option);
}

/* Reads one word, up to bare white space, and moves *text behind it. equals: where the first bare
 * '=' of the word stands, -1 without one. */
static char *
read_word (const char **text, gssize *equals)
{
  GString *word = g_string_new (NULL);
  const char *next = *text;
  char quote = '\0';

  *equals = -1;
  for (; *next != '\0' && (quote != '\0' || !g_ascii_isspace (*next)); next++)
    {
      if (*next == '\\' && next[1] != '\0')
        g_string_append_c (word, *++next);
      else if (quote != '\0' && *next == quote)
        quote = '\0';
      else if (quote == '\0' && (*next == '"' || *next == '\''))
        quote = *next;
      else
        {
          if (*next == '=' && quote == '\0' && *equals < 0)
            *equals = (gssize)word->len;
          g_string_append_c (word, *next);
        }
    }
  *text = next;
  return g_string_free (word, FALSE);
}

static SeOption *
option_new (const char *word, gssize equals)
{
  SeOption *option = g_new0 (SeOption, 1);
  gboolean no = equals < 0 && g_ascii_strncasecmp (word, "no", 2) == 0 && word[2] != '\0';

  option->name = equals >= 0 ? g_utf8_make_valid (word, equals)
                             : g_utf8_make_valid (no ? word + 2 : word, -1);
  option->value
      = equals >= 0 ? g_utf8_make_valid (word + equals + 1, -1) : g_strdup (no ? "false" : "true");
  return option;
}

GPtrArray *
se_option_list_parse (const char *text)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify)option_free);

  for (;;)
    {
      g_autofree char *word = NULL;
      gssize equals;

      while (g_ascii_isspace (*text))
        text++;
      if (*text == '\0')
        return list;
      word = read_word (&text, &equals);
      g_ptr_array_add (list, option_new (word, equals));
    }
}

const char *
se_option_list_get (const GPtrArray *list, const char *name)
{
  for (guint i = list->len; i > 0; i--)
    {
      const SeOption *option = list->pdata[i - 1];

      if (g_ascii_strcasecmp (option->name, name) == 0)
        return option->value;
    }
  return NULL;
}
