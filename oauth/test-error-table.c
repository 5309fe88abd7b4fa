/* SPDX-License-Identifier: Apache-2.0 */
/* Recorded replies (test-replies.json, each with its source) against the rows of the error tables:
 * each reply gives its row's sentences and class, and each row has such a reply. */
#include "oauth/test-fixture.h"

#include "oauth/error-table.h"
#include "oauth/json.h"
#include "oauth/response.h"

#include <string.h>

#define ANY_OTHER "any other"

typedef struct
{
  Fixture fixture;
  cJSON *replies;
  GHashTable *rows; /* name to SeAdvice */
  GHashTable *seen; /* names */
} Tables;

static const char *
class_name (int class)
{
  switch (class)
    {
    case SE_ERROR_AUTHORIZATION:
      return "authorization";
    case SE_ERROR_CONFIG:
      return "config";
    case SE_ERROR_THROTTLED:
    case SE_ERROR_TEMPORARY:
      return "temporary";
    default:
      return "another";
    }
}

static void
add_row (Tables *tables, char *name, const char *cause, const char *remedy)
{
  SeAdvice *advice = g_new0 (SeAdvice, 1);

  advice->cause = cause;
  advice->remedy = remedy;
  if (!g_hash_table_insert (tables->rows, name, advice))
    g_error ("two rows for %s", name);
}

/* How test-replies.json calls the rows: "invalid_grant", "AADSTS53003", "invalid_grant: words". */
static void
name_rows (Tables *tables)
{
  for (gsize i = 0; i < se_error_codes_length; i++)
    {
      const SeErrorCode *row = &se_error_codes[i];

      add_row (tables, g_strdup (row->code == NULL ? ANY_OTHER : row->code), row->advice.cause,
               row->advice.remedy);
    }
  for (gsize i = 0; i < se_error_details_length; i++)
    {
      const SeErrorDetail *row = &se_error_details[i];

      for (gsize n = 0; n < SE_ERROR_NUMBERS && row->numbers[n] != 0; n++)
        add_row (tables, g_strdup_printf ("AADSTS%" G_GINT64_FORMAT, row->numbers[n]), row->cause,
                 row->remedy);
      if (row->words != NULL)
        add_row (tables, g_strconcat (row->code, ": ", row->words, NULL), row->cause, row->remedy);
    }
}

static void
set_up (Tables *tables, gconstpointer data)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "oauth", "test-replies.json", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  fixture_set_up (&tables->fixture, data);
  tables->replies = cJSON_Parse (text);
  g_assert_true (cJSON_IsArray (tables->replies));
  tables->rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  tables->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  name_rows (tables);
}

static void
tear_down (Tables *tables, gconstpointer data)
{
  g_hash_table_unref (tables->seen);
  g_hash_table_unref (tables->rows);
  cJSON_Delete (tables->replies);
  fixture_tear_down (&tables->fixture, data);
}

/* The message's end: the server, and Microsoft's trace id where the reply has one. */
static void
check_brackets (const char *name, const cJSON *body, const char *message)
{
  const char *brackets = strrchr (message, '[');
  const char *trace = se_json_string (body, "trace_id");
  const char *code = se_json_string (body, "error");

  if (brackets == NULL || !g_str_has_prefix (brackets, "[id.test: ")
      || !g_str_has_suffix (brackets, "]") || (code != NULL && strstr (brackets, code) == NULL)
      || (trace != NULL && strstr (brackets, trace) == NULL)
      || (g_str_has_prefix (name, "AADSTS") && strstr (brackets, name) == NULL))
    g_error ("%s: what is missing at the end of \"%s\"?", name, message);
}

static void
check_reply (Tables *tables, const cJSON *item)
{
  const char *name = se_json_string (item, "row");
  const char *class = se_json_string (item, "class");
  const cJSON *body = cJSON_GetObjectItemCaseSensitive (item, "body");
  g_autofree char *text = cJSON_PrintUnformatted (body);
  g_autofree char *code = NULL;
  g_autofree char *sentences = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SeHttpReply) reply = NULL;
  const SeAdvice *advice = name == NULL ? NULL : g_hash_table_lookup (tables->rows, name);
  gint64 status = 0;

  if (advice == NULL)
    g_error ("no row %s", name);
  g_assert_nonnull (se_json_string (item, "source"));
  g_assert_true (se_json_integer (item, "status", &status));
  reply = fixture_reply ((int)status, text, 0);
  g_assert_null (se_token_response_parse (reply, &tables->fixture.account, "https://id.test/token",
                                          NULL, &code, &error));
  sentences = se_advice_to_string (advice, &tables->fixture.account);
  if (!g_str_has_prefix (error->message, sentences))
    g_error ("%s: not \"%s\" but \"%s\"", name, sentences, error->message);
  if (g_strcmp0 (class, class_name (error->code)) != 0)
    g_error ("%s: not %s but %s", name, class, class_name (error->code));
  g_assert_null (strstr (error->message, "%{"));
  check_brackets (name, body, error->message);
  g_test_message ("%s", error->message);
  g_hash_table_add (tables->seen, g_strdup (name));
}

static void
test_replies (Tables *tables, gconstpointer data)
{
  const cJSON *item = NULL;
  GHashTableIter iter;
  gpointer name = NULL;

  cJSON_ArrayForEach (item, tables->replies) check_reply (tables, item);
  g_hash_table_iter_init (&iter, tables->rows);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!g_hash_table_contains (tables->seen, name))
      g_error ("no recorded reply gives the row %s", (const char *)name);
}

/* One sentence each, that can be read at a terminal. */
static void
test_sentences (Tables *tables, gconstpointer data)
{
  GHashTableIter iter;
  gpointer name = NULL;
  gpointer value = NULL;

  g_hash_table_iter_init (&iter, tables->rows);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      const SeAdvice *advice = value;

      if (strlen (advice->cause) > 400 || strlen (advice->remedy) > 300
          || !g_ascii_isprint (*advice->cause) || !g_str_has_suffix (advice->cause, ".")
          || (!g_str_has_suffix (advice->remedy, ".")
              && !g_str_has_suffix (advice->remedy, "%{account}")))
        g_error ("%s: %s %s", (const char *)name, advice->cause, advice->remedy);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/error-table/replies", Tables, NULL, set_up, test_replies, tear_down);
  g_test_add ("/error-table/sentences", Tables, NULL, set_up, test_sentences, tear_down);
  return g_test_run ();
}
