/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/test-fixture.h"

#include "common/digest.h"
#include "common/io.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define KEPT "{\"access_token\":\"access-1\",\"expires_in\":3600}"

/* What becomes of one stored record and one dialogue. */
typedef struct
{
  const char *name;
  gint64 age, left;     /* of the stored access token, seconds */
  const char *rejected; /* an access token that the SMTP server refused */
  Exchange script[2];
  int fault;                              /* SeError, -1: a token */
  const char *expected;                   /* the token, or a part of the message */
  const char *access, *refresh, *failure; /* stored afterwards */
} Case;

static const Case cases[] = {
  { "fresh", 10, 3590, NULL, { { NULL } }, -1, "access-0", "access-0", "refresh-0" },
  { "at-the-margin", 3000, 620, NULL, { { NULL } }, -1, "access-0", "access-0", "refresh-0" },
  { "rotation",
    3100,
    500,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, ROTATED } },
    -1,
    "access-1",
    "access-1",
    "refresh-1" },
  { "no-rotation",
    4000,
    -400,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, KEPT } },
    -1,
    "access-1",
    "access-1",
    "refresh-0" },
  { "short-life", 10, 290, NULL, { { NULL } }, -1, "access-0", "access-0", "refresh-0" },
  { "short-life-half-gone",
    160,
    140,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, KEPT } },
    -1,
    "access-1",
    "access-1",
    "refresh-0" },
  { "clock-set-back",
    -7200,
    10800,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, KEPT } },
    -1,
    "access-1",
    "access-1",
    "refresh-0" },
  { "rejected",
    10,
    3590,
    "access-0",
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, ROTATED } },
    -1,
    "access-1",
    "access-1",
    "refresh-1" },
  { "another-rejected",
    10,
    3590,
    "access-9",
    { { NULL } },
    -1,
    "access-0",
    "access-0",
    "refresh-0" },
  { "rejected-and-server-down",
    10,
    3590,
    "access-0",
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 503, "" } },
    SE_ERROR_TEMPORARY,
    "HTTP 503",
    "access-0",
    "refresh-0",
    "unreachable" },
  { "server-down-time-left",
    3400,
    200,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 503, "" } },
    -1,
    "access-0",
    "access-0",
    "refresh-0",
    "unreachable" },
  { "server-down-no-time-left",
    3570,
    30,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 503, "", 9 } },
    SE_ERROR_TEMPORARY,
    "9 seconds",
    "access-0",
    "refresh-0",
    "unreachable" },
  { "server-down-clock-set-back",
    -7200,
    10800,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 503, "" } },
    SE_ERROR_TEMPORARY,
    "HTTP 503",
    "access-0",
    "refresh-0",
    "unreachable" },
  { "time-out",
    4000,
    -1,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 0 } },
    SE_ERROR_TEMPORARY,
    "no answer",
    "access-0",
    "refresh-0",
    "unreachable" },
  { "invalid-grant",
    4000,
    -1,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 400, INVALID_GRANT } },
    SE_ERROR_AUTHORIZATION,
    ADVICE,
    "access-0",
    "refresh-0",
    "invalid_grant" },
  { "invalid-grant-time-left",
    3400,
    200,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 400, INVALID_GRANT } },
    SE_ERROR_AUTHORIZATION,
    ADVICE,
    "access-0",
    "refresh-0",
    "invalid_grant" },
  { "interaction-required",
    4000,
    -1,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 400,
        "{\"error\":\"interaction_required\",\"error_codes\":[53003]}" } },
    SE_ERROR_AUTHORIZATION,
    "Conditional Access policy",
    "access-0",
    "refresh-0",
    "interaction_required" },
  { "invalid-scope",
    4000,
    -1,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 400, "{\"error\":\"invalid_scope\"}" } },
    SE_ERROR_CONFIG,
    "invalid_scope",
    "access-0",
    "refresh-0",
    "invalid_scope" },
  { "garbage",
    4000,
    -1,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, "<html>" } },
    SE_ERROR_TEMPORARY,
    "HTTP 200",
    "access-0",
    "refresh-0",
    "unreachable" },
};

static void
test_case (Fixture *fixture, gconstpointer data)
{
  const Case *c = data;
  g_autofree char *fingerprint = c->rejected == NULL ? NULL : se_digest_fingerprint (c->rejected);
  g_autoptr (GError) error = NULL;
  se_autosecret char *token = NULL;

  fixture_store_new (fixture, c->age, c->left);
  fixture_script (c->script);
  if (c->fault < 0 && c->failure != NULL)
    g_test_expect_message ("scan-email", G_LOG_LEVEL_WARNING, "*still good for*");
  token = se_token_get (&fixture->context, fingerprint, &error);
  g_test_assert_expected_messages ();
  fixture_script_done ();
  if (c->fault < 0)
    {
      g_assert_no_error (error);
      g_assert_cmpstr (token, ==, c->expected);
    }
  else
    {
      g_assert_null (token);
      g_assert_nonnull (error);
      g_assert_null (strstr (error->message, "refresh-0"));
      assert_failure (error, c->fault, c->expected);
    }
  fixture_assert_stored (fixture, c->access, c->refresh, c->failure);
}

/* None of them loses the account: the next refresh finds it as it was. */
static const struct
{
  const char *name;
  int status;
  const char *body;
  gint64 retry_after;
  const char *part; /* of the message */
  const char *failure;
} faults[] = {
  { "429", 429, "slow down", 120, "busy or out of order (HTTP 429) and asks to wait 120 seconds",
    "unreachable" },
  { "429-with-an-error", 429, "{\"error\":\"invalid_grant\"}", 0, "HTTP 429", "unreachable" },
  { "503", 503, "<html>", 0, "HTTP 503", "unreachable" },
  { "garbage", 200, "<html>Sign in to the hotel's network</html>", 0, "without an OAuth 2.0 reply",
    "unreachable" },
  { "redirect", 302, "", 0, "which is not followed", "unreachable" },
  { "time-out", 0, NULL, 0, "no answer", "unreachable" },
  { "not-reached", -1, NULL, 0, "", "unreachable" },
  { "loop", 400, "{\"error\":\"invalid_grant\",\"error_codes\":[50196]}", 0, "AADSTS50196",
    "unreachable" },
  { "transient", 503, "{\"error\":\"temporarily_unavailable\",\"error_codes\":[90033]}", 0,
    "AADSTS90033", "temporarily_unavailable" },
};

static void
test_fault (Fixture *fixture, gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  const Exchange broken[] = { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), faults[i].status,
                                faults[i].body, faults[i].retry_after },
                              { NULL } };
  const Exchange mended[]
      = { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, ROTATED }, { NULL } };
  g_autoptr (GError) error = NULL;
  g_autofree char *token = NULL;

  fixture_store_new (fixture, 4000, -400);
  fixture_script (broken);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  fixture_script_done ();
  assert_failure (error, SE_ERROR_TEMPORARY, faults[i].part);
  fixture_assert_stored (fixture, "access-0", "refresh-0", faults[i].failure);
  fixture_script (mended);
  token = se_token_get (&fixture->context, NULL, &error);
  fixture_script_done ();
  g_assert_cmpstr (token, ==, "access-1");
  fixture_assert_stored (fixture, "access-1", "refresh-1", NULL);
}

/* Retry-After: as long as the access token is good for a minute, the server is left alone. */
static void
test_left_alone (Fixture *fixture, gconstpointer unused)
{
  static const Exchange busy[]
      = { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 429, "slow down", 120 }, { NULL } };
  static const Exchange none[] = { { NULL } };
  static const Exchange mended[]
      = { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, ROTATED }, { NULL } };
  g_autofree char *fingerprint = se_digest_fingerprint ("access-0");
  g_autoptr (GError) error = NULL;
  g_autoptr (SeTokenRecord) record = NULL;

  fixture_store_new (fixture, 3300, 300);
  for (int i = 0; i < 3; i++)
    {
      g_autofree char *token = NULL;

      fixture_script (i == 0 ? busy : none);
      if (i == 0)
        g_test_expect_message ("scan-email", G_LOG_LEVEL_WARNING, "*still good for*");
      token = se_token_get (&fixture->context, NULL, &error);
      g_test_assert_expected_messages ();
      fixture_script_done ();
      g_assert_no_error (error);
      g_assert_cmpstr (token, ==, "access-0");
    }
  /* One that the mail server refuses will not do. */
  fixture_script (mended);
  g_free (se_token_get (&fixture->context, fingerprint, &error));
  fixture_script_done ();
  g_assert_no_error (error);
  record = fixture_load (fixture);
  g_assert_cmpint (record->retry_at, ==, 0);
}

static void
test_not_signed_in (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, ADVICE);
  g_assert_false (se_token_refresh (&fixture->context, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, ADVICE);
}

static void
test_no_refresh_token (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 4000, -400);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&record->refresh_token, se_io_free_secret);
  fixture_store (fixture, record);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, ADVICE);
}

/* A refresh that works clears what failed before; a forced one does not ask whether it is due. */
static void
test_recovery (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 400, INVALID_GRANT },
          { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, ROTATED },
          { NULL } };
  g_autoptr (SeTokenRecord) record = NULL;
  g_autoptr (GError) error = NULL;

  fixture_store_new (fixture, 10, 3590);
  fixture_script (script);
  g_assert_false (se_token_refresh (&fixture->context, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, ADVICE);
  g_assert_true (se_token_refresh (&fixture->context, &error));
  fixture_script_done ();
  g_assert_no_error (error);
  fixture_assert_stored (fixture, "access-1", "refresh-1", NULL);
  record = fixture_load (fixture);
  g_assert_cmpint (record->last_refresh, ==, record->obtained);
  g_assert_cmpint (record->expires - record->obtained, ==, 3600);
}

/* What the server says about the end of a refresh token is about that one. */
static void
test_refresh_expiry (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200,
            "{\"access_token\":\"access-1\",\"refresh_token_expires_in\":604800}" },
          { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, KEPT },
          { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, ROTATED },
          { NULL } };
  static const gint64 expected[] = { 604800, 604800, 0 };

  fixture_store_new (fixture, 4000, -400);
  fixture_script (script);
  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (SeTokenRecord) record = NULL;
      gint64 left = 0;

      g_assert_true (se_token_refresh (&fixture->context, &error));
      g_assert_no_error (error);
      record = fixture_load (fixture);
      left = record->refresh_expires == 0 ? 0 : record->refresh_expires - record->obtained;
      g_assert_cmpint (ABS (left - expected[i]), <, 60);
    }
  fixture_script_done ();
}

/* A token is sent nowhere but where it came from: nothing is asked in any of these. */
static void
test_binding (Fixture *fixture, gconstpointer unused)
{
  const Fixture before = *fixture;
  g_autoptr (GError) error = NULL;

  fixture_store_new (fixture, 10, 3590);
  fixture->account.client_id = (char *)"client-2";
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "(client-id); " ADVICE);
  fixture->account = before.account;
  fixture->account.login_user = (char *)"other@contoso.com";
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "(login-user)");
  fixture->account = before.account;
  fixture->account.tenant = (char *)"fabrikam";
  g_assert_false (se_token_refresh (&fixture->context, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "(token-endpoint or tenant)");
  fixture->account = before.account;
  fixture->provider.token_endpoint = NULL;
  fixture->provider.issuer = (char *)"https://other.test";
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "(issuer)");
}

/* With a discovered endpoint a refresh needs no discovery: it goes where the record says. */
static void
test_issuer (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { "https://t.test/token", REFRESH ("refresh-0"), 200, ROTATED }, { NULL } };
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 4000, -400);
  g_autoptr (GError) error = NULL;

  fixture->provider.token_endpoint = NULL;
  fixture->provider.issuer = (char *)"https://id.test";
  record->issuer = g_strdup ("https://id.test");
  g_free (record->token_endpoint);
  record->token_endpoint = g_strdup ("https://t.test/token");
  fixture_store (fixture, record);
  fixture_script (script);
  g_assert_true (se_token_refresh (&fixture->context, &error));
  fixture_script_done ();
  g_assert_no_error (error);
}

static void
test_client_secret (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0") " client_secret=s%2Becret", 400,
            "{\"error\":\"x\",\"error_description\":\"s+ecret\"}" },
          { NULL } };
  g_autofree char *path = g_build_filename (fixture->directory, "secret", NULL);
  g_autoptr (GError) error = NULL;

  fixture->account.client_secret_file = path;
  fixture_store_new (fixture, 4000, -400);
  fixture_put (path, "s+ecret\n", -1);
  fixture_script (script);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  fixture_script_done ();
  g_assert_null (strstr (error->message, "s+ecret"));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "[id.test: x: (not shown");

  g_assert_cmpint (g_chmod (path, 0640), ==, 0);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_CONFIG, "chmod 0600");
  fixture_assert_stored (fixture, "access-0", "refresh-0", "unusable");
  fixture_put (path, "\n", -1);
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_CONFIG, "is empty");
}

/* Somebody else's login or refresh is waited for, unless there is no time. */
static void
test_wait (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeStore) store = se_store_open (&fixture->server, &fixture->account, NULL);
  se_autofd int lock = se_store_lock (store, 0, -1, NULL);
  int ends[2];

  g_assert_cmpint (lock, >=, 0);
  g_assert_cmpint (pipe (ends), ==, 0);
  close (ends[1]);
  fixture->context.cancel_fd = ends[0];
  g_assert_false (se_token_wait (&fixture->context, &error));
  assert_failure (error, SE_ERROR_CANCELLED, "");
  se_io_clear_fd (&lock);
  g_assert_true (se_token_wait (&fixture->context, &error));
  close (ends[0]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/token/get/%s", cases[i].name);

      ADD_CASE (path, &cases[i], test_case);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (faults); i++)
    {
      g_autofree char *path = g_strdup_printf ("/token/fault/%s", faults[i].name);

      ADD_CASE (path, GSIZE_TO_POINTER (i), test_fault);
    }
  ADD ("/token/left-alone", test_left_alone);
  ADD ("/token/not-signed-in", test_not_signed_in);
  ADD ("/token/no-refresh-token", test_no_refresh_token);
  ADD ("/token/recovery", test_recovery);
  ADD ("/token/refresh-expiry", test_refresh_expiry);
  ADD ("/token/binding", test_binding);
  ADD ("/token/issuer", test_issuer);
  ADD ("/token/client-secret", test_client_secret);
  ADD ("/token/wait", test_wait);
  return g_test_run ();
}
