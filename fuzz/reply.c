/* SPDX-License-Identifier: Apache-2.0 */
/* SMTP replies: the same whole and in whatever pieces they come. */
#include "fuzz/fuzz.h"
#include "mail/reply.h"

#include <string.h>

#define BYTES_MAX (64 * 1024)
#define LINES_MAX 200

static void
check_reply (const SeSmtpReply *reply, char **lines)
{
  g_autofree char *text = se_smtp_reply_to_string (reply);

  g_assert_true (reply->code >= 200 && reply->code <= 599);
  fuzz_assert_clean (text, FALSE);
  g_assert_true (reply->enhanced == NULL || reply->enhanced[0] == '0' + reply->code / 100);
  g_assert_cmpuint (g_strv_length (lines), <=, LINES_MAX);
  for (char **line = lines; *line != NULL; line++)
    g_assert_null (strchr (*line, '\n'));
}

/* Takes all replies out of the bytes, step of them at a time (0: all), as one text. */
static char *
read_all (const char *data, gsize length, gsize step)
{
  g_autoptr (SeReplyParser) parser = se_reply_parser_new ();
  GString *all = g_string_new (NULL);
  SeReplyState state = SE_REPLY_MORE;
  gsize since = 0; /* bytes of the reply */

  while (length > 0 && state != SE_REPLY_INVALID)
    {
      gsize part = step == 0 ? length : MIN (step, length);
      gsize used = 0;

      state = se_reply_parser_feed (parser, data, part, &used);
      g_assert_cmpuint (used, <=, part);
      g_assert_true (state != SE_REPLY_MORE || used == part);
      since += used;
      g_assert_cmpuint (since, <=, BYTES_MAX);
      data += used;
      length -= used;
      if (state == SE_REPLY_COMPLETE)
        {
          g_auto (GStrv) lines = NULL;
          g_autoptr (SeSmtpReply) reply = se_reply_parser_take (parser, &lines);
          g_autofree char *text = se_smtp_reply_to_string (reply);
          g_autofree char *joined = g_strjoinv ("\n", lines);

          check_reply (reply, lines);
          g_assert_true (data[-1] == '\n' && !se_reply_parser_is_amid (parser));
          g_string_append_printf (all, "%s\n%s\n", text, joined);
          since = 0;
          state = SE_REPLY_MORE;
        }
    }
  g_string_append (all, state == SE_REPLY_INVALID          ? "invalid"
                        : se_reply_parser_is_amid (parser) ? "amid"
                                                           : "end");
  return g_string_free (all, FALSE);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput input = fuzz_input (data, size);
  gsize step = 1 + fuzz_take_byte (&input);
  g_autofree char *whole = read_all (input.data, input.left, 0);
  g_autofree char *pieces = read_all (input.data, input.left, step);

  g_assert_cmpstr (pieces, ==, whole);
  return 0;
}
