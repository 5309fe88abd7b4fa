/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7009 by scripted dialogues. */
#include "oauth/revoke.h"
#include "oauth/test-fixture.h"

#include "common/io.h"

#include <string.h>
#include <unistd.h>

#define REVOKE_URL "https://id.test/contoso/revoke"
#define TOKEN(token, hint) "token=" token " token_type_hint=" hint " client_id=client-1"
#define REFRESH_TOKEN REVOKE_URL, TOKEN ("refresh-0", "refresh_token")
#define ACCESS_TOKEN REVOKE_URL, TOKEN ("access-0", "access_token")
#define ERROR(code) "{\"error\":\"" code "\",\"error_description\":\"access-0, refresh-0\"}"
#define GOOD -1

static const struct
{
  const char *name;
  Exchange script[3];
  int fault; /* SeError or GOOD */
  gboolean told;
  const char *part;
} cases[] = {
  { "both", { { REFRESH_TOKEN, 200, "" }, { ACCESS_TOKEN, 200, "{}" } }, GOOD, TRUE },
  { "body-is-ignored",
    { { REFRESH_TOKEN, 200, "<html>" }, { ACCESS_TOKEN, 200, "ok" } },
    GOOD,
    TRUE },
  { "unknown-tokens",
    { { REFRESH_TOKEN, 400, ERROR ("invalid_token") },
      { ACCESS_TOKEN, 400, ERROR ("invalid_grant") } },
    GOOD,
    TRUE },
  { "access-tokens-not-revoked",
    { { REFRESH_TOKEN, 200, "" }, { ACCESS_TOKEN, 400, ERROR ("unsupported_token_type") } },
    GOOD,
    TRUE },
  { "refresh-tokens-not-revoked",
    { { REFRESH_TOKEN, 400, ERROR ("unsupported_token_type") } },
    SE_ERROR_CONFIG,
    FALSE,
    "unsupported_token_type" },
  { "client-refused",
    { { REFRESH_TOKEN, 401, ERROR ("invalid_client") } },
    SE_ERROR_CONFIG,
    FALSE,
    "invalid_client" },
  { "unreachable",
    { { REFRESH_TOKEN, -1, NULL } },
    SE_ERROR_TEMPORARY,
    FALSE,
    "id.test could not be told (no answer) and still honours the tokens of scanner@contoso.com, "
    "which are removed from this machine; to end that, take the application away there from what "
    "scanner@contoso.com gave access to" },
  { "busy", { { REFRESH_TOKEN, 503, "" } }, SE_ERROR_TEMPORARY, FALSE, "HTTP 503" },
  { "no-such-page", { { REFRESH_TOKEN, 404, "" } }, SE_ERROR_TEMPORARY, FALSE, "HTTP 404" },
  { "unreachable-then",
    { { REFRESH_TOKEN, 200, "" }, { ACCESS_TOKEN, 0, NULL } },
    SE_ERROR_TEMPORARY,
    FALSE,
    "no answer" },
};

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture_set_up (fixture, data);
  fixture->provider.revocation_endpoint = (char *)"https://id.test/%{tenant}/revoke";
}

static void
assert_stored (const Fixture *fixture, gboolean expected)
{
  g_autofree char *path = fixture_path (fixture);

  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS) == expected);
}

/* Asserts what becomes of the account. */
static void
try_revoke (const Fixture *fixture, const Exchange *script, int fault, gboolean told,
            const char *part)
{
  g_autoptr (GError) error = NULL;
  gboolean seen = !told;
  gboolean done = FALSE;

  fixture_script (script);
  done = se_token_revoke (&fixture->context, &seen, &error);
  fixture_script_done ();
  g_assert_cmpint (seen, ==, told);
  if (fault == GOOD)
    {
      g_assert_no_error (error);
      g_assert_true (done);
    }
  else
    {
      g_assert_false (done);
      g_assert_null (strstr (error->message, "access-0"));
      assert_failure (error, fault, part);
    }
  assert_stored (fixture, FALSE);
}

static const Exchange nothing[] = { { NULL } };

static void
test_case (Fixture *fixture, gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);

  fixture_store_new (fixture, 10, 3590);
  try_revoke (fixture, cases[i].script, cases[i].fault, cases[i].told, cases[i].part);
}

static void
test_no_endpoint (Fixture *fixture, gconstpointer unused)
{
  fixture->provider.revocation_endpoint = NULL;
  fixture_store_new (fixture, 10, 3590);
  try_revoke (fixture, nothing, GOOD, FALSE, NULL);
}

static void
test_no_record (Fixture *fixture, gconstpointer unused)
{
  try_revoke (fixture, nothing, GOOD, FALSE, NULL);
}

/* No token goes to a server that did not give it, and nothing stays. */
static void
test_other_configuration (Fixture *fixture, gconstpointer unused)
{
  fixture_store_new (fixture, 10, 3590);
  fixture->account.tenant = (char *)"fabrikam";
  try_revoke (fixture, nothing, SE_ERROR_AUTHORIZATION, FALSE, "(token-endpoint or tenant)");
}

static void
test_damaged (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *path = fixture_path (fixture);

  fixture_store_new (fixture, 10, 3590);
  fixture_put (path, "{", 1);
  try_revoke (fixture, nothing, SE_ERROR_CONFIG, FALSE, "damaged");
}

/* Without its key a record can still be removed; one that was never encrypted still be told of. */
static void
test_no_key (Fixture *fixture, gconstpointer unused)
{
  static const Exchange both[]
      = { { REFRESH_TOKEN, 200, "" }, { ACCESS_TOKEN, 200, "" }, { NULL } };
  g_autofree char *key = g_build_filename (fixture->directory, "key", NULL);

  fixture->server.token_key_file = key;
  fixture_put (key, "0123456789abcdef0123456789abcdef\n", -1);
  fixture_store_new (fixture, 10, 3590);
  g_assert_cmpint (unlink (key), ==, 0);
  try_revoke (fixture, nothing, SE_ERROR_CONFIG, FALSE, key);

  fixture->server.token_key_file = NULL;
  fixture_store_new (fixture, 10, 3590);
  fixture->server.token_key_file = key;
  try_revoke (fixture, both, GOOD, TRUE, NULL);
}

/* Such a grant has an access token only; what it is made from is elsewhere. */
static void
test_unattended (Fixture *fixture, gconstpointer unused)
{
  static const Exchange good[] = { { ACCESS_TOKEN, 200, "" }, { NULL } };
  static const Exchange bad[]
      = { { ACCESS_TOKEN, 400, ERROR ("unsupported_token_type") }, { NULL } };
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 10, 3590);

  g_clear_pointer (&record->refresh_token, se_io_free_secret);
  g_free (record->grant);
  record->grant = g_strdup ("client-credentials");
  fixture_store (fixture, record);
  try_revoke (fixture, good, GOOD, TRUE, NULL);
  fixture_store (fixture, record);
  try_revoke (fixture, bad, SE_ERROR_CONFIG, FALSE, "remove the secret, certificate or key");
}

/* Its tokens cannot be revoked, and the key file may be gone already. */
static void
test_service_account (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 10, 3590);

  g_clear_pointer (&record->refresh_token, se_io_free_secret);
  g_free (record->grant);
  record->grant = g_strdup ("service-account");
  fixture_store (fixture, record);
  try_revoke (fixture, nothing, GOOD, FALSE, NULL);
}

static SeHttpReply *
http_cancelled (const char *url, const char *form, const SeHttpOptions *options,
                gboolean *timed_out, GError **error)
{
  g_set_error_literal (error, SE_ERROR, SE_ERROR_CANCELLED, "cancelled");
  return NULL;
}

/* Who stops it wants everything as it was; so does who never got the lock. */
static void
test_cancelled (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeStore) store = se_store_open (&fixture->server, &fixture->account, NULL);
  se_autofd int lock = -1;
  g_autoptr (GError) error = NULL;
  gboolean told = TRUE;
  int pipe_fds[2];

  fixture_store_new (fixture, 10, 3590);
  fixture->context.http = http_cancelled;
  g_assert_false (se_token_revoke (&fixture->context, &told, &error));
  assert_failure (error, SE_ERROR_CANCELLED, "cancelled");
  assert_stored (fixture, TRUE);

  g_assert_cmpint (pipe (pipe_fds), ==, 0);
  g_assert_cmpint (write (pipe_fds[1], "x", 1), ==, 1);
  lock = se_store_lock (store, 0, -1, NULL);
  g_assert_cmpint (lock, >=, 0);
  fixture->context.cancel_fd = pipe_fds[0];
  fixture->context.http = fixture_http;
  fixture_script (nothing);
  g_assert_false (se_token_revoke (&fixture->context, &told, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  assert_stored (fixture, TRUE);
  g_assert_false (told);
  close (pipe_fds[0]);
  close (pipe_fds[1]);
}

#define ADD_HERE(name, data, function) \
  g_test_add (name, Fixture, data, set_up, function, fixture_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/revoke/%s", cases[i].name);

      ADD_HERE (path, GSIZE_TO_POINTER (i), test_case);
    }
  ADD_HERE ("/revoke/no-endpoint", NULL, test_no_endpoint);
  ADD_HERE ("/revoke/no-record", NULL, test_no_record);
  ADD_HERE ("/revoke/other-configuration", NULL, test_other_configuration);
  ADD_HERE ("/revoke/damaged", NULL, test_damaged);
  ADD_HERE ("/revoke/no-key", NULL, test_no_key);
  ADD_HERE ("/revoke/unattended", NULL, test_unattended);
  ADD_HERE ("/revoke/service-account", NULL, test_service_account);
  ADD_HERE ("/revoke/cancelled", NULL, test_cancelled);
  return g_test_run ();
}
