/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/id-token.h"
#include "oauth/test-fixture.h"

#include <string.h>

#define NOW 1000000
#define CLAIMS(more) "{\"aud\":\"client-1\",\"exp\":1003600" more "}"
#define GOOD -1

static const struct
{
  const char *name;
  const char *claims;
  const char *issuer;
  int fault;
  const char *expected; /* the identity, or a part of the message */
} cases[] = {
  { "address", CLAIMS (",\"preferred_username\":\"a@b.test\",\"sub\":\"1\""), NULL, GOOD,
    "a@b.test" },
  { "address-before-name", CLAIMS (",\"preferred_username\":\"alice\",\"email\":\"a@b.test\""),
    NULL, GOOD, "a@b.test" },
  { "upn", CLAIMS (",\"upn\":\"a@b.test\",\"name\":\"Alice\""), NULL, GOOD, "a@b.test" },
  { "name", CLAIMS (",\"name\":\"Alice\",\"sub\":\"1\""), NULL, GOOD, "Alice" },
  { "control-characters", CLAIMS (",\"name\":\"A\\nERROR: b\""), NULL, GOOD, "A ERROR: b" },
  { "nobody", CLAIMS (""), NULL, GOOD, NULL },
  { "audience-array", "{\"aud\":[\"x\",\"client-1\"],\"exp\":1003600,\"name\":\"A\"}", NULL, GOOD,
    "A" },
  { "audience-in-upper-case", "{\"aud\":\"CLIENT-1\",\"exp\":1003600,\"name\":\"A\"}", NULL, GOOD,
    "A" },
  { "expiry-as-string", "{\"aud\":\"client-1\",\"exp\":\"1003600\",\"name\":\"A\"}", NULL, GOOD,
    "A" },
  { "clock-a-little-ahead", "{\"aud\":\"client-1\",\"exp\":999900,\"name\":\"A\"}", NULL, GOOD,
    "A" },
  { "issuer", CLAIMS (",\"iss\":\"https://id.test\",\"name\":\"A\""), "https://id.test", GOOD,
    "A" },
  { "other-issuer", CLAIMS (",\"iss\":\"https://id.test/\""), "https://id.test",
    SE_ERROR_AUTHORIZATION, "another issuer" },
  { "no-issuer", CLAIMS (""), "https://id.test", SE_ERROR_AUTHORIZATION, "another issuer" },
  { "other-audience", "{\"aud\":\"client-2\",\"exp\":1003600}", NULL, SE_ERROR_AUTHORIZATION,
    "another client than client-1" },
  { "other-audiences", "{\"aud\":[\"client-2\",1,[\"client-1\"]],\"exp\":1003600}", NULL,
    SE_ERROR_AUTHORIZATION, "another client" },
  { "empty-audience", "{\"aud\":[],\"exp\":1003600}", NULL, SE_ERROR_AUTHORIZATION, "another" },
  { "no-audience", "{\"exp\":1003600}", NULL, SE_ERROR_AUTHORIZATION, "another client" },
  { "expired", "{\"aud\":\"client-1\",\"exp\":999000}", NULL, SE_ERROR_AUTHORIZATION, "clock" },
  { "no-expiry", "{\"aud\":\"client-1\"}", NULL, SE_ERROR_AUTHORIZATION, "clock" },
  { "array", "[]", NULL, SE_ERROR_AUTHORIZATION, "cannot be read" },
  { "no-json", "hello", NULL, SE_ERROR_AUTHORIZATION, "cannot be read" },
};

static void
test_case (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  g_autofree char *jwt = fixture_id_token (cases[i].claims);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeIdToken) token = se_id_token_parse (jwt, "client-1", cases[i].issuer, NOW, &error);

  if (cases[i].fault != GOOD)
    {
      g_assert_null (token);
      assert_failure (error, cases[i].fault, cases[i].expected);
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpstr (token->identity, ==, cases[i].expected);
}

static void
test_tenant (void)
{
  g_autofree char *jwt = fixture_id_token (CLAIMS (",\"tid\":\"t-1\""));
  g_autoptr (SeIdToken) token = se_id_token_parse (jwt, "client-1", NULL, NOW, NULL);

  g_assert_cmpstr (token->tenant_id, ==, "t-1");
}

static void
test_garbage (void)
{
  static const char *const bad[]
      = { "", ".", "..", "a", "a.b", "a.!.", "a.YQ.b", "a.YQ==.b", "a.e30.b.c", "a.e30.b" };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (se_id_token_parse (bad[i], "client-1", NULL, NOW, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION);
    }
}

/* Every length modulo 4, and the two characters that base64 writes otherwise. */
static void
test_base64url (void)
{
  for (int length = 0; length < 8; length++)
    {
      g_autofree char *name = g_strnfill ((gsize)length, '?');
      g_autofree char *claims = g_strdup_printf (CLAIMS (",\"name\":\"\u00fe\u00ff~~%s\""), name);
      g_autofree char *expected = g_strdup_printf ("\u00fe\u00ff~~%s", name);
      g_autofree char *jwt = fixture_id_token (claims);
      g_autoptr (SeIdToken) token = se_id_token_parse (jwt, "client-1", NULL, NOW, NULL);

      g_assert_cmpstr (token->identity, ==, expected);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/id-token/%s", cases[i].name);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_case);
    }
  g_test_add_func ("/id-token/tenant", test_tenant);
  g_test_add_func ("/id-token/garbage", test_garbage);
  g_test_add_func ("/id-token/base64url", test_base64url);
  return g_test_run ();
}
