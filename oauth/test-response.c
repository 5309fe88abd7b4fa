/* SPDX-License-Identifier: Apache-2.0 */
/* Forms in, replies out: what the authorization server is sent and what its words mean. */
#include "oauth/test-fixture.h"

#include "common/io.h"
#include "oauth/form.h"
#include "oauth/json.h"
#include "oauth/response.h"

#include <string.h>

static void
test_form (void)
{
  g_autoptr (SeForm) form = se_form_new ();
  se_autosecret char *empty = se_form_encode (form);
  se_autosecret char *text = NULL;

  g_assert_cmpstr (empty, ==, "");
  g_assert_null (se_form_secrets (form)[0]);
  se_form_add (form, "a", "x y&=+%/é*");
  se_form_add_secret (form, "skipped", NULL);
  se_form_add_secret (form, "b", "");
  se_form_add_secret (form, "c", "two");
  text = se_form_encode (form);
  g_assert_cmpstr (text, ==, "a=x+y%26%3D%2B%25%2F%C3%A9*&b=&c=two");
  g_assert_cmpstr (se_form_secrets (form)[0], ==, "");
  g_assert_cmpstr (se_form_secrets (form)[1], ==, "two");
  g_assert_null (se_form_secrets (form)[2]);
}

static void
test_json (void)
{
  static const char *const bad[] = { "", "null", "[]", "\"x\"", "{", "{\"a\":1", "{}x", "{}{}" };
  const char *text = "{\"number\":3599,\"text\":\"3600\",\"bad\":\"36x\",\"empty\":\"\","
                     "\"large\":1e300,\"utf8\":\"\xff\",\"true\":true,\"Case\":1}";
  g_autoptr (cJSON) json = se_json_parse (text, strlen (text));
  gint64 value = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (se_json_parse (bad[i], strlen (bad[i])));
  g_assert_null (se_json_parse ("{}\0x", 4));
  g_assert_nonnull (json);
  g_assert_true (se_json_integer (json, "number", &value));
  g_assert_cmpint (value, ==, 3599);
  g_assert_true (se_json_integer (json, "text", &value));
  g_assert_cmpint (value, ==, 3600);
  g_assert_false (se_json_integer (json, "bad", &value));
  g_assert_false (se_json_integer (json, "large", &value));
  g_assert_false (se_json_integer (json, "true", &value));
  g_assert_false (se_json_integer (json, "none", &value));
  g_assert_cmpstr (se_json_string (json, "text"), ==, "3600");
  g_assert_null (se_json_string (json, "empty"));
  g_assert_null (se_json_string (json, "utf8"));
  g_assert_null (se_json_string (json, "number"));
  g_assert_null (se_json_string (json, "case"));
}

static void
test_json_print_large (void)
{
  g_autofree char *large = g_strnfill (100000, '"');
  g_autoptr (cJSON) json = cJSON_CreateObject ();
  g_autoptr (cJSON) again = NULL;
  se_autosecret char *text = NULL;

  cJSON_AddStringToObject (json, "large", large);
  text = se_json_print (json);
  again = se_json_parse (text, strlen (text));
  g_assert_cmpstr (se_json_string (again, "large"), ==, large);
}

#define OK(more) "{\"access_token\":\"A\",\"token_type\":\"Bearer\"" more "}"
#define REFUSED(code) "{\"error\":\"" code "\"}"
#define GOOD -1

static const struct
{
  const char *name;
  int status;
  const char *body;
  gint64 retry_after;
  int fault;         /* SeError, GOOD: a response */
  const char *part;  /* of the message */
  gint64 expires_in; /* of a response */
} replies[] = {
  { "good", 200, OK (",\"expires_in\":3599"), 0, GOOD, NULL, 3599 },
  { "number-as-string", 200, OK (",\"expires_in\":\"3599\""), 0, GOOD, NULL, 3599 },
  { "no-expiry", 200, OK (""), 0, GOOD, NULL, 3600 },
  { "negative-expiry", 200, OK (",\"expires_in\":-5"), 0, GOOD, NULL, 0 },
  { "type-in-lower-case", 200, "{\"access_token\":\"A\",\"token_type\":\"bearer\"}", 0, GOOD, NULL,
    3600 },
  { "no-type", 200, "{\"access_token\":\"A\"}", 0, GOOD, NULL, 3600 },
  { "another-type", 200, "{\"access_token\":\"A\",\"token_type\":\"DPoP\"}", 0, SE_ERROR_CONFIG,
    "DPoP" },
  { "no-access-token", 200, "{\"token_type\":\"Bearer\"}", 0, SE_ERROR_TEMPORARY, "HTTP 200" },
  { "token-with-sasl-separator", 200, "{\"access_token\":\"A\\u0001auth\"}", 0, SE_ERROR_TEMPORARY,
    "without an OAuth" },
  { "token-with-newline", 200, "{\"access_token\":\"A\\nB\"}", 0, SE_ERROR_TEMPORARY,
    "without an OAuth" },
  { "token-with-space", 200, "{\"access_token\":\"A B\"}", 0, SE_ERROR_TEMPORARY, "without" },
  { "refresh-token-with-newline", 200, OK (",\"refresh_token\":\"A\\nB\""), 0, SE_ERROR_TEMPORARY,
    "without" },
  { "error-with-200", 200, REFUSED ("invalid_grant"), 0, SE_ERROR_AUTHORIZATION,
    "[id.test: invalid_grant]" },
  { "invalid-grant", 400, REFUSED ("invalid_grant"), 0, SE_ERROR_AUTHORIZATION, "invalid_grant" },
  { "interaction-required", 400, REFUSED ("interaction_required"), 0, SE_ERROR_AUTHORIZATION, "" },
  { "consent-required", 400, REFUSED ("consent_required"), 0, SE_ERROR_AUTHORIZATION, "" },
  { "unauthorized-client", 400, REFUSED ("unauthorized_client"), 0, SE_ERROR_CONFIG, "" },
  { "invalid-client", 401, REFUSED ("invalid_client"), 0, SE_ERROR_CONFIG, "" },
  { "login-required", 400, REFUSED ("login_required"), 0, SE_ERROR_AUTHORIZATION, "" },
  { "invalid-scope", 400, REFUSED ("invalid_scope"), 0, SE_ERROR_CONFIG, "" },
  { "invalid-request", 400, REFUSED ("invalid_request"), 0, SE_ERROR_CONFIG, "" },
  { "unsupported-grant-type", 400, REFUSED ("unsupported_grant_type"), 0, SE_ERROR_CONFIG, "" },
  { "temporarily-unavailable", 400, REFUSED ("temporarily_unavailable"), 0, SE_ERROR_TEMPORARY,
    "" },
  { "server-error", 500, REFUSED ("server_error"), 0, SE_ERROR_TEMPORARY, "" },
  { "permanent-error-with-500", 500, REFUSED ("invalid_grant"), 0, SE_ERROR_AUTHORIZATION, "" },
  { "unknown-error", 400, "{\"error\":\"x_new\",\"error_description\":\"why\"}", 0,
    SE_ERROR_AUTHORIZATION, "[id.test: x_new: why]" },
  { "unknown-error-with-503", 503, REFUSED ("x_new"), 7, SE_ERROR_TEMPORARY, "wait 7 seconds" },
  { "error-with-429", 429, REFUSED ("invalid_request"), 30, SE_ERROR_TEMPORARY, "30 seconds" },
  { "429", 429, "slow down", 120, SE_ERROR_TEMPORARY, "wait 120 seconds" },
  { "429-for-years", 429, "slow down", 1000000000, SE_ERROR_TEMPORARY, "wait" },
  { "unavailable-with-wait", 503, REFUSED ("temporarily_unavailable"), 60, SE_ERROR_TEMPORARY,
    "wait 60 seconds" },
  { "503", 503, "<html>", 0, SE_ERROR_TEMPORARY, "HTTP 503" },
  { "redirect", 302, "", 0, SE_ERROR_TEMPORARY, "not followed" },
  { "404", 404, "<html>", 0, SE_ERROR_TEMPORARY, "HTTP 404" },
  { "garbage", 200, "<html>", 0, SE_ERROR_TEMPORARY, "without an OAuth" },
  { "empty", 200, "", 0, SE_ERROR_TEMPORARY, "0 bytes" },
  { "array", 200, "[]", 0, SE_ERROR_TEMPORARY, "without an OAuth" },
  { "good-body-with-400", 400, OK (""), 0, SE_ERROR_TEMPORARY, "HTTP 400" },
  { "known-by-number", 400,
    "{\"error\":\"invalid_client\",\"error_codes\":[7000218],\"error_description\":\"x\"}", 0,
    SE_ERROR_CONFIG, "[id.test: invalid_client, AADSTS7000218]" },
  { "known-by-number-in-description", 400,
    "{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS700082: expired\"}", 0,
    SE_ERROR_AUTHORIZATION, "[id.test: invalid_grant, AADSTS700082]" },
  { "known-by-second-number", 400,
    "{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS2: x. AADSTS700082: y\"}", 0,
    SE_ERROR_AUTHORIZATION, "was not used for 90 days" },
  { "passing-by-number", 400, "{\"error\":\"invalid_grant\",\"error_codes\":[50196]}", 0,
    SE_ERROR_TEMPORARY, "AADSTS50196" },
  { "trace-id", 400, "{\"error\":\"x\",\"trace_id\":\"t-1\",\"correlation_id\":\"c-1\"}", 0,
    SE_ERROR_AUTHORIZATION, "[id.test: x, trace id t-1]" },
  { "trace-id-in-description", 400,
    "{\"error\":\"x\",\"error_description\":\"why.\\r\\nTrace ID: t-2\\r\\nCorrelation ID: c\"}", 0,
    SE_ERROR_AUTHORIZATION, "[id.test: x: why., trace id t-2]" },
  { "correlation-id", 400, "{\"error\":\"x\",\"correlation_id\":\"c-1\"}", 0,
    SE_ERROR_AUTHORIZATION, "[id.test: x, correlation id c-1]" },
  { "error-code-of-google", 403, "{\"error_code\":\"rate_limit_exceeded\"}", 0, SE_ERROR_TEMPORARY,
    "[id.test: rate_limit_exceeded]" },
  { "number-not-known", 400,
    "{\"error\":\"invalid_grant\",\"error_codes\":[1],\"error_description\":\"x\"}", 0,
    SE_ERROR_AUTHORIZATION, "invalid_grant: x" },
  { "odd-error-codes", 400, "{\"error\":\"invalid_grant\",\"error_codes\":\"x\"}", 0,
    SE_ERROR_AUTHORIZATION, "invalid_grant" },
};

static const SeAccount account = { .address = (char *)"scans@contoso.com",
                                   .client_id = (char *)"client-1",
                                   .login_user = (char *)"scans@contoso.com" };

static void
assert_due (const GError *error, gint64 seconds)
{
  gint64 left = se_error_due (error) - g_get_real_time () / G_USEC_PER_SEC;

  g_assert_cmpint (left, <=, seconds);
  g_assert_cmpint (left, >, seconds - 5);
}

static void
test_reply (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (SeHttpReply) reply
      = fixture_reply (replies[i].status, replies[i].body, replies[i].retry_after);
  g_autoptr (GError) error = NULL;
  g_autofree char *code = NULL;
  g_autoptr (SeTokenResponse) response
      = se_token_response_parse (reply, &account, "https://id.test/token", NULL, &code, &error);

  if (replies[i].fault != GOOD)
    {
      g_assert_null (response);
      if (replies[i].retry_after > 0)
        assert_due (error, MIN (replies[i].retry_after, 24 * 3600));
      else
        g_assert_cmpint (se_error_due (error), ==, 0);
      assert_failure (error, replies[i].fault, replies[i].part);
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpstr (response->access_token, ==, "A");
  g_assert_cmpint (response->expires_in, ==, replies[i].expires_in);
}

/* The server's words: cleaned, cut, and never with what it was sent. */
static void
test_words (void)
{
  g_autofree char *long_words = g_strnfill (1000, 'w');
  g_autofree char *long_body
      = g_strdup_printf ("{\"error\":\"x\",\"error_description\":\"a\\nERROR: b%s\"}", long_words);
  const char *leak = "{\"error\":\"invalid_grant\",\"error_description\":\"bad token sEc/ReT!\"}";
  const char *encoded = "{\"error\":\"x\",\"error_description\":\"a=sEc%2FReT&b\"}";
  const char *leak_code = "{\"error\":\"sEc/ReT\"}";
  const char *secrets[] = { "sEc/ReT", NULL };
  const char *bodies[] = { long_body, leak, encoded, leak_code };

  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      g_autoptr (SeHttpReply) reply = fixture_reply (400, bodies[i], 0);
      g_autoptr (GError) error = NULL;
      g_autofree char *code = NULL;

      g_assert_null (se_token_response_parse (reply, &account, "https://id.test/token", secrets,
                                              &code, &error));
      g_assert_nonnull (error);
      g_assert_null (strstr (error->message, "sEc"));
      g_assert_null (strstr (code, "sEc"));
      g_assert_null (strchr (error->message, '\n'));
      g_assert_cmpuint (strlen (error->message), <, 800);
    }
}

/* Nor where it says what kind of token it gives. */
static void
test_type_repeats_a_secret (void)
{
  static const char *const bodies[]
      = { "{\"access_token\":\"fresh-1\",\"token_type\":\"x old-secret\"}",
          "{\"access_token\":\"fresh-1\",\"token_type\":\"x fresh-1\"}",
          "{\"access_token\":\"a\",\"refresh_token\":\"fresh-2\",\"token_type\":\"fresh-2\"}" };
  static const char *const secrets[] = { "old-secret", NULL };

  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      const SeHttpReply reply
          = { .status = 200, .body = (char *)bodies[i], .length = strlen (bodies[i]) };
      g_autofree char *code = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_null (se_token_response_parse (&reply, &account, "https://id.test/token", secrets,
                                              &code, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, "(not shown"));
      g_assert_null (strstr (error->message, "fresh-"));
      g_assert_null (strstr (error->message, "old-secret"));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/form", test_form);
  g_test_add_func ("/json", test_json);
  g_test_add_func ("/json/print-large", test_json_print_large);
  for (gsize i = 0; i < G_N_ELEMENTS (replies); i++)
    {
      g_autofree char *path = g_strdup_printf ("/response/%s", replies[i].name);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_reply);
    }
  g_test_add_func ("/response/words", test_words);
  g_test_add_func ("/response/type-repeats-a-secret", test_type_repeats_a_secret);
  return g_test_run ();
}
