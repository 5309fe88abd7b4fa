/* SPDX-License-Identifier: Apache-2.0 */
/* The grants that need no person, and renewal by the record's own grant. */
#include "oauth/grant.h"
#include "oauth/service-account.h"
#include "oauth/test-fixture.h"
#include "oauth/test-pki.h"

#include "common/digest.h"
#include "common/io.h"

#include <glib/gstdio.h>
#include <string.h>

#define EMAIL "scan@project.iam.test"
#define CREDENTIALS_FORM(scope) \
  "grant_type=client_credentials scope=" scope " client_id=client-1 client_secret=s3cret"
#define DEFAULT_SCOPE "https%3A%2F%2Fx.test%2F.default"
#define GIVEN "{\"access_token\":\"access-1\",\"expires_in\":3599,\"token_type\":\"Bearer\"}"
#define INVALID_CLIENT "{\"error\":\"invalid_client\",\"error_codes\":[7000222]}"

static SeEndpoints endpoints = { .token = (char *)FIXTURE_TOKEN_URL };

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_free (fixture->account.client_secret_file);
  g_free (fixture->account.service_account_file);
  fixture_tear_down (fixture, data);
}

static void
set_up_credentials (Fixture *fixture, gconstpointer data)
{
  fixture_set_up (fixture, data);
  fixture->account.client_secret_file = g_build_filename (fixture->directory, "secret", NULL);
  fixture_put (fixture->account.client_secret_file, "s3cret", -1);
  fixture->account.grant = (char *)"client-credentials";
  fixture->account.scope = (char *)"https://x.test/.default";
}

/* email: of the service account; key: PEM. */
static void
put_key_file (const Fixture *fixture, const char *email, const char *key)
{
  g_autoptr (cJSON) json = cJSON_CreateObject ();
  g_autofree char *text = NULL;

  cJSON_AddStringToObject (json, "type", "service_account");
  cJSON_AddStringToObject (json, "private_key_id", "key-1");
  cJSON_AddStringToObject (json, "private_key", key);
  cJSON_AddStringToObject (json, "client_email", email);
  cJSON_AddStringToObject (json, "token_uri", "https://elsewhere.test/token");
  text = se_json_print (json);
  fixture_put (fixture->account.service_account_file, text, -1);
}

static void
set_up_service_account (Fixture *fixture, gconstpointer data)
{
  g_autofree char *key = pki_key_pem (pki_key (), NULL);

  fixture_set_up (fixture, data);
  fixture->account.service_account_file = g_build_filename (fixture->directory, "key.json", NULL);
  put_key_file (fixture, EMAIL, key);
  fixture->account.grant = (char *)"service-account";
  fixture->account.client_id = NULL;
  fixture->account.scope = (char *)"https://mail.google.com/";
}

/* Signs in by se_grant_run and stores what it brings. */
static SeTokenRecord *
run_and_store (const Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  SeTokenRecord *record = se_grant_run (&fixture->context, &endpoints, &error);

  g_assert_no_error (error);
  fixture_store (fixture, record);
  return record;
}

static void
assert_token (const Fixture *fixture, const char *rejected, const char *expected)
{
  g_autofree char *fingerprint = rejected == NULL ? NULL : se_digest_fingerprint (rejected);
  g_autoptr (GError) error = NULL;
  se_autosecret char *token = se_token_get (&fixture->context, fingerprint, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (token, ==, expected);
}

/* As it will be in an hour. */
static void
let_expire (const Fixture *fixture)
{
  g_autoptr (SeTokenRecord) record = fixture_load (fixture);

  g_free (record->access_token);
  record->access_token = g_strdup ("access-0");
  record->obtained -= 4000;
  record->expires -= 4000;
  fixture_store (fixture, record);
}

static void
test_attended (void)
{
  g_assert_true (se_grant_is_attended ("device"));
  g_assert_true (se_grant_is_attended ("code"));
  g_assert_false (se_grant_is_attended ("client-credentials"));
  g_assert_false (se_grant_is_attended ("service-account"));
}

/* Without a refresh token, even where the server gives one: nothing is missing. */
static void
test_client_credentials (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { FIXTURE_TOKEN_URL, CREDENTIALS_FORM (DEFAULT_SCOPE), 200,
            "{\"access_token\":\"access-0\",\"refresh_token\":\"no\",\"expires_in\":3599}" },
          { FIXTURE_TOKEN_URL, CREDENTIALS_FORM (DEFAULT_SCOPE), 200, ROTATED },
          { FIXTURE_TOKEN_URL, CREDENTIALS_FORM (DEFAULT_SCOPE), 200, GIVEN },
          { NULL } };
  g_autoptr (SeTokenRecord) record = NULL;
  g_autoptr (SeTokenRecord) renewed = NULL;

  fixture_script (script);
  record = run_and_store (fixture);
  g_assert_cmpstr (record->grant, ==, "client-credentials");
  g_assert_cmpstr (record->client_id, ==, FIXTURE_CLIENT);
  g_assert_cmpstr (record->token_endpoint, ==, FIXTURE_TOKEN_URL);
  g_assert_cmpstr (record->scope, ==, "https://x.test/.default");
  g_assert_null (record->refresh_token);
  g_assert_null (record->identity);
  assert_token (fixture, NULL, "access-0");
  assert_token (fixture, "access-0", "access-1");
  fixture_assert_stored (fixture, "access-1", NULL, NULL);
  let_expire (fixture);
  assert_token (fixture, NULL, "access-1");
  fixture_script_done ();
  renewed = fixture_load (fixture);
  g_assert_cmpint (renewed->expires - renewed->last_refresh, ==, 3599);
}

/* A secret that ended is noted, and tried again at the next use: it may have been replaced. */
static void
test_recovery (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { FIXTURE_TOKEN_URL, CREDENTIALS_FORM (DEFAULT_SCOPE), 200, GIVEN },
          { FIXTURE_TOKEN_URL, CREDENTIALS_FORM (DEFAULT_SCOPE), 401, INVALID_CLIENT },
          { FIXTURE_TOKEN_URL, CREDENTIALS_FORM (DEFAULT_SCOPE), 503, "" },
          { FIXTURE_TOKEN_URL, CREDENTIALS_FORM (DEFAULT_SCOPE), 200, GIVEN },
          { NULL } };
  g_autoptr (SeTokenRecord) record = NULL;
  g_autoptr (GError) error = NULL;

  fixture_script (script);
  record = run_and_store (fixture);
  let_expire (fixture);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_CONFIG, "client secret has expired");
  fixture_assert_stored (fixture, "access-0", NULL, "invalid_client");
  g_assert_false (se_token_refresh (&fixture->context, &error));
  assert_failure (error, SE_ERROR_TEMPORARY, "HTTP 503");
  fixture_assert_stored (fixture, "access-0", NULL, "invalid_client");
  assert_token (fixture, NULL, "access-1");
  fixture_script_done ();
  fixture_assert_stored (fixture, "access-1", NULL, NULL);
}

static void
test_refused (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { FIXTURE_TOKEN_URL, CREDENTIALS_FORM (DEFAULT_SCOPE), 401, INVALID_CLIENT }, { NULL } };
  g_autoptr (GError) error = NULL;

  fixture_script (script);
  g_assert_null (se_grant_run (&fixture->context, &endpoints, &error));
  fixture_script_done ();
  assert_failure (error, SE_ERROR_CONFIG, "invalid_client");
  g_assert_cmpint (g_chmod (fixture->account.client_secret_file, 0644), ==, 0);
  g_assert_null (se_grant_run (&fixture->context, &endpoints, &error));
  assert_failure (error, SE_ERROR_CONFIG, "chmod 0600");
  g_assert_false (se_grant_check_files (&fixture->account, &error));
  assert_failure (error, SE_ERROR_CONFIG, "chmod 0600");
}

/* Until somebody signs in by the new grant, the old one goes on, with its own scope. */
static void
test_switched_grant (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0") " client_secret=s3cret", 200, ROTATED },
          { FIXTURE_TOKEN_URL, CREDENTIALS_FORM (DEFAULT_SCOPE), 200, GIVEN },
          { FIXTURE_TOKEN_URL, CREDENTIALS_FORM (DEFAULT_SCOPE), 200, GIVEN },
          { FIXTURE_TOKEN_URL, CREDENTIALS_FORM ("other"), 200, GIVEN },
          { NULL } };
  g_autoptr (SeTokenRecord) record = NULL;

  fixture_script (script);
  fixture_store_new (fixture, 4000, -400); /* of the device grant */
  assert_token (fixture, NULL, "access-1");
  fixture_assert_stored (fixture, "access-1", "refresh-1", NULL);

  record = run_and_store (fixture);
  fixture->account.grant = (char *)"device";
  fixture->account.scope = (char *)"other";
  let_expire (fixture);
  assert_token (fixture, NULL, "access-1");
  fixture_assert_stored (fixture, "access-1", NULL, NULL);

  /* The same grant with another scope: that is what is wanted now. */
  fixture->account.grant = (char *)"client-credentials";
  let_expire (fixture);
  assert_token (fixture, NULL, "access-1");
  fixture_script_done ();
}

static void
test_unknown_grant (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 4000, -400);
  g_autoptr (GError) error = NULL;

  g_free (record->grant);
  record->grant = g_strdup ("telepathy");
  fixture_store (fixture, record);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_CONFIG, "telepathy is not known to this version");
}

/* Google's token endpoint: verifies the assertion by the service account's public key. */
static SeHttpReply *
http_verifier (const char *url, const char *form, const SeHttpOptions *options, gboolean *timed_out,
               GError **error)
{
  const char *start = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=";
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  gint64 issued = 0, expires = 0;
  g_autoptr (cJSON) header = NULL;
  g_autoptr (cJSON) claims = NULL;

  g_assert_cmpstr (url, ==, FIXTURE_TOKEN_URL);
  g_assert_true (g_str_has_prefix (form, start));
  g_assert_null (strchr (form + strlen (start), '&'));
  claims = pki_verify (form + strlen (start), pki_key (), "RS256", &header);
  g_assert_cmpstr (se_json_string (header, "kid"), ==, "key-1");
  g_assert_cmpstr (se_json_string (claims, "iss"), ==, EMAIL);
  g_assert_cmpstr (se_json_string (claims, "sub"), ==, FIXTURE_ADDRESS);
  g_assert_cmpstr (se_json_string (claims, "scope"), ==, "https://mail.google.com/");
  g_assert_cmpstr (se_json_string (claims, "aud"), ==, FIXTURE_TOKEN_URL);
  g_assert_true (se_json_integer (claims, "iat", &issued));
  g_assert_true (se_json_integer (claims, "exp", &expires));
  g_assert_cmpint (ABS (issued - now), <, 60);
  g_assert_cmpint (expires - issued, >, 0);
  g_assert_cmpint (expires - issued, <=, 3600);
  return fixture_reply (200, GIVEN, 0);
}

static void
test_service_account (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *key = pki_key_pem (pki_key (), NULL);
  g_autoptr (SeTokenRecord) record = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (se_grant_check_files (&fixture->account, &error));
  g_assert_no_error (error);
  fixture->context.http = http_verifier;
  record = run_and_store (fixture);
  g_assert_cmpstr (record->client_id, ==, EMAIL);
  g_assert_cmpstr (record->login_user, ==, FIXTURE_ADDRESS);
  let_expire (fixture);
  assert_token (fixture, NULL, "access-1");
  fixture_assert_stored (fixture, "access-1", NULL, NULL);

  put_key_file (fixture, "other@project.iam.test", key);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "(service-account-file); " ADVICE);
}

static void
test_bad_key_files (Fixture *fixture, gconstpointer unused)
{
  static const struct
  {
    const char *contents;
    const char *part;
  } cases[] = {
    { "", "not given" },
    { "[]", "not given" },
    { "{\"installed\":{\"client_id\":\"x\"}}", "not given" },
    { "{\"type\":\"authorized_user\"}", "its type is authorized_user" },
    { "{\"type\":\"service_account\",\"private_key\":\"x\"}", "has no client_email" },
    { "{\"type\":\"service_account\",\"client_email\":\"x\"}", "has no private_key" },
    { "{\"type\":\"service_account\",\"client_email\":\"x\",\"private_key\":\"S3CRET\"}",
      "no usable private key" },
  };
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      fixture_put (fixture->account.service_account_file, cases[i].contents, -1);
      g_assert_null (se_grant_run (&fixture->context, &endpoints, &error));
      g_assert_nonnull (strstr (error->message, "key.json"));
      g_assert_null (strstr (error->message, "S3CRET"));
      assert_failure (error, SE_ERROR_CONFIG, cases[i].part);
      g_assert_false (se_service_account_check (&fixture->account, &error));
      assert_failure (error, SE_ERROR_CONFIG, cases[i].part);
    }
  g_assert_cmpint (g_chmod (fixture->account.service_account_file, 0640), ==, 0);
  g_assert_false (se_service_account_check (&fixture->account, &error));
  assert_failure (error, SE_ERROR_CONFIG, "chmod 0600");
  g_free (g_steal_pointer (&fixture->account.service_account_file));
  g_assert_false (se_service_account_check (&fixture->account, &error));
  assert_failure (error, SE_ERROR_CONFIG, "service-account-file = in [account");
}

/* A preset names its endpoints and so no issuer; Microsoft's tokens name the tenant's GUID as
 * theirs, whatever the tenant was called in the request. */
static void
test_microsoft_issuer (Fixture *fixture, gconstpointer unused)
{
#define TENANT_GUID "5e1dba95-0000-4000-8000-3f1f7bb2a26a"
  g_autofree char *claims = g_strdup_printf (
      "{\"aud\":\"client-1\",\"iss\":\"https://login.microsoftonline.com/" TENANT_GUID "/v2.0\","
      "\"exp\":%" G_GINT64_FORMAT ",\"tid\":\"" TENANT_GUID "\","
      "\"preferred_username\":\"" FIXTURE_ADDRESS "\"}",
      g_get_real_time () / G_USEC_PER_SEC + 3600);
  g_autofree char *id_token = fixture_id_token (claims);
  SeTokenResponse response = { .access_token = (char *)"A",
                               .refresh_token = (char *)"R",
                               .id_token = id_token,
                               .expires_in = 3599 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeTokenRecord) record
      = se_grant_make_record (&fixture->context, &endpoints, &response, NULL, &error);
  g_autoptr (SeTokenRecord) other = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (record->tenant_id, ==, TENANT_GUID);
  g_assert_cmpstr (record->identity, ==, FIXTURE_ADDRESS);
  g_free (record->tenant_id);
  record->tenant_id = g_strdup ("another");
  other = se_grant_make_record (&fixture->context, &endpoints, &response, record, &error);
  g_assert_null (other);
  assert_failure (error, SE_ERROR_AUTHORIZATION, "to the tenant another first");
}

#define ADD_CREDENTIALS(name, function) \
  g_test_add ("/grant/" name, Fixture, NULL, set_up_credentials, function, tear_down)
#define ADD_SERVICE_ACCOUNT(name, function) \
  g_test_add ("/grant/" name, Fixture, NULL, set_up_service_account, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/grant/attended", test_attended);
  ADD_CREDENTIALS ("client-credentials", test_client_credentials);
  ADD_CREDENTIALS ("recovery", test_recovery);
  ADD_CREDENTIALS ("refused", test_refused);
  ADD_CREDENTIALS ("switched-grant", test_switched_grant);
  ADD_SERVICE_ACCOUNT ("service-account", test_service_account);
  ADD_SERVICE_ACCOUNT ("bad-key-files", test_bad_key_files);
  ADD ("/grant/unknown-grant", test_unknown_grant);
  ADD ("/grant/microsoft-issuer", test_microsoft_issuer);
  return g_test_run ();
}
