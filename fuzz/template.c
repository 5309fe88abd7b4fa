/* SPDX-License-Identifier: Apache-2.0 */
/* Templates, with hostile values: what is inserted is never looked at again, and one address stays
 * one. */
#include "common/template.h"
#include "fuzz/fuzz.h"

#include <string.h>

static guint
count (const char *text, char c)
{
  guint n = 0;

  for (; *text != '\0'; text++)
    n += *text == c;
  return n;
}

/* The same letter for every name. */
static char *
look_up_one (const char *name, gconstpointer data, GError **error)
{
  return g_strdup (data);
}

static void
check_address (const char *template, const SeTemplateValues *values)
{
  GError *error = NULL;
  g_autofree char *address = se_template_expand_address (template, values, &error);
  g_autofree char *harmless = NULL;

  fuzz_assert_outcome (address != NULL, &error);
  if (address == NULL)
    return;
  harmless = se_template_substitute (template, look_up_one, "u", &error);
  g_assert_no_error (error);
  for (const char *special = "@,<>\"\\ ;:()[]\r\n"; *special != '\0'; special++)
    g_assert_cmpuint (count (address, *special), ==, count (harmless, *special));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput input = fuzz_input (data, size);
  g_autofree char *user = fuzz_take_text (&input);
  g_autofree char *title = fuzz_take_text (&input);
  gint64 time = fuzz_take_byte (&input) * G_GINT64_CONSTANT (98765432);
  g_autofree char *template = fuzz_take_rest (&input);
  const SeTemplateValues values = { .user = user,
                                    .title = title,
                                    .queue = title,
                                    .host = user,
                                    .job = 7,
                                    .pages = -1,
                                    .format = "pdf",
                                    .time = time };
  GError *error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *inserted = NULL;

  if (!g_utf8_validate (template, -1, NULL))
    return -1; /* configuration and URI were checked for that */
  text = se_template_expand (template, &values, &error);
  fuzz_assert_outcome (text != NULL, &error);
  if (text != NULL && !se_template_is_template (template))
    g_assert_cmpstr (text, ==, template);
  inserted = se_template_expand ("%{user}", &values, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (inserted, ==, user);
  check_address (template, &values);
  return 0;
}
