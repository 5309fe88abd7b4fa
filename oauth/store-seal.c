/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/store-seal.h"

#include "common/digest.h"
#include "common/io.h"

#include <glib/gi18n-lib.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>
#include <string.h>
#include <unistd.h>

#define CIPHER "AES-256-GCM"
#define KEY_FILE_MIN 32
#define KEY_FILE_MAX 4096
#define KEY_SIZE 32
#define KEY_ID_SIZE 8
#define NONCE_SIZE 12
#define TAG_SIZE 16

struct SeSeal
{
  char *path;
  char key_id[2 * KEY_ID_SIZE + 1];
  guchar key[KEY_SIZE];
};

/* libcrypto fails here only when memory is out or an algorithm is taken away: as in
 * common/digest.c, nothing can go on. */
static void
require (gboolean done)
{
  if (!done)
    g_error ("libcrypto cannot compute HKDF-SHA256 or " CIPHER);
}

static void
derive (const char *secret, const char *purpose, guchar *result, gsize size)
{
  EVP_KDF *kdf = EVP_KDF_fetch (NULL, "HKDF", NULL);
  EVP_KDF_CTX *context = EVP_KDF_CTX_new (kdf);
  OSSL_PARAM parameters[] = {
    OSSL_PARAM_construct_utf8_string (OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
    OSSL_PARAM_construct_octet_string (OSSL_KDF_PARAM_KEY, (void *)secret, strlen (secret)),
    OSSL_PARAM_construct_octet_string (OSSL_KDF_PARAM_INFO, (void *)purpose, strlen (purpose)),
    OSSL_PARAM_construct_end (),
  };

  require (context != NULL && EVP_KDF_derive (context, result, size, parameters) == 1);
  EVP_KDF_CTX_free (context);
  EVP_KDF_free (kdf);
}

SeSeal *
se_seal_new (const char *path, GError **error)
{
  se_autosecret char *secret = NULL;
  g_autoptr (GError) local = NULL;
  guchar id[KEY_ID_SIZE];
  SeSeal *seal = NULL;

  secret = se_io_read_secret_file (path, KEY_FILE_MAX, NULL, &local);
  if (secret == NULL)
    {
      g_set_error (error, local->domain, local->code,
                   access (path, F_OK) < 0
                       ? _ ("token-key-file: %s; if scan-email-token-key.service is to provide it, "
                            "run: systemctl start scan-email-token-key.service")
                       : "token-key-file: %s",
                   local->message);
      return NULL;
    }
  for (gsize length = strlen (secret); length > 0 && strchr ("\r\n", secret[length - 1]) != NULL;
       length--)
    secret[length - 1] = '\0';
  if (strlen (secret) < KEY_FILE_MIN)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("token-key-file: %s holds less than %d bytes, too little for a key; "
                      "scan-email.conf(5) tells how to make one"),
                   path, KEY_FILE_MIN);
      return NULL;
    }
  seal = g_new0 (SeSeal, 1);
  seal->path = g_strdup (path);
  derive (secret, "scan-email: key of token records", seal->key, sizeof seal->key);
  derive (secret, "scan-email: name of the key", id, sizeof id);
  for (gsize i = 0; i < sizeof id; i++)
    g_snprintf (seal->key_id + 2 * i, 3, "%02x", id[i]);
  return seal;
}

void
se_seal_free (SeSeal *seal)
{
  if (seal == NULL)
    return;
  explicit_bzero (seal->key, sizeof seal->key);
  g_free (seal->path);
  g_free (seal);
}

/* Prepares a context with key and nonce and feeds what is authenticated beside the data. */
static EVP_CIPHER_CTX *
begin (const SeSeal *seal, gboolean encrypt, const guchar *nonce, int version, const char *address)
{
  EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new ();
  g_autofree char *bound = g_strdup_printf ("scan-email %d %s", version, address);
  int length = 0;

  require (context != NULL
           && EVP_CipherInit_ex (context, EVP_aes_256_gcm (), NULL, seal->key, nonce, encrypt) == 1
           && EVP_CipherUpdate (context, NULL, &length, (const guchar *)bound, (int)strlen (bound))
                  == 1);
  return context;
}

char *
se_seal_close (const SeSeal *seal, int version, const char *address, const char *text,
               GError **error)
{
  gsize length = strlen (text);
  g_autofree guchar *data = g_malloc (length + TAG_SIZE);
  g_autoptr (cJSON) object = cJSON_CreateObject ();
  g_autofree char *encoded_nonce = NULL;
  g_autofree char *encoded_data = NULL;
  guchar nonce[NONCE_SIZE];
  EVP_CIPHER_CTX *context = NULL;
  int written = 0;
  int rest = 0;

  if (RAND_bytes (nonce, sizeof nonce) != 1)
    {
      g_set_error_literal (error, SE_ERROR, SE_ERROR_TEMPORARY,
                           _ ("no random numbers to encrypt the tokens with"));
      return NULL;
    }
  context = begin (seal, TRUE, nonce, version, address);
  require (EVP_CipherUpdate (context, data, &written, (const guchar *)text, (int)length) == 1
           && EVP_CipherFinal_ex (context, data + written, &rest) == 1
           && EVP_CIPHER_CTX_ctrl (context, EVP_CTRL_GCM_GET_TAG, TAG_SIZE, data + length) == 1);
  EVP_CIPHER_CTX_free (context);

  encoded_nonce = g_base64_encode (nonce, sizeof nonce);
  encoded_data = g_base64_encode (data, length + TAG_SIZE);
  cJSON_AddNumberToObject (object, "version", version);
  cJSON_AddStringToObject (object, "cipher", CIPHER);
  cJSON_AddStringToObject (object, "key_id", seal->key_id);
  cJSON_AddStringToObject (object, "nonce", encoded_nonce);
  cJSON_AddStringToObject (object, "data", encoded_data);
  return se_json_print (object);
}

gboolean
se_seal_is_sealed (const cJSON *object)
{
  return cJSON_HasObjectItem (object, "cipher");
}

/* Tells whether the configured key is the one that the object asks for. */
static gboolean
check_key (const SeSeal *seal, const char *key_id, const char *address, const char *location,
           const char *discard, GError **error)
{
  if (seal == NULL)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                   _ ("%s is encrypted (key %s) but no key is configured; set token-key-file in "
                      "the section [server] to the file that holds it"),
                   location, key_id);
      return FALSE;
    }
  if (!g_str_equal (key_id, seal->key_id))
    {
      g_set_error (
          error, SE_ERROR, SE_ERROR_CONFIG,
          _ ("%s is encrypted with the key %s, but token-key-file = %s holds the key %s; bring the "
             "old key back, or give the record up and run: %s && oauth-setup login %s"),
          location, key_id, seal->path, seal->key_id, discard, address);
      return FALSE;
    }
  return TRUE;
}

/* A member in base64, of min bytes at least; NULL for anything else. */
static guchar *
decode (const cJSON *object, const char *name, gsize min, gsize *length)
{
  const char *text = se_json_string (object, name);
  g_autofree guchar *data = text == NULL ? NULL : g_base64_decode (text, length);
  g_autofree char *again = data == NULL ? NULL : g_base64_encode (data, *length);

  /* g_base64_decode passes over what is no base64. */
  if (again == NULL || !g_str_equal (again, text) || *length < min)
    return NULL;
  return g_steal_pointer (&data);
}

char *
se_seal_open (const SeSeal *seal, const cJSON *object, int version, const char *address,
              const char *location, const char *discard, gboolean *damaged, GError **error)
{
  const char *cipher = se_json_string (object, "cipher");
  const char *key_id = se_json_string (object, "key_id");
  gsize nonce_length = 0;
  gsize length = 0;
  g_autofree guchar *nonce = decode (object, "nonce", NONCE_SIZE, &nonce_length);
  g_autofree guchar *data = decode (object, "data", TAG_SIZE, &length);
  se_autosecret char *text = NULL;
  EVP_CIPHER_CTX *context = NULL;
  int written = 0;
  int rest = 0;
  gboolean sound = FALSE;

  *damaged = g_strcmp0 (cipher, CIPHER) != 0 || key_id == NULL
             || !se_digest_is_hex (key_id, 2 * KEY_ID_SIZE) || nonce == NULL
             || nonce_length != NONCE_SIZE || data == NULL;
  if (*damaged || !check_key (seal, key_id, address, location, discard, error))
    return NULL;
  length -= TAG_SIZE;
  text = g_malloc0 (length + 1);
  context = begin (seal, FALSE, nonce, version, address);
  sound = EVP_CipherUpdate (context, (guchar *)text, &written, data, (int)length) == 1
          && EVP_CIPHER_CTX_ctrl (context, EVP_CTRL_GCM_SET_TAG, TAG_SIZE, data + length) == 1
          && EVP_CipherFinal_ex (context, (guchar *)text + written, &rest) == 1;
  EVP_CIPHER_CTX_free (context);
  *damaged = !sound || strlen (text) != length;
  if (!*damaged)
    return g_steal_pointer (&text);
  explicit_bzero (text, length);
  return NULL;
}
