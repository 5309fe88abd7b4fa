/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses and lists of them: what is taken is safe on the wire, and its own normal form. */
#include "fuzz/fuzz.h"
#include "mail/address.h"

#include <string.h>

#define ADDRESS_MAX 254
#define LOCAL_MAX 64

static void
check_address (const SeAddress *address)
{
  g_autofree char *text = se_address_to_string (address);
  g_autoptr (SeAddress) again = NULL;
  g_autofree char *text_again = NULL;
  GError *error = NULL;

  g_assert_cmpuint (strlen (text), <=, ADDRESS_MAX);
  g_assert_cmpuint (strlen (address->local), <=, LOCAL_MAX);
  for (const char *p = text; *p != '\0'; p++)
    g_assert_true (*p >= 0x20 && *p <= 0x7e);
  g_assert_null (strpbrk (address->domain, "@<>\"\\ ,;%"));
  if (address->local[0] != '"')
    g_assert_null (strpbrk (address->local, "@<>\"\\ ,;:()[]"));
  again = se_address_parse (text, &error);
  g_assert_no_error (error);
  text_again = se_address_to_string (again);
  g_assert_cmpstr (text_again, ==, text);
  g_assert_true (se_address_equal (address, again));
  g_assert_true (se_address_matches (address, "*"));
}

static void
check_list (const char *text)
{
  GError *error = NULL;
  g_autoptr (GPtrArray) list = se_address_parse_list (text, &error);
  g_auto (GStrv) members = se_address_split (text);
  g_autoptr (GString) joined = g_string_new (NULL);
  g_autoptr (GPtrArray) again = NULL;

  fuzz_assert_outcome (list != NULL, &error);
  if (list == NULL)
    return;
  g_assert_cmpuint (list->len, ==, g_strv_length (members));
  for (guint i = 0; i < list->len; i++)
    {
      g_autofree char *member = se_address_to_string (list->pdata[i]);

      g_string_append_printf (joined, "%s%s", i > 0 ? ", " : "", member);
    }
  again = se_address_parse_list (joined->str, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->len, ==, list->len);
  for (guint i = 0; i < list->len; i++)
    g_assert_true (se_address_equal (again->pdata[i], list->pdata[i]));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput input = fuzz_input (data, size);
  g_autofree char *text = fuzz_take_text (&input);
  g_autofree char *pattern = fuzz_take_rest (&input);
  GError *error = NULL;
  g_autoptr (SeAddress) address = se_address_parse (text, &error);
  gboolean pattern_good;

  fuzz_assert_outcome (address != NULL, &error);
  pattern_good = se_address_check_pattern (pattern, &error);
  fuzz_assert_outcome (pattern_good, &error);
  if (address != NULL)
    {
      check_address (address);
      g_assert_true (pattern_good || !se_address_matches (address, pattern));
    }
  check_list (text);
  return 0;
}
