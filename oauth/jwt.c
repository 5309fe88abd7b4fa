/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/jwt.h"

#include "common/io.h"

#include <string.h>

char *
se_base64url_encode (const void *data, gsize length)
{
  char *text = g_base64_encode (data, length);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';
  return text;
}

char *
se_base64url_decode (const char *text, gsize length, gsize *decoded_length)
{
  se_autosecret char *padded = NULL;
  char *decoded = NULL;

  if (length == 0 || length % 4 == 1)
    return NULL;
  padded = g_malloc0 (length + 4);
  for (gsize i = 0; i < length; i++)
    {
      if (!g_ascii_isalnum (text[i]) && text[i] != '-' && text[i] != '_')
        return NULL;
      padded[i] = text[i] == '-' ? '+' : text[i] == '_' ? '/' : text[i];
    }
  while (length % 4 != 0)
    padded[length++] = '=';
  decoded = (char *)g_base64_decode (padded, decoded_length);
  decoded = g_realloc (decoded, *decoded_length + 1);
  decoded[*decoded_length] = '\0';
  return decoded;
}

cJSON *
se_jwt_claims (const char *jwt)
{
  const char *start = strchr (jwt, '.');
  const char *end = start == NULL ? NULL : strchr (start + 1, '.');
  gsize length = 0;
  se_autosecret char *text = NULL;

  if (end == NULL || strchr (end + 1, '.') != NULL)
    return NULL;
  text = se_base64url_decode (start + 1, (gsize)(end - start - 1), &length);
  return text == NULL ? NULL : se_json_parse (text, length);
}

static char *
encode_part (const cJSON *json)
{
  char *text = cJSON_PrintUnformatted (json);
  char *encoded = se_base64url_encode (text, strlen (text));

  cJSON_free (text);
  return encoded;
}

char *
se_jwt_sign (cJSON *header, const cJSON *claims, const SeRsaKey *key, SeRsaScheme scheme,
             GError **error)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *input = NULL;
  g_autofree guchar *signature = NULL;
  g_autofree char *third = NULL;
  gsize length = 0;

  cJSON_AddStringToObject (header, "alg", scheme == SE_RSA_PS256 ? "PS256" : "RS256");
  cJSON_AddStringToObject (header, "typ", "JWT");
  first = encode_part (header);
  second = encode_part (claims);
  input = g_strdup_printf ("%s.%s", first, second);
  signature = se_rsa_key_sign (key, scheme, input, strlen (input), &length, error);
  if (signature == NULL)
    return NULL;
  third = se_base64url_encode (signature, length);
  return g_strdup_printf ("%s.%s", input, third);
}
