/* SPDX-License-Identifier: Apache-2.0 */
#include "common/state-path.h"

#include <limits.h>
#include <string.h>

static void
test_encoded (void)
{
  static const struct
  {
    const char *text, *ending, *name;
  } cases[] = {
    { "office-7", "", "office-7" },
    { "scan/email-12", "", "scan%2Femail-12" },
    { "a/../b@example.test", ".json", "a%2F..%2Fb%40example.test.json" },
    { "b\xc3\xbcro=1", ".raised", "b%C3%BCro%3D1.raised" },
    { "\xff", "", "%FF" },
    { ".office.2-7", "", "%2Eoffice.2-7" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = se_state_name (cases[i].text, cases[i].ending);
      g_autofree char *path = se_state_path ("/s", "folder", cases[i].text, cases[i].ending);
      g_autofree char *expected = g_strconcat ("/s/folder/", cases[i].name, NULL);
      g_autofree char *text = se_state_text (name, cases[i].ending);

      g_assert_cmpstr (name, ==, cases[i].name);
      g_assert_cmpstr (path, ==, expected);
      g_assert_cmpstr (text, ==, cases[i].text);
    }
  g_assert_null (se_state_text ("office-7.raised", ".withdrawn"));
}

/* As long as a name may be, and one byte more. */
static void
test_longest (void)
{
  g_autofree char *fits = g_strnfill (NAME_MAX - strlen (".json"), 'x');
  g_autofree char *too_long = g_strconcat (fits, "x", NULL);
  g_autofree char *whole = se_state_name (fits, ".json");
  g_autofree char *cut = se_state_name (too_long, ".json");
  g_autofree char *text = se_state_text (whole, ".json");

  g_assert_cmpuint (strlen (whole), ==, NAME_MAX);
  g_assert_cmpstr (text, ==, fits);
  g_assert_cmpuint (strlen (cut), <, 200);
  g_assert_true (g_str_has_prefix (cut, "xxx") && g_str_has_suffix (cut, ".json"));
  g_assert_nonnull (strchr (cut, '='));
  g_assert_null (se_state_text (cut, ".json"));
}

/* They begin the same, and are told apart; each always has the same name. */
static void
test_apart (void)
{
  g_autofree char *beginning = g_strnfill (300, 'x');
  g_autofree char *one = g_strconcat (beginning, "-1", NULL);
  g_autofree char *other = g_strconcat (beginning, "-2", NULL);
  g_autofree char *of_one = se_state_name (one, "");
  g_autofree char *of_other = se_state_name (other, "");
  g_autofree char *again = se_state_name (one, "");

  g_assert_cmpstr (of_one, !=, of_other);
  g_assert_cmpstr (of_one, ==, again);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/state-path/encoded", test_encoded);
  g_test_add_func ("/state-path/longest", test_longest);
  g_test_add_func ("/state-path/apart", test_apart);
  return g_test_run ();
}
