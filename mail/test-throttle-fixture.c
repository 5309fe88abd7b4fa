/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-throttle-fixture.h"

#include "common/test-tree.h"

#include <string.h>

void
fixture_set_up (Fixture *f, gconstpointer unused)
{
  f->directory = g_dir_make_tmp ("scan-email-XXXXXX", NULL);
  f->folder = g_build_filename (f->directory, "throttle", "a%2F..%2Fb%40example.test", NULL);
  f->provider = (SeProviderConfig){ .name = (char *)"test" };
  f->account = (SeAccount){ .address = (char *)"a/../b@example.test", .provider = &f->provider };
  f->other = (SeAccount){ .address = (char *)"other@example.test", .provider = &f->provider };
  f->throttle = (SeThrottle){
    .state_directory = f->directory, .account = &f->account, .cancel_fd = -1, .longest_wait = 100
  };
}

void
fixture_tear_down (Fixture *f, gconstpointer unused)
{
  test_remove_tree (f->directory);
  g_free (f->folder);
  g_free (f->directory);
}

SePermit *
fixture_enter (const Fixture *f, guint recipients)
{
  g_autoptr (GError) error = NULL;
  SePermit *permit = se_throttle_enter (&f->throttle, recipients, &error);

  g_assert_no_error (error);
  g_assert_nonnull (permit);
  return permit;
}

void
fixture_send_mail (const Fixture *f, guint recipients)
{
  g_autoptr (SePermit) permit = fixture_enter (f, recipients);

  se_permit_keep (permit);
}

gint64
fixture_assert_quota (const Fixture *f, guint recipients, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (se_throttle_enter (&f->throttle, recipients, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_QUOTA);
  g_assert_nonnull (strstr (error->message, words));
  g_assert_nonnull (strstr (error->message, f->throttle.account->address));
  g_assert_cmpint (se_error_due (error), >, g_get_real_time () / G_USEC_PER_SEC);
  return se_error_due (error);
}

gboolean
fixture_may_next (SePermit *permit, guint recipients)
{
  g_autoptr (GError) error = NULL;
  gboolean may = FALSE;

  g_assert_true (se_permit_next (permit, recipients, &may, &error));
  g_assert_no_error (error);
  return may;
}
