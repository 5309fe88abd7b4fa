/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/console.h"

#include <qrencode.h>
#include <string.h>

#define URL "https://id.example.com/device?user_code=ABCD-EFGH"
#define QUIET 4

/* The module at x, y of the drawing: TRUE if it is light. */
static gboolean
drawn_light (char **lines, int x, int y)
{
  const char *at = g_utf8_offset_to_pointer (lines[y / 2], x);

  switch (g_utf8_get_char (at))
    {
    case 0x2588:
      return TRUE;
    case 0x2580:
      return y % 2 == 0;
    case 0x2584:
      return y % 2 == 1;
    case ' ':
      return FALSE;
    default:
      g_assert_not_reached ();
    }
}

static void
test_qr_modules (void)
{
  g_autofree char *drawing = se_console_qr (URL, FALSE);
  g_auto (GStrv) lines = g_strsplit (drawing, "\n", -1);
  QRcode *code = QRcode_encodeString (URL, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
  int size = code->width + 2 * QUIET;

  g_assert_cmpuint (g_strv_length (lines), ==, (guint)(size + 1) / 2 + 1);
  for (int y = 0; y < size; y++)
    {
      g_assert_cmpint (g_utf8_strlen (lines[y / 2], -1), ==, size);
      for (int x = 0; x < size; x++)
        {
          int cx = x - QUIET, cy = y - QUIET;
          gboolean quiet = cx < 0 || cy < 0 || cx >= code->width || cy >= code->width;
          gboolean light = quiet || (code->data[cy * code->width + cx] & 1) == 0;

          g_assert_cmpint (drawn_light (lines, x, y), ==, light);
        }
    }
  QRcode_free (code);
}

static void
test_qr_colours (void)
{
  g_autofree char *drawing = se_console_qr (URL, TRUE);
  g_auto (GStrv) lines = g_strsplit (drawing, "\n", -1);

  for (guint i = 0; lines[i + 1] != NULL; i++)
    {
      g_assert_true (g_str_has_prefix (lines[i], "\033[97;40m"));
      g_assert_true (g_str_has_suffix (lines[i], "\033[0m"));
    }
}

static void
test_qr_too_long (void)
{
  g_autofree char *text = g_strnfill (5000, 'x');

  g_assert_null (se_console_qr (text, FALSE));
  g_assert_null (se_console_qr ("", FALSE));
}

static void
test_time_left (void)
{
  static const struct
  {
    gint64 seconds;
    const char *text;
  } cases[] = { { 899, "14:59" }, { 60, "1:00" }, { 9, "0:09" }, { 0, "0:00" }, { -5, "0:00" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = se_console_time_left (cases[i].seconds);

      g_assert_cmpstr (text, ==, cases[i].text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/console/qr/modules", test_qr_modules);
  g_test_add_func ("/console/qr/colours", test_qr_colours);
  g_test_add_func ("/console/qr/too-long", test_qr_too_long);
  g_test_add_func ("/console/time-left", test_time_left);
  return g_test_run ();
}
