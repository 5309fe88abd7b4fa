/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/login.h"

#include <cjson/cJSON.h>
#include <string.h>

static SeProviderConfig provider = { .name = (char *)"microsoft" };
static SeAccount account = { .address = (char *)"scanner@contoso.com",
                             .provider = &provider,
                             .login_user = (char *)"scanner@contoso.com",
                             .smtp_user = (char *)"scanner@contoso.com",
                             .from_address = (char *)"scanner@contoso.com" };

/* Parses a line that must be one JSON object. */
static cJSON *
parse (const char *line)
{
  cJSON *object = cJSON_Parse (line);

  g_assert_null (strchr (line, '\n'));
  g_assert_true (cJSON_IsObject (object));
  return object;
}

static const char *
text (const cJSON *object, const char *name)
{
  return cJSON_GetStringValue (cJSON_GetObjectItemCaseSensitive (object, name));
}

static void
test_code (void)
{
  const char *const whole[] = { "code",
                                "https://id.example.com/device",
                                "https://id.example.com/device?user_code=\"A",
                                "\"A",
                                "600",
                                NULL };
  const char *const plain[]
      = { "code", "https://microsoft.com/devicelogin", "", "AB", "900", NULL };
  g_autofree char *first = se_login_request_json (whole);
  g_autofree char *second = se_login_request_json (plain);
  cJSON *object = parse (first);

  g_assert_cmpstr (text (object, "verification_uri"), ==, whole[1]);
  g_assert_cmpstr (text (object, "verification_uri_complete"), ==, whole[2]);
  g_assert_cmpstr (text (object, "user_code"), ==, "\"A");
  g_assert_cmpint (cJSON_GetObjectItem (object, "expires_in")->valueint, ==, 600);
  cJSON_Delete (object);
  object = parse (second);
  g_assert_false (cJSON_HasObjectItem (object, "verification_uri_complete"));
  cJSON_Delete (object);
}

static void
test_other_requests (void)
{
  const char *const authorize[] = {
    "authorize", "https://id.example.com/auth?state=\"x", "http://127.0.0.1:4711/", "900", "4711",
    NULL
  };
  const char *const delegate[]
      = { "delegate", "123456789012345678901", "s@p.iam.gserviceaccount.com", "https://m/", NULL };
  g_autofree char *first = se_login_request_json (authorize);
  g_autofree char *second = se_login_request_json (delegate);
  cJSON *object = parse (first);

  g_assert_cmpstr (text (object, "authorization_uri"), ==, authorize[1]);
  g_assert_cmpstr (text (object, "redirect_uri"), ==, authorize[2]);
  g_assert_cmpint (cJSON_GetObjectItem (object, "expires_in")->valueint, ==, 900);
  g_assert_cmpint (cJSON_GetArraySize (object), ==, 3);
  cJSON_Delete (object);
  object = parse (second);
  /* A number that no double holds. */
  g_assert_cmpstr (text (object, "client_id"), ==, delegate[1]);
  g_assert_cmpstr (text (object, "service_account"), ==, delegate[2]);
  g_assert_cmpstr (text (object, "scope"), ==, delegate[3]);
  cJSON_Delete (object);
}

static void
take (SeLoginReport *report, const char *answer, ...)
{
  const char *fields[8] = { NULL };
  va_list arguments;
  gsize n = 0;

  va_start (arguments, answer);
  while ((fields[n] = va_arg (arguments, const char *)) != NULL)
    n++;
  va_end (arguments);
  g_assert_cmpstr (se_login_report_event (report, fields), ==, answer);
}

static SeLoginReport *
new_report (void)
{
  SeLoginReport *report = se_login_report_new (TRUE);

  report->address = account.address;
  report->account = &account;
  return report;
}

static void
test_good (void)
{
  g_autoptr (SeLoginReport) report = new_report ();
  g_autofree char *line = NULL;
  cJSON *object;

  take (report, "yes", "identity", "Scanner@Contoso.com", NULL);
  take (report, NULL, "stored", "/var/lib/scan-email/tokens/x.json", NULL);
  take (report, NULL, "removed", "/old", NULL);
  take (report, NULL, "smtp-login", "smtp://smtp.office365.com:587", NULL);
  take (report, NULL, "test-mail", "scanner@contoso.com", "250 2.0.0 OK", NULL);
  g_ptr_array_add (report->released, g_strdup ("scan-email-12"));
  line = se_login_result_json (report, NULL);
  object = parse (line);
  g_assert_cmpstr (text (object, "result"), ==, "ok");
  g_assert_false (cJSON_HasObjectItem (object, "error"));
  g_assert_cmpstr (text (object, "account"), ==, "scanner@contoso.com");
  g_assert_cmpstr (text (object, "identity"), ==, "Scanner@Contoso.com");
  g_assert_true (cJSON_IsTrue (cJSON_GetObjectItem (object, "identity_checked")));
  g_assert_true (cJSON_IsTrue (cJSON_GetObjectItem (object, "identity_matches")));
  g_assert_cmpstr (text (object, "smtp_login"), ==, "ok");
  g_assert_cmpstr (text (object, "test_mail"), ==, "sent");
  g_assert_cmpint (cJSON_GetArraySize (cJSON_GetObjectItem (object, "released_jobs")), ==, 1);
  g_assert_cmpint (cJSON_GetArraySize (cJSON_GetObjectItem (object, "warnings")), ==, 0);
  cJSON_Delete (object);
}

/* Each step that did not come is told as what it is. */
static void
test_steps (void)
{
  g_autoptr (GError) error
      = g_error_new_literal (SE_ERROR, (int)SE_ERROR_CONFIG, "SMTP AUTH is \"off\"");
  static const char *const words[][2]
      = { { "not tried", "not tried" }, { "failed", "not tried" }, { "ok", "failed" } };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autoptr (SeLoginReport) report = new_report ();
      g_autofree char *line = NULL;
      cJSON *object;

      take (report, "yes", "identity", "", NULL);
      if (i > 0)
        take (report, NULL, "stored", "/x", NULL);
      if (i > 1)
        take (report, NULL, "smtp-login", "smtp://x", NULL);
      line = se_login_result_json (report, error);
      object = parse (line);
      g_assert_cmpstr (text (object, "result"), ==, "failed");
      g_assert_cmpstr (text (object, "error"), ==, "SMTP AUTH is \"off\"");
      g_assert_true (cJSON_IsNull (cJSON_GetObjectItem (object, "identity")));
      g_assert_true (cJSON_IsFalse (cJSON_GetObjectItem (object, "identity_checked")));
      g_assert_true (cJSON_IsFalse (cJSON_GetObjectItem (object, "identity_matches")));
      g_assert_cmpstr (text (object, "smtp_login"), ==, words[i][0]);
      g_assert_cmpstr (text (object, "test_mail"), ==, words[i][1]);
      cJSON_Delete (object);
    }
}

static void
test_skipped (void)
{
  g_autoptr (SeLoginReport) report = new_report ();

  report->test_mail = SE_STEP_SKIPPED;
  take (report, NULL, "stored", "/x", NULL);
  take (report, NULL, "smtp-login", "smtp://x", NULL);
  g_assert_cmpint (report->test_mail, ==, SE_STEP_SKIPPED);
}

/* Nobody to ask: told, and gone on with. */
static void
test_other_identity (void)
{
  g_autoptr (SeLoginReport) report = new_report ();

  take (report, "yes", "identity", "boss@contoso.com", NULL);
  g_assert_false (report->matches);
  g_assert_cmpuint (report->warnings->len, ==, 1);
  g_assert_nonnull (strstr (report->warnings->pdata[0], "boss@contoso.com"));
}

static void
test_old_store (void)
{
  g_autoptr (SeLoginReport) report = new_report ();

  take (report, NULL, "not-removed", "the keyring is locked", NULL);
  g_assert_cmpuint (report->warnings->len, ==, 1);
  g_assert_nonnull (strstr (report->warnings->pdata[0], "the keyring is locked"));
}

static void
test_strange_events (void)
{
  g_autoptr (SeLoginReport) report = new_report ();

  take (report, NULL, "identity", NULL);
  take (report, NULL, "stored", NULL);
  take (report, NULL, "code", "x", NULL);
  take (report, NULL, "sudo", "x", NULL);
  g_assert_null (report->token_store);
}

static void
test_identity (void)
{
  g_assert_true (se_login_identity_matches ("A@b.com", "a@B.com"));
  g_assert_true (se_login_identity_matches ("ÄÖ@b.com", "äö@b.com"));
  g_assert_false (se_login_identity_matches ("a@b.com", "a@b.com.evil.org"));
  g_assert_false (se_login_identity_matches ("a@b.com ", "a@b.com"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/login/code", test_code);
  g_test_add_func ("/login/other-requests", test_other_requests);
  g_test_add_func ("/login/old-store", test_old_store);
  g_test_add_func ("/login/good", test_good);
  g_test_add_func ("/login/steps", test_steps);
  g_test_add_func ("/login/skipped", test_skipped);
  g_test_add_func ("/login/other-identity", test_other_identity);
  g_test_add_func ("/login/strange-events", test_strange_events);
  g_test_add_func ("/login/identity", test_identity);
  return g_test_run ();
}
