/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded replies (test-replies.json, each with its source) against the rows of
 * smtp-error-table.c: each reply gives its row's sentences and class, and each row has such a
 * reply. */
#include "mail/reply.h"
#include "mail/smtp-error.h"

#include <cjson/cJSON.h>
#include <string.h>

static SeProviderConfig provider = { .name = (char *)"microsoft" };

static const SeAccount account = {
  .address = (char *)"scanner@example.com",
  .provider = &provider,
  .client_id = (char *)"client-1",
  .login_user = (char *)"login@example.com",
  .smtp_user = (char *)"mailbox@example.com",
  .from_address = (char *)"from@example.com",
};

static const struct
{
  char letter;
  const char *name;
  SeSmtpPhase phase;
} phases[] = {
  { 'G', "greeting", SE_SMTP_GREETING }, { 'A', "auth", SE_SMTP_AUTH },
  { 'M', "mail", SE_SMTP_MAIL },         { 'R', "rcpt", SE_SMTP_RCPT },
  { 'D', "data", SE_SMTP_DATA },
};

static const struct
{
  const char *name;
  SeError error;
} classes[] = {
  { "config", SE_ERROR_CONFIG },        { "deferred", SE_ERROR_DEFERRED },
  { "document", SE_ERROR_DOCUMENT },    { "quota", SE_ERROR_QUOTA },
  { "temporary", SE_ERROR_TEMPORARY },  { "throttled", SE_ERROR_THROTTLED },
  { "token", SE_ERROR_TOKEN_REJECTED },
};

static SeSmtpPhase
phase_of (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (phases); i++)
    if (strcmp (phases[i].name, name) == 0)
      return phases[i].phase;
  g_error ("no phase %s", name);
}

static SeError
class_of (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (classes); i++)
    if (strcmp (classes[i].name, name) == 0)
      return classes[i].error;
  g_error ("no class %s", name);
}

/* How test-replies.json calls a row: "PHASES CODE ENHANCED WORDS", * for any. */
static char *
name_of (const SeSmtpErrorRow *row)
{
  GString *name = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (phases); i++)
    if ((row->phases & (int)phases[i].phase) != 0)
      g_string_append_c (name, phases[i].letter);
  if (row->code == 0)
    g_string_append (name, " *");
  else
    g_string_append_printf (name, " %d", row->code);
  g_string_append_printf (name, " %s %s", row->enhanced != NULL ? row->enhanced : "*",
                          row->words != NULL ? row->words : "*");
  return g_string_free (name, FALSE);
}

static SeSmtpReply *
parse (const char *text)
{
  g_autoptr (SeReplyParser) parser = se_reply_parser_new ();
  g_autofree char *bytes = g_strconcat (text, "\r\n", NULL);
  gsize used = 0;

  g_assert_cmpint (se_reply_parser_feed (parser, bytes, strlen (bytes), &used), ==,
                   SE_REPLY_COMPLETE);
  return se_reply_parser_take (parser, NULL);
}

static const char *
member (const cJSON *item, const char *name)
{
  const cJSON *found = cJSON_GetObjectItemCaseSensitive (item, name);

  g_assert_true (cJSON_IsString (found));
  return found->valuestring;
}

static void
check_reply (const cJSON *item, GHashTable *rows, GHashTable *seen)
{
  const char *name = member (item, "row");
  SeSmtpPhase phase = phase_of (member (item, "phase"));
  const SeAdvice *advice = g_hash_table_lookup (rows, name);
  g_autoptr (SeSmtpReply) reply = parse (member (item, "reply"));
  g_autofree char *words = se_smtp_reply_to_string (reply);
  g_autofree char *sentences = NULL;
  g_autofree char *expected = NULL;
  g_autoptr (GError) error = NULL;

  if (advice == NULL)
    g_error ("no row %s", name);
  g_assert_true (*member (item, "source") != '\0');
  sentences = se_advice_to_string (advice, &account);
  expected = g_strconcat ("mx refused it: ", words, g_str_has_suffix (words, ".") ? " " : ". ",
                          sentences, NULL);
  se_smtp_set_error (&error, &account, phase, reply, "%s refused it", "mx");
  g_assert_cmpstr (error->message, ==, expected);
  g_assert_error (error, SE_ERROR, (int)class_of (member (item, "class")));
  g_assert_null (strstr (error->message, "%{"));
  g_test_message ("%s", error->message);
  g_hash_table_add (seen, g_strdup (name));
}

static void
test_replies (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "mail", "test-replies.json", NULL);
  g_autoptr (GHashTable) rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  const cJSON *item = NULL;
  cJSON *replies = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  replies = cJSON_Parse (text);
  g_assert_true (cJSON_IsArray (replies));
  for (gsize i = 0; i < se_smtp_error_rows_length; i++)
    if (!g_hash_table_insert (rows, name_of (&se_smtp_error_rows[i]),
                              (gpointer)&se_smtp_error_rows[i].advice))
      g_error ("two rows are the same: %s", name_of (&se_smtp_error_rows[i]));
  cJSON_ArrayForEach (item, replies) check_reply (item, rows, seen);
  cJSON_Delete (replies);
  for (gsize i = 0; i < se_smtp_error_rows_length; i++)
    {
      g_autofree char *name = name_of (&se_smtp_error_rows[i]);

      if (!g_hash_table_contains (seen, name))
        g_error ("no recorded reply gives the row %s", name);
    }
}

/* Who may not send as whom: all three identities are named. */
static void
test_identities (void)
{
  g_autoptr (SeSmtpReply) reply
      = parse ("554 5.2.252 SendAsDenied; a@b not allowed to send as c@d");
  g_autoptr (GError) error = NULL;

  se_smtp_set_error (&error, &account, SE_SMTP_DATA, reply, "mx refused it");
  g_assert_nonnull (strstr (error->message, account.login_user));
  g_assert_nonnull (strstr (error->message, account.smtp_user));
  g_assert_nonnull (strstr (error->message, account.from_address));
}

/* However much a server says, what to do is not cut off. */
static void
test_length (void)
{
  g_autofree char *much = g_strnfill (5000, 'x');
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < se_smtp_error_rows_length; i++)
    {
      g_autofree char *sentences = se_advice_to_string (&se_smtp_error_rows[i].advice, &account);

      se_smtp_set_advice (&error, &account, &se_smtp_error_rows[i].advice, much);
      g_assert_true (g_str_has_suffix (error->message, sentences));
      g_assert_cmpuint (strlen (error->message), <, 1900);
      g_clear_error (&error);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/smtp-error-table/replies", test_replies);
  g_test_add_func ("/smtp-error-table/identities", test_identities);
  g_test_add_func ("/smtp-error-table/length", test_length);
  return g_test_run ();
}
