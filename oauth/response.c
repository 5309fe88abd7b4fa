/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/response.h"

#include "common/io.h"
#include "common/log.h"
#include "common/secret.h"
#include "oauth/error-table.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define DESCRIPTION_MAX 300
#define ID_MAX 64
#define TYPE_MAX 64
#define AADSTS "AADSTS"
#define TRACE_ID "Trace ID:"
#define DEFAULT_LIFETIME 3600
#define LONGEST_WAIT (24 * 60 * 60) /* seconds */
#define SCOPE_MAX 4096

/* The row of code; the last one, for any other, where there is none. */
static const SeErrorCode *
find_code (const char *code)
{
  const SeErrorCode *row = se_error_codes;

  while (row->code != NULL && !g_str_equal (code, row->code))
    row++;
  return row;
}

SeError
se_response_classify (const char *error_code)
{
  return find_code (error_code)->advice.error;
}

static char *
host_of (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);

  return se_log_clean (uri == NULL ? url : g_uri_get_host (uri), 100);
}

static gboolean
is_trouble (int status)
{
  return status == 429 || status >= 500;
}

/* A reply that says nothing by OAuth's rules. */
static void
set_status_error (GError **error, const SeHttpReply *reply, const char *url)
{
  g_autofree char *host = host_of (url);

  if (is_trouble (reply->status) && reply->retry_after >= 0)
    {
      int seconds = (int)MIN (reply->retry_after, G_MAXINT);

      g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                   g_dngettext (GETTEXT_PACKAGE,
                                "%s is busy or out of order (HTTP %d) and asks to wait %d second",
                                "%s is busy or out of order (HTTP %d) and asks to wait %d seconds",
                                (gulong)seconds),
                   host, reply->status, seconds);
    }
  else if (is_trouble (reply->status))
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, _ ("%s is busy or out of order (HTTP %d)"),
                 host, reply->status);
  else if (reply->status >= 300 && reply->status < 400)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                 _ ("%s redirects to another address (HTTP %d), which is not followed: if it "
                    "lasts, correct the endpoint"),
                 host, reply->status);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                 _ ("%s answers HTTP %d without an OAuth 2.0 reply (%zu bytes)"), host,
                 reply->status, reply->length);
}

/* The reply's number that the row is about; 0: none. */
static gint64
find_number (const SeErrorDetail *row, const gint64 *numbers)
{
  for (gsize i = 0; i < SE_ERROR_NUMBERS && row->numbers[i] != 0; i++)
    for (const gint64 *n = numbers; *n != 0; n++)
      if (row->numbers[i] == *n)
        return *n;
  return 0;
}

static gboolean
has_words (const SeErrorDetail *row, const char *description)
{
  g_autofree char *text = NULL;
  g_autofree char *words = NULL;

  if (row->words == NULL)
    return TRUE;
  if (description == NULL)
    return FALSE;
  text = g_ascii_strdown (description, -1);
  words = g_ascii_strdown (row->words, -1);
  return strstr (text, words) != NULL;
}

/* NULL: nothing more is known than the error's code. */
static const SeErrorDetail *
find_detail (const char *code, const gint64 *numbers, const char *description)
{
  for (gsize i = 0; i < se_error_details_length; i++)
    {
      const SeErrorDetail *row = &se_error_details[i];

      if ((row->code == NULL || g_str_equal (row->code, code))
          && (row->numbers[0] == 0 || find_number (row, numbers) != 0)
          && has_words (row, description))
        return row;
    }
  return NULL;
}

/* Microsoft's numbers: those of error_codes, then those that the description names; 0 ends. */
static GArray *
read_numbers (const SeRefusal *refusal)
{
  GArray *numbers = g_array_new (TRUE, FALSE, sizeof (gint64));
  const cJSON *codes = cJSON_GetObjectItemCaseSensitive (refusal->json, "error_codes");
  const cJSON *item = NULL;
  const char *mark = refusal->description;

  cJSON_ArrayForEach (item, codes) if (cJSON_IsNumber (item) && item->valuedouble >= 1
                                       && item->valuedouble < 1e9)
  {
    gint64 number = (gint64)item->valuedouble;

    g_array_append_val (numbers, number);
  }
  while (mark != NULL && (mark = strstr (mark, AADSTS)) != NULL)
    {
      gint64 number = g_ascii_strtoll (mark + strlen (AADSTS), NULL, 10);

      mark += strlen (AADSTS);
      if (number > 0)
        g_array_append_val (numbers, number);
    }
  return numbers;
}

/* What Microsoft's support asks for: the trace id, else the correlation id. */
static char *
read_trace (const SeRefusal *refusal)
{
  const char *member = refusal->json == NULL ? NULL : se_json_string (refusal->json, "trace_id");
  const char *mark = refusal->description == NULL || member != NULL
                         ? NULL
                         : strstr (refusal->description, TRACE_ID);
  g_autofree char *id = NULL;
  g_autofree char *clean = NULL;

  if (mark != NULL)
    mark += strlen (TRACE_ID) + strspn (mark + strlen (TRACE_ID), " ");
  if (member != NULL || mark != NULL)
    id = member != NULL ? g_strdup (member) : g_strndup (mark, strcspn (mark, " \r\n"));
  if (id != NULL)
    {
      clean = se_secret_show (id, ID_MAX, refusal->secrets);
      return g_strdup_printf (_ ("trace id %s"), clean);
    }
  member = refusal->json == NULL ? NULL : se_json_string (refusal->json, "correlation_id");
  if (member == NULL)
    return NULL;
  clean = se_secret_show (member, ID_MAX, refusal->secrets);
  return g_strdup_printf (_ ("correlation id %s"), clean);
}

/* The server's words without what Microsoft appends to them. */
static char *
read_words (const SeRefusal *refusal)
{
  const char *end = NULL;
  g_autofree char *words = NULL;

  if (refusal->description == NULL)
    return NULL;
  end = strstr (refusal->description, TRACE_ID);
  words = end == NULL ? g_strdup (refusal->description)
                      : g_strndup (refusal->description, (gsize)(end - refusal->description));
  return se_secret_show (g_strstrip (words), DESCRIPTION_MAX, refusal->secrets);
}

/* "[server: error, AADSTSn, trace id …]", with the server's words where no number stands for them.
 */
static char *
describe (const SeRefusal *refusal, const char *url, gint64 number)
{
  GString *text = g_string_new ("[");
  g_autofree char *host = host_of (url);
  g_autofree char *name = se_secret_show (refusal->code, ID_MAX, refusal->secrets);
  g_autofree char *trace = read_trace (refusal);
  g_autofree char *words = number != 0 ? NULL : read_words (refusal);

  g_string_append_printf (text, "%s: %s", host, name);
  if (number != 0)
    g_string_append_printf (text, ", " AADSTS "%" G_GINT64_FORMAT, number);
  if (words != NULL)
    g_string_append_printf (text, ": %s", words);
  if (trace != NULL)
    g_string_append_printf (text, ", %s", trace);
  if (refusal->retry_after >= 0)
    {
      int seconds = (int)MIN (refusal->retry_after, G_MAXINT);

      g_string_append (text, ", ");
      g_string_append_printf (text,
                              g_dngettext (GETTEXT_PACKAGE, "asks to wait %d second",
                                           "asks to wait %d seconds", (gulong)seconds),
                              seconds);
    }
  return g_string_free (g_string_append_c (text, ']'), FALSE);
}

void
se_response_set_refusal (GError **error, const SeAccount *account, const char *url,
                         const SeRefusal *refusal)
{
  g_autoptr (GArray) numbers = read_numbers (refusal);
  const gint64 *all = (const gint64 *)(const void *)numbers->data;
  const SeErrorDetail *detail = find_detail (refusal->code, all, refusal->description);
  SeAdvice advice = find_code (refusal->code)->advice;
  g_autofree char *sentences = NULL;
  g_autofree char *details = NULL;

  if (detail != NULL)
    {
      advice.cause = detail->cause;
      advice.remedy = detail->remedy;
      if (detail->passing)
        advice.error = SE_ERROR_TEMPORARY;
    }
  sentences = se_advice_to_string (&advice, account);
  details = describe (refusal, url, detail == NULL ? 0 : find_number (detail, all));
  g_set_error (error, SE_ERROR, (int)advice.error, "%s %s", sentences, details);
}

/* What passes may be tried again when the server says so, but no job is held for years. */
static void
set_due (GError **error, const SeHttpReply *reply)
{
  if (error != NULL && se_error_is (*error, SE_ERROR_TEMPORARY) && reply->retry_after > 0)
    se_error_set_due (*error,
                      g_get_real_time () / G_USEC_PER_SEC + MIN (reply->retry_after, LONGEST_WAIT));
}

/* Google's device endpoint calls it error_code. */
static const char *
find_error_code (const cJSON *json)
{
  const char *code = json == NULL ? NULL : se_json_string (json, "error");

  return code != NULL || json == NULL ? code : se_json_string (json, "error_code");
}

cJSON *
se_response_parse (const SeHttpReply *reply, const SeAccount *account, const char *url,
                   const char *const *secrets, char **error_code, GError **error)
{
  g_autoptr (cJSON) json = se_json_parse (reply->body, reply->length);
  const char *code = find_error_code (json);

  /* It is kept in the record. */
  *error_code = code != NULL && se_secret_is_repeated (code, secrets) ? g_strdup ("unknown")
                                                                      : g_strdup (code);
  /* 429 says all by itself; 5xx only where the server's own code is not known. */
  if (code != NULL && reply->status != 429
      && (!is_trouble (reply->status) || find_code (code)->code != NULL))
    {
      const SeRefusal refusal = { .code = code,
                                  .description = se_json_string (json, "error_description"),
                                  .json = json,
                                  .secrets = secrets,
                                  .retry_after = reply->retry_after };

      se_response_set_refusal (error, account, url, &refusal);
      set_due (error, reply);
      return NULL;
    }
  if (code != NULL || json == NULL || reply->status != 200)
    {
      set_status_error (error, reply, url);
      set_due (error, reply);
      return NULL;
    }
  return g_steal_pointer (&json);
}

void
se_token_response_free (SeTokenResponse *response)
{
  if (response == NULL)
    return;
  se_io_free_secret (response->access_token);
  se_io_free_secret (response->refresh_token);
  se_io_free_secret (response->id_token);
  g_free (response->scope);
  g_free (response);
}

/* RFC 6749, appendix A: 1*VSCHAR. */
static gboolean
is_token (const char *text)
{
  for (; *text != '\0'; text++)
    if (!g_ascii_isgraph (*text))
      return FALSE;
  return TRUE;
}

static gint64
read_lifetime (const cJSON *json)
{
  gint64 seconds = 0;

  if (!se_json_integer (json, "expires_in", &seconds))
    return DEFAULT_LIFETIME;
  return CLAMP (seconds, 0, G_MAXINT32);
}

static gint64
read_refresh_lifetime (const cJSON *json)
{
  gint64 seconds = 0;

  if (!se_json_integer (json, "refresh_token_expires_in", &seconds)
      && !se_json_integer (json, "refresh_expires_in", &seconds))
    return 0;
  return CLAMP (seconds, 0, G_MAXINT32);
}

SeTokenResponse *
se_token_response_parse (const SeHttpReply *reply, const SeAccount *account, const char *url,
                         const char *const *secrets, char **error_code, GError **error)
{
  g_autoptr (cJSON) json = se_response_parse (reply, account, url, secrets, error_code, error);
  g_autoptr (SeTokenResponse) response = g_new0 (SeTokenResponse, 1);
  const char *access_token = NULL;
  const char *refresh_token = NULL;
  const char *type = NULL;
  const char *scope = NULL;

  if (json == NULL)
    return NULL;
  access_token = se_json_string (json, "access_token");
  refresh_token = se_json_string (json, "refresh_token");
  type = se_json_string (json, "token_type");
  if (access_token == NULL || !is_token (access_token)
      || (refresh_token != NULL && !is_token (refresh_token)))
    {
      set_status_error (error, reply, url);
      return NULL;
    }
  if (type != NULL && g_ascii_strcasecmp (type, "Bearer") != 0)
    {
      const char *const fresh[] = { access_token, refresh_token, NULL };
      g_autofree char *host = host_of (url);
      g_autofree char *words
          = se_secret_show (type, TYPE_MAX, se_secret_is_repeated (type, fresh) ? fresh : secrets);

      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s gives tokens of type %s; SMTP needs Bearer tokens"), host, words);
      return NULL;
    }
  response->access_token = g_strdup (access_token);
  response->refresh_token = g_strdup (refresh_token);
  response->id_token = g_strdup (se_json_string (json, "id_token"));
  scope = se_json_string (json, "scope");
  response->scope = scope == NULL ? NULL : se_log_clean (scope, SCOPE_MAX);
  response->expires_in = read_lifetime (json);
  response->refresh_expires_in = read_refresh_lifetime (json);
  return g_steal_pointer (&response);
}
