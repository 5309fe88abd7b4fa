/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/reply.h"

#include "common/io.h"
#include "common/secret.h"

#include <string.h>

enum
{
  MAX_BYTES = 64 * 1024,
  MAX_LINES = 200,
  MAX_TEXT = 700, /* bytes of text that are kept for messages */
};

struct SeReplyParser
{
  GString *line;    /* the line that is being read */
  GPtrArray *lines; /* texts of the complete ones */
  gsize bytes;
  int code; /* of the first line, 0: none yet */
  SeReplyState state;
  char *secret; /* what no reply may show; NULL: none */
};

SeReplyParser *
se_reply_parser_new (void)
{
  SeReplyParser *parser = g_new0 (SeReplyParser, 1);

  parser->line = g_string_new (NULL);
  parser->lines = g_ptr_array_new_with_free_func (g_free);
  parser->state = SE_REPLY_MORE;
  return parser;
}

void
se_reply_parser_free (SeReplyParser *parser)
{
  if (parser == NULL)
    return;
  g_string_free (parser->line, TRUE);
  g_ptr_array_unref (parser->lines);
  se_io_free_secret (parser->secret);
  g_free (parser);
}

void
se_reply_parser_hide (SeReplyParser *parser, const char *secret)
{
  se_io_free_secret (parser->secret);
  parser->secret = g_strdup (secret);
}

gboolean
se_reply_parser_is_amid (const SeReplyParser *parser)
{
  return parser->state == SE_REPLY_MORE && parser->bytes > 0;
}

/* RFC 5321, 4.2: Reply-code is %x32-35 %x30-35 %x30-39; we take any second digit. */
static int
line_code (const GString *line)
{
  const char *text = line->str;

  if (line->len < 3 || text[0] < '2' || text[0] > '5' || !g_ascii_isdigit (text[1])
      || !g_ascii_isdigit (text[2]))
    return 0;
  return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

static SeReplyState
end_line (SeReplyParser *parser)
{
  GString *line = parser->line;
  int code;
  char separator;

  if (line->len > 0 && line->str[line->len - 1] == '\r')
    g_string_truncate (line, line->len - 1);
  code = line_code (line);
  separator = line->len > 3 ? line->str[3] : ' ';
  if (code == 0 || (parser->code != 0 && code != parser->code)
      || (separator != ' ' && separator != '-') || parser->lines->len >= MAX_LINES)
    return SE_REPLY_INVALID;
  parser->code = code;
  for (gsize i = 0; i < line->len; i++)
    if (line->str[i] == '\0')
      line->str[i] = ' ';
  g_ptr_array_add (parser->lines, g_strdup (line->len > 4 ? line->str + 4 : ""));
  g_string_truncate (line, 0);
  return separator == ' ' ? SE_REPLY_COMPLETE : SE_REPLY_MORE;
}

SeReplyState
se_reply_parser_feed (SeReplyParser *parser, const char *data, gsize length, gsize *used)
{
  *used = 0;
  while (parser->state == SE_REPLY_MORE && *used < length)
    {
      const char *start = data + *used;
      const char *end = memchr (start, '\n', length - *used);
      gsize n = end != NULL ? (gsize)(end - start) : length - *used;

      parser->bytes += n + 1;
      if (parser->bytes > MAX_BYTES)
        {
          parser->state = SE_REPLY_INVALID;
          break;
        }
      g_string_append_len (parser->line, start, (gssize)n);
      *used += n + (end != NULL);
      if (end != NULL)
        parser->state = end_line (parser);
    }
  return parser->state;
}

/* RFC 3463: class "." subject "." detail, the class being the code's; returns its length, 0: none.
 */
static gsize
enhanced_length (const char *text, int code)
{
  gsize i = 1;

  if (text[0] != '0' + code / 100 || strchr ("245", text[0]) == NULL)
    return 0;
  for (int part = 0; part < 2; part++)
    {
      gsize digits;

      if (text[i] != '.')
        return 0;
      digits = strspn (text + i + 1, "0123456789");
      if (digits < 1 || digits > 3)
        return 0;
      i += 1 + digits;
    }
  return text[i] == '\0' || text[i] == ' ' ? i : 0;
}

SeSmtpReply *
se_reply_parser_take (SeReplyParser *parser, char ***lines)
{
  SeSmtpReply *reply = g_new0 (SeSmtpReply, 1);
  g_autoptr (GString) text = g_string_new (NULL);

  g_return_val_if_fail (parser->state == SE_REPLY_COMPLETE, reply);
  reply->code = parser->code;
  for (guint i = 0; i < parser->lines->len && text->len < 2 * MAX_TEXT; i++)
    {
      const char *line = g_ptr_array_index (parser->lines, i);
      gsize n = enhanced_length (line, parser->code);

      if (n > 0 && reply->enhanced == NULL)
        reply->enhanced = g_strndup (line, n);
      /* Exchange and Gmail repeat the enhanced code on every line. */
      if (n > 0 && strncmp (reply->enhanced, line, n) == 0 && reply->enhanced[n] == '\0')
        line += n + strspn (line + n, " ");
      if (*line != '\0')
        g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", line);
    }
  reply->text = se_secret_show (text->str, MAX_TEXT, (const char *const[]){ parser->secret, NULL });

  if (lines != NULL)
    {
      g_ptr_array_add (parser->lines, NULL);
      *lines = (char **)g_ptr_array_free (parser->lines, FALSE);
      parser->lines = g_ptr_array_new_with_free_func (g_free);
    }
  g_ptr_array_set_size (parser->lines, 0);
  parser->bytes = 0;
  parser->code = 0;
  parser->state = SE_REPLY_MORE;
  return reply;
}

void
se_smtp_reply_free (SeSmtpReply *reply)
{
  if (reply == NULL)
    return;
  g_free (reply->enhanced);
  g_free (reply->text);
  g_free (reply);
}

char *
se_smtp_reply_to_string (const SeSmtpReply *reply)
{
  return g_strdup_printf ("%03d%s%s%s%s", reply->code, reply->enhanced != NULL ? " " : "",
                          reply->enhanced != NULL ? reply->enhanced : "",
                          *reply->text != '\0' ? " " : "", reply->text);
}
