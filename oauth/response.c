/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/response.h"

#include "common/io.h"
#include "common/log.h"
#include "oauth/hint.h"

#include <string.h>

#define DESCRIPTION_MAX 300
#define DEFAULT_LIFETIME 3600
#define SCOPE_MAX 4096

static const struct
{
  const char *code;
  SeError fault;
} errors[] = {
  { "invalid_grant", SE_ERROR_AUTHORIZATION },
  { "interaction_required", SE_ERROR_AUTHORIZATION },
  { "login_required", SE_ERROR_AUTHORIZATION },
  { "consent_required", SE_ERROR_AUTHORIZATION },
  { "unauthorized_client", SE_ERROR_AUTHORIZATION },
  { "invalid_client", SE_ERROR_AUTHORIZATION },
  { "access_denied", SE_ERROR_AUTHORIZATION },
  { "invalid_scope", SE_ERROR_CONFIG },
  { "invalid_request", SE_ERROR_CONFIG },
  { "invalid_resource", SE_ERROR_CONFIG },
  { "invalid_target", SE_ERROR_CONFIG },
  { "unsupported_grant_type", SE_ERROR_CONFIG },
  { "temporarily_unavailable", SE_ERROR_TEMPORARY },
  { "server_error", SE_ERROR_TEMPORARY },
  { "slow_down", SE_ERROR_TEMPORARY },
  { "rate_limit_exceeded", SE_ERROR_TEMPORARY },
};

/* Returns the index in errors, -1 for one that is not known. */
static int
find_error (const char *code)
{
  for (gsize i = 0; i < G_N_ELEMENTS (errors); i++)
    if (g_str_equal (code, errors[i].code))
      return (int)i;
  return -1;
}

SeError
se_response_classify (const char *error_code)
{
  int known = find_error (error_code);

  return known < 0 ? SE_ERROR_AUTHORIZATION : errors[known].fault;
}

static char *
host_of (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);

  return se_log_clean (uri == NULL ? url : g_uri_get_host (uri), 100);
}

/* The server's words, unless they repeat what was sent. */
static char *
shown (const char *words, gsize max, const char *const *secrets)
{
  for (; secrets != NULL && *secrets != NULL; secrets++)
    if (**secrets != '\0' && strstr (words, *secrets) != NULL)
      return g_strdup ("(not shown: it repeats a secret)");
  return se_log_clean (words, max);
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
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                 "%s is busy or out of order (HTTP %d) and asks to wait %" G_GINT64_FORMAT
                 " seconds",
                 host, reply->status, reply->retry_after);
  else if (is_trouble (reply->status))
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY, "%s is busy or out of order (HTTP %d)", host,
                 reply->status);
  else if (reply->status >= 300 && reply->status < 400)
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                 "%s redirects to another address (HTTP %d), which is not followed", host,
                 reply->status);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_TEMPORARY,
                 "%s answers HTTP %d without an OAuth 2.0 reply (%" G_GSIZE_FORMAT " bytes)", host,
                 reply->status, reply->length);
}

static void
set_server_error (GError **error, const SeHttpReply *reply, const cJSON *json, const char *code,
                  const char *url, const char *const *secrets)
{
  const char *description = se_json_string (json, "error_description");
  const char *hint = se_hint_find (json);
  SeError fault = se_response_classify (code);
  GString *text = g_string_new (NULL);
  g_autofree char *host = host_of (url);
  g_autofree char *name = shown (code, 64, secrets);

  if (reply->status == 429 || (is_trouble (reply->status) && find_error (code) < 0))
    fault = SE_ERROR_TEMPORARY;
  g_string_append_printf (text, "%s says %s", host, name);
  if (description != NULL)
    {
      g_autofree char *words = shown (description, DESCRIPTION_MAX, secrets);

      g_string_append_printf (text, ": %s", words);
    }
  if (hint != NULL)
    g_string_append_printf (text, " [%s]", hint);
  if (fault == SE_ERROR_TEMPORARY && reply->retry_after >= 0)
    g_string_append_printf (text, " (wait %" G_GINT64_FORMAT " seconds)", reply->retry_after);
  g_set_error_literal (error, SE_ERROR, (int)fault, text->str);
  g_string_free (text, TRUE);
}

cJSON *
se_response_parse (const SeHttpReply *reply, const char *url, const char *const *secrets,
                   char **error_code, GError **error)
{
  g_autoptr (cJSON) json = se_json_parse (reply->body, reply->length);
  const char *code = json == NULL ? NULL : se_json_string (json, "error");

  *error_code = g_strdup (code);
  if (code != NULL)
    {
      set_server_error (error, reply, json, code, url, secrets);
      return NULL;
    }
  if (json == NULL || reply->status != 200)
    {
      set_status_error (error, reply, url);
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
se_token_response_parse (const SeHttpReply *reply, const char *url, const char *const *secrets,
                         char **error_code, GError **error)
{
  g_autoptr (cJSON) json = se_response_parse (reply, url, secrets, error_code, error);
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
      g_autofree char *host = host_of (url);
      g_autofree char *cleaned = se_log_clean (type, 64);

      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   "%s gives tokens of type %s; SMTP needs Bearer tokens", host, cleaned);
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
