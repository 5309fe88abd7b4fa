/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/test-pki.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>

EVP_PKEY *
pki_new_key (guint bits)
{
  g_autofree char *length = g_strdup_printf ("%u", bits);
  /* A process of its own, because under valgrind nothing takes longer. */
  const char *const argv[] = { "openssl", "genrsa", length, NULL };
  g_autofree char *pem = NULL;
  g_autoptr (GError) error = NULL;
  BIO *bio;
  EVP_PKEY *key;

  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
                NULL, &pem, NULL, NULL, &error);
  g_assert_no_error (error);
  bio = BIO_new_mem_buf (pem, -1);
  key = PEM_read_bio_PrivateKey (bio, NULL, NULL, NULL);
  BIO_free (bio);
  g_assert_nonnull (key);
  return key;
}

EVP_PKEY *
pki_key (void)
{
  static EVP_PKEY *key;

  if (key == NULL)
    key = pki_new_key (2048);
  return key;
}

static char *
take_text (BIO *bio)
{
  char *data = NULL;
  long length = BIO_get_mem_data (bio, &data);
  char *text = g_strndup (data, (gsize)length);

  BIO_free (bio);
  return text;
}

char *
pki_key_pem (EVP_PKEY *key, const char *passphrase)
{
  BIO *bio = BIO_new (BIO_s_mem ());
  const EVP_CIPHER *cipher = passphrase == NULL ? NULL : EVP_aes_128_cbc ();

  g_assert_cmpint (PEM_write_bio_PKCS8PrivateKey (bio, key, cipher, passphrase,
                                                  passphrase == NULL ? 0 : (int)strlen (passphrase),
                                                  NULL, NULL),
                   ==, 1);
  return take_text (bio);
}

char *
pki_certificate_pem (EVP_PKEY *key, gint64 from, gint64 until, guchar *digest)
{
  BIO *bio = BIO_new (BIO_s_mem ());
  X509 *certificate = X509_new ();
  X509_NAME *name = X509_get_subject_name (certificate);

  g_assert_cmpint (X509_set_version (certificate, 2), ==, 1);
  g_assert_cmpint (ASN1_INTEGER_set (X509_get_serialNumber (certificate), 1), ==, 1);
  g_assert_nonnull (X509_gmtime_adj (X509_getm_notBefore (certificate), (long)from));
  g_assert_nonnull (X509_gmtime_adj (X509_getm_notAfter (certificate), (long)until));
  g_assert_cmpint (X509_NAME_add_entry_by_txt (name, "CN", MBSTRING_ASC,
                                               (const unsigned char *)"scan-email", -1, -1, 0),
                   ==, 1);
  g_assert_cmpint (X509_set_issuer_name (certificate, name), ==, 1);
  g_assert_cmpint (X509_set_pubkey (certificate, key), ==, 1);
  g_assert_cmpint (X509_sign (certificate, key, EVP_sha256 ()), >, 0);
  if (digest != NULL)
    g_assert_cmpint (X509_digest (certificate, EVP_sha256 (), digest, NULL), ==, 1);
  g_assert_cmpint (PEM_write_bio_X509 (bio, certificate), ==, 1);
  X509_free (certificate);
  return take_text (bio);
}

/* Not by the code that is tested. */
static guchar *
decode (const char *part, gsize *length)
{
  g_autofree char *padded = g_strconcat (part, "===", NULL);

  g_assert_null (strpbrk (part, "+/="));
  padded[(strlen (part) + 3) / 4 * 4] = '\0';
  g_strdelimit (padded, "-", '+');
  g_strdelimit (padded, "_", '/');
  return g_base64_decode (padded, length);
}

static cJSON *
decode_json (const char *part)
{
  gsize length = 0;
  g_autofree guchar *bytes = decode (part, &length);
  cJSON *json = cJSON_ParseWithLength ((const char *)bytes, length);

  g_assert_true (cJSON_IsObject (json));
  return json;
}

cJSON *
pki_verify (const char *jwt, EVP_PKEY *key, const char *algorithm, cJSON **header)
{
  g_auto (GStrv) parts = g_strsplit (jwt, ".", -1);
  g_autoptr (cJSON) found = NULL;
  g_autofree guchar *signature = NULL;
  EVP_MD_CTX *context = EVP_MD_CTX_new ();
  EVP_PKEY_CTX *parameters = NULL;
  gsize signed_length = 0;
  gsize length = 0;

  g_assert_cmpuint (g_strv_length (parts), ==, 3);
  found = decode_json (parts[0]);
  g_assert_cmpstr (se_json_string (found, "alg"), ==, algorithm);
  g_assert_cmpstr (se_json_string (found, "typ"), ==, "JWT");
  signature = decode (parts[2], &length);
  signed_length = strlen (parts[0]) + 1 + strlen (parts[1]);
  g_assert_cmpint (EVP_DigestVerifyInit (context, &parameters, EVP_sha256 (), NULL, key), ==, 1);
  if (strcmp (algorithm, "PS256") == 0)
    {
      g_assert_cmpint (EVP_PKEY_CTX_set_rsa_padding (parameters, RSA_PKCS1_PSS_PADDING), ==, 1);
      g_assert_cmpint (EVP_PKEY_CTX_set_rsa_pss_saltlen (parameters, 32), ==, 1);
    }
  g_assert_cmpint (
      EVP_DigestVerify (context, signature, length, (const guchar *)jwt, signed_length), ==, 1);
  EVP_MD_CTX_free (context);
  if (header != NULL)
    *header = g_steal_pointer (&found);
  return decode_json (parts[1]);
}
