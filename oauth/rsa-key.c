/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/rsa-key.h"

#include "common/io.h"

#include <glib/gi18n-lib.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#define FILE_MAX (64 * 1024)
#define BITS_MIN 2048

struct SeRsaKey
{
  EVP_PKEY *key;
  char *name;
};

typedef EVP_MD_CTX SeMdContext;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeMdContext, EVP_MD_CTX_free)

void
se_rsa_key_free (SeRsaKey *key)
{
  if (key == NULL)
    return;
  EVP_PKEY_free (key->key);
  g_free (key->name);
  g_free (key);
}

/* libcrypto's words for what just failed; its queue of errors is the whole thread's. */
static const char *
take_reason (void)
{
  const char *reason = ERR_reason_error_string (ERR_peek_last_error ());

  ERR_clear_error ();
  return reason == NULL ? _ ("no reason given") : reason;
}

/* There is nobody to ask for a passphrase. */
static int
note_passphrase (char *buffer, int size, int writing, void *data)
{
  *(gboolean *)data = TRUE;
  return -1;
}

static gboolean
check_kind (const EVP_PKEY *key, const char *name, GError **error)
{
  const char *kind = EVP_PKEY_get0_type_name (key);

  if (EVP_PKEY_get_base_id (key) != EVP_PKEY_RSA)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s holds a key of type %s; an RSA key is needed"), name,
                   kind == NULL ? "unknown" : kind);
      return FALSE;
    }
  if (EVP_PKEY_get_bits (key) < BITS_MIN)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s holds an RSA key of %d bits; it must have at least %d"), name,
                   EVP_PKEY_get_bits (key), BITS_MIN);
      return FALSE;
    }
  return TRUE;
}

SeRsaKey *
se_rsa_key_parse (const char *pem, const char *name, GError **error)
{
  g_autoptr (SeRsaKey) key = g_new0 (SeRsaKey, 1);
  g_autoptr (BIO) bio = BIO_new_mem_buf (pem, -1);
  gboolean encrypted = FALSE;

  key->name = g_strdup (name);
  if (bio != NULL)
    key->key = PEM_read_bio_PrivateKey (bio, NULL, note_passphrase, &encrypted);
  if (key->key == NULL && encrypted)
    {
      take_reason ();
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s has a passphrase, which nobody can enter for a service: take it off "
                      "(openssl pkey), the file's mode protects the key"),
                   name);
      return NULL;
    }
  if (key->key == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s holds no usable private key in PEM (%s)"), name, take_reason ());
      return NULL;
    }
  return check_kind (key->key, name, error) ? g_steal_pointer (&key) : NULL;
}

SeRsaKey *
se_rsa_key_read (const char *path, GError **error)
{
  gsize length = 0;
  se_autosecret char *pem = se_io_read_secret_file (path, FILE_MAX, &length, error);

  return pem == NULL ? NULL : se_rsa_key_parse (pem, path, error);
}

static gboolean
begin_signature (SeMdContext *context, const SeRsaKey *key, SeRsaScheme scheme)
{
  EVP_PKEY_CTX *parameters = NULL; /* owned by context */

  if (context == NULL
      || EVP_DigestSignInit (context, &parameters, EVP_sha256 (), NULL, key->key) != 1)
    return FALSE;
  return scheme == SE_RSA_RS256
         || (EVP_PKEY_CTX_set_rsa_padding (parameters, RSA_PKCS1_PSS_PADDING) == 1
             && EVP_PKEY_CTX_set_rsa_pss_saltlen (parameters, RSA_PSS_SALTLEN_DIGEST) == 1);
}

guchar *
se_rsa_key_sign (const SeRsaKey *key, SeRsaScheme scheme, const void *data, gsize length,
                 gsize *signature_length, GError **error)
{
  g_autoptr (SeMdContext) context = EVP_MD_CTX_new ();
  g_autofree guchar *signature = g_malloc ((gsize)EVP_PKEY_get_size (key->key));

  *signature_length = (gsize)EVP_PKEY_get_size (key->key);
  if (begin_signature (context, key, scheme)
      && EVP_DigestSign (context, signature, signature_length, data, length) == 1)
    return g_steal_pointer (&signature);
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("cannot sign with %s: %s"), key->name,
               take_reason ());
  return NULL;
}

/* Returns FALSE for a date that cannot be read. */
static gboolean
read_time (const ASN1_TIME *time, gint64 *seconds)
{
  struct tm parts = { 0 };

  if (ASN1_TIME_to_tm (time, &parts) != 1)
    return FALSE;
  *seconds = (gint64)timegm (&parts);
  return TRUE;
}

gboolean
se_certificate_read (const char *path, const SeRsaKey *key, SeCertificate *certificate,
                     GError **error)
{
  gsize length = 0;
  g_autofree char *pem = se_io_read_file (path, FILE_MAX, &length, error);
  g_autoptr (BIO) bio = NULL;
  g_autoptr (X509) x509 = NULL;

  if (pem == NULL)
    return FALSE;
  bio = BIO_new_mem_buf (pem, (int)length);
  x509 = bio == NULL ? NULL : PEM_read_bio_X509 (bio, NULL, NULL, NULL);
  if (x509 == NULL || X509_digest (x509, EVP_sha256 (), certificate->sha256, NULL) != 1
      || !read_time (X509_get0_notBefore (x509), &certificate->not_before)
      || !read_time (X509_get0_notAfter (x509), &certificate->not_after))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s holds no usable certificate in PEM (%s)"), path, take_reason ());
      return FALSE;
    }
  if (key == NULL || EVP_PKEY_eq (X509_get0_pubkey (x509), key->key) == 1)
    return TRUE;
  ERR_clear_error ();
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("the certificate in %s does not belong to the key in %s: name the two that were "
                  "made together"),
               path, key->name);
  return FALSE;
}
