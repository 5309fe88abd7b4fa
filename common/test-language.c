/* SPDX-License-Identifier: Apache-2.0 */
#include "common/language.h"

#include "common/test-tree.h"

#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

#define HEADER "Content-Type: text/plain; charset=UTF-8\n"

#ifdef ENABLE_NLS
#define WITH_NLS TRUE
#else
#define WITH_NLS FALSE
#endif

typedef struct
{
  char *directory; /* with catalogs of de and pt_BR, and one outside the reach of names */
} Fixture;

/* Writes the catalog of a language, in which "Queue" is translation. GNU gettext manual, 10.3. */
static void
write_catalog (const char *directory, const char *language, const char *translation)
{
  g_autofree char *parent = g_build_filename (directory, language, "LC_MESSAGES", NULL);
  g_autofree char *path = g_build_filename (parent, GETTEXT_PACKAGE ".mo", NULL);
  const guint32 text = 7 * 4 + 4 * 8, original = 7 * 4, translated = original + 2 * 8;
  const guint32 words[] = { 0x950412de,
                            0,
                            2,
                            original,
                            translated,
                            0,
                            text,
                            0,
                            text,
                            strlen ("Queue"),
                            text + 1,
                            strlen (HEADER),
                            text + 1 + sizeof "Queue",
                            (guint32)strlen (translation),
                            text + 1 + sizeof "Queue" + sizeof HEADER };
  GString *bytes = g_string_new_len ((const char *)words, sizeof words);

  g_string_append_len (bytes, "", 1);
  g_string_append_len (bytes, "Queue", sizeof "Queue");
  g_string_append_len (bytes, HEADER, sizeof HEADER);
  g_string_append_len (bytes, translation, (gssize)strlen (translation) + 1);
  g_assert_cmpint (g_mkdir_with_parents (parent, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, bytes->str, (gssize)bytes->len, NULL));
  g_string_free (bytes, TRUE);
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *outside = NULL;

  fixture->directory = g_dir_make_tmp ("se-language-XXXXXX", NULL);
  outside = g_build_filename (fixture->directory, "locale", NULL);
  write_catalog (outside, "de", "Warteschlange");
  write_catalog (outside, "pt_BR", "Fila de impress\xc3\xa3o");
  write_catalog (fixture->directory, "de",
                 "von au\xc3\x9f"
                 "erhalb");
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  test_remove_tree (fixture->directory);
  g_free (fixture->directory);
}

static void
assert_says (const Fixture *fixture, const char *names, const char *text)
{
  g_autofree char *directory = g_build_filename (fixture->directory, "locale", NULL);
  gboolean english = strcmp (text, "Queue") == 0;

  g_assert_cmpint (se_language_use (directory, names), ==, !english);
  g_assert_cmpstr (_ ("Queue"), ==, text);
}

static void
test_names (Fixture *fixture, gconstpointer unused)
{
  /* Locales that are not installed, in every way of writing; nothing depends on LC_ALL. */
  assert_says (fixture, "de", "Warteschlange");
  assert_says (fixture, "de_DE.UTF-8", "Warteschlange");
  assert_says (fixture, "de_AT", "Warteschlange");
  assert_says (fixture, "de-CH", "Warteschlange");
  assert_says (fixture, "de_LU@euro", "Warteschlange");
  assert_says (fixture, "pt_BR.UTF-8", "Fila de impress\xc3\xa3o");
  assert_says (fixture, "pt-BR", "Fila de impress\xc3\xa3o");
  assert_says (fixture, "pt_PT.UTF-8", "Queue");
  assert_says (fixture, "xx_YY.UTF-8", "Queue");
  assert_says (fixture, "de", "Warteschlange"); /* again, after English */
}

static void
test_english (Fixture *fixture, gconstpointer unused)
{
  static const char *const english[] = { "en", "en_US.UTF-8", "EN-GB", "C", "C.UTF-8", "POSIX" };

  for (gsize i = 0; i < G_N_ELEMENTS (english); i++)
    {
      assert_says (fixture, english[i], "Queue");
      g_assert_true (se_language_is_english (english[i]));
    }
  assert_says (fixture, NULL, "Queue");
  assert_says (fixture, "", "Queue");
  g_assert_false (se_language_is_english ("de"));
  g_assert_false (se_language_is_english ("cs_CZ.UTF-8"));
  g_assert_false (se_language_is_english (""));
}

static void
test_lists (Fixture *fixture, gconstpointer unused)
{
  assert_says (fixture, "fr:de", "Warteschlange");
  assert_says (fixture, "pt_BR:de", "Fila de impress\xc3\xa3o");
  /* gettext (3) alone would pass over English, which has no catalog, to German. */
  assert_says (fixture, "en_GB:de", "Queue");
  assert_says (fixture, "fr:en:de", "Queue");
  assert_says (fixture, "::de", "Warteschlange");
}

static void
test_hostile (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *absolute = g_build_filename (fixture->directory, "de", NULL);
  g_autofree char *long_name = g_strnfill (4000, 'd');
  const char *const names[] = { "../de",
                                absolute,
                                "..",
                                ".",
                                "/",
                                long_name,
                                "de/../de",
                                "%s%n",
                                "-de",
                                "d\ne",
                                "d\xff"
                                "e",
                                "de\\..\\de",
                                "./../de:../de" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    assert_says (fixture, names[i], "Queue");
  assert_says (fixture, "../de:de", "Warteschlange");
}

/* Numbers and dates are read and written as in the C locale. */
static void
test_numbers (Fixture *fixture, gconstpointer unused)
{
  assert_says (fixture, "de_DE.UTF-8", "Warteschlange");
  g_assert_cmpstr (setlocale (LC_NUMERIC, NULL), ==, "C");
  g_assert_cmpstr (setlocale (LC_TIME, NULL), ==, "C");
  g_assert_cmpstr (setlocale (LC_COLLATE, NULL), ==, "C");
}

static void
test_environment (Fixture *fixture, gconstpointer unused)
{
  static const char *const variables[] = { "LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG" };
  static const struct
  {
    const char *values[G_N_ELEMENTS (variables)];
    const char *names;
  } cases[] = {
    { { NULL, NULL, NULL, NULL }, NULL },
    { { NULL, NULL, NULL, "de_DE.UTF-8" }, "de_DE.UTF-8" },
    { { NULL, NULL, "fr_FR", "de_DE.UTF-8" }, "fr_FR" },
    { { NULL, "it_IT", "fr_FR", "de_DE.UTF-8" }, "it_IT" },
    { { "es:de", "it_IT", "fr_FR", "de_DE.UTF-8" }, "es:de" },
    { { "", "", "", "de_DE.UTF-8" }, "de_DE.UTF-8" },
    { { "de", "C", "fr_FR", "de_DE.UTF-8" }, NULL }, /* as gettext has it */
    { { "de", NULL, NULL, "C.UTF-8" }, NULL },
    { { "de", NULL, NULL, NULL }, NULL },
    { { NULL, NULL, NULL, "POSIX" }, NULL },
    { { NULL, NULL, NULL, "cs_CZ" }, "cs_CZ" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *names = NULL;

      for (gsize k = 0; k < G_N_ELEMENTS (variables); k++)
        if (cases[i].values[k] != NULL)
          g_setenv (variables[k], cases[i].values[k], TRUE);
        else
          g_unsetenv (variables[k]);
      names = se_language_of_environment ();
      g_assert_cmpstr (names, ==, cases[i].names);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name) g_test_add ("/language/" #name, Fixture, NULL, set_up, test_##name, tear_down)
  if (WITH_NLS)
    {
      ADD (names);
      ADD (lists);
      ADD (hostile);
      ADD (numbers);
    }
  ADD (english);
  ADD (environment);
  return g_test_run ();
}
