/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 8628 by scripted dialogues and a clock that only moves when it is asked to. */
#include "oauth/device-grant.h"
#include "oauth/test-fixture.h"

#include "common/io.h"

#include <string.h>
#include <unistd.h>

#define CODE(more)                                           \
  "{\"device_code\":\"dEvIcE\",\"user_code\":\"ABCD-EFGH\"," \
  "\"verification_uri\":\"https://id.test/link\"" more "}"
#define POLL_FORM                                                                         \
  "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code device_code=dEvIcE " \
  "client_id=client-1"
#define START_FORM "client_id=client-1 scope=offline_access+https%3A%2F%2Fx.test%2FSMTP.Send"
#define TOKENS                                                                                     \
  "{\"access_token\":\"A\",\"refresh_token\":\"R\",\"token_type\":\"Bearer\",\"expires_in\":3599," \
  "\"scope\":\"smtp\"}"
#define POLL(status, body)                     \
  {                                            \
    FIXTURE_TOKEN_URL, POLL_FORM, status, body \
  }
#define PENDING POLL (400, "{\"error\":\"authorization_pending\"}")
#define SLOW_DOWN POLL (400, "{\"error\":\"slow_down\"}")
#define SUCCESS POLL (200, TOKENS)
#define TIME_OUT POLL (0, NULL)
#define GOOD -1

static SeEndpoints endpoints = {
  .device_authorization = (char *)FIXTURE_DEVICE_URL,
  .token = (char *)FIXTURE_TOKEN_URL,
};

/* Seconds since the code came, and when the polls were. */
static gint64 elapsed;
static gint64 polls[16];
static gsize n_polls;
static gint64 cancel_at;

static gint64
fake_now (gpointer data)
{
  return (1000 + elapsed) * G_USEC_PER_SEC;
}

static gboolean
fake_sleep (gint64 seconds, gpointer data, GError **error)
{
  g_assert_cmpint (seconds, >, 0);
  elapsed += seconds;
  if (elapsed != cancel_at)
    return TRUE;
  g_set_error_literal (error, SE_ERROR, SE_ERROR_CANCELLED, "cancelled");
  return FALSE;
}

static const SeClock fake_clock = { .now = fake_now, .sleep = fake_sleep };

static SeHttpReply *
http_polled (const char *url, const char *form, const SeHttpOptions *options, gboolean *timed_out,
             GError **error)
{
  g_assert_cmpuint (n_polls, <, G_N_ELEMENTS (polls));
  polls[n_polls++] = elapsed;
  return fixture_http (url, form, options, timed_out, error);
}

static void
set_up_poll (Fixture *fixture, const Exchange *script)
{
  elapsed = 0;
  n_polls = 0;
  cancel_at = -1;
  fixture->context.http = http_polled;
  fixture_script (script);
}

typedef struct
{
  const char *name;
  gint64 interval, expires_in;
  Exchange script[7];
  gint64 at[7]; /* seconds at which a poll is expected, 0 ends */
  int fault;
  const char *part;
} Case;

static const Case cases[] = {
  { "at-once", 5, 900, { SUCCESS }, { 5 }, GOOD },
  { "pending", 5, 900, { PENDING, PENDING, SUCCESS }, { 5, 10, 15 }, GOOD },
  { "long-interval", 30, 900, { PENDING, SUCCESS }, { 30, 60 }, GOOD },
  { "slow-down-for-good",
    5,
    900,
    { SLOW_DOWN, PENDING, PENDING, SUCCESS },
    { 5, 15, 25, 35 },
    GOOD },
  { "slow-down-twice",
    5,
    900,
    { SLOW_DOWN, SLOW_DOWN, PENDING, SUCCESS },
    { 5, 15, 30, 45 },
    GOOD },
  { "time-out-doubles", 5, 900, { TIME_OUT, PENDING, TIME_OUT, SUCCESS }, { 5, 15, 25, 45 }, GOOD },
  { "server-in-trouble", 5, 900, { POLL (503, ""), SUCCESS }, { 5, 15 }, GOOD },
  { "retry-after",
    5,
    900,
    { { FIXTURE_TOKEN_URL, POLL_FORM, 429, "", 60 }, PENDING, SUCCESS },
    { 5, 65, 125 },
    GOOD },
  { "google-pending-428",
    5,
    900,
    { POLL (428, "{\"error\":\"authorization_pending\",\"error_description\":\"Precondition\"}"),
      SUCCESS },
    { 5, 10 },
    GOOD },
  { "google-slow-down-403",
    5,
    900,
    { POLL (403, "{\"error\":\"slow_down\"}"), SUCCESS },
    { 5, 15 },
    GOOD },
  { "google-denied-403",
    5,
    900,
    { POLL (403, "{\"error\":\"access_denied\"}") },
    { 5 },
    SE_ERROR_AUTHORIZATION,
    "declined" },
  { "access-denied",
    5,
    900,
    { PENDING, POLL (400, "{\"error\":\"access_denied\"}") },
    { 5, 10 },
    SE_ERROR_AUTHORIZATION,
    "declined" },
  { "authorization-declined",
    5,
    900,
    { POLL (400, "{\"error\":\"authorization_declined\"}") },
    { 5 },
    SE_ERROR_AUTHORIZATION,
    "declined" },
  { "expired-token",
    5,
    900,
    { POLL (400, "{\"error\":\"expired_token\"}") },
    { 5 },
    SE_ERROR_AUTHORIZATION,
    "expired_token" },
  { "bad-verification-code",
    5,
    900,
    { POLL (400, "{\"error\":\"bad_verification_code\"}") },
    { 5 },
    SE_ERROR_AUTHORIZATION,
    "bad_verification_code" },
  { "public-client-not-allowed",
    5,
    900,
    { POLL (401, "{\"error\":\"invalid_client\",\"error_codes\":[7000218]}") },
    { 5 },
    SE_ERROR_CONFIG,
    "Allow public client flows" },
  { "expires-by-our-clock",
    5,
    12,
    { PENDING, PENDING },
    { 5, 10 },
    SE_ERROR_AUTHORIZATION,
    "not used in time" },
  { "never-polled-after-the-end",
    5,
    5,
    { { NULL } },
    { 0 },
    SE_ERROR_AUTHORIZATION,
    "not used in time" },
  { "time-outs-until-the-end",
    5,
    100,
    { TIME_OUT, TIME_OUT, TIME_OUT, TIME_OUT },
    { 5, 15, 35, 75 },
    SE_ERROR_AUTHORIZATION,
    "not used in time" },
  { "no-refresh-token",
    5,
    900,
    { POLL (200, "{\"access_token\":\"A\"}") },
    { 5 },
    SE_ERROR_CONFIG,
    "offline_access" },
  { "id-token-garbage",
    5,
    900,
    { POLL (200, "{\"access_token\":\"A\",\"refresh_token\":\"R\",\"id_token\":\"x.y.z\"}") },
    { 5 },
    SE_ERROR_AUTHORIZATION,
    "ID token" },
  { "success-that-cannot-be-read",
    5,
    900,
    { POLL (200, "{\"access_token\":") },
    { 5 },
    SE_ERROR_TEMPORARY,
    "HTTP 200" },
  { "not-found", 5, 900, { POLL (404, "<html>") }, { 5 }, SE_ERROR_TEMPORARY, "HTTP 404" },
  { "redirect", 5, 900, { POLL (302, "") }, { 5 }, SE_ERROR_TEMPORARY, "not followed" },
  { "temporarily-unavailable",
    5,
    900,
    { POLL (400, "{\"error\":\"temporarily_unavailable\"}"), SUCCESS },
    { 5, 15 },
    GOOD },
  { "the-words-hold-the-code",
    5,
    900,
    { POLL (400, "{\"error\":\"x\",\"error_description\":\"dEvIcE is bad\"}") },
    { 5 },
    SE_ERROR_AUTHORIZATION,
    "not shown" },
};

static gint64 last_tick;

static void
tick (gint64 seconds_left, gpointer data)
{
  const Case *c = data;

  g_assert_cmpint (seconds_left, ==, c->expires_in - elapsed);
  last_tick = seconds_left;
}

static void
test_poll (Fixture *fixture, gconstpointer data)
{
  const Case *c = data;
  const SeDeviceCode code = { .device_code = (char *)"dEvIcE",
                              .user_code = (char *)"ABCD",
                              .verification_uri = (char *)"https://id.test/link",
                              .expires_in = c->expires_in,
                              .interval = c->interval };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeTokenRecord) record = NULL;

  set_up_poll (fixture, c->script);
  record = se_device_grant_poll (&fixture->context, &endpoints, &code, &fake_clock, tick,
                                 (gpointer)c, &error);
  fixture_script_done ();
  for (gsize i = 0; i < n_polls; i++)
    g_assert_cmpint (polls[i], ==, c->at[i]);
  g_assert_cmpint (c->at[n_polls], ==, 0);
  if (c->fault != GOOD)
    {
      g_assert_null (record);
      g_assert_nonnull (error);
      g_assert_null (strstr (error->message, "dEvIcE"));
      assert_failure (error, c->fault, c->part);
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpint (last_tick, ==, c->expires_in - elapsed + 1);
  g_assert_cmpstr (record->access_token, ==, "A");
  g_assert_cmpstr (record->refresh_token, ==, "R");
  g_assert_cmpstr (record->scope, ==, "smtp");
  g_assert_cmpstr (record->token_endpoint, ==, FIXTURE_TOKEN_URL);
  g_assert_cmpstr (record->client_id, ==, FIXTURE_CLIENT);
  g_assert_cmpstr (record->login_user, ==, FIXTURE_ADDRESS);
  g_assert_cmpstr (record->grant, ==, "device");
  g_assert_cmpint (record->expires - record->obtained, ==, 3599);
  g_assert_null (record->identity);
}

static const struct
{
  const char *name;
  int status;
  const char *body;
  int fault;
  const char *part;
  gint64 interval, expires_in;
  const char *uri, *complete;
} starts[] = {
  { "numbers", 200, CODE (",\"interval\":7,\"expires_in\":600"), GOOD, NULL, 7, 600,
    "https://id.test/link" },
  { "numbers-as-strings", 200, CODE (",\"interval\":\"7\",\"expires_in\":\"600\""), GOOD, NULL, 7,
    600, "https://id.test/link" },
  { "no-interval", 200, CODE (",\"expires_in\":600"), GOOD, NULL, 5, 600, "https://id.test/link" },
  { "interval-zero", 200, CODE (",\"interval\":0,\"expires_in\":600"), GOOD, NULL, 5, 600,
    "https://id.test/link" },
  { "no-expiry", 200, CODE (""), GOOD, NULL, 5, 900, "https://id.test/link" },
  { "verification-url", 200,
    "{\"device_code\":\"dEvIcE\",\"user_code\":\"ABCD-EFGH\","
    "\"verification_url\":\"https://id.test/old\"}",
    GOOD, NULL, 5, 900, "https://id.test/old" },
  { "complete", 200, CODE (",\"verification_uri_complete\":\"https://id.test/link?c=ABCD\""), GOOD,
    NULL, 5, 900, "https://id.test/link", "https://id.test/link?c=ABCD" },
  { "complete-is-no-web-address", 200, CODE (",\"verification_uri_complete\":\"javascript:x\""),
    GOOD, NULL, 5, 900, "https://id.test/link" },
  { "control-characters", 200,
    "{\"device_code\":\"d\",\"user_code\":\"A\",\"verification_uri\":\"https://a\\u001b[2J\"}",
    SE_ERROR_CONFIG, "verification address" },
  { "nothing", 200, "{}", SE_ERROR_CONFIG, "no device code" },
  { "refused", 400, "{\"error\":\"invalid_scope\"}", SE_ERROR_CONFIG, "invalid_scope" },
  { "unauthorized", 401, "{\"error\":\"unauthorized_client\"}", SE_ERROR_CONFIG,
    "unauthorized_client" },
  { "down", 502, "<html>", SE_ERROR_TEMPORARY, "HTTP 502" },
};

static void
test_start (Fixture *fixture, gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  const Exchange script[]
      = { { FIXTURE_DEVICE_URL, START_FORM, starts[i].status, starts[i].body }, { NULL } };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeDeviceCode) code = NULL;

  fixture_script (script);
  code = se_device_grant_start (&fixture->context, &endpoints, &error);
  fixture_script_done ();
  if (starts[i].fault != GOOD)
    {
      g_assert_null (code);
      assert_failure (error, starts[i].fault, starts[i].part);
      return;
    }
  g_assert_no_error (error);
  g_assert_cmpstr (code->device_code, ==, "dEvIcE");
  g_assert_cmpstr (code->user_code, ==, "ABCD-EFGH");
  g_assert_cmpint (code->interval, ==, starts[i].interval);
  g_assert_cmpint (code->expires_in, ==, starts[i].expires_in);
  g_assert_cmpstr (code->verification_uri, ==, starts[i].uri);
  g_assert_cmpstr (code->verification_uri_complete, ==, starts[i].complete);
}

static void
test_start_checks (Fixture *fixture, gconstpointer unused)
{
  SeEndpoints none = { .token = (char *)FIXTURE_TOKEN_URL };
  g_autofree char *path = fixture_path (fixture);
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 0, 3600);
  g_autoptr (GError) error = NULL;

  g_assert_null (se_device_grant_start (&fixture->context, &none, &error));
  assert_failure (error, SE_ERROR_CONFIG, "no device authorization endpoint");
  /* A store that cannot be used shows before a person does anything. */
  fixture_store (fixture, record);
  fixture_put (path, "{", 1);
  g_assert_null (se_device_grant_start (&fixture->context, &endpoints, &error));
  assert_failure (error, SE_ERROR_CONFIG, "damaged");
  fixture->account.client_id = NULL;
  g_assert_cmpint (unlink (path), ==, 0);
  g_assert_null (se_device_grant_start (&fixture->context, &endpoints, &error));
  assert_failure (error, SE_ERROR_CONFIG, "set client-id");
}

/* Polls once with an ID token of this tenant; NULL: with none. */
static SeTokenRecord *
sign_in (Fixture *fixture, const char *tenant_id, GError **error)
{
  const SeDeviceCode code = { .device_code = (char *)"dEvIcE", .expires_in = 900, .interval = 5 };
  g_autofree char *claims
      = g_strdup_printf ("{\"aud\":\"client-1\",\"exp\":99999999999,\"tid\":\"%s\","
                         "\"preferred_username\":\"scanner@contoso.com\"}",
                         tenant_id);
  g_autofree char *jwt = fixture_id_token (claims);
  g_autofree char *body = g_strdup_printf (
      "{\"access_token\":\"A\",\"refresh_token\":\"R\",\"id_token\":\"%s\"}", jwt);
  const Exchange script[] = { POLL (200, tenant_id == NULL ? TOKENS : body), { NULL } };
  SeTokenRecord *record = NULL;

  set_up_poll (fixture, script);
  record
      = se_device_grant_poll (&fixture->context, &endpoints, &code, &fake_clock, NULL, NULL, error);
  fixture_script_done ();
  return record;
}

static void
test_tenant (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeTokenRecord) first = sign_in (fixture, "t-1", &error);
  g_autoptr (SeTokenRecord) again = NULL;
  g_autoptr (SeTokenRecord) unknown = NULL;
  g_autoptr (SeTokenRecord) moved = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (first->identity, ==, "scanner@contoso.com");
  g_assert_cmpstr (first->tenant_id, ==, "t-1");
  fixture_store (fixture, first);
  again = sign_in (fixture, "t-1", &error);
  g_assert_no_error (error);
  g_assert_null (sign_in (fixture, "t-2", &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "t-1 first and now to t-2");
  unknown = sign_in (fixture, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (unknown->identity);
  g_assert_cmpstr (unknown->tenant_id, ==, "t-1");
  /* A changed configuration starts anew. */
  fixture->account.tenant = (char *)"fabrikam";
  moved = sign_in (fixture, "t-2", &error);
  g_assert_no_error (error);
}

static void
test_cancel (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[] = { PENDING, { NULL } };
  const SeDeviceCode code = { .device_code = (char *)"dEvIcE", .expires_in = 900, .interval = 5 };
  g_autoptr (GError) error = NULL;
  int pipe_fds[2];

  set_up_poll (fixture, script);
  cancel_at = 8;
  g_assert_null (
      se_device_grant_poll (&fixture->context, &endpoints, &code, &fake_clock, NULL, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  g_clear_error (&error);
  fixture_script_done ();

  /* The real clock watches the descriptor. */
  g_assert_cmpint (pipe (pipe_fds), ==, 0);
  g_assert_cmpint (write (pipe_fds[1], "x", 1), ==, 1);
  fixture->context.cancel_fd = pipe_fds[0];
  g_assert_null (
      se_device_grant_poll (&fixture->context, &endpoints, &code, NULL, NULL, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  close (pipe_fds[0]);
  close (pipe_fds[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/device-grant/poll/%s", cases[i].name);

      ADD_CASE (path, &cases[i], test_poll);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      g_autofree char *path = g_strdup_printf ("/device-grant/start/%s", starts[i].name);

      ADD_CASE (path, GSIZE_TO_POINTER (i), test_start);
    }
  ADD ("/device-grant/start-checks", test_start_checks);
  ADD ("/device-grant/tenant", test_tenant);
  ADD ("/device-grant/cancel", test_cancel);
  return g_test_run ();
}
