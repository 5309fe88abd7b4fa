/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/test-fixture.h"

#include "common/atomic-file.h"
#include "common/io.h"
#include "common/test-tree.h"

#include <string.h>

static const Exchange *next;

void
fixture_script (const Exchange *script)
{
  next = script;
}

void
fixture_script_done (void)
{
  g_assert_nonnull (next);
  if (next->url != NULL)
    g_error ("%s was not asked", next->url);
  next = NULL;
}

SeHttpReply *
fixture_reply (int status, const char *body, gint64 retry_after)
{
  SeHttpReply *reply = g_new0 (SeHttpReply, 1);

  reply->status = status;
  reply->body = g_strdup (body == NULL ? "" : body);
  reply->length = strlen (reply->body);
  reply->retry_after = retry_after == 0 ? -1 : retry_after;
  return reply;
}

static void
check_form (const char *expected, const char *form)
{
  g_auto (GStrv) wanted = g_strsplit (expected, " ", -1);
  g_auto (GStrv) parts = NULL;

  g_assert_nonnull (form);
  parts = g_strsplit (form, "&", -1);
  for (char **part = wanted; *part != NULL; part++)
    if (!g_strv_contains ((const char *const *)parts, *part))
      g_error ("\"%s\" not in \"%s\"", *part, form);
  g_assert_cmpuint (g_strv_length (parts), ==, g_strv_length (wanted));
}

SeHttpReply *
fixture_http (const char *url, const char *form, const SeHttpOptions *options, gboolean *timed_out,
              GError **error)
{
  const Exchange *exchange = next;

  g_assert_nonnull (next);
  if (exchange->url == NULL)
    g_error ("unexpected request of %s", url);
  next++;
  g_assert_cmpstr (url, ==, exchange->url);
  if (exchange->form == NULL)
    g_assert_null (form);
  else
    check_form (exchange->form, form);
  if (timed_out != NULL)
    *timed_out = exchange->status == 0;
  if (exchange->status > 0)
    return fixture_reply (exchange->status, exchange->body, exchange->retry_after);
  g_set_error_literal (error, SE_ERROR, SE_ERROR_TEMPORARY, "no answer");
  return NULL;
}

void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->directory = g_dir_make_tmp ("scan-email-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->server.state_directory = fixture->directory;
  fixture->server.user = (char *)"scan-email";
  fixture->provider.name = (char *)"test";
  fixture->provider.device_authorization_endpoint = (char *)"https://id.test/%{tenant}/device";
  fixture->provider.token_endpoint = (char *)"https://id.test/%{tenant}/token";
  fixture->account.provider = &fixture->provider;
  fixture->account.address = (char *)FIXTURE_ADDRESS;
  fixture->account.login_user = (char *)FIXTURE_ADDRESS;
  fixture->account.client_id = (char *)FIXTURE_CLIENT;
  fixture->account.tenant = (char *)"contoso";
  fixture->account.grant = (char *)"device";
  fixture->account.scope = (char *)"offline_access https://x.test/SMTP.Send";
  fixture->context.server = &fixture->server;
  fixture->context.account = &fixture->account;
  fixture->context.http = fixture_http;
  fixture->context.cancel_fd = -1;
}

void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
  test_remove_tree (fixture->directory);
  g_free (fixture->directory);
}

SeTokenRecord *
fixture_record (const Fixture *fixture, gint64 age, gint64 left)
{
  SeTokenRecord *record = g_new0 (SeTokenRecord, 1);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  record->token_endpoint = g_strdup (FIXTURE_TOKEN_URL);
  record->client_id = g_strdup (FIXTURE_CLIENT);
  record->login_user = g_strdup (FIXTURE_ADDRESS);
  record->grant = g_strdup ("device");
  record->access_token = g_strdup ("access-0");
  record->refresh_token = g_strdup ("refresh-0");
  record->obtained = now - age;
  record->expires = now + left;
  return record;
}

void
fixture_store (const Fixture *fixture, const SeTokenRecord *record)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeStore) store = se_store_open (&fixture->server, &fixture->account, &error);
  se_autofd int lock = store == NULL ? -1 : se_store_lock (store, 0, -1, &error);

  g_assert_true (lock >= 0 && se_store_save (store, record, &error));
  g_assert_no_error (error);
}

SeTokenRecord *
fixture_load (const Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeStore) store = se_store_open (&fixture->server, &fixture->account, &error);
  SeTokenRecord *record = NULL;

  g_assert_no_error (error);
  g_assert_true (se_store_load (store, &record, &error));
  g_assert_no_error (error);
  g_assert_nonnull (record);
  return record;
}

void
fixture_store_new (const Fixture *fixture, gint64 age, gint64 left)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, age, left);

  fixture_store (fixture, record);
}

void
fixture_assert_stored (const Fixture *fixture, const char *access_token, const char *refresh_token,
                       const char *failure)
{
  g_autoptr (SeTokenRecord) record = fixture_load (fixture);

  g_assert_cmpstr (record->access_token, ==, access_token);
  g_assert_cmpstr (record->refresh_token, ==, refresh_token);
  g_assert_cmpstr (record->failure, ==, failure);
  g_assert_true ((record->failed != 0) == (failure != NULL));
}

char *
fixture_path (const Fixture *fixture)
{
  return g_build_filename (fixture->directory, "tokens", "scanner%40contoso.com.json", NULL);
}

void
fixture_put (const char *path, const char *contents, gssize length)
{
  g_autoptr (GError) error = NULL;

  se_atomic_file_replace (path, contents, length < 0 ? strlen (contents) : (gsize)length, 0600,
                          &error);
  g_assert_no_error (error);
}

char *
fixture_id_token (const char *claims)
{
  g_autofree char *encoded = g_base64_encode ((const guchar *)claims, strlen (claims));

  g_strdelimit (encoded, "+", '-');
  g_strdelimit (encoded, "/", '_');
  *(encoded + strcspn (encoded, "=")) = '\0';
  return g_strdup_printf ("eyJhbGciOiJub25lIn0.%s.c2ln", encoded);
}
