/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/reply.h"
#include "mail/smtp-error.h"

#include <string.h>

typedef struct
{
  const char *name;
  const char *bytes;
  SeReplyState state;
  const char *words; /* se_smtp_reply_to_string */
  const char *rest;  /* what is not of this reply */
} ReplyCase;

static const ReplyCase reply_cases[] = {
  { "one line", "250 ok\r\n", SE_REPLY_COMPLETE, "250 ok", "" },
  { "enhanced code", "550 5.1.1 no such user\r\n", SE_REPLY_COMPLETE, "550 5.1.1 no such user",
    "" },
  { "long enhanced code", "554 5.2.252 SendAsDenied\r\n", SE_REPLY_COMPLETE,
    "554 5.2.252 SendAsDenied", "" },
  { "several lines", "250-one\r\n250-two\r\n250 three\r\n", SE_REPLY_COMPLETE, "250 one two three",
    "" },
  { "enhanced on every line", "535-5.7.8 Username and\r\n535-5.7.8 \r\n535 5.7.8 Password\r\n",
    SE_REPLY_COMPLETE, "535 5.7.8 Username and Password", "" },
  { "no text", "354\r\n", SE_REPLY_COMPLETE, "354", "" },
  { "only a blank", "334 \r\n", SE_REPLY_COMPLETE, "334", "" },
  { "bare line feed", "250 ok\n", SE_REPLY_COMPLETE, "250 ok", "" },
  { "the next reply stays", "250 a\r\n421 b\r\n", SE_REPLY_COMPLETE, "250 a", "421 b\r\n" },
  { "class differs from code", "550 4.7.1 later\r\n", SE_REPLY_COMPLETE, "550 4.7.1 later", "" },
  { "no enhanced code: version", "220 5.7 x\r\n", SE_REPLY_COMPLETE, "220 5.7 x", "" },
  { "no enhanced code: address", "550 5.7.1.2 x\r\n", SE_REPLY_COMPLETE, "550 5.7.1.2 x", "" },
  { "control characters", "550 a\033[2Jb\rc\td\r\n", SE_REPLY_COMPLETE, "550 a [2Jb c d", "" },
  { "not UTF-8", "550 caf\351\r\n", SE_REPLY_COMPLETE, "550 caf\357\277\275", "" },
  { "unfinished", "250-one\r\n250 tw", SE_REPLY_MORE, NULL, "" },
  { "codes differ", "250-ok\r\n550 no\r\n", SE_REPLY_INVALID, NULL, "" },
  { "no code", "SSH-2.0-OpenSSH\r\n", SE_REPLY_INVALID, NULL, "" },
  { "two digits", "25 ok\r\n", SE_REPLY_INVALID, NULL, "" },
  { "class 1", "150 ok\r\n", SE_REPLY_INVALID, NULL, "" },
  { "class 6", "650 ok\r\n", SE_REPLY_INVALID, NULL, "" },
  { "other separator", "250_ok\r\n", SE_REPLY_INVALID, NULL, "" },
  { "empty line", "\r\n", SE_REPLY_INVALID, NULL, "" },
};

/* Feeds bytes in pieces of size; returns how many were used. */
static gsize
feed (SeReplyParser *parser, const char *bytes, gsize length, gsize size, SeReplyState *state)
{
  gsize done = 0;

  *state = SE_REPLY_MORE;
  while (done < length && *state == SE_REPLY_MORE)
    {
      gsize used;

      *state = se_reply_parser_feed (parser, bytes + done, MIN (size, length - done), &used);
      g_assert_cmpuint (used, <=, size);
      done += used;
    }
  return done;
}

static void
test_replies (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (reply_cases); i++)
    for (gsize size = 1; size <= 64; size = size == 1 ? 3 : size * 5)
      {
        const ReplyCase *c = &reply_cases[i];
        g_autoptr (SeReplyParser) parser = se_reply_parser_new ();
        SeReplyState state;
        gsize used = feed (parser, c->bytes, strlen (c->bytes), size, &state);

        g_test_message ("%s, by %" G_GSIZE_FORMAT, c->name, size);
        g_assert_cmpint (state, ==, c->state);
        if (c->words != NULL)
          {
            g_autoptr (SeSmtpReply) reply = se_reply_parser_take (parser, NULL);
            g_autofree char *words = se_smtp_reply_to_string (reply);

            g_assert_cmpstr (words, ==, c->words);
            g_assert_cmpstr (c->bytes + used, ==, c->rest);
            g_assert_false (se_reply_parser_is_amid (parser));
          }
        else
          g_assert_cmpint (se_reply_parser_is_amid (parser), ==, state == SE_REPLY_MORE);
      }
}

static void
test_lines (void)
{
  static const char bytes[] = "250-host\r\n250-SIZE 100\r\n250 AUTH XOAUTH2\r\n";
  g_autoptr (SeReplyParser) parser = se_reply_parser_new ();
  g_autoptr (SeSmtpReply) reply = NULL;
  g_autoptr (SeSmtpReply) second = NULL;
  g_auto (GStrv) lines = NULL;
  SeReplyState state;

  feed (parser, bytes, strlen (bytes), 7, &state);
  reply = se_reply_parser_take (parser, &lines);
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  g_assert_cmpstr (lines[1], ==, "SIZE 100");
  g_assert_cmpstr (lines[2], ==, "AUTH XOAUTH2");
  /* It starts over after each reply. */
  feed (parser, "550 x\r\n", 7, 7, &state);
  g_assert_cmpint (state, ==, SE_REPLY_COMPLETE);
  second = se_reply_parser_take (parser, NULL);
  g_assert_cmpint (second->code, ==, 550);
  g_assert_cmpstr (second->text, ==, "x");
}

/* Feeds a text again and again until the parser has enough of it. */
static gsize
flood (const char *first, const char *again)
{
  g_autoptr (SeReplyParser) parser = se_reply_parser_new ();
  SeReplyState state;
  gsize total = feed (parser, first, strlen (first), 4096, &state);

  while (state == SE_REPLY_MORE && total < 10 * 1024 * 1024)
    total += feed (parser, again, strlen (again), 4096, &state);
  g_assert_cmpint (state, ==, SE_REPLY_INVALID);
  return total;
}

static void
test_bounds (void)
{
  g_autofree char *line = g_strnfill (100 * 1000, 'x');
  g_autofree char *long_line = g_strconcat ("250 ", line, "\r\n", NULL);
  g_autofree char *longest = g_strndup (line, 60 * 1000);
  g_autofree char *fine = g_strconcat ("250 ", longest, "\r\n", NULL);
  g_autoptr (SeReplyParser) parser = se_reply_parser_new ();
  g_autoptr (SeSmtpReply) reply = NULL;
  SeReplyState state;

  g_assert_cmpuint (flood ("250 ", "xxxxxxxxxxxxxxx"), <, 70 * 1024);
  g_assert_cmpuint (flood ("", "250-x\r\n"), <, 70 * 1024);
  g_assert_cmpuint (flood (long_line, ""), <=, strlen (long_line));
  g_assert_cmpuint (feed (parser, fine, strlen (fine), 4096, &state), ==, strlen (fine));
  reply = se_reply_parser_take (parser, NULL);
  g_assert_cmpuint (strlen (reply->text), <=, 1000);
}

static void
test_nul (void)
{
  static const char bytes[] = "550 a\0b\r\n";
  g_autoptr (SeReplyParser) parser = se_reply_parser_new ();
  g_autoptr (SeSmtpReply) reply = NULL;
  SeReplyState state;

  feed (parser, bytes, sizeof bytes - 1, 64, &state);
  g_assert_cmpint (state, ==, SE_REPLY_COMPLETE);
  reply = se_reply_parser_take (parser, NULL);
  g_assert_cmpstr (reply->text, ==, "a b");
}

static const SeAccount account = { .address = (char *)"scanner@example.com" };

typedef struct
{
  SeSmtpPhase phase;
  const char *line;
  SeError error;
} ErrorCase;

static const ErrorCase error_cases[] = {
  { SE_SMTP_GREETING, "421 4.3.2 too busy", SE_ERROR_THROTTLED },
  { SE_SMTP_GREETING, "554 no SMTP here", SE_ERROR_CONFIG },
  { SE_SMTP_GREETING, "454 4.7.0 TLS not available", SE_ERROR_TEMPORARY },
  { SE_SMTP_AUTH, "334 eyJ9", SE_ERROR_TOKEN_REJECTED },
  { SE_SMTP_AUTH, "535 5.7.3 Authentication unsuccessful", SE_ERROR_TOKEN_REJECTED },
  { SE_SMTP_AUTH, "535 5.7.8 Username and Password not accepted", SE_ERROR_TOKEN_REJECTED },
  { SE_SMTP_AUTH, "535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled",
    SE_ERROR_CONFIG },
  { SE_SMTP_AUTH, "501 5.5.127 Token will expire soon", SE_ERROR_TOKEN_REJECTED },
  { SE_SMTP_AUTH, "501 5.5.124 Invalid XOAUTH2 auth data", SE_ERROR_CONFIG },
  { SE_SMTP_AUTH, "550 5.7.30 Basic authentication is not supported", SE_ERROR_CONFIG },
  { SE_SMTP_AUTH, "534 5.7.14 Please log in via your web browser", SE_ERROR_CONFIG },
  { SE_SMTP_AUTH, "504 5.5.4 mechanism unknown", SE_ERROR_CONFIG },
  { SE_SMTP_AUTH, "432 4.3.2 Concurrent connections limit exceeded", SE_ERROR_THROTTLED },
  { SE_SMTP_AUTH, "454 4.7.0 Temporary authentication failure", SE_ERROR_THROTTLED },
  { SE_SMTP_AUTH, "421 4.7.0 bye", SE_ERROR_THROTTLED },
  { SE_SMTP_MAIL, "530 5.7.57 Client not authenticated to send mail", SE_ERROR_CONFIG },
  { SE_SMTP_MAIL, "550 5.7.60 does not have permissions to send as this sender", SE_ERROR_CONFIG },
  { SE_SMTP_MAIL, "550 5.1.8 Bad outbound sender", SE_ERROR_CONFIG },
  { SE_SMTP_MAIL, "550 5.7.1 whatever", SE_ERROR_CONFIG },
  { SE_SMTP_MAIL, "552 5.3.4 too big", SE_ERROR_DOCUMENT },
  { SE_SMTP_MAIL, "451 4.7.0 try later", SE_ERROR_THROTTLED },
  { SE_SMTP_MAIL, "550 5.4.5 Daily user sending limit exceeded", SE_ERROR_QUOTA },
  { SE_SMTP_RCPT, "550 5.1.1 no such user", SE_ERROR_DOCUMENT },
  { SE_SMTP_RCPT, "530 5.7.0 Must issue STARTTLS first", SE_ERROR_CONFIG },
  { SE_SMTP_RCPT, "553 5.7.1 <a@b>: Sender address rejected: not owned by user c",
    SE_ERROR_CONFIG },
  { SE_SMTP_RCPT, "450 4.2.1 greylisted", SE_ERROR_DEFERRED },
  { SE_SMTP_RCPT, "452 4.5.3 too many recipients", SE_ERROR_DEFERRED },
  { SE_SMTP_DATA, "554 5.2.252 SendAsDenied; a@b not allowed to send as c@d", SE_ERROR_CONFIG },
  { SE_SMTP_DATA, "550 5.4.5 Daily sending quota exceeded", SE_ERROR_QUOTA },
  { SE_SMTP_DATA, "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
    SE_ERROR_QUOTA },
  { SE_SMTP_DATA, "451 4.4.5 submissionquotaexceeded", SE_ERROR_QUOTA },
  { SE_SMTP_DATA, "552 5.3.4 Message size exceeds fixed limit", SE_ERROR_DOCUMENT },
  { SE_SMTP_DATA, "554 5.6.0 bad content", SE_ERROR_DOCUMENT },
  { SE_SMTP_DATA, "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
    SE_ERROR_THROTTLED },
  { SE_SMTP_DATA, "451 4.3.0 disk full", SE_ERROR_DEFERRED },
  { SE_SMTP_DATA, "250 2.0.0 too early", SE_ERROR_TEMPORARY },
};

static void
test_classify (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (error_cases); i++)
    {
      const ErrorCase *c = &error_cases[i];
      g_autoptr (SeReplyParser) parser = se_reply_parser_new ();
      g_autofree char *line = g_strconcat (c->line, "\r\n", NULL);
      g_autoptr (SeSmtpReply) reply = NULL;
      g_autoptr (GError) error = NULL;
      SeReplyState state;

      g_test_message ("%s", c->line);
      feed (parser, line, strlen (line), 512, &state);
      reply = se_reply_parser_take (parser, NULL);
      se_smtp_set_error (&error, &account, c->phase, reply, "%s refused", "mx");
      g_assert_error (error, SE_ERROR, (int)c->error);
      g_assert_true (g_str_has_prefix (error->message, "mx refused: "));
      g_assert_nonnull (strstr (error->message, c->line));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reply/replies", test_replies);
  g_test_add_func ("/reply/lines", test_lines);
  g_test_add_func ("/reply/bounds", test_bounds);
  g_test_add_func ("/reply/nul", test_nul);
  g_test_add_func ("/reply/classify", test_classify);
  return g_test_run ();
}
