/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/client-auth.h"
#include "oauth/jwt.h"
#include "oauth/test-fixture.h"
#include "oauth/test-pki.h"

#include "common/io.h"

#include <string.h>

#define AUDIENCE "https://id.test/contoso/token"

static char *
put (const Fixture *fixture, const char *name, const char *contents)
{
  char *path = g_build_filename (fixture->directory, name, NULL);

  fixture_put (path, contents, -1);
  return path;
}

/* Names a certificate and its key in the account; freed by the caller. */
static void
certify (Fixture *fixture, gint64 from, gint64 until, guchar *digest)
{
  g_autofree char *key = pki_key_pem (pki_key (), NULL);
  g_autofree char *certificate = pki_certificate_pem (pki_key (), from, until, digest);

  g_free (fixture->account.key_file);
  g_free (fixture->account.certificate_file);
  fixture->account.key_file = put (fixture, "key.pem", key);
  fixture->account.certificate_file = put (fixture, "certificate.pem", certificate);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_free (fixture->account.key_file);
  g_free (fixture->account.certificate_file);
  g_free (fixture->account.client_secret_file);
  fixture_tear_down (fixture, data);
}

static char *
encode (const SeAccount *account)
{
  g_autoptr (SeForm) form = se_form_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (se_client_auth_add (form, account, AUDIENCE, &error));
  g_assert_no_error (error);
  return se_form_encode (form);
}

static void
test_public (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *form = encode (&fixture->account);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (form, ==, "client_id=client-1");
  g_assert_true (se_client_auth_check (&fixture->account, &error));
  fixture->account.client_id = NULL;
  g_assert_false (se_client_auth_check (&fixture->account, &error));
  assert_failure (error, SE_ERROR_CONFIG, "client-id = in [account " FIXTURE_ADDRESS "]");
}

static void
test_secret (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *form = NULL;

  fixture->account.client_secret_file = put (fixture, "secret", "s3 cret\r\n");
  form = encode (&fixture->account);
  g_assert_cmpstr (form, ==, "client_id=client-1&client_secret=s3+cret");
}

/* RFC 7523, 3, and what Microsoft Entra adds; also over a client secret that is there, too. */
static void
test_assertion (Fixture *fixture, gconstpointer unused)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  guchar digest[32];
  g_autofree char *thumbprint = NULL;
  g_autofree char *form = NULL;
  g_autofree char *again = NULL;
  g_autoptr (cJSON) header = NULL;
  g_autoptr (cJSON) claims = NULL;
  gint64 issued = 0, not_before = 0, expires = 0;
  const char *start = "client_id=client-1&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3A"
                      "client-assertion-type%3Ajwt-bearer&client_assertion=";

  certify (fixture, -60, 86400, digest);
  fixture->account.client_secret_file = put (fixture, "secret", "s3cret");
  form = encode (&fixture->account);
  g_assert_true (g_str_has_prefix (form, start));
  claims = pki_verify (form + strlen (start), pki_key (), "PS256", &header);
  thumbprint = se_base64url_encode (digest, sizeof digest);
  g_assert_cmpstr (se_json_string (header, "x5t#S256"), ==, thumbprint);
  g_assert_cmpstr (se_json_string (claims, "iss"), ==, "client-1");
  g_assert_cmpstr (se_json_string (claims, "sub"), ==, "client-1");
  g_assert_cmpstr (se_json_string (claims, "aud"), ==, AUDIENCE);
  g_assert_true (g_uuid_string_is_valid (se_json_string (claims, "jti")));
  g_assert_true (se_json_integer (claims, "iat", &issued));
  g_assert_true (se_json_integer (claims, "nbf", &not_before));
  g_assert_true (se_json_integer (claims, "exp", &expires));
  g_assert_cmpint (issued, >=, now);
  g_assert_cmpint (issued, ==, not_before);
  g_assert_cmpint (expires - issued, >=, 300);
  g_assert_cmpint (expires - issued, <=, 600);
  again = encode (&fixture->account);
  g_assert_cmpstr (form, !=, again);
}

/* An assertion can be used by whoever sees it. */
static void
test_assertion_is_secret (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeForm) form = se_form_new ();

  certify (fixture, -60, 86400, NULL);
  g_assert_true (se_client_auth_add (form, &fixture->account, AUDIENCE, NULL));
  g_assert_nonnull (se_form_secrets (form)[0]);
  g_assert_null (se_form_secrets (form)[1]);
}

static void
test_dates (Fixture *fixture, gconstpointer unused)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autoptr (GError) error = NULL;
  gint64 end = 1;

  g_assert_true (se_client_auth_certificate_end (&fixture->account, &end, &error));
  g_assert_cmpint (end, ==, 0);
  certify (fixture, -86400, -60, NULL);
  g_assert_false (se_client_auth_check (&fixture->account, &error));
  assert_failure (error, SE_ERROR_CONFIG, "certificate.pem ended at ");
  g_assert_true (se_client_auth_certificate_end (&fixture->account, &end, &error));
  g_assert_cmpint (ABS (end - (now - 60)), <, 60);
  certify (fixture, 3600, 86400, NULL);
  g_assert_false (se_client_auth_check (&fixture->account, &error));
  assert_failure (error, SE_ERROR_CONFIG, "valid only from");
  fixture_put (fixture->account.certificate_file, "", -1);
  g_assert_false (se_client_auth_certificate_end (&fixture->account, &end, &error));
  assert_failure (error, SE_ERROR_CONFIG, "certificate.pem holds no usable certificate");
}

#define ADD_HERE(name, function) \
  g_test_add (name, Fixture, NULL, fixture_set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD_HERE ("/client-auth/public", test_public);
  ADD_HERE ("/client-auth/secret", test_secret);
  ADD_HERE ("/client-auth/assertion", test_assertion);
  ADD_HERE ("/client-auth/assertion-is-secret", test_assertion_is_secret);
  ADD_HERE ("/client-auth/dates", test_dates);
  return g_test_run ();
}
