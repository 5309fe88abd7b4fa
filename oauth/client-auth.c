/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/client-auth.h"

#include "common/io.h"
#include "common/timestamp.h"
#include "oauth/jwt.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define ASSERTION_TYPE "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
/* Entra takes 5 to 10 minutes; some are for clocks that differ. */
#define ASSERTION_LIFETIME 480

/* *secret NULL on return TRUE: none is configured. */
static gboolean
read_secret (const SeAccount *account, char **secret, GError **error)
{
  gsize length = 0;

  *secret = NULL;
  if (account->client_secret_file == NULL)
    return TRUE;
  *secret = se_io_read_secret_file (account->client_secret_file, 4096, &length, error);
  if (*secret == NULL)
    return FALSE;
  (*secret)[strcspn (*secret, "\r\n")] = '\0';
  if (**secret != '\0')
    return TRUE;
  g_clear_pointer (secret, se_io_free_secret);
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
               _ ("%s is empty; it has to hold the client secret"), account->client_secret_file);
  return FALSE;
}

static gboolean
check_dates (const SeAccount *account, const SeCertificate *certificate, gint64 now, GError **error)
{
  gboolean early = now < certificate->not_before;
  gint64 seconds = early ? certificate->not_before : certificate->not_after;
  g_autofree char *text = se_timestamp_local (seconds);

  if (!early && now < certificate->not_after)
    return TRUE;
  if (early)
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("the certificate in %s is valid only from %s: is this machine's clock right?"),
                 account->certificate_file, text);
  else
    g_set_error (error, SE_ERROR, SE_ERROR_CONFIG,
                 _ ("the certificate in %s ended at %s: make a new one, register it with the "
                    "application, and name it and its key in [account %s]"),
                 account->certificate_file, text, account->address);
  return FALSE;
}

/* RFC 7523, 3, with Microsoft Entra's header. To be wiped by the caller. */
static char *
make_assertion (const SeAccount *account, const char *audience, GError **error)
{
  g_autoptr (SeRsaKey) key = se_rsa_key_read (account->key_file, error);
  g_autoptr (cJSON) header = cJSON_CreateObject ();
  g_autoptr (cJSON) claims = cJSON_CreateObject ();
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autofree char *identifier = g_uuid_string_random ();
  g_autofree char *thumbprint = NULL;
  SeCertificate certificate;

  if (key == NULL || !se_certificate_read (account->certificate_file, key, &certificate, error)
      || !check_dates (account, &certificate, now, error))
    return NULL;
  thumbprint = se_base64url_encode (certificate.sha256, sizeof certificate.sha256);
  cJSON_AddStringToObject (header, "x5t#S256", thumbprint);
  cJSON_AddStringToObject (claims, "iss", account->client_id);
  cJSON_AddStringToObject (claims, "sub", account->client_id);
  cJSON_AddStringToObject (claims, "aud", audience);
  cJSON_AddStringToObject (claims, "jti", identifier);
  cJSON_AddNumberToObject (claims, "nbf", (double)now);
  cJSON_AddNumberToObject (claims, "iat", (double)now);
  cJSON_AddNumberToObject (claims, "exp", (double)(now + ASSERTION_LIFETIME));
  return se_jwt_sign (header, claims, key, SE_RSA_PS256, error);
}

gboolean
se_client_auth_add (SeForm *form, const SeAccount *account, const char *audience, GError **error)
{
  gboolean certified = account->certificate_file != NULL && account->key_file != NULL;
  se_autosecret char *proof = NULL;

  if (account->client_id == NULL || *account->client_id == '\0')
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("set client-id = in [account %s]"),
                   account->address);
      return FALSE;
    }
  if (certified)
    proof = make_assertion (account, audience, error);
  if (certified ? proof == NULL : !read_secret (account, &proof, error))
    return FALSE;
  se_form_add (form, "client_id", account->client_id);
  if (certified)
    se_form_add (form, "client_assertion_type", ASSERTION_TYPE);
  se_form_add_secret (form, certified ? "client_assertion" : "client_secret", proof);
  return TRUE;
}

gboolean
se_client_auth_check (const SeAccount *account, GError **error)
{
  g_autoptr (SeForm) form = se_form_new ();

  return se_client_auth_add (form, account, "", error);
}

gboolean
se_client_auth_certificate_end (const SeAccount *account, gint64 *end, GError **error)
{
  SeCertificate certificate;

  *end = 0;
  if (account->certificate_file == NULL)
    return TRUE;
  if (!se_certificate_read (account->certificate_file, NULL, &certificate, error))
    return FALSE;
  *end = certificate.not_after;
  return TRUE;
}
