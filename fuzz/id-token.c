/* SPDX-License-Identifier: Apache-2.0 */
/* ID tokens, as they come and with claims that are well encoded. */
#include "fuzz/fuzz.h"
#include "oauth/id-token.h"
#include "oauth/jwt.h"

#include <string.h>

#define NOW 1700000000

static void
parse (const char *jwt)
{
  GError *error = NULL;
  g_autoptr (SeIdToken) token = se_id_token_parse (jwt, "client-1", "https://id.test", NOW, &error);

  fuzz_assert_outcome (token != NULL, &error);
  if (token != NULL && token->identity != NULL)
    fuzz_assert_clean (token->identity, FALSE);
  if (token != NULL && token->tenant_id != NULL)
    fuzz_assert_clean (token->tenant_id, FALSE);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzInput input = fuzz_input (data, size);
  g_autofree char *encoded = se_base64url_encode (data, size);
  g_autofree char *jwt = g_strdup_printf ("e30.%s.c2ln", encoded);
  g_autofree char *text = fuzz_take_rest (&input);
  gsize length = 0;
  g_autofree char *decoded = se_base64url_decode (encoded, strlen (encoded), &length);

  g_assert_true (size == 0 || (length == size && memcmp (decoded, data, size) == 0));
  parse (jwt);
  parse (text);
  return 0;
}
