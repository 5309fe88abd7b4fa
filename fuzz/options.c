/* SPDX-License-Identifier: Apache-2.0 */
/* A job's options, as the backend (fields) and the filter (layout) read them. */
#include "common/fields.h"
#include "common/io.h"
#include "filter/options.h"
#include "fuzz/fuzz.h"

#include <cups/cups.h>
#include <string.h>

static const SeFamily families[]
    = { SE_FAMILY_PDF, SE_FAMILY_POSTSCRIPT, SE_FAMILY_TEXT, SE_FAMILY_IMAGE };

static void
check_fields (const GPtrArray *options, int ppd_fd)
{
  GError *error = NULL;
  SeFields *fields = se_fields_new (options, ppd_fd, &error);

  fuzz_assert_outcome (fields != NULL, &error);
  if (fields == NULL)
    return;
  for (guint i = 0; i < SE_N_FIELDS; i++)
    g_assert_true (fields->values[i] == NULL || g_utf8_validate (fields->values[i], -1, NULL));
  for (guint i = SE_FIELD_TO; i <= SE_FIELD_REPLY_TO; i++)
    g_assert_cmpstr (fields->values[i], !=, "");
  g_assert_true (fields->format <= SE_FORMAT_PNG);
  se_fields_free (fields);
}

/* What a child gets is the same to its parser, which is CUPS's, as to ours: no value becomes an
 * option of its own, and each is the job's. */
static void
check_passed (const GPtrArray *options, const char *text)
{
  g_autoptr (GPtrArray) passed = se_option_list_parse (text);
  cups_option_t *parsed = NULL;
  int count = cupsParseOptions (text, 0, &parsed);

  for (int i = 0; i < count; i++)
    g_assert_cmpstr (se_option_list_get (passed, parsed[i].name), ==, parsed[i].value);
  cupsFreeOptions (count, parsed);
  g_assert_null (strpbrk (text, "\r\n"));
  for (guint i = 0; i < passed->len; i++)
    {
      const SeOption *option = passed->pdata[i];
      const char *given = se_option_list_get (options, option->name);

      g_assert_true (g_ascii_strncasecmp (option->name, "email", 5) != 0);
      g_assert_true (strcmp (option->name, "OutputOrder") == 0
                     || strcmp (option->name, "print-scaling") == 0
                     || (given == NULL && strcmp (option->value, "36") == 0)
                     || g_strcmp0 (given, option->value) == 0);
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput input = fuzz_input (data, size);
  g_autofree char *text = fuzz_take_text (&input);
  se_autofd int ppd_fd = fuzz_file (input.data, input.left);
  g_autoptr (GPtrArray) options = se_option_list_parse (text);
  g_autoptr (GPtrArray) names = se_options_document_names (options);
  GError *error = NULL;
  gboolean good = se_options_check (options, &error);

  fuzz_assert_outcome (good, &error);
  g_assert_cmpuint (names->len, <=, options->len);
  check_fields (options, ppd_fd);
  for (guint i = 0; good && i < G_N_ELEMENTS (families); i++)
    {
      g_autofree char *first = se_options_for_converter (options, families[i]);
      g_autofree char *second = se_options_for_pdftopdf (options, families[i]);
      gboolean possible = se_options_check_family (options, families[i], &error);

      fuzz_assert_outcome (possible, &error);
      check_passed (options, first);
      check_passed (options, second);
      se_options_need_pdftopdf (options, families[i]);
      se_options_need_converter (options, families[i]);
      se_options_find_layout (options, families[i]);
      se_options_take_page (options, 3);
    }
  return 0;
}
