/* SPDX-License-Identifier: Apache-2.0 */
/* The choices that the PPD offers against what filter and backend take. */
#include "common/fields.h"
#include "common/option-list.h"

#include <glib/gstdio.h>
#include <string.h>

#define NO_PPD (-1)

/* The compiled PPD's lines; NULL: there is no ppdc. */
static char **
compile (void)
{
  g_autofree char *drv = g_test_build_filename (G_TEST_DIST, "ppd", "scan-email.drv", NULL);
  g_autofree char *directory = g_dir_make_tmp ("ppd-XXXXXX", NULL);
  g_autofree char *ppd = g_build_filename (directory, "scan-email.ppd", NULL);
  g_autofree char *ppdc = g_find_program_in_path ("ppdc");
  g_autofree char *text = NULL;
  const char *argv[] = { ppdc, "-d", directory, drv, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  if (ppdc != NULL)
    {
      g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status,
                    &error);
      g_assert_no_error (error);
      g_assert_cmpint (status, ==, 0);
      g_file_get_contents (ppd, &text, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpint (g_unlink (ppd), ==, 0);
    }
  g_assert_cmpint (g_rmdir (directory), ==, 0);
  return text != NULL ? g_strsplit (text, "\n", -1) : NULL;
}

static void
assert_taken (const char *keyword, const char *choice)
{
  g_autoptr (GPtrArray) options = se_option_list_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (SeFields) fields = NULL;

  g_test_message ("%s=%s", keyword, choice);
  /* A resolution has no meaning for a PDF. */
  if (strcmp (keyword, "EmailResolution") == 0)
    se_option_list_add (options, "EmailFormat", "tiff");
  se_option_list_add (options, keyword, choice);
  fields = se_fields_new (options, NO_PPD, &error);
  g_assert_no_error (error);
}

/* line: "*KEYWORD CHOICE/TEXT: CODE", or "*ParamCustomKEYWORD NAME/TEXT: 1 TYPE MIN MAX". */
static void
try_line (const char *line, GHashTable *formats)
{
  g_auto (GStrv) words = g_strsplit_set (line, " /", 3);

  if (g_str_has_prefix (line, "*ParamCustomEmail") && strstr (line, " int ") != NULL)
    {
      g_autofree char *min
          = g_strconcat ("Custom.", strstr (line, " int ") + strlen (" int "), NULL);
      g_autofree char *max = g_strconcat ("Custom.", strrchr (line, ' ') + 1, NULL);

      *strchr (min, ' ') = '\0';
      assert_taken (words[0] + strlen ("*ParamCustom"), min);
      assert_taken (words[0] + strlen ("*ParamCustom"), max);
    }
  else if (g_str_has_prefix (line, "*Email"))
    {
      assert_taken (words[0] + 1, words[1]);
      if (strcmp (words[0], "*EmailFormat") == 0)
        g_hash_table_add (formats, g_strdup (words[1]));
    }
}

static void
test_choices (void)
{
  g_auto (GStrv) lines = compile ();
  g_autoptr (GHashTable) formats = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  if (lines == NULL)
    {
      g_test_skip ("ppdc is missing (Debian: cups-ppdc)");
      return;
    }
  for (gsize i = 0; lines[i] != NULL; i++)
    try_line (lines[i], formats);
  for (gsize i = 0; se_format_names[i] != NULL; i++)
    g_assert_true (g_hash_table_contains (formats, se_format_names[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ppd/choices", test_choices);
  return g_test_run ();
}
