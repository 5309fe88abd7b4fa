/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 6749 section 4.1, RFC 7636, RFC 9207: what is asked, and what is taken for an answer. */
#include "oauth/code-grant.h"
#include "oauth/test-fixture.h"

#include "common/io.h"

#include <string.h>

#define AUTHORIZE "https://id.test/authorize"
#define ISSUER "https://id.test"

static SeEndpoints endpoints;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture_set_up (fixture, data);
  fixture->provider.redirect_uri = (char *)"http://localhost:%{port}/";
  fixture->account.grant = (char *)"code";
  endpoints = (SeEndpoints){ .issuer = (char *)ISSUER,
                             .authorization = (char *)AUTHORIZE,
                             .token = (char *)FIXTURE_TOKEN_URL };
}

static SeCodeRequest *
start (const Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  SeCodeRequest *request = se_code_grant_start (&fixture->context, &endpoints, 4711, &error);

  g_assert_no_error (error);
  return request;
}

/* A parameter of the authorization address, decoded; NULL: none. */
static char *
parameter (const SeCodeRequest *request, const char *name)
{
  const char *query = strchr (request->authorization_uri, '?') + 1;
  g_autoptr (GHashTable) all = g_uri_parse_params (query, -1, "&", G_URI_PARAMS_WWW_FORM, NULL);

  g_assert_nonnull (all);
  return g_strdup (g_hash_table_lookup (all, name));
}

static void
assert_parameter (const SeCodeRequest *request, const char *name, const char *expected)
{
  g_autofree char *value = parameter (request, name);

  g_assert_cmpstr (value, ==, expected);
}

static void
test_request (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SeCodeRequest) request = start (fixture);
  g_autoptr (SeCodeRequest) second = start (fixture);

  g_assert_true (g_str_has_prefix (request->authorization_uri, AUTHORIZE "?response_type=code&"));
  assert_parameter (request, "client_id", FIXTURE_CLIENT);
  assert_parameter (request, "redirect_uri", "http://localhost:4711/");
  assert_parameter (request, "scope", "offline_access https://x.test/SMTP.Send");
  assert_parameter (request, "login_hint", FIXTURE_ADDRESS);
  assert_parameter (request, "prompt", "consent");
  assert_parameter (request, "code_challenge_method", "S256");
  assert_parameter (request, "state", request->state);
  g_assert_cmpuint (strlen (request->state), ==, 43);
  g_assert_cmpuint (strlen (request->verifier), ==, 43);
  g_assert_cmpstr (request->state, !=, request->verifier);
  g_assert_cmpstr (request->state, !=, second->state);
  g_assert_cmpstr (request->verifier, !=, second->verifier);
  g_assert_null (strstr (request->authorization_uri, request->verifier));
}

static void
test_challenge (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SeCodeRequest) request = start (fixture);
  g_autofree char *challenge = parameter (request, "code_challenge");
  g_autofree char *padded = g_strdup_printf ("%s=", challenge);
  g_autofree char *expected
      = g_compute_checksum_for_string (G_CHECKSUM_SHA256, request->verifier, -1);
  g_autofree guchar *digest = NULL;
  gsize length = 0;

  g_assert_cmpuint (strlen (challenge), ==, 43);
  g_strdelimit (padded, "-", '+');
  g_strdelimit (padded, "_", '/');
  digest = g_base64_decode (padded, &length);
  g_assert_cmpuint (length, ==, 32);
  for (gsize i = 0; i < length; i++)
    {
      g_autofree char *hex = g_strdup_printf ("%02x", digest[i]);

      g_assert_cmpint (strncmp (hex, expected + 2 * i, 2), ==, 0);
    }
}

static void
assert_prompt (const Fixture *fixture, const char *expected)
{
  g_autoptr (SeCodeRequest) request = start (fixture);

  assert_parameter (request, "prompt", expected);
}

static void
test_prompt (Fixture *fixture, gconstpointer data)
{
  static const char *const without[] = { "none", "login", "consent", NULL };
  static const char *const neither[] = { "login", NULL };
  static const char *const both[] = { "consent", "select_account", NULL };

  endpoints.prompts = (char **)both;
  assert_prompt (fixture, "select_account consent");
  endpoints.prompts = (char **)without;
  assert_prompt (fixture, "consent");
  endpoints.prompts = (char **)neither;
  assert_prompt (fixture, NULL);
  endpoints.prompts = NULL;
  fixture->account.scope = (char *)"https://mail.test/ offline_accessible";
  assert_prompt (fixture, NULL);
  fixture->provider.prompt = (char *)"login";
  assert_prompt (fixture, "login");
}

static void
test_address (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeCodeRequest) request = NULL;
  g_autofree char *scope = g_strnfill (8000, 's');

  endpoints.authorization = (char *)AUTHORIZE "?p=B2C_1";
  request = start (fixture);
  assert_parameter (request, "p", "B2C_1");
  assert_parameter (request, "response_type", "code");
  fixture->account.scope = scope;
  g_assert_null (se_code_grant_start (&fixture->context, &endpoints, 1, &error));
  assert_failure (error, SE_ERROR_CONFIG, "scope");
  endpoints.authorization = NULL;
  g_assert_null (se_code_grant_start (&fixture->context, &endpoints, 1, &error));
  assert_failure (error, SE_ERROR_CONFIG, "authorization-endpoint");
}

/* What the exchange will need is missed before anybody signs in. */
static void
test_needs (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->account.client_secret_file = (char *)"/nonexistent/secret";
  g_assert_null (se_code_grant_start (&fixture->context, &endpoints, 1, &error));
  assert_failure (error, SE_ERROR_CONFIG, "/nonexistent/secret");
}

static void
test_ports (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *uri;
    guint16 port;
    gboolean loopback;
  } cases[] = {
    { "http://localhost:%{port}/", 0, TRUE },
    { "http://127.0.0.1:8080/cb", 8080, TRUE },
    { "http://[::1]:8081/", 8081, TRUE },
    { "http://localhost/", 80, TRUE },
    { "https://admin.example.com:8443/cb", 0, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      fixture->provider.redirect_uri = (char *)cases[i].uri;
      g_assert_cmpuint (se_code_grant_fixed_port (&fixture->provider), ==, cases[i].port);
      g_assert_true (se_code_grant_is_loopback (&fixture->provider) == cases[i].loopback);
    }
}

/* Answers. @ stands for the right state. */
typedef struct
{
  const char *name;
  const char *text;
  SeCodeAnswer answer;
  int fault;
  const char *part; /* of the message; of a granted one: the code */
} Case;

#define STRAY SE_CODE_STRAY, SE_ERROR_USAGE

static const Case cases[] = {
  { "target", "/?code=c%2F1&state=@", SE_CODE_GRANTED, 0, "c/1" },
  { "reversed", "/?state=@&code=c+1", SE_CODE_GRANTED, 0, "c 1" },
  { "pasted", " http://localhost:4711/?code=c1&state=@ \n", SE_CODE_GRANTED, 0, "c1" },
  { "forwarded-port", "http://127.0.0.1:9999/?code=c1&state=@", SE_CODE_GRANTED, 0, "c1" },
  { "google", "http://localhost:4711/?state=@&code=4/0A&scope=https://mail.google.com/#",
    SE_CODE_GRANTED, 0, "4/0A" },
  { "query", "code=c1&state=@", SE_CODE_GRANTED, 0, "c1" },
  { "query-with-mark", "?code=c1&state=@", SE_CODE_GRANTED, 0, "c1" },
  { "query-with-address", "state=@&code=c1&back=http://x.test/", SE_CODE_GRANTED, 0, "c1" },
  { "issuer", "/?code=c1&state=@&iss=https%3A%2F%2Fid.test", SE_CODE_GRANTED, 0, "c1" },
  { "no-path", "http://localhost:4711?code=c1&state=@", SE_CODE_GRANTED, 0, "c1" },

  { "nothing", "", STRAY, "no answer" },
  { "favicon", "/favicon.ico", STRAY, "beginning with http://localhost:4711/" },
  { "wrong-path", "/x?code=c1&state=@", STRAY, "not the address" },
  { "wrong-path-pasted", "https://id.test/x?code=c1&state=@", STRAY, "not the address" },
  { "root-alone", "/", STRAY, "not the address" },
  { "no-parameters", "/?x=1", STRAY, "no answer" },
  { "prose", "what now", STRAY, "no answer" },
  { "wrong-state", "/?code=c1&state=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", STRAY, "state" },
  { "short-state", "/?code=c1&state=A", STRAY, "state" },
  { "longer-state", "/?code=c1&state=@A", STRAY, "state" },
  { "no-state", "/?code=c1", STRAY, "state" },
  { "error-without-state", "/?error=access_denied", STRAY, "state" },
  { "two-codes", "/?code=c1&code=c2&state=@", STRAY, "not the address" },
  { "two-states", "/?state=@&code=c1&state=@", STRAY, "not the address" },
  { "no-code", "/?state=@", STRAY, "no code" },
  { "empty-code", "/?state=@&code=", STRAY, "no code" },
  { "bad-escape", "/?state=@&code=%zz", STRAY, "not the address" },
  { "nul", "/?state=@&code=a%00b", STRAY, "not the address" },
  { "no-utf8", "/?state=@&code=%ff%fe", STRAY, "not the address" },
  { "fragment", "/#code=c1&state=@", STRAY, "not the address" },
  { "the-address-shown", AUTHORIZE "?response_type=code&state=@", STRAY, "to sign in at" },

  { "other-issuer", "/?code=c1&state=@&iss=https%3A%2F%2Fevil.test", SE_CODE_REFUSED,
    SE_ERROR_AUTHORIZATION, "https://evil.test" },
  { "other-issuer-refuses", "/?error=access_denied&state=@&iss=https%3A%2F%2Fevil.test",
    SE_CODE_REFUSED, SE_ERROR_AUTHORIZATION, "mixed up" },
  { "denied", "/?error=access_denied&error_description=Not%20today&state=@", SE_CODE_REFUSED,
    SE_ERROR_AUTHORIZATION, "[id.test: access_denied: Not today]" },
  { "hostile-words", "/?error=access_denied&error_description=a%0Ab%1B%5B31m&state=@",
    SE_CODE_REFUSED, SE_ERROR_AUTHORIZATION, "a b [31m" },
  { "repeats-state", "/?error=access_denied&error_description=x@&state=@", SE_CODE_REFUSED,
    SE_ERROR_AUTHORIZATION, "not shown" },
  { "bad-scope", "/?error=invalid_scope&state=@", SE_CODE_REFUSED, SE_ERROR_CONFIG,
    "invalid_scope" },
  { "trouble", "/?error=temporarily_unavailable&state=@", SE_CODE_REFUSED, SE_ERROR_TEMPORARY,
    "temporarily_unavailable" },
  { "hint", "/?error=access_denied&error_description=AADSTS65004:+no&state=@", SE_CODE_REFUSED,
    SE_ERROR_AUTHORIZATION, "AADSTS65004" },
};

static void
test_answer (Fixture *fixture, gconstpointer data)
{
  const Case *expected = data;
  g_autoptr (SeCodeRequest) request = start (fixture);
  g_auto (GStrv) parts = g_strsplit (expected->text, "@", -1);
  g_autofree char *text = g_strjoinv (request->state, parts);
  se_autosecret char *code = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (se_code_grant_read (request, text, &code, &error), ==, expected->answer);
  if (expected->answer == SE_CODE_GRANTED)
    {
      g_assert_no_error (error);
      g_assert_cmpstr (code, ==, expected->part);
      return;
    }
  g_assert_null (code);
  g_assert_null (strstr (error->message, request->state));
  assert_failure (error, expected->fault, expected->part);
}

static void
test_issuer_told (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SeCodeRequest) request = NULL;
  g_autofree char *text = NULL;
  se_autosecret char *code = NULL;
  g_autoptr (GError) error = NULL;

  endpoints.issuer_told = TRUE;
  request = start (fixture);
  text = g_strdup_printf ("/?code=c1&state=%s", request->state);
  g_assert_cmpint (se_code_grant_read (request, text, &code, &error), ==, SE_CODE_REFUSED);
  assert_failure (error, SE_ERROR_AUTHORIZATION, "names nobody");
}

/* A preset that names its endpoints has no issuer to compare with. */
static void
test_issuer_unknown (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SeCodeRequest) request = NULL;
  g_autofree char *text = NULL;
  se_autosecret char *code = NULL;

  endpoints.issuer = NULL;
  request = start (fixture);
  text = g_strdup_printf ("/?code=c1&iss=x&state=%s", request->state);
  g_assert_cmpint (se_code_grant_read (request, text, &code, NULL), ==, SE_CODE_GRANTED);
}

#define TOKENS "{\"access_token\":\"A\",\"refresh_token\":\"R\",\"token_type\":\"Bearer\"}"

static void
test_exchange (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SeCodeRequest) request = start (fixture);
  g_autofree char *form = g_strdup_printf (
      "grant_type=authorization_code code=c%%2F1 redirect_uri=http%%3A%%2F%%2Flocalhost%%3A4711%%2F"
      " code_verifier=%s client_id=client-1",
      request->verifier);
  const Exchange script[] = { { FIXTURE_TOKEN_URL, form, 200, TOKENS }, { NULL } };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeTokenRecord) record = NULL;

  fixture_script (script);
  record = se_code_grant_exchange (&fixture->context, &endpoints, request, "c/1", &error);
  g_assert_no_error (error);
  fixture_script_done ();
  g_assert_cmpstr (record->access_token, ==, "A");
  g_assert_cmpstr (record->refresh_token, ==, "R");
  g_assert_cmpstr (record->grant, ==, "code");
}

static void
test_exchange_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SeCodeRequest) request = start (fixture);
  g_autofree char *form = g_strdup_printf (
      "grant_type=authorization_code code=c1 redirect_uri=http%%3A%%2F%%2Flocalhost%%3A4711%%2F "
      "code_verifier=%s client_id=client-1",
      request->verifier);
  g_autofree char *body = g_strdup_printf (
      "{\"error\":\"invalid_grant\",\"error_description\":\"bad verifier %s\"}", request->verifier);
  const Exchange script[] = { { FIXTURE_TOKEN_URL, form, 400, body }, { NULL } };
  g_autoptr (GError) error = NULL;

  fixture_script (script);
  g_assert_null (se_code_grant_exchange (&fixture->context, &endpoints, request, "c1", &error));
  g_assert_null (strstr (error->message, request->verifier));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "invalid_grant");
  fixture_script_done ();
}

#undef ADD
#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/code-grant/request", test_request);
  ADD ("/code-grant/challenge", test_challenge);
  ADD ("/code-grant/prompt", test_prompt);
  ADD ("/code-grant/address", test_address);
  ADD ("/code-grant/needs", test_needs);
  ADD ("/code-grant/ports", test_ports);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strdup_printf ("/code-grant/answer/%s", cases[i].name);

      g_test_add (name, Fixture, &cases[i], set_up, test_answer, fixture_tear_down);
    }
  ADD ("/code-grant/issuer-told", test_issuer_told);
  ADD ("/code-grant/issuer-unknown", test_issuer_unknown);
  ADD ("/code-grant/exchange", test_exchange);
  ADD ("/code-grant/exchange-refused", test_exchange_refused);
  return g_test_run ();
}
