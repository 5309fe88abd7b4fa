/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/token-check.h"

#include <string.h>

#define EXCHANGE "offline_access https://outlook.office.com/SMTP.Send"
#define DEFAULT "https://outlook.office365.com/.default"

static const struct
{
  const char *name;
  const char *asked;
  const char *granted; /* NULL: not said */
  const char *claims;  /* NULL: the token is no JWT */
  const char *part;    /* of the one warning; NULL: none */
} cases[] = {
  { "granted", EXCHANGE, "https://outlook.office.com/SMTP.Send", NULL, NULL },
  { "granted-by-another-address", EXCHANGE, "https://outlook.office365.com/smtp.send", NULL, NULL },
  { "granted-in-short", EXCHANGE, "openid SMTP.Send", NULL, NULL },
  { "not-said", EXCHANGE, NULL, NULL, NULL },
  { "less-granted", "openid offline_access smtp", "openid", NULL,
    "did not grant smtp, but: openid" },
  { "google", "https://mail.google.com/", "https://mail.google.com/", NULL, NULL },
  { "google-other", "https://mail.google.com/", "https://www.googleapis.com/auth/gmail.send", NULL,
    "did not grant https://mail.google.com/" },
  { "microsoft", EXCHANGE, NULL,
    "{\"aud\":\"https://outlook.office.com\",\"scp\":\"SMTP.Send\",\"upn\":\"Me@contoso.com\"}",
    NULL },
  { "microsoft-by-id", EXCHANGE, NULL,
    "{\"aud\":\"00000002-0000-0ff1-ce00-000000000000\",\"scp\":\"SMTP.Send IMAP.Access\"}", NULL },
  { "for-graph", EXCHANGE, NULL, "{\"aud\":\"https://graph.microsoft.com\",\"scp\":\"SMTP.Send\"}",
    "is for https://graph.microsoft.com, not for Exchange" },
  { "no-permission", EXCHANGE, NULL,
    "{\"aud\":\"https://outlook.office.com\",\"scp\":\"IMAP.AccessAsUser.All\"}",
    "lack SMTP.Send" },
  { "another-user", EXCHANGE, NULL,
    "{\"aud\":\"https://outlook.office.com\",\"scp\":\"SMTP.Send\",\"upn\":\"you@contoso.com\"}",
    "user you@contoso.com, but login-user is me@contoso.com" },
  { "application", DEFAULT, DEFAULT,
    "{\"aud\":\"https://outlook.office365.com\",\"roles\":[\"SMTP.SendAsApp\"]}", NULL },
  { "application-without-role", DEFAULT, NULL, "{\"aud\":\"https://outlook.office365.com\"}",
    "no role SMTP.SendAsApp" },
  { "generic", "openid smtp", "openid smtp", "{\"aud\":\"account\",\"scope\":\"openid smtp\"}",
    NULL },
};

static void
test_case (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  SeProviderConfig provider = { .name = (char *)"p" };
  SeAccount account = { .provider = &provider,
                        .scope = (char *)cases[i].asked,
                        .login_user = (char *)"me@contoso.com" };
  SeTokenRecord record = { .scope = (char *)cases[i].granted };
  g_autoptr (cJSON) claims
      = cases[i].claims == NULL ? NULL : se_json_parse (cases[i].claims, strlen (cases[i].claims));
  g_auto (GStrv) warnings = se_token_check (&account, &record, claims);

  g_assert_true ((claims != NULL) == (cases[i].claims != NULL));
  g_assert_cmpuint (g_strv_length (warnings), ==, cases[i].part == NULL ? 0 : 1);
  if (cases[i].part != NULL && strstr (warnings[0], cases[i].part) == NULL)
    g_error ("\"%s\" not in \"%s\"", cases[i].part, warnings[0]);
}

static void
test_describe (void)
{
  const char *text = "{\"aud\":[\"a\",\"b\"],\"scp\":\"x\\u001b[2J\",\"roles\":[\"r\",1],"
                     "\"exp\":1893456000,\"secret\":\"s\"}";
  g_autoptr (cJSON) claims = se_json_parse (text, strlen (text));
  g_autofree char *shown = se_token_check_describe (claims);

  g_assert_null (se_token_check_describe (NULL));
  g_assert_true (g_str_has_prefix (shown, "aud=a b, scp=x [2J, roles=r, exp=20"));
  g_assert_null (strstr (shown, "secret"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/token-check/%s", cases[i].name);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_case);
    }
  g_test_add_func ("/token-check/describe", test_describe);
  return g_test_run ();
}
