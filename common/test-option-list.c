/* SPDX-License-Identifier: Apache-2.0 */
#include "common/option-list.h"

#include <string.h>

/* Writes the list as "[name|value]…". */
static char *
flat (const char *text)
{
  g_autoptr (GPtrArray) list = se_option_list_parse (text);
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < list->len; i++)
    {
      const SeOption *option = list->pdata[i];

      g_string_append_printf (all, "[%s|%s]", option->name, option->value);
    }
  return g_string_free (all, FALSE);
}

static void
test_parse (void)
{
  static const struct
  {
    const char *text;
    const char *list;
  } cases[] = {
    { "", "" },
    { "  ", "" },
    { "a=b", "[a|b]" },
    { "a=b  c=d\te", "[a|b][c|d][e|true]" },
    { "nocollate no", "[collate|false][no|true]" },
    { "a=", "[a|]" },
    { "=a", "[|a]" },
    { "a=b=c", "[a|b=c]" },
    { "s=two\\ words\\ \\\"q\\\"\\ it\\'s", "[s|two words \"q\" it's]" },
    { "s='two words' t=\"x 'y' z\"", "[s|two words][t|x 'y' z]" },
    { "s='open a=b", "[s|open a=b]" },
    { "s=end\\", "[s|end\\]" },
    { "'a b'=c", "[a b|c]" },
    { "'a=b'", "[a=b|true]" },
    /* cupsParseOptions would take everything from '{' on for one value. */
    { "s={x email-to=a@b job-uuid=u", "[s|{x][email-to|a@b][job-uuid|u]" },
    { "n=1 n=2", "[n|1][n|2]" },
    { "s=\xff", "[s|\xef\xbf\xbd]" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *list = flat (cases[i].text);

      g_assert_cmpstr (list, ==, cases[i].list);
    }
}

static void
test_get (void)
{
  g_autoptr (GPtrArray) list = se_option_list_parse ("Email-To=a x email-to=b");

  g_assert_cmpstr (se_option_list_get (list, "EMAIL-TO"), ==, "b");
  g_assert_cmpstr (se_option_list_get (list, "X"), ==, "true");
  g_assert_null (se_option_list_get (list, "email"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/option-list/parse", test_parse);
  g_test_add_func ("/option-list/get", test_get);
  return g_test_run ();
}
