/* SPDX-License-Identifier: Apache-2.0 */
/* JWTs and the keys that sign them; signatures are verified by libcrypto with the public key. */
#include "oauth/jwt.h"
#include "oauth/test-fixture.h"
#include "oauth/test-pki.h"

#include <glib/gstdio.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <string.h>

/* RFC 4648, section 10, and the two characters that base64 writes otherwise. */
static void
test_base64url (void)
{
  static const struct
  {
    const char *bytes;
    const char *text;
  } cases[] = { { "f", "Zg" },        { "fo", "Zm8" },        { "foo", "Zm9v" },
                { "foob", "Zm9vYg" }, { "fooba", "Zm9vYmE" }, { "foobar", "Zm9vYmFy" },
                { "\xfb", "-w" },     { "\xff\xff", "__8" },  { "\xfb\xef\xbe", "----" } };
  static const char *const bad[] = { "", "Z", "Zm9vY", "Zg==", "Z+", "Z/", "Z g", "Zm9v\n" };
  gsize length = 0;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = se_base64url_encode (cases[i].bytes, strlen (cases[i].bytes));
      g_autofree char *bytes = se_base64url_decode (text, strlen (text), &length);

      g_assert_cmpstr (text, ==, cases[i].text);
      g_assert_cmpstr (bytes, ==, cases[i].bytes);
      g_assert_cmpuint (length, ==, strlen (cases[i].bytes));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (se_base64url_decode (bad[i], strlen (bad[i]), &length));
}

static void
test_claims (void)
{
  static const char *const bad[]
      = { "", "opaque", "a.b", "a.e30", "a.e30.b.c.d", "a.bnVsbA.b", "a.e30=.b" };
  g_autofree char *jwt = fixture_id_token ("{\"aud\":\"https://outlook.office.com\"}");
  g_autoptr (cJSON) claims = se_jwt_claims (jwt);

  g_assert_cmpstr (se_json_string (claims, "aud"), ==, "https://outlook.office.com");
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_null (se_jwt_claims (bad[i]));
}

static void
test_sign (gconstpointer data)
{
  SeRsaScheme scheme = (SeRsaScheme)GPOINTER_TO_INT (data);
  g_autofree char *pem = pki_key_pem (pki_key (), NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeRsaKey) key = se_rsa_key_parse (pem, "key.pem", &error);
  g_autoptr (cJSON) header = cJSON_CreateObject ();
  g_autoptr (cJSON) claims = cJSON_CreateObject ();
  g_autofree char *jwt = NULL;
  g_autoptr (cJSON) seen_header = NULL;
  g_autoptr (cJSON) seen = NULL;

  g_assert_no_error (error);
  cJSON_AddStringToObject (header, "kid", "k-1");
  cJSON_AddStringToObject (claims, "sub", "\u00fc");
  cJSON_AddNumberToObject (claims, "exp", 1795305600.0);
  jwt = se_jwt_sign (header, claims, key, scheme, &error);
  g_assert_no_error (error);
  seen = pki_verify (jwt, pki_key (), scheme == SE_RSA_PS256 ? "PS256" : "RS256", &seen_header);
  g_assert_cmpstr (se_json_string (seen_header, "kid"), ==, "k-1");
  g_assert_cmpstr (se_json_string (seen, "sub"), ==, "\u00fc");
  g_assert_cmpfloat (cJSON_GetNumberValue (cJSON_GetObjectItem (seen, "exp")), ==, 1795305600.0);
  g_assert_true (cJSON_Compare (seen, claims, TRUE));
}

static void
assert_bad_key (const char *pem, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (se_rsa_key_parse (pem, "key.pem", &error));
  g_assert_nonnull (strstr (error->message, "key.pem"));
  assert_failure (error, SE_ERROR_CONFIG, part);
}

static void
test_bad_keys (void)
{
  EVP_PKEY *curve = EVP_EC_gen ("P-256");
  EVP_PKEY *small = pki_new_key (1024);
  g_autofree char *encrypted = pki_key_pem (pki_key (), "secret");
  g_autofree char *curve_pem = pki_key_pem (curve, NULL);
  g_autofree char *small_pem = pki_key_pem (small, NULL);
  g_autofree char *cut = pki_key_pem (pki_key (), NULL);
  g_autofree char *certificate = pki_certificate_pem (pki_key (), 0, 60, NULL);

  cut[strlen (cut) / 2] = '\0';
  assert_bad_key ("", "no usable private key");
  assert_bad_key ("garbage", "no usable private key");
  assert_bad_key (cut, "no usable private key");
  assert_bad_key (certificate, "no usable private key");
  assert_bad_key (encrypted, "has a passphrase");
  assert_bad_key ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                  "DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n"
                  "AAAAAAAAAAAAAAAAAAAAAA==\n-----END RSA PRIVATE KEY-----\n",
                  "has a passphrase");
  assert_bad_key (curve_pem, "of type EC; an RSA key is needed");
  assert_bad_key (small_pem, "1024 bits");
  EVP_PKEY_free (curve);
  EVP_PKEY_free (small);
}

static void
test_files (Fixture *fixture, gconstpointer unused)
{
  EVP_PKEY *other = pki_new_key (2048);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  guchar digest[SE_CERTIFICATE_DIGEST];
  g_autofree char *key_path = g_build_filename (fixture->directory, "key.pem", NULL);
  g_autofree char *path = g_build_filename (fixture->directory, "certificate.pem", NULL);
  g_autofree char *key_pem = pki_key_pem (pki_key (), NULL);
  g_autofree char *pem = pki_certificate_pem (pki_key (), -100, 86400, digest);
  g_autofree char *other_pem = pki_certificate_pem (other, -100, 86400, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeRsaKey) key = NULL;
  SeCertificate certificate;

  EVP_PKEY_free (other);
  fixture_put (key_path, key_pem, -1);
  key = se_rsa_key_read (key_path, &error);
  g_assert_no_error (error);
  fixture_put (path, pem, -1);
  g_assert_true (se_certificate_read (path, key, &certificate, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (certificate.sha256, sizeof digest, digest, sizeof digest);
  g_assert_cmpint (ABS (certificate.not_before - (now - 100)), <, 60);
  g_assert_cmpint (certificate.not_after - certificate.not_before, ==, 86500);

  fixture_put (path, other_pem, -1);
  g_assert_true (se_certificate_read (path, NULL, &certificate, &error));
  g_assert_false (se_certificate_read (path, key, &certificate, &error));
  assert_failure (error, SE_ERROR_CONFIG, "certificate.pem does not belong to the key in");
  fixture_put (path, key_pem, -1);
  g_assert_false (se_certificate_read (path, NULL, &certificate, &error));
  assert_failure (error, SE_ERROR_CONFIG, "no usable certificate");
  g_assert_cmpint (g_chmod (key_path, 0644), ==, 0);
  g_assert_null (se_rsa_key_read (key_path, &error));
  assert_failure (error, SE_ERROR_CONFIG, "chmod 0600");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/jwt/base64url", test_base64url);
  g_test_add_func ("/jwt/claims", test_claims);
  g_test_add_data_func ("/jwt/sign/RS256", GINT_TO_POINTER (SE_RSA_RS256), test_sign);
  g_test_add_data_func ("/jwt/sign/PS256", GINT_TO_POINTER (SE_RSA_PS256), test_sign);
  g_test_add_func ("/jwt/bad-keys", test_bad_keys);
  ADD ("/jwt/files", test_files);
  return g_test_run ();
}
