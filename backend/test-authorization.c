/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/authorization.h"

#include "backend/phase.h"
#include "backend/test-notice-pipe.h"
#include "common/alert.h"
#include "common/test-tree.h"
#include "oauth/token.h"

#include <unistd.h>

#define ADDRESS "scanner@contoso.com"

typedef struct
{
  TestTree tree; /* the state directory */
  SeServerConfig server;
  SeProviderConfig provider;
  SeAccount account;
  SeAuthorization authorization;
  int notices; /* the supervisor's end */
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  test_tree_set_up (&f->tree, "");
  f->notices = test_notice_pipe_open ();
  f->server.state_directory = f->tree.directory;
  f->server.user = (char *)"scan-email";
  f->provider.name = (char *)"test";
  f->provider.token_endpoint = (char *)"https://id.test/token";
  f->account.address = (char *)ADDRESS;
  f->account.login_user = (char *)ADDRESS;
  f->account.client_id = (char *)"client-1";
  f->account.grant = (char *)"device";
  f->account.provider = &f->provider;
  f->authorization
      = (SeAuthorization){ .server = &f->server, .account = &f->account, .cancel_fd = -1 };
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_notice_pipe_close (f->notices);
  test_tree_tear_down (&f->tree, NULL);
}

static void
append_event (const SeNotice *notice, gpointer events)
{
  g_assert_cmpstr (notice->subject, ==, ADDRESS);
  g_string_append_printf (events, "%s;", se_notice_event_name (notice->event));
}

/* What the supervisor has been handed since the last time. */
static void
assert_events (const Fixture *f, const char *expected)
{
  g_autoptr (GString) events = g_string_new (NULL);

  test_notice_pipe_read (f->notices, append_event, events);
  g_assert_cmpstr (events->str, ==, expected);
}

/* cause: -1 if no alert is raised. */
static void
assert_alert (const Fixture *f, int cause)
{
  g_autoptr (SeAlert) alert = se_alert_get (&f->server, ADDRESS);

  g_assert_cmpint (alert == NULL ? -1 : (int)alert->cause, ==, cause);
}

static void
fail (Fixture *f, SeError code, gboolean no_token, gboolean at_login)
{
  g_autoptr (GError) failure = g_error_new_literal (SE_ERROR, (int)code, "cause");

  f->authorization.no_token = no_token;
  se_authorization_failed (&f->authorization, failure, at_login, "cause; remedy");
}

static void
test_bad (Fixture *f, gconstpointer unused)
{
  se_authorization_failed (&f->authorization, NULL, TRUE, NULL);
  fail (f, SE_ERROR_TEMPORARY, TRUE, FALSE);
  fail (f, SE_ERROR_TEMPORARY, FALSE, TRUE);
  fail (f, SE_ERROR_QUOTA, FALSE, TRUE);
  fail (f, SE_ERROR_DOCUMENT, FALSE, FALSE);
  fail (f, SE_ERROR_CANCELLED, TRUE, FALSE);
  fail (f, SE_ERROR_CONFIG, FALSE, FALSE);
  assert_alert (f, -1);
  fail (f, SE_ERROR_CONFIG, FALSE, TRUE);
  assert_alert (f, SE_ALERT_LOGIN);
  se_authorization_works (&f->authorization);
  assert_alert (f, -1);
  fail (f, SE_ERROR_AUTHORIZATION, FALSE, TRUE);
  assert_alert (f, SE_ALERT_LOGIN);
  se_authorization_works (&f->authorization);
  fail (f, SE_ERROR_AUTHORIZATION, TRUE, FALSE);
  assert_alert (f, SE_ALERT_TOKEN);
  assert_events (f, "authorization-lost;authorization-restored;authorization-lost;"
                    "authorization-restored;authorization-lost;");
}

/* Nobody could be told: whoever sees it next tells. */
static void
test_orphan (Fixture *f, gconstpointer unused)
{
  int fds[2];

  fail (f, SE_ERROR_CONFIG, FALSE, TRUE);
  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (dup2 (fds[1], SE_FD_PHASE), ==, SE_FD_PHASE);
  close (fds[0]);
  close (fds[1]);
  se_authorization_works (&f->authorization);
  assert_alert (f, SE_ALERT_LOGIN);
  close (SE_FD_PHASE);
  se_authorization_works (&f->authorization);
  assert_alert (f, -1);
}

static void
test_good (Fixture *f, gconstpointer unused)
{
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  SeTokenRecord record = { .token_endpoint = f->provider.token_endpoint,
                           .client_id = f->account.client_id,
                           .login_user = f->account.login_user,
                           .grant = f->account.grant,
                           .access_token = (char *)"access",
                           .refresh_token = (char *)"refresh",
                           .authorized = now,
                           .obtained = now,
                           .expires = now + 3600,
                           .failure = (char *)"invalid_grant",
                           .failed = now };
  g_autoptr (SeStore) store = se_store_open (&f->server, &f->account, NULL);

  se_authorization_works (&f->authorization);
  assert_alert (f, -1);
  fail (f, SE_ERROR_CONFIG, TRUE, FALSE);
  g_assert_true (se_store_save (store, &record, NULL));
  se_authorization_works (&f->authorization);
  assert_alert (f, SE_ALERT_TOKEN);
  record.failure = NULL;
  record.failed = 0;
  g_assert_true (se_store_save (store, &record, NULL));
  se_authorization_works (&f->authorization);
  assert_alert (f, -1);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/authorization/bad", test_bad);
  ADD ("/authorization/orphan", test_orphan);
  ADD ("/authorization/good", test_good);
  return g_test_run ();
}
