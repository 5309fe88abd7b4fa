/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery documents: only https, and only the issuer that was asked for. */
#include "common/configuration-private.h"
#include "common/log.h"
#include "fuzz/fuzz.h"
#include "oauth/endpoints.h"

#include <string.h>

static FuzzInput documents;

/* A byte for the status, then the document up to a NUL. */
static SeHttpReply *
answer (const char *url, const char *form, const SeHttpOptions *options, gboolean *timed_out,
        GError **error)
{
  SeHttpReply *reply = g_new0 (SeHttpReply, 1);

  g_assert_true (g_str_has_prefix (url, "https://") && form == NULL);
  reply->status = fuzz_take_byte (&documents) % 4 == 3 ? 404 : 200;
  reply->retry_after = -1;
  reply->body = fuzz_take_text (&documents);
  reply->length = strlen (reply->body);
  return reply;
}

static void
check_endpoint (const char *url)
{
  g_autoptr (GUri) uri = NULL;

  if (url == NULL)
    return;
  uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  g_assert_nonnull (uri);
  g_assert_cmpstr (g_uri_get_scheme (uri), ==, "https");
  g_assert_true (g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0');
  g_assert_true (g_uri_get_fragment (uri) == NULL && g_uri_get_userinfo (uri) == NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *issuer = NULL;
  g_autofree char *shown = NULL;
  SeProviderConfig provider = { .name = (char *)"test" };
  const SeAccount account = { .address = (char *)"scanner@contoso.com", .provider = &provider };
  const SeHttpOptions options = { .cancel_fd = -1 };
  g_autoptr (SeEndpoints) endpoints = NULL;
  GError *error = NULL;

  documents = fuzz_input (data, size);
  issuer = fuzz_take_text (&documents);
  shown = se_log_clean (issuer, G_MAXSIZE);
  if (!se_config_parse_value (SE_VALUE_ISSUER, issuer, NULL, NULL) || strcmp (shown, issuer) != 0)
    return -1; /* what the configuration does not take, and what an admin would not write */
  provider.issuer = issuer;
  endpoints = se_endpoints_resolve (&account, answer, &options, &error);
  fuzz_assert_outcome (endpoints != NULL, &error);
  if (endpoints == NULL)
    return 0;
  g_assert_cmpstr (endpoints->issuer, ==, issuer);
  g_assert_nonnull (endpoints->token);
  check_endpoint (endpoints->device_authorization);
  check_endpoint (endpoints->authorization);
  check_endpoint (endpoints->token);
  check_endpoint (endpoints->revocation);
  return 0;
}
