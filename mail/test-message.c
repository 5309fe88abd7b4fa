/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-message-fixture.h"

#include <string.h>

/* What the encoder must write: g_base64_encode's text in lines of 76. */
static char *
reference_base64 (const guint8 *bytes, gsize length)
{
  g_autofree char *plain = g_base64_encode (bytes, length);
  GString *lines = g_string_new (NULL);

  for (const char *p = plain; *p != '\0'; p += strnlen (p, 76))
    {
      g_string_append_len (lines, p, (gssize)strnlen (p, 76));
      g_string_append (lines, "\r\n");
    }
  return g_string_free (lines, FALSE);
}

static void
test_base64 (Fixture *fixture, gconstpointer unused)
{
  static const guint64 lengths[]
      = { 0, 1, 2, 3, 4, 55, 56, 57, 58, 113, 114, 115, 29183, 29184, 29185, (1 << 20) - 1 };
  static const guint64 offsets[] = { 0, 1, 7, 4097, (1 << 20) + 1 };
  static const gsize sizes[] = { 1, 2, 3, 77, 78, 79, 155, 156, 157, 4096, 16384, 100003, 4 << 20 };

  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++)
    for (gsize j = 0; j < G_N_ELEMENTS (offsets); j++)
      {
        SeAttachment range = { "a.pdf", "application/pdf", offsets[j], lengths[i] };
        g_autoptr (SeMessage) message = fixture_compose (fixture, &range, 1);
        const char *const *texts = se_message_texts (message);
        g_autofree char *base64 = reference_base64 (fixture->bytes + offsets[j], lengths[i]);
        g_autofree char *expected = g_strconcat (texts[0], base64, texts[1], NULL);

        for (gsize k = 0; k < G_N_ELEMENTS (sizes); k++)
          {
            /* a system call a line: enough for two of the long ones */
            if (sizes[k] < 4096 && lengths[i] > 30000 && j > 1)
              continue;
            g_autoptr (GString) all = fixture_read (fixture, message, sizes[k]);

            g_assert_true (strcmp (all->str, expected) == 0);
          }
      }
}

static void
test_texts_round_trip (Fixture *fixture, gconstpointer unused)
{
  SeAttachment ranges[] = { { "\xc3\x9cn\xc3\xaf"
                              "code.pdf",
                              "application/pdf", 3, 1000 },
                            { "b.tiff", "image/tiff", 5000, 0 },
                            { "c.png", "image/png", 9, 12345 } };
  SeAttachment bare[]
      = { { NULL, NULL, 3, 1000 }, { NULL, NULL, 5000, 0 }, { NULL, NULL, 9, 12345 } };
  g_autoptr (SeMessage) message = fixture_compose (fixture, ranges, 3);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeMessage) again
      = se_message_new_from_texts (se_message_texts (message), bare, 3, &error);
  g_autoptr (GString) first = NULL;
  g_autoptr (GString) second = NULL;
  g_autoptr (GString) third = NULL;

  g_assert_no_error (error);
  first = fixture_read (fixture, message, 1000);
  second = fixture_read (fixture, again, 65536);
  third = fixture_read (fixture, again, 7);
  g_assert_true (g_string_equal (first, second));
  g_assert_true (g_string_equal (first, third));
}

static void
test_bad_texts (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *line = g_strnfill (999, 'x');
  g_autofree char *overlong = g_strconcat (line, "\r\n", NULL);
  const char *const bad[]
      = { ".\r\n",        "a\r\n.\r\n", "a\r\n..b\r\n", "a",      "a\n", "a\rb\r\n",
          "\xc3\xbc\r\n", "a\x1b\r\n",  "a\r\n.",       overlong, "\r" };
  SeAttachment range = { NULL, NULL, 0, 1 };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *const texts[] = { "a: b\r\n\r\n", bad[i], NULL };
      g_autoptr (GError) error = NULL;

      g_assert_null (se_message_new_from_texts (texts, &range, 1, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
      g_clear_error (&error);
      g_assert_null (se_message_new_from_texts (texts, &range, 2, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
    }
}

static void
test_early_end (Fixture *fixture, gconstpointer unused)
{
  SeAttachment range = { "a.pdf", "application/pdf", FIXTURE_DOCUMENTS - 1000, 1001 };
  g_autoptr (SeMessage) message = fixture_compose (fixture, &range, 1);
  static const gsize sizes[] = { 1, 100, 16384, 1 << 20 };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *buffer = g_malloc (sizes[i]);
      g_autoptr (GError) error = NULL;
      gssize got = 1;

      se_message_rewind (message, fixture->fd);
      while (got > 0)
        got = se_message_read (message, buffer, sizes[i], &error);
      g_assert_cmpint (got, ==, -1);
      g_assert_error (error, SE_ERROR, SE_ERROR_TEMPORARY);
    }
}

static void
test_bad_descriptor (Fixture *fixture, gconstpointer unused)
{
  SeAttachment range = { "a.pdf", "application/pdf", 0, 10 };
  g_autoptr (SeMessage) message = fixture_compose (fixture, &range, 1);
  char buffer[10000];
  g_autoptr (GError) error = NULL;

  se_message_rewind (message, -1);
  g_assert_cmpint (se_message_read (message, buffer, sizeof buffer, &error), ==, -1);
  g_assert_nonnull (error);
}

static void
check_refused (const Fixture *fixture, const SeMessageFields *fields, const char *type,
               SeError code)
{
  SeAttachment range = { "a.pdf", type, 0, 10 };
  g_autoptr (GError) error = NULL;

  g_assert_null (se_message_new (fields, &range, 1, &error));
  g_assert_error (error, SE_ERROR, (int)code);
}

static void
test_bad_fields (Fixture *fixture, gconstpointer unused)
{
  static const char *const ids[]
      = { "", "a", "@b", "a@", "a@b@c", "<a@b>", "a b@c", "a@b\r\nX: y", "a@b\xc3\xbc", "\"a\"@b" };
  static const char *const boundaries[]
      = { "",           "a b",
          "a\"b",       "a\r\nb",
          "attachment", "01234567890123456789012345678901234567890123456789012345678901234567890" };
  static const char *const types[] = {
    "", "pdf", "/pdf", "application/", "application/pdf; x=y", "a/b\r\nX: y", "a/b/c", "a b/c"
  };
  SeMessageFields fields = fixture->fields;

  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    check_refused (fixture, &fields, types[i], SE_ERROR_DOCUMENT);
  for (gsize i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      fields.message_id = ids[i];
      check_refused (fixture, &fields, "a/b", SE_ERROR_CONFIG);
    }
  fields = fixture->fields;
  for (gsize i = 0; i < G_N_ELEMENTS (boundaries); i++)
    {
      fields.boundary = boundaries[i];
      check_refused (fixture, &fields, "a/b", SE_ERROR_CONFIG);
    }
}

/* The whole message to the octet. */
static void
test_layout (Fixture *fixture, gconstpointer unused)
{
  SeAttachment range = { "\xc3\x9cn.pdf", "application/pdf", 0, 3 };
  g_autofree char *base64 = g_base64_encode (fixture->bytes, 3);
  g_autoptr (GPtrArray) cc = se_address_parse_list ("a@b.example,c@d.example", NULL);
  g_autoptr (SeMessage) message = NULL;
  g_autoptr (GString) all = NULL;
  g_autofree char *expected
      = g_strdup_printf ("Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
                         "From: Front desk <scanner@contoso.com>\r\n"
                         "Reply-To: scanner@contoso.com\r\n"
                         "To: archive@contoso.com\r\n"
                         "Cc: a@b.example, c@d.example\r\n"
                         "Subject: Scan\r\n"
                         "Message-ID: <1@contoso.com>\r\n"
                         "Auto-Submitted: auto-generated\r\n"
                         "X-Auto-Response-Suppress: All\r\n"
                         "MIME-Version: 1.0\r\n"
                         "Content-Type: multipart/mixed; boundary=\"=_0123456789\"\r\n"
                         "\r\n"
                         "This is a message in MIME format.\r\n"
                         "\r\n"
                         "--=_0123456789\r\n"
                         "Content-Type: text/plain; charset=UTF-8\r\n"
                         "Content-Transfer-Encoding: 7bit\r\n"
                         "\r\n"
                         "See attachment.\r\n"
                         "\r\n"
                         "--=_0123456789\r\n"
                         "Content-Type: application/pdf; name=\"Un.pdf\"\r\n"
                         "Content-Transfer-Encoding: base64\r\n"
                         "Content-Disposition: attachment; filename*=UTF-8''%%C3%%9Cn.pdf\r\n"
                         "\r\n"
                         "%s\r\n"
                         "\r\n"
                         "--=_0123456789--\r\n",
                         base64);

  fixture->fields.from_name = "Front desk";
  fixture->fields.reply_to = fixture->from;
  fixture->fields.cc = cc;
  message = fixture_compose (fixture, &range, 1);
  all = fixture_read (fixture, message, 4096);
  g_assert_cmpstr (all->str, ==, expected);
}

/* The value of the first boundary parameter from text on; *end: behind it. */
static char *
next_boundary (const char *text, const char **end)
{
  const char *start = strstr (text, "boundary=\"");

  g_assert_nonnull (start);
  start += strlen ("boundary=\"");
  *end = strchr (start, '"');
  return g_strndup (start, (gsize)(*end - start));
}

/* Some readers compare the beginnings of delimiter lines alone (RFC 2046, 5.1.2). */
static void
test_boundaries (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *longest = g_strnfill (68, 'b');
  g_autoptr (SeMessage) message = NULL;
  g_autofree char *outer = NULL;
  g_autofree char *inner = NULL;
  const char *rest;

  fixture->fields.html = "<p>x</p>";
  fixture->fields.boundary = longest;
  message = fixture_compose (fixture, NULL, 0);
  outer = next_boundary (se_message_texts (message)[0], &rest);
  inner = next_boundary (rest, &rest);
  g_assert_cmpstr (outer, ==, longest);
  g_assert_cmpuint (strlen (inner), <=, 70);
  g_assert_false (g_str_has_prefix (inner, outer));
  g_assert_false (g_str_has_prefix (outer, inner));
}

/* Messages that are told apart by nothing else. */
static void
test_random (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeMessage) one = NULL;
  g_autoptr (SeMessage) other = NULL;
  const char *text;

  fixture->fields.message_id = NULL;
  fixture->fields.boundary = NULL;
  one = fixture_compose (fixture, NULL, 0);
  other = fixture_compose (fixture, NULL, 0);
  text = se_message_texts (one)[0];
  g_assert_cmpstr (text, !=, se_message_texts (other)[0]);
  g_assert_nonnull (strstr (text, "@contoso.com>\r\nAuto-Submitted"));
  g_assert_nonnull (strstr (text, "boundary=\"=_"));
}

static void
test_no_recipient_shown (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeMessage) message = NULL;

  fixture->fields.to = NULL;
  message = fixture_compose (fixture, NULL, 0);
  g_assert_nonnull (strstr (se_message_texts (message)[0], "\r\nTo: undisclosed-recipients:;\r\n"));
}

int
main (int argc, char **argv)
{
  /* Dates are written in local time. */
  g_setenv ("TZ", "UTC", TRUE);
  g_test_init (&argc, &argv, NULL);
  ADD ("/message/base64", test_base64);
  ADD ("/message/texts-round-trip", test_texts_round_trip);
  ADD ("/message/bad-texts", test_bad_texts);
  ADD ("/message/early-end", test_early_end);
  ADD ("/message/bad-descriptor", test_bad_descriptor);
  ADD ("/message/bad-fields", test_bad_fields);
  ADD ("/message/layout", test_layout);
  ADD ("/message/boundaries", test_boundaries);
  ADD ("/message/random", test_random);
  ADD ("/message/no-recipient-shown", test_no_recipient_shown);
  return g_test_run ();
}
