/* SPDX-License-Identifier: Apache-2.0 */
/* Replies of a token endpoint: tokens that fit everywhere, and no secret in a message. */
#include "fuzz/fuzz.h"
#include "oauth/response.h"

#include <string.h>

#define SECRET "refresh-0-secret"

static const char *const secrets[] = { SECRET, NULL };

static void
check_token (const char *token)
{
  g_assert_cmpstr (token, !=, "");
  for (; *token != '\0'; token++)
    g_assert_true (g_ascii_isgraph (*token));
}

static void
check_response (const SeTokenResponse *response)
{
  check_token (response->access_token);
  if (response->refresh_token != NULL)
    check_token (response->refresh_token);
  if (response->scope != NULL)
    fuzz_assert_clean (response->scope, FALSE);
  g_assert_true (response->expires_in >= 0 && response->expires_in <= G_MAXINT32);
  g_assert_true (response->refresh_expires_in >= 0 && response->refresh_expires_in <= G_MAXINT32);
}

/* What is read is written, and read again, the same. */
static void
check_json (const SeHttpReply *reply)
{
  g_autoptr (cJSON) json = se_json_parse (reply->body, reply->length);
  g_autoptr (cJSON) again = NULL;
  g_autofree char *text = NULL;

  if (json == NULL)
    return;
  text = se_json_print (json);
  again = se_json_parse (text, strlen (text));
  g_assert_nonnull (again);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const int statuses[] = { 200, 400, 401, 403, 428, 429, 302, 500, 503 };
  FuzzInput input = fuzz_input (data, size);
  int status = statuses[fuzz_take_byte (&input) % G_N_ELEMENTS (statuses)];
  SeProviderConfig provider = { .name = (char *)"test" };
  const SeAccount account = { .address = (char *)"scanner@contoso.com",
                              .provider = &provider,
                              .grant = (char *)"device",
                              .scope = (char *)"smtp",
                              .login_user = (char *)"scanner@contoso.com",
                              .client_id = (char *)"client-1" };
  g_autofree char *body = g_malloc0 (input.left + 1);
  const SeHttpReply reply
      = { .status = status, .body = body, .length = input.left, .retry_after = status % 7 - 1 };
  g_autofree char *code = NULL;
  g_autoptr (SeTokenResponse) response = NULL;
  GError *error = NULL;

  memcpy (body, input.data, input.left);
  response
      = se_token_response_parse (&reply, &account, "https://id.test/token", secrets, &code, &error);
  if (response == NULL)
    g_assert_null (strstr (error->message, SECRET));
  g_assert_true (code == NULL || strstr (code, SECRET) == NULL);
  fuzz_assert_outcome (response != NULL, &error);
  if (response != NULL)
    check_response (response);
  check_json (&reply);
  return 0;
}
