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

GPtrArray *
se_option_list_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)option_free);
}

void
se_option_list_add (GPtrArray *list, const char *name, const char *value)
{
  SeOption *option = g_new0 (SeOption, 1);

  option->name = g_utf8_make_valid (name, -1);
  option->value = g_utf8_make_valid (value, -1);
  g_ptr_array_add (list, option);
}

/* Adds a word; equals as in read_word. */
static void
add_word (GPtrArray *list, char *word, gssize equals)
{
  gboolean no = equals < 0 && g_ascii_strncasecmp (word, "no", 2) == 0 && word[2] != '\0';

  if (equals < 0)
    se_option_list_add (list, no ? word + 2 : word, no ? "false" : "true");
  else
    {
      word[equals] = '\0';
      se_option_list_add (list, word, word + equals + 1);
    }
}

GPtrArray *
se_option_list_parse (const char *text)
{
  GPtrArray *list = se_option_list_new ();

  for (;;)
    {
      g_autofree char *word = NULL;
      gssize equals;

      while (g_ascii_isspace (*text))
        text++;
      if (*text == '\0')
        return list;
      word = read_word (&text, &equals);
      add_word (list, word, equals);
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
