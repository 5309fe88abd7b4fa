/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/token-check.h"

#include "common/log.h"
#include "common/timestamp.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SHOWN_MAX 300
/* Exchange Online's own id, which Microsoft puts in aud for any of its addresses. */
#define EXCHANGE_ID "00000002-0000-0ff1-ce00-000000000000"

/* These give rights at the authorization server alone (OpenID Connect Core 1.0, 5.4 and 11), and
 * are not always listed among the granted ones. */
static gboolean
is_about_identity (const char *scope)
{
  static const char *const names[]
      = { "openid", "profile", "email", "address", "phone", "offline_access", NULL };

  return g_strv_contains (names, scope);
}

static const char *
last_segment (const char *scope)
{
  const char *slash = strrchr (scope, '/');

  return slash == NULL || slash[1] == '\0' ? scope : slash + 1;
}

/* Microsoft writes the same permission with and without its service's address. */
static gboolean
is_same_scope (const char *a, const char *b)
{
  return g_ascii_strcasecmp (a, b) == 0
         || g_ascii_strcasecmp (last_segment (a), last_segment (b)) == 0;
}

static gboolean
has_scope (char **granted, const char *wanted)
{
  for (; *granted != NULL; granted++)
    if (is_same_scope (*granted, wanted))
      return TRUE;
  return FALSE;
}

/* A claim that is a string, or a list of some joined by spaces. Owned by the caller. */
static char *
read_claim (const cJSON *claims, const char *name)
{
  const cJSON *claim = cJSON_GetObjectItemCaseSensitive (claims, name);
  g_autoptr (GString) text = g_string_new (NULL);
  const cJSON *item = NULL;

  if (cJSON_IsString (claim))
    return g_strdup (claim->valuestring);
  if (!cJSON_IsArray (claim))
    return NULL;
  cJSON_ArrayForEach (item, claim) if (cJSON_IsString (item))
      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", item->valuestring);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

char *
se_token_check_describe (const cJSON *claims)
{
  static const char *const names[] = { "aud", "scp",   "scope",     "roles", "upn", "email",
                                       "sub", "appid", "client_id", "azp",   "tid" };
  g_autoptr (GString) text = g_string_new (NULL);
  gint64 exp = 0;

  if (claims == NULL)
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *value = read_claim (claims, names[i]);
      g_autofree char *clean = value == NULL ? NULL : se_log_clean (value, SHOWN_MAX);

      if (clean != NULL)
        g_string_append_printf (text, "%s%s=%s", text->len > 0 ? ", " : "", names[i], clean);
    }
  if (se_json_integer (claims, "exp", &exp))
    {
      g_autofree char *shown = se_timestamp_local (exp);

      g_string_append_printf (text, "%sexp=%s", text->len > 0 ? ", " : "", shown);
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
add (GPtrArray *warnings, char *sentence)
{
  g_ptr_array_add (warnings, se_log_clean (sentence, 2 * SHOWN_MAX));
  g_free (sentence);
}

static void
check_granted (GPtrArray *warnings, char **asked, const SeTokenRecord *record)
{
  g_auto (GStrv) granted = g_strsplit (record->scope == NULL ? "" : record->scope, " ", -1);

  if (record->scope == NULL)
    return; /* RFC 6749, 5.1: as asked */
  for (char **scope = asked; *scope != NULL; scope++)
    if (**scope != '\0' && !is_about_identity (*scope) && !g_str_has_suffix (*scope, "/.default")
        && !has_scope (granted, *scope))
      add (warnings,
           g_strdup_printf (_ ("The server did not grant %s, but: %s."), *scope, record->scope));
}

/* The host of the service that scope belongs to; NULL: it names none. */
static char *
service_of (const char *scope)
{
  g_autoptr (GUri) uri
      = strchr (scope, '/') == NULL ? NULL : g_uri_parse (scope, G_URI_FLAGS_NONE, NULL);

  return uri == NULL || g_uri_get_host (uri) == NULL ? NULL : g_strdup (g_uri_get_host (uri));
}

static gboolean
is_outlook (const char *host)
{
  return g_str_has_prefix (host, "outlook.office");
}

/* By the claims of Microsoft's tokens (aud a service, scp or roles); others' say too little. */
static void
check_service (GPtrArray *warnings, char **asked, const cJSON *claims)
{
  g_autofree char *aud = read_claim (claims, "aud");
  g_autofree char *scp = read_claim (claims, "scp");
  g_autofree char *roles = read_claim (claims, "roles");
  g_auto (GStrv) granted = g_strsplit (scp == NULL ? "" : scp, " ", -1);

  for (char **scope = asked; *scope != NULL; scope++)
    {
      g_autofree char *wanted = service_of (*scope);
      g_autofree char *given = aud == NULL ? NULL : service_of (aud);
      gboolean exchange = wanted != NULL && is_outlook (wanted);

      if (!exchange || aud == NULL)
        continue;
      if (!g_str_equal (aud, EXCHANGE_ID) && (given == NULL || !is_outlook (given)))
        add (warnings, g_strdup_printf (_ ("The token is for %s, not for Exchange Online."), aud));
      if (scp != NULL && !has_scope (granted, *scope))
        add (warnings, g_strdup_printf (_ ("The token's permissions (%s) lack %s."), scp,
                                        last_segment (*scope)));
      if (scp == NULL && (roles == NULL || strstr (roles, "SMTP.SendAsApp") == NULL))
        add (warnings,
             g_strdup (
                 _ ("The token has no role SMTP.SendAsApp, which is right only where Exchange "
                    "gives the application that role itself (New-ManagementRoleAssignment).")));
    }
}

static void
check_user (GPtrArray *warnings, const SeAccount *account, const cJSON *claims)
{
  g_autofree char *upn = read_claim (claims, "upn");

  if (upn != NULL && account->login_user != NULL
      && g_ascii_strcasecmp (upn, account->login_user) != 0)
    add (warnings, g_strdup_printf (_ ("The token is for the user %s, but login-user is %s."), upn,
                                    account->login_user));
}

char **
se_token_check (const SeAccount *account, const SeTokenRecord *record, const cJSON *claims)
{
  g_autoptr (GPtrArray) warnings = g_ptr_array_new ();
  g_auto (GStrv) asked = g_strsplit (account->scope == NULL ? "" : account->scope, " ", -1);

  check_granted (warnings, asked, record);
  if (claims != NULL)
    {
      check_service (warnings, asked, claims);
      check_user (warnings, account, claims);
    }
  g_ptr_array_add (warnings, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&warnings), FALSE);
}
