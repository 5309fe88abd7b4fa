/* SPDX-License-Identifier: Apache-2.0 */
#include "filter/options.h"

static void
assert_option (const char *text, const char *name, const char *value)
{
  g_autoptr (GPtrArray) options = se_option_list_parse (text);

  g_assert_cmpstr (se_option_list_get (options, name), ==, value);
}

static void
test_parse (void)
{
  assert_option ("", "a", NULL);
  assert_option ("  a=1\tb=2\n", "b", "2");
  assert_option ("A=1 a=2", "a", "2");
  assert_option ("a=two\\ words b=3", "a", "two words");
  assert_option ("a='two words' b=3", "b", "3");
  assert_option ("a=\"it's\" b=3", "a", "it's");
  assert_option ("a=it\\'s\\\\x b=3", "a", "it's\\x");
  assert_option ("landscape nomirror", "landscape", "true");
  assert_option ("landscape nomirror", "mirror", "false");
  assert_option ("a= b=3", "a", "");
  assert_option ("a", "a", "true");
  assert_option ("a=b=c", "a", "b=c");
  assert_option ("a\\=b=c", "a=b", "c");
  assert_option ("end=\\", "end", "\\");
  assert_option ("open='quote b=3", "b", NULL);
  /* a brace does not swallow what follows */
  assert_option ("page-label={ page-ranges=1", "page-ranges", "1");
}

static void
test_document_names (void)
{
  g_autoptr (GPtrArray) options = se_option_list_parse (
      "document-name-supplied=a\\ b.pdf job-uuid=x document-name-supplied=\xff.pdf");
  g_autoptr (GPtrArray) names = se_options_document_names (options);

  g_assert_cmpuint (names->len, ==, 2);
  g_assert_cmpstr (names->pdata[0], ==, "a b.pdf");
  g_assert_cmpstr (names->pdata[1], ==, "\xef\xbf\xbd.pdf");
}

static void
test_possible (void)
{
  static const char *const good[]
      = { "finishings=3 number-up=1 print-color-mode=color job-sheets=none",
          "page-ranges=1",
          "page-ranges=1-3,5,7-",
          "page-set=ODD",
          "number-up=16 number-up-layout=lrtb",
          "orientation-requested=6",
          "cpi=12.5",
          "page-label=Draft\\ 2",
          "unknown=anything",
          "mirror=true" };

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GPtrArray) options = se_option_list_parse (good[i]);
      g_autoptr (GError) error = NULL;

      g_assert_true (se_options_check (options, &error));
      g_assert_no_error (error);
    }
}

static void
test_impossible (void)
{
  static const char *const bad[] = {
    "page-ranges=0",  "page-ranges=3-1",         "page-ranges=5,2",   "page-ranges=",
    "page-ranges=x",  "page-ranges=1-2-3",       "page-ranges=1,",    "page-ranges=99999999999",
    "page-ranges=-3", "page-set=some",           "number-up=5",       "number-up=0",
    "number-up=1e9",  "orientation-requested=9", "mirror=perhaps",    "cpi=-1",
    "cpi=nan",        "page-label={a",           "page-label=a\001b", "scaling=1000000000",
    "booklet=maybe",  "print-scaling=huge"
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GPtrArray) options = se_option_list_parse (bad[i]);
      g_autoptr (GError) error = NULL;

      g_assert_false (se_options_check (options, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
    }
}

static void
assert_pdftopdf (const char *text, SeFamily family, gboolean needed)
{
  g_autoptr (GPtrArray) options = se_option_list_parse (text);

  g_assert_cmpint (se_options_need_pdftopdf (options, family), ==, needed);
}

static void
test_need (void)
{
  /* what cupsd and print dialogs send with every job asks for nothing */
  assert_pdftopdf ("finishings=3 number-up=1 print-color-mode=color page-set=all media=A4 "
                   "sides=two-sided-long-edge orientation-requested=3 PageSize=A4 "
                   "outputorder=normal nomirror print-scaling=auto page-border=none copies=3",
                   SE_FAMILY_PDF, FALSE);
  assert_pdftopdf ("page-ranges=1-2 page-set=odd", SE_FAMILY_PDF, FALSE);
  assert_pdftopdf ("number-up=2", SE_FAMILY_IMAGE, TRUE);
  assert_pdftopdf ("outputorder=reverse", SE_FAMILY_PDF, TRUE);
  /* texttopdf and imagetopdf turn pages themselves */
  assert_pdftopdf ("landscape", SE_FAMILY_PDF, TRUE);
  assert_pdftopdf ("landscape", SE_FAMILY_TEXT, FALSE);
  assert_pdftopdf ("orientation-requested=4 mirror", SE_FAMILY_IMAGE, FALSE);
  assert_pdftopdf ("cpi=12", SE_FAMILY_PDF, FALSE);
}

static void
assert_pages (const char *text, const char *taken)
{
  g_autoptr (GPtrArray) options = se_option_list_parse (text);
  GString *pages = g_string_new (NULL);

  for (int number = 1; number <= 9; number++)
    if (se_options_take_page (options, number))
      g_string_append_printf (pages, "%d", number);
  g_assert_cmpstr (pages->str, ==, taken);
  g_string_free (pages, TRUE);
}

/* What an image's own converter has to be asked for, where pdftopdf would not do. */
static void
test_converter (void)
{
  static const struct
  {
    const char *text;
    SeFamily family;
    gboolean needed;
  } cases[] = {
    { "", SE_FAMILY_IMAGE, FALSE },
    { "media=A4 PageSize=A4", SE_FAMILY_IMAGE, FALSE },
    { "scaling=50", SE_FAMILY_IMAGE, TRUE },
    { "scaling=100 natural-scaling=100", SE_FAMILY_IMAGE, FALSE },
    { "ppi=300 fit-to-page", SE_FAMILY_IMAGE, TRUE },
    { "cpi=12", SE_FAMILY_IMAGE, FALSE },
    { "fit-to-page mirror print-scaling=fill", SE_FAMILY_IMAGE, FALSE },
    { "position=top", SE_FAMILY_IMAGE, TRUE },
    { "position=top fit-to-page page-left=36", SE_FAMILY_IMAGE, FALSE },
    { "page-left=36 fit-to-page=false", SE_FAMILY_IMAGE, TRUE },
    { "scaling=50", SE_FAMILY_PDF, FALSE },
    { "cpi=12", SE_FAMILY_TEXT, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GPtrArray) options = se_option_list_parse (cases[i].text);

      g_test_message ("%s", cases[i].text);
      g_assert_cmpint (se_options_need_converter (options, cases[i].family), ==, cases[i].needed);
    }
}

static void
test_pages (void)
{
  g_autoptr (GPtrArray) none = se_option_list_parse ("page-set=all number-up=2");
  g_autoptr (GPtrArray) odd = se_option_list_parse ("page-set=Odd");

  g_assert_false (se_options_select_pages (none));
  g_assert_true (se_options_select_pages (odd));
  assert_pages ("", "123456789");
  assert_pages ("page-set=Odd", "13579");
  assert_pages ("page-set=even page-ranges=2-5", "24");
  assert_pages ("page-ranges=1,3-4,7-", "134789");
  assert_pages ("page-ranges=12", "");
}

static void
test_texts (void)
{
  g_autoptr (GPtrArray) options = se_option_list_parse (
      "email-to=x@y number-up=2 landscape cpi=12 page-delivery=reverse-order-"
      "face-up page-label='a \"b' job-uuid=u PageSize=A5");
  g_autofree char *pdf = se_options_for_pdftopdf (options, SE_FAMILY_PDF);
  g_autofree char *text = se_options_for_converter (options, SE_FAMILY_TEXT);
  g_autofree char *after_text = se_options_for_pdftopdf (options, SE_FAMILY_TEXT);
  g_autofree char *none = se_options_for_converter (options, SE_FAMILY_RASTER);

  g_assert_cmpstr (
      pdf, ==, "number-up=2 page-label=a\\ \\\"b OutputOrder=Reverse landscape=true PageSize=A5");
  g_assert_cmpstr (text, ==,
                   "landscape=true PageSize=A5 cpi=12 page-left=36 page-right=36 page-top=36 "
                   "page-bottom=36");
  g_assert_cmpstr (after_text, ==,
                   "number-up=2 page-label=a\\ \\\"b OutputOrder=Reverse PageSize=A5");
  g_assert_cmpstr (none, ==, "");
}

static void
assert_image (const char *text, const char *passed)
{
  g_autoptr (GPtrArray) options = se_option_list_parse (text);
  g_autofree char *image = se_options_for_converter (options, SE_FAMILY_IMAGE);

  g_assert_cmpstr (image, ==, passed);
}

static void
test_image_scaling (void)
{
  assert_image ("", " print-scaling=auto-fit");
  assert_image ("print-scaling=auto", " print-scaling=auto-fit");
  assert_image ("print-scaling=fill", "print-scaling=fill");
  assert_image ("scaling=50", "scaling=50");
}

static void
test_family (void)
{
  g_autoptr (GPtrArray) options = se_option_list_parse ("scaling=50");
  g_autoptr (GPtrArray) neutral = se_option_list_parse ("scaling=100");
  g_autoptr (GError) error = NULL;

  g_assert_true (se_options_check_family (options, SE_FAMILY_IMAGE, &error));
  g_assert_true (se_options_check_family (neutral, SE_FAMILY_PDF, &error));
  g_assert_false (se_options_check_family (options, SE_FAMILY_PDF, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_DOCUMENT);
}

static void
assert_layout (const char *text, SeFamily family, const char *name)
{
  g_autoptr (GPtrArray) options = se_option_list_parse (text);

  g_test_message ("%s", text);
  g_assert_cmpstr (se_options_find_layout (options, family), ==, name);
}

static void
test_find_layout (void)
{
  assert_layout ("number-up=1 finishings=3 page-set=all media=A4", SE_FAMILY_PDF, NULL);
  assert_layout ("number-up=2", SE_FAMILY_PDF, "number-up");
  assert_layout ("page-ranges=1", SE_FAMILY_IMAGE, "page-ranges");
  assert_layout ("mirror", SE_FAMILY_IMAGE, "mirror");
  assert_layout ("cpi=12", SE_FAMILY_TEXT, "cpi");
  assert_layout ("cpi=12", SE_FAMILY_IMAGE, NULL);
  assert_layout ("page-left=36", SE_FAMILY_PDF, NULL);
  assert_layout ("page-left=36", SE_FAMILY_IMAGE, "page-left");
  assert_layout ("number-up-layout=btlr", SE_FAMILY_IMAGE, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/parse", test_parse);
  g_test_add_func ("/options/document-names", test_document_names);
  g_test_add_func ("/options/possible", test_possible);
  g_test_add_func ("/options/impossible", test_impossible);
  g_test_add_func ("/options/need", test_need);
  g_test_add_func ("/options/converter", test_converter);
  g_test_add_func ("/options/pages", test_pages);
  g_test_add_func ("/options/texts", test_texts);
  g_test_add_func ("/options/image-scaling", test_image_scaling);
  g_test_add_func ("/options/family", test_family);
  g_test_add_func ("/options/find-layout", test_find_layout);
  return g_test_run ();
}
