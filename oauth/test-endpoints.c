/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/test-fixture.h"

#include <string.h>

#define DOCUMENT(issuer, more) \
  "{\"issuer\":\"" issuer "\",\"token_endpoint\":\"https://t.test/token\"" more "}"
#define OPENID "/.well-known/openid-configuration"
#define OAUTH "/.well-known/oauth-authorization-server"
#define GOOD -1

/* What Microsoft answered for a tenant's domain, shortened: its issuer has the tenant's GUID; for
 * "common" and "organizations" it has "{tenantid}". */
#define MICROSOFT "https://login.microsoftonline.com/"
#define MICROSOFT_GUID MICROSOFT "5e1dba95-0000-4000-8000-3f1f7bb2a26a"
#define MICROSOFT_DOCUMENT(issuer)                                                          \
  "{\"token_endpoint\":\"" MICROSOFT_GUID "/oauth2/v2.0/token\","                           \
  "\"token_endpoint_auth_methods_supported\":[\"client_secret_post\",\"private_key_jwt\"]," \
  "\"response_modes_supported\":[\"query\",\"fragment\",\"form_post\"],"                    \
  "\"subject_types_supported\":[\"pairwise\"],\"issuer\":\"" issuer "\","                   \
  "\"device_authorization_endpoint\":\"" MICROSOFT_GUID "/oauth2/v2.0/devicecode\","        \
  "\"authorization_endpoint\":\"" MICROSOFT_GUID "/oauth2/v2.0/authorize\","                \
  "\"tenant_region_scope\":\"EU\",\"cloud_instance_name\":\"microsoftonline.com\"}"

static const struct
{
  const char *name;
  const char *issuer;
  Exchange script[3];
  int fault; /* SeError or GOOD */
  const char *part;
} cases[] = {
  { "openid",
    "https://id.test",
    { { "https://id.test" OPENID, NULL, 200,
        DOCUMENT ("https://id.test",
                  ",\"device_authorization_endpoint\":\"https://t.test/device\"") } },
    GOOD },
  { "openid-with-path",
    "https://id.test/realms/a",
    { { "https://id.test/realms/a" OPENID, NULL, 200, DOCUMENT ("https://id.test/realms/a", "") } },
    GOOD },
  { "trailing-slash",
    "https://id.test/",
    { { "https://id.test" OPENID, NULL, 200, DOCUMENT ("https://id.test/", "") } },
    GOOD },
  { "path-and-trailing-slash",
    "https://id.test/a/",
    { { "https://id.test/a" OPENID, NULL, 404, "" },
      { "https://id.test" OAUTH "/a", NULL, 200, DOCUMENT ("https://id.test/a/", "") } },
    GOOD },
  { "rfc8414",
    "https://id.test",
    { { "https://id.test" OPENID, NULL, 404, "" },
      { "https://id.test" OAUTH, NULL, 200, DOCUMENT ("https://id.test", "") } },
    GOOD },
  { "rfc8414-with-path",
    "https://id.test:8443/a/b",
    { { "https://id.test:8443/a/b" OPENID, NULL, 404, "" },
      { "https://id.test:8443" OAUTH "/a/b", NULL, 200,
        DOCUMENT ("https://id.test:8443/a/b", "") } },
    GOOD },
  { "web-page-in-place-of-the-first",
    "https://id.test",
    { { "https://id.test" OPENID, NULL, 200, "<html>" },
      { "https://id.test" OAUTH, NULL, 200, DOCUMENT ("https://id.test", "") } },
    GOOD },
  { "slash-added-by-server",
    "https://id.test",
    { { "https://id.test" OPENID, NULL, 200, DOCUMENT ("https://id.test/", "") } },
    SE_ERROR_CONFIG,
    "issuer https://id.test/, not https://id.test:" },
  { "slash-missing-at-server",
    "https://id.test/",
    { { "https://id.test" OPENID, NULL, 200, DOCUMENT ("https://id.test", "") } },
    SE_ERROR_CONFIG,
    "letter by letter" },
  { "other-issuer",
    "https://id.test",
    { { "https://id.test" OPENID, NULL, 200, DOCUMENT ("https://evil.test", "") } },
    SE_ERROR_CONFIG,
    "evil.test" },
  { "other-case",
    "https://id.test/A",
    { { "https://id.test/A" OPENID, NULL, 200, DOCUMENT ("https://id.test/a", "") } },
    SE_ERROR_CONFIG,
    "https://id.test/a" },
  { "microsoft-guid",
    MICROSOFT "contoso.com/v2.0",
    { { MICROSOFT "contoso.com/v2.0" OPENID, NULL, 200,
        MICROSOFT_DOCUMENT (MICROSOFT_GUID "/v2.0") } },
    SE_ERROR_CONFIG,
    "is for the issuer " MICROSOFT_GUID "/v2.0, not " MICROSOFT "contoso.com/v2.0:" },
  { "microsoft-template",
    MICROSOFT "organizations/v2.0",
    { { MICROSOFT "organizations/v2.0" OPENID, NULL, 200,
        MICROSOFT_DOCUMENT (MICROSOFT "{tenantid}/v2.0") } },
    SE_ERROR_CONFIG,
    "for many issuers (" MICROSOFT "{tenantid}/v2.0), so that nothing in it can be relied on: use "
    "a preset" },
  { "no-issuer",
    "https://id.test",
    { { "https://id.test" OPENID, NULL, 200, "{\"token_endpoint\":\"https://t.test/token\"}" } },
    SE_ERROR_CONFIG,
    "(none)" },
  { "neither",
    "https://id.test",
    { { "https://id.test" OPENID, NULL, 404, "" }, { "https://id.test" OAUTH, NULL, 302, "" } },
    SE_ERROR_CONFIG,
    "(HTTP 404) nor at" },
  { "http-token-endpoint",
    "https://id.test",
    { { "https://id.test" OPENID, NULL, 200,
        "{\"issuer\":\"https://id.test\",\"token_endpoint\":\"http://t.test/token\"}" } },
    SE_ERROR_CONFIG,
    "http://t.test/token is not an https address" },
  { "http-device-endpoint",
    "https://id.test",
    { { "https://id.test" OPENID, NULL, 200,
        DOCUMENT ("https://id.test",
                  ",\"device_authorization_endpoint\":\"http://t.test/device\"") } },
    SE_ERROR_CONFIG,
    "device_authorization_endpoint" },
  { "no-token-endpoint",
    "https://id.test",
    { { "https://id.test" OPENID, NULL, 200, "{\"issuer\":\"https://id.test\"}" } },
    SE_ERROR_CONFIG,
    "no token endpoint" },
  { "server-down",
    "https://id.test",
    { { "https://id.test" OPENID, NULL, 503, "" } },
    SE_ERROR_TEMPORARY,
    "HTTP 503" },
  { "not-reached",
    "https://id.test",
    { { "https://id.test" OPENID, NULL, -1, NULL } },
    SE_ERROR_TEMPORARY,
    "no answer" },
  { "http-issuer",
    "http://id.test",
    { { NULL } },
    SE_ERROR_CONFIG,
    "issuer http://id.test is not" },
  { "issuer-with-query", "https://id.test?a", { { NULL } }, SE_ERROR_CONFIG, "without a query" },
  { "issuer-with-fragment", "https://id.test#a", { { NULL } }, SE_ERROR_CONFIG, "fragment" },
  { "issuer-with-user", "https://u@id.test", { { NULL } }, SE_ERROR_CONFIG, "user name" },
  { "issuer-without-host", "https:///x", { { NULL } }, SE_ERROR_CONFIG, "not an https address" },
};

static void
test_discovery (Fixture *fixture, gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  const SeHttpOptions options = { .cancel_fd = -1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeEndpoints) endpoints = NULL;

  fixture->provider.issuer = (char *)cases[i].issuer;
  fixture->provider.token_endpoint = NULL;
  fixture->provider.device_authorization_endpoint = NULL;
  fixture_script (cases[i].script);
  endpoints = se_endpoints_resolve (&fixture->account, fixture_http, &options, &error);
  fixture_script_done ();
  if (cases[i].fault != GOOD)
    {
      g_assert_null (endpoints);
      assert_failure (error, cases[i].fault, cases[i].part);
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpstr (endpoints->issuer, ==, cases[i].issuer);
  g_assert_cmpstr (endpoints->token, ==, "https://t.test/token");
  if (i == 0)
    g_assert_cmpstr (endpoints->device_authorization, ==, "https://t.test/device");
  g_assert_null (endpoints->revocation);
}

static void
test_configured (Fixture *fixture, gconstpointer unused)
{
  const SeHttpOptions options = { .cancel_fd = -1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeEndpoints) endpoints = NULL;

  fixture->account.tenant = (char *)"a b/../c?d%";
  fixture->provider.revocation_endpoint = (char *)"https://id.test/r?t=%{tenant}&u=%{tenant}";
  endpoints = se_endpoints_resolve (&fixture->account, fixture_http, &options, &error);
  g_assert_no_error (error);
  g_assert_null (endpoints->issuer);
  g_assert_null (endpoints->authorization);
  g_assert_cmpstr (endpoints->token, ==, "https://id.test/a%20b%2F..%2Fc%3Fd%25/token");
  g_assert_cmpstr (endpoints->revocation, ==,
                   "https://id.test/r?t=a%20b%2F..%2Fc%3Fd%25&u=a%20b%2F..%2Fc%3Fd%25");
}

/* A preset's endpoints are enough: nothing is asked, so no metadata document can be in the way, and
 * a later login cannot be turned away by an issuer. */
static void
test_preset (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[] = { { NULL } };
  const SeHttpOptions options = { .cancel_fd = -1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeEndpoints) endpoints = NULL;

  fixture->provider.device_authorization_endpoint
      = (char *)MICROSOFT "%{tenant}/oauth2/v2.0/devicecode";
  fixture->provider.authorization_endpoint = (char *)MICROSOFT "%{tenant}/oauth2/v2.0/authorize";
  fixture->provider.token_endpoint = (char *)MICROSOFT "%{tenant}/oauth2/v2.0/token";
  fixture->account.tenant = (char *)"contoso.com";
  fixture_script (script);
  endpoints = se_endpoints_resolve (&fixture->account, fixture_http, &options, &error);
  fixture_script_done ();
  g_assert_no_error (error);
  g_assert_null (endpoints->issuer);
  g_assert_null (endpoints->revocation);
  g_assert_cmpstr (endpoints->token, ==, MICROSOFT "contoso.com/oauth2/v2.0/token");
}

/* The page at which a code is entered speaks the language of the terminal. */
static void
test_locale (Fixture *fixture, gconstpointer unused)
{
  static const struct
  {
    const char *locale, *tag;
  } locales[] = { { "de_AT.UTF-8", "de-AT" },   { "sr_RS@latin", "sr-RS" }, { "fr", "fr" },
                  { "zh_CN.GB18030", "zh-CN" }, { "C", "en-US" },           { "C.UTF-8", "en-US" },
                  { "POSIX", "en-US" },         { "a&b=c", "en-US" } };
  const SeHttpOptions options = { .cancel_fd = -1 };

  fixture->provider.device_authorization_endpoint
      = (char *)"https://id.test/%{tenant}/device?mkt=%{locale}";
  g_unsetenv ("LANGUAGE");
  for (gsize i = 0; i < G_N_ELEMENTS (locales); i++)
    {
      g_autofree char *expected
          = g_strdup_printf ("https://id.test/contoso/device?mkt=%s", locales[i].tag);
      g_autoptr (GError) error = NULL;
      g_autoptr (SeEndpoints) endpoints = NULL;

      g_setenv ("LC_ALL", locales[i].locale, TRUE);
      endpoints = se_endpoints_resolve (&fixture->account, fixture_http, &options, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (endpoints->device_authorization, ==, expected);
    }
}

static void
test_configured_refused (Fixture *fixture, gconstpointer unused)
{
  static const char *const bad[]
      = { "http://id.test/token", "ftp://id.test/", "id.test", "", "https://", "https://a#b" };
  const SeHttpOptions options = { .cancel_fd = -1 };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      fixture->provider.token_endpoint = (char *)bad[i];
      g_assert_null (se_endpoints_resolve (&fixture->account, fixture_http, &options, &error));
      assert_failure (error, SE_ERROR_CONFIG, "token-endpoint");
    }
  fixture->provider.token_endpoint = (char *)"https://id.test/%{tenant}/token";
  fixture->account.tenant = NULL;
  g_assert_null (se_endpoints_resolve (&fixture->account, fixture_http, &options, &error));
  assert_failure (error, SE_ERROR_CONFIG, "set tenant = in [account scanner@contoso.com]");
}

static void
test_configured_wins (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { "https://id.test" OPENID, NULL, 200,
            DOCUMENT ("https://id.test", ",\"device_authorization_endpoint\":\"http://bad/\"") },
          { NULL } };
  const SeHttpOptions options = { .cancel_fd = -1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeEndpoints) endpoints = NULL;

  fixture->provider.issuer = (char *)"https://id.test";
  fixture->provider.token_endpoint = NULL;
  fixture_script (script);
  endpoints = se_endpoints_resolve (&fixture->account, fixture_http, &options, &error);
  fixture_script_done ();
  g_assert_no_error (error);
  g_assert_cmpstr (endpoints->device_authorization, ==, FIXTURE_DEVICE_URL);
  g_assert_cmpstr (endpoints->token, ==, "https://t.test/token");
}

/* What decides how the authorization code grant asks and what it takes for an answer. */
static void
test_metadata (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { "https://id.test" OPENID, NULL, 200,
            DOCUMENT ("https://id.test", ",\"authorization_response_iss_parameter_supported\":true,"
                                         "\"prompt_values_supported\":[\"login\",1,\"consent\"]") },
          { "https://id.test" OPENID, NULL, 200,
            DOCUMENT ("https://id.test",
                      ",\"authorization_response_iss_parameter_supported\":\"true\"") },
          { NULL } };
  const SeHttpOptions options = { .cancel_fd = -1 };
  g_autoptr (SeEndpoints) said = NULL;
  g_autoptr (SeEndpoints) silent = NULL;

  fixture->provider.issuer = (char *)"https://id.test";
  fixture_script (script);
  said = se_endpoints_resolve (&fixture->account, fixture_http, &options, NULL);
  silent = se_endpoints_resolve (&fixture->account, fixture_http, &options, NULL);
  fixture_script_done ();
  g_assert_true (said->issuer_told);
  g_assert_cmpuint (g_strv_length (said->prompts), ==, 2);
  g_assert_cmpstr (said->prompts[1], ==, "consent");
  g_assert_false (silent->issuer_told);
  g_assert_null (silent->prompts);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/endpoints/discovery/%s", cases[i].name);

      ADD_CASE (path, GSIZE_TO_POINTER (i), test_discovery);
    }
  ADD ("/endpoints/configured", test_configured);
  ADD ("/endpoints/preset", test_preset);
  ADD ("/endpoints/locale", test_locale);
  ADD ("/endpoints/configured-refused", test_configured_refused);
  ADD ("/endpoints/configured-wins", test_configured_wins);
  ADD ("/endpoints/metadata", test_metadata);
  return g_test_run ();
}
