/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/test-fixture.h"
#include "oauth/test-pki.h"

#include <glib/gstdio.h>
#include <string.h>

#define DAY G_GINT64_CONSTANT (86400)

static void
assert_part (const char *text, const char *part)
{
  if (text == NULL || strstr (text, part) == NULL)
    g_error ("\"%s\" not in \"%s\"", part, text != NULL ? text : "(nothing)");
}

/* part: of the hint; NULL: there is none. */
static void
assert_status (const Fixture *fixture, SeTokenStatus expected, const char *word, const char *part)
{
  g_autoptr (SeTokenReport) report = se_token_report_new (&fixture->context);

  g_assert_cmpint (report->status, ==, expected);
  g_assert_cmpstr (se_token_status_word (report->status), ==, word);
  if (part == NULL)
    g_assert_cmpstr (report->hint, ==, NULL);
  else
    assert_part (report->hint, part);
}

static void
store_failure (const Fixture *fixture, gint64 left, const char *failure)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 3600 - left, left);

  record->failure = g_strdup (failure);
  record->failed = record->obtained;
  fixture_store (fixture, record);
}

static void
test_words (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *path = fixture_path (fixture);

  assert_status (fixture, SE_TOKEN_NEEDS_AUTHORIZATION, "Needs authorization", ADVICE);
  fixture_store_new (fixture, 10, 3590);
  assert_status (fixture, SE_TOKEN_ACTIVE, "Active", NULL);
  fixture_store_new (fixture, 4000, -400);
  assert_status (fixture, SE_TOKEN_ACTIVE, "Active", NULL);
  store_failure (fixture, 3590, "invalid_grant");
  assert_status (fixture, SE_TOKEN_REVOKED, "Revoked", ADVICE);
  store_failure (fixture, 3590, "interaction_required");
  assert_status (fixture, SE_TOKEN_NEEDS_AUTHORIZATION, "Needs authorization", ADVICE);
  store_failure (fixture, 3590, "invalid_scope");
  assert_status (fixture, SE_TOKEN_MISCONFIGURED, "Misconfigured", "invalid_scope");
  store_failure (fixture, 3590, "unreachable");
  assert_status (fixture, SE_TOKEN_ACTIVE, "Active", "unreachable");
  store_failure (fixture, -10, "unreachable");
  assert_status (fixture, SE_TOKEN_UNREACHABLE, "Unreachable", "unreachable");
  store_failure (fixture, -10, "server_error");
  assert_status (fixture, SE_TOKEN_UNREACHABLE, "Unreachable", "server_error");
  fixture->account.client_id = (char *)"client-2";
  assert_status (fixture, SE_TOKEN_NEEDS_AUTHORIZATION, "Needs authorization", "(client-id)");
  fixture->account.client_secret_file = (char *)"/nonexistent";
  assert_status (fixture, SE_TOKEN_MISCONFIGURED, "Misconfigured", "/nonexistent");
  g_assert_cmpint (g_chmod (path, 0644), ==, 0);
  assert_status (fixture, SE_TOKEN_MISCONFIGURED, "Misconfigured", "chmod 0600");
}

/* A file that could not be used at the last refresh counts as it is now. */
static void
test_mended (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *path = g_build_filename (fixture->directory, "secret", NULL);

  fixture->account.client_secret_file = path;
  store_failure (fixture, 3590, SE_TOKEN_FAILURE_SETUP);
  assert_status (fixture, SE_TOKEN_MISCONFIGURED, "Misconfigured", path);
  fixture_put (path, "s3cret\n", -1);
  assert_status (fixture, SE_TOKEN_ACTIVE, "Active",
                 "to try again and see why, run: oauth-setup refresh " FIXTURE_ADDRESS);
  store_failure (fixture, -10, SE_TOKEN_FAILURE_SETUP);
  assert_status (fixture, SE_TOKEN_UNREACHABLE, "Unreachable", "oauth-setup refresh ");
}

static void
test_other_grant (Fixture *fixture, gconstpointer unused)
{
  fixture_store_new (fixture, 10, 3590);
  fixture->account.grant = (char *)"code";
  assert_status (fixture, SE_TOKEN_NEEDS_AUTHORIZATION, "Needs authorization",
                 "mail still goes by the sign-in of grant device; to switch, " ADVICE);
  /* Worse news are told first. */
  store_failure (fixture, 3590, "invalid_grant");
  assert_status (fixture, SE_TOKEN_REVOKED, "Revoked", ADVICE);
}

/* What is known of ends beforehand; times from now, 0 for what is not known. */
typedef struct
{
  const char *name;
  const char *grant;
  gint64 refresh_expires, last_refresh;
  guint idle;
  const char *secret_expires; /* a date */
  gint64 expected;            /* from now; 0: no deadline, -1: some deadline */
  SeTokenStatus status;
  const char *reason;
} Case;

static const Case cases[] = {
  { "none", "device", 0, -DAY, 0, NULL, 0, SE_TOKEN_ACTIVE, NULL },
  { "testing-app", "code", 7 * DAY, 0, 180 * DAY, NULL, 7 * DAY, SE_TOKEN_EXPIRING, "sign-in end" },
  { "far", "device", 15 * DAY, 0, 0, NULL, 15 * DAY, SE_TOKEN_ACTIVE, "sign-in end" },
  { "idle", "device", 0, -DAY, 90 * DAY, NULL, 89 * DAY, SE_TOKEN_ACTIVE, "nobody uses" },
  { "idle-long", "device", 0, -80 * DAY, 90 * DAY, NULL, 10 * DAY, SE_TOKEN_EXPIRING,
    "nobody uses" },
  { "idle-over", "device", 0, -91 * DAY, 90 * DAY, NULL, -DAY, SE_TOKEN_EXPIRING, "nobody uses" },
  { "secret-far", "device", 0, -DAY, 0, "2999-12-31", -1, SE_TOKEN_ACTIVE, "client secret" },
  { "secret-over", "device", 0, -DAY, 90 * DAY, "2020-01-31", -1, SE_TOKEN_EXPIRING,
    "client secret" },
  { "secret-unattended", "client-credentials", 0, -DAY, 0, "2020-01-31", -1, SE_TOKEN_EXPIRING,
    "client secret" },
};

static void
test_deadline (Fixture *fixture, gconstpointer data)
{
  const Case *c = data;
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 10, 3590);
  g_autofree char *path = g_build_filename (fixture->directory, "secret", NULL);
  g_autoptr (SeTokenReport) report = NULL;
  gint64 now = record->obtained + 10;

  g_free (record->grant);
  record->grant = g_strdup (c->grant);
  record->last_refresh = now + c->last_refresh;
  record->obtained = now + c->last_refresh;
  record->refresh_expires = c->refresh_expires != 0 ? now + c->refresh_expires : 0;
  fixture->account.grant = (char *)c->grant;
  fixture->account.client_secret_file = path;
  fixture->account.client_secret_expires = (char *)c->secret_expires;
  fixture->provider.refresh_token_idle = c->idle;
  fixture_put (path, "s3cret\n", -1);
  fixture_store (fixture, record);
  report = se_token_report_new (&fixture->context);
  g_assert_cmpint (report->status, ==, c->status);
  g_assert_true ((report->deadline.time != 0) == (c->expected != 0));
  if (c->reason != NULL)
    assert_part (report->deadline.reason, c->reason);
  if (c->expected != 0 && c->expected != -1)
    g_assert_cmpint (report->deadline.time, ==, now + c->expected);
  if (c->status == SE_TOKEN_EXPIRING)
    {
      assert_part (report->hint, c->reason);
      g_assert_true (g_str_has_suffix (report->hint, FIXTURE_ADDRESS));
    }
  else
    g_assert_cmpstr (report->hint, ==, NULL);
}

/* Where there is a certificate the client secret is not used, nor does its end matter. */
static void
test_certificate (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *key = pki_key_pem (pki_key (), NULL);
  g_autofree char *certificate = pki_certificate_pem (pki_key (), -DAY, 10 * DAY, NULL);
  g_autofree char *key_path = g_build_filename (fixture->directory, "key", NULL);
  g_autofree char *path = g_build_filename (fixture->directory, "certificate", NULL);

  fixture_put (key_path, key, -1);
  fixture_put (path, certificate, -1);
  fixture->account.key_file = key_path;
  fixture->account.certificate_file = path;
  fixture->account.client_secret_file = (char *)"/nonexistent";
  fixture->account.client_secret_expires = (char *)"2020-01-31";
  fixture_store_new (fixture, 10, 3590);
  assert_status (fixture, SE_TOKEN_EXPIRING, "Expiring", "the certificate ends at ");
  g_free (certificate);
  certificate = pki_certificate_pem (pki_key (), -DAY, 20 * DAY, NULL);
  fixture_put (path, certificate, -1);
  assert_status (fixture, SE_TOKEN_ACTIVE, "Active", NULL);
  g_free (certificate);
  certificate = pki_certificate_pem (pki_key (), -2 * DAY, -DAY, NULL);
  fixture_put (path, certificate, -1);
  assert_status (fixture, SE_TOKEN_MISCONFIGURED, "Misconfigured", path);
}

/* A token that is gone has no end that matters more. */
static void
test_deadline_of_a_lost_one (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 10, 3590);

  record->refresh_expires = record->expires;
  record->failure = g_strdup ("invalid_grant");
  record->failed = record->obtained;
  fixture_store (fixture, record);
  assert_status (fixture, SE_TOKEN_REVOKED, "Revoked", ADVICE);
}

static void
test_no_refresh_token (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 4000, -400);

  g_clear_pointer (&record->refresh_token, g_free);
  record->refresh_expires = record->expires + 10 * DAY;
  fixture->provider.refresh_token_idle = 90 * DAY;
  fixture_store (fixture, record);
  {
    g_autoptr (SeTokenReport) report = se_token_report_new (&fixture->context);

    g_assert_cmpint (report->deadline.time, ==, 0);
    g_assert_cmpint (report->status, ==, SE_TOKEN_NEEDS_AUTHORIZATION);
    assert_part (report->hint, "ran out");
  }
}

/* What the account's key or secret is enough for is asked for again, and that is all. */
static void
test_unattended (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 4000, -400);
  SeDeadline deadline;

  g_clear_pointer (&record->refresh_token, g_free);
  g_free (record->grant);
  record->grant = g_strdup ("client-credentials");
  fixture->account.grant = record->grant;
  fixture->provider.refresh_token_idle = 90 * DAY;
  fixture_store (fixture, record);
  assert_status (fixture, SE_TOKEN_ACTIVE, "Active", NULL);
  g_assert_false (se_deadline_find (&fixture->account, record, &deadline));
  fixture->account.client_secret_file = (char *)"/secret";
  fixture->account.client_secret_expires = (char *)"2020-01-31";
  g_assert_true (se_deadline_find (&fixture->account, record, &deadline));
  /* A service account signs with its own key. */
  g_free (record->grant);
  record->grant = g_strdup ("service-account");
  g_assert_false (se_deadline_find (&fixture->account, record, &deadline));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/status/words", test_words);
  ADD ("/status/mended", test_mended);
  ADD ("/status/other-grant", test_other_grant);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/status/deadline/%s", cases[i].name);

      ADD_CASE (path, &cases[i], test_deadline);
    }
  ADD ("/status/certificate", test_certificate);
  ADD ("/status/deadline-of-a-lost-one", test_deadline_of_a_lost_one);
  ADD ("/status/unattended", test_unattended);
  ADD ("/status/no-refresh-token", test_no_refresh_token);
  return g_test_run ();
}
