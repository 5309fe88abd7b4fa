/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/id-token.h"

#include "common/log.h"
#include "oauth/jwt.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* How far this machine's clock may be ahead of the server's, seconds. */
#define CLOCK_SKEW 300

void
se_id_token_free (SeIdToken *token)
{
  if (token == NULL)
    return;
  g_free (token->identity);
  g_free (token->tenant_id);
  g_free (token);
}

/* Without regard to case: Microsoft's client ids are GUIDs, which admins paste in either. */
static gboolean
is_for_client (const cJSON *claims, const char *client_id)
{
  const cJSON *audience = cJSON_GetObjectItemCaseSensitive (claims, "aud");
  const cJSON *member = NULL;

  if (cJSON_IsString (audience))
    return g_ascii_strcasecmp (audience->valuestring, client_id) == 0;
  if (cJSON_IsArray (audience))
    cJSON_ArrayForEach (member,
                        audience) if (cJSON_IsString (member)
                                      && g_str_equal (member->valuestring, client_id)) return TRUE;
  return FALSE;
}

static gboolean
check_claims (const cJSON *claims, const char *client_id, const char *issuer, gint64 now,
              GError **error)
{
  gint64 expires = 0;

  if (!is_for_client (claims, client_id))
    {
      g_set_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION,
                   _ ("the ID token was made for another client than %s"), client_id);
      return FALSE;
    }
  if (issuer != NULL && g_strcmp0 (se_json_string (claims, "iss"), issuer) != 0)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION,
                   _ ("the ID token was made by another issuer than %s"), issuer);
      return FALSE;
    }
  if (!se_json_integer (claims, "exp", &expires) || now - CLOCK_SKEW >= expires)
    {
      g_set_error_literal (error, SE_ERROR, SE_ERROR_AUTHORIZATION,
                           _ ("the ID token has expired already: is this machine's clock right?"));
      return FALSE;
    }
  return TRUE;
}

/* The claim that is compared with login-user: an address if any of them is one. */
static char *
find_identity (const cJSON *claims)
{
  static const char *const names[]
      = { "preferred_username", "email", "upn", "unique_name", "name", "sub" };
  const char *found = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *value = se_json_string (claims, names[i]);

      if (value == NULL)
        continue;
      if (strchr (value, '@') != NULL)
        return se_log_clean (value, 254);
      if (found == NULL)
        found = value;
    }
  return found == NULL ? NULL : se_log_clean (found, 254);
}

SeIdToken *
se_id_token_parse (const char *jwt, const char *client_id, const char *issuer, gint64 now,
                   GError **error)
{
  g_autoptr (SeIdToken) token = g_new0 (SeIdToken, 1);
  g_autoptr (cJSON) claims = se_jwt_claims (jwt);
  const char *tenant_id = NULL;

  if (claims == NULL)
    {
      g_set_error_literal (error, SE_ERROR, SE_ERROR_AUTHORIZATION,
                           _ ("the server's ID token cannot be read"));
      return NULL;
    }
  if (!check_claims (claims, client_id, issuer, now, error))
    return NULL;
  tenant_id = se_json_string (claims, "tid");
  token->identity = find_identity (claims);
  token->tenant_id = tenant_id == NULL ? NULL : se_log_clean (tenant_id, 64);
  return g_steal_pointer (&token);
}
