/* SPDX-License-Identifier: Apache-2.0 */
/* Header fields: whatever the values, one field of short lines, which says what it was given. */
#include "common/log.h"
#include "fuzz/fuzz.h"
#include "mail/header.h"

#include <string.h>

#define COLUMNS_MAX 76
#define LINE_MAX_LENGTH 998
#define PARSED_MAX 2000 /* what se_address_parse looks at */

/* Takes the block's one field apart: its lines, of at most max columns, joined again (RFC 5322,
 * 2.2.3), without its name. */
static char *
unfold (const char *block, const char *name, gsize max)
{
  g_autofree char *start = g_strconcat (name, ":", NULL);
  g_auto (GStrv) lines = g_strsplit (block, "\r\n", -1);
  guint n = g_strv_length (lines);

  g_assert_true (g_str_has_prefix (block, start));
  g_assert_true (n > 1 && *lines[n - 1] == '\0');
  for (guint i = 0; i < n - 1; i++)
    {
      g_assert_cmpuint (strlen (lines[i]), <=, max);
      g_assert_true (i == 0 || *lines[i] == ' ');
      g_assert_true (i == 0 || lines[i][strspn (lines[i], " ")] != '\0');
      for (const char *p = lines[i]; *p != '\0'; p++)
        g_assert_true (*p >= 0x20 && *p <= 0x7e);
    }
  g_free (lines[n - 1]);
  lines[n - 1] = NULL;
  {
    g_autofree char *joined = g_strjoinv (NULL, lines);

    return g_strdup (joined + strlen (start));
  }
}

/* The text of one encoded word (RFC 2047, 4). */
static char *
decode_word (const char *word)
{
  const char *start = word + strlen ("=?UTF-8?Q?");
  g_autofree char *text = g_strndup (start, strlen (start) - strlen ("?="));
  GString *decoded = g_string_new (NULL);

  g_assert_cmpuint (strlen (word), <=, 75);
  if (g_str_has_prefix (word, "=?UTF-8?B?"))
    {
      gsize length;
      guchar *bytes = g_base64_decode (text, &length);

      g_string_append_len (decoded, (char *)bytes, (gssize)length);
      g_free (bytes);
      return g_string_free (decoded, FALSE);
    }
  g_assert_true (g_str_has_prefix (word, "=?UTF-8?Q?"));
  for (const char *p = text; *p != '\0'; p++)
    if (*p == '=')
      {
        g_string_append_c (decoded,
                           (char)(g_ascii_xdigit_value (p[1]) << 4 | g_ascii_xdigit_value (p[2])));
        p += 2;
      }
    else
      g_string_append_c (decoded, *p == '_' ? ' ' : *p);
  return g_string_free (decoded, FALSE);
}

/* What a reader shows for unstructured text: between two encoded words there is no space. */
static char *
decode_text (const char *value)
{
  g_auto (GStrv) words = g_strsplit (value, " ", -1);
  GString *text = g_string_new (NULL);
  gboolean was_encoded = FALSE;

  for (guint i = 0; words[i] != NULL; i++)
    {
      gboolean encoded = g_str_has_prefix (words[i], "=?") && g_str_has_suffix (words[i], "?=");

      if (i > 0 && !(encoded && was_encoded))
        g_string_append_c (text, ' ');
      if (encoded)
        {
          g_autofree char *decoded = decode_word (words[i]);

          g_assert_true (g_utf8_validate (decoded, -1, NULL)); /* no character is split */
          g_string_append (text, decoded);
        }
      else
        g_string_append (text, words[i]);
      was_encoded = encoded;
    }
  return g_string_free (text, FALSE);
}

static void
check_text (const char *text)
{
  g_autoptr (GString) block = g_string_new (NULL);
  g_autofree char *expected = g_strstrip (se_log_clean (text, G_MAXSIZE));
  g_autofree char *value = NULL;
  g_autofree char *decoded = NULL;
  GError *error = NULL;

  se_header_add_text (block, "Subject", text, &error);
  g_assert_no_error (error);
  value = unfold (block->str, "Subject", COLUMNS_MAX);
  decoded = decode_text (*value == ' ' ? value + 1 : value);
  g_assert_cmpstr (decoded, ==, expected);
}

static void
check_mailbox (const char *display_name)
{
  SeAddress address = { .local = (char *)"a", .domain = (char *)"b.example" };
  g_autoptr (GString) block = g_string_new (NULL);
  g_autofree char *value = NULL;
  g_autofree char *phrase = NULL;
  g_autofree char *decoded = NULL;
  g_autofree char *expected = g_strstrip (se_log_clean (display_name, G_MAXSIZE));
  g_autoptr (SeAddress) again = NULL;
  GError *error = NULL;

  se_header_add_mailbox (block, "From", display_name, &address, &error);
  g_assert_no_error (error);
  value = unfold (block->str, "From", COLUMNS_MAX);
  g_assert_true (g_str_has_suffix (value, *expected == '\0' ? " a@b.example" : " <a@b.example>"));
  if (*expected == '\0')
    return;
  phrase = g_strndup (value + 1, strlen (value) - 1 - strlen (" <a@b.example>"));
  if (*phrase != '"')
    {
      g_assert_null (strpbrk (phrase, "\"<>@,;:\\()[]."));
      decoded = decode_text (phrase);
      g_assert_cmpstr (decoded, ==, expected);
    }
  if (strlen (value) > PARSED_MAX)
    return;
  again = se_address_parse (value + 1, &error);
  g_assert_no_error (error);
  g_assert_true (se_address_equal (again, &address));
}

/* The parameter as RFC 2231 puts it together. */
static char *
decode_parameter (const char *value)
{
  g_auto (GStrv) parts = g_strsplit (value, "; ", -1);
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_cmpstr (parts[0], ==, " attachment");
  if (g_str_has_prefix (parts[1], "filename=\""))
    return g_strndup (value + strlen (" attachment; filename=\""),
                      strlen (value) - strlen (" attachment; filename=\"\""));
  for (guint i = 1; parts[i] != NULL; i++)
    {
      const char *equals = strchr (parts[i], '=');
      g_autofree char *name = i == 1 && parts[2] == NULL ? g_strdup ("filename*=")
                                                         : g_strdup_printf ("filename*%u*=", i - 1);

      g_assert_true (g_str_has_prefix (parts[i], name));
      g_string_append (text, equals + 1);
    }
  g_assert_true (g_str_has_prefix (text->str, "UTF-8''"));
  return *text->str != '\0' ? g_uri_unescape_string (text->str + strlen ("UTF-8''"), NULL) : NULL;
}

static void
check_parameter (const char *text)
{
  g_autoptr (GString) block = g_string_new (NULL);
  g_autofree char *expected = se_log_clean (text, G_MAXSIZE);
  g_autofree char *value = NULL;
  g_autofree char *decoded = NULL;
  g_autofree char *ascii = se_header_ascii_name (text);
  GError *error = NULL;

  se_header_add_parameter (block, "Content-Disposition", "attachment", "filename", text, &error);
  g_assert_no_error (error);
  value = unfold (block->str, "Content-Disposition", COLUMNS_MAX);
  decoded = decode_parameter (value);
  g_assert_cmpstr (decoded, ==, expected);

  g_assert_cmpuint (strlen (ascii), <=, 60);
  g_assert_cmpstr (ascii, !=, "");
  for (const char *p = ascii; *p != '\0'; p++)
    g_assert_true (*p >= 0x20 && *p <= 0x7e && strchr ("\"\\/%=", *p) == NULL);
}

static void
check_addresses (const char *text)
{
  g_autoptr (GPtrArray) list = se_address_parse_list (text, NULL);
  g_autoptr (GPtrArray) again = NULL;
  g_autoptr (GString) block = g_string_new (NULL);
  g_autofree char *value = NULL;
  GError *error = NULL;

  if (list == NULL)
    return;
  se_header_add_addresses (block, "To", list, &error);
  g_assert_no_error (error);
  value = unfold (block->str, "To", LINE_MAX_LENGTH);
  again = se_address_parse_list (value, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->len, ==, list->len);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput input = fuzz_input (data, size);
  g_autofree char *text = fuzz_take_rest (&input);
  g_autoptr (GString) block = g_string_new (NULL);
  GError *error = NULL;
  gboolean good = se_header_add (block, "Date", text, &error);

  fuzz_assert_outcome (good, &error);
  if (good)
    {
      g_autofree char *value = unfold (block->str, "Date", LINE_MAX_LENGTH);

      g_assert_cmpstr (*value == ' ' ? value + 1 : value, ==, text);
    }
  else
    g_assert_cmpuint (block->len, ==, 0);
  check_text (text);
  check_mailbox (text);
  check_parameter (text);
  check_addresses (text);
  return 0;
}
