/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/report.h"

#include "common/digest.h"
#include "common/test-tree.h"
#include "mail/test-server.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <utime.h>

static TestServer *server;

typedef struct
{
  char *state;
  char *url;
  SeServerConfig server;
  SeProviderConfig provider;
  SeAccount account;
  SeDelivery delivery;
} Fixture;

static char *
get_token (const char *rejected, gpointer data, GError **error)
{
  if (rejected == NULL)
    return g_strdup ("token-1");
  g_set_error (error, SE_ERROR, (int)SE_ERROR_AUTHORIZATION, "the grant is gone");
  return NULL;
}

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->state = g_dir_make_tmp ("scan-email-report-XXXXXX", NULL);
  f->url = test_server_new (server, NULL);
  f->provider = test_server_provider (server, f->url);
  f->account = (SeAccount){ .address = (char *)"scanner@example.com",
                            .smtp_user = (char *)"scanner@example.com",
                            .provider = &f->provider };
  f->server = (SeServerConfig){ .state_directory = f->state };
  f->delivery = (SeDelivery){
    .server = &f->server, .account = &f->account, .get_token = get_token, .cancel_fd = -1
  };
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_remove_tree (f->state);
  g_free (f->state);
  g_free (f->url);
}

#define TEXT "Subject: Not sent\r\nMessage-ID: <1@example.com>\r\n\r\nwords\r\n"

/* Spools a report on a job; its path. */
static char *
spool (const Fixture *f, const char *job, const char *what)
{
  g_autoptr (SeAddress) from = se_address_parse ("scanner@example.com", NULL);
  g_autoptr (SeAddress) to = se_address_parse ("admin@example.org", NULL);
  g_autoptr (SeMessage) message
      = se_message_new_from_texts ((const char *const[]){ TEXT, NULL }, NULL, 0, NULL);
  const SeReportContents contents = { job, "scanner@example.com", from, to, message };
  g_autoptr (GError) error = NULL;
  char *path = se_report_spool (f->state, what, &contents, &error);

  g_assert_no_error (error);
  return path;
}

static SeReport *
open_report (const char *path)
{
  g_autoptr (GError) error = NULL;
  SeReport *report = se_report_open (path, &error);

  g_assert_no_error (error);
  return report;
}

static guint
count (const Fixture *f)
{
  g_autoptr (GPtrArray) paths = se_report_list (f->state);

  return paths->len;
}

/* Files of whatever kind that are left. */
static guint
count_files (const Fixture *f)
{
  g_autofree char *directory = g_build_filename (f->state, "reports", NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
assert_sent (guint number)
{
  g_autofree char *messages = test_server_ask (server, "messages");
  g_autofree char *digest = se_digest_text (TEXT);
  g_autofree char *expected
      = g_strdup_printf ("%u\tscanner@example.com\tadmin@example.org\t%s", number, digest);

  if (number == 0)
    g_assert_true (g_str_has_prefix (messages, "0"));
  else
    g_assert_cmpstr (messages, ==, expected);
}

static void
assert_fails (const Fixture *f, const char *path, SeError code)
{
  g_autoptr (SeReport) report = open_report (path);
  g_autoptr (GError) error = NULL;

  g_assert_false (se_report_send (report, &f->delivery, &error));
  g_assert_error (error, SE_ERROR, (int)code);
}

static void
assert_sends (const Fixture *f, const char *path)
{
  g_autoptr (SeReport) report = open_report (path);
  g_autoptr (GError) error = NULL;

  g_assert_true (se_report_send (report, &f->delivery, &error));
  g_assert_no_error (error);
  g_assert_true (se_report_is_gone (report));
}

static void
test_life (Fixture *f, gconstpointer unused)
{
  g_autofree char *path = spool (f, "office-7", "held");
  g_autofree char *again = spool (f, "office-7", "held");
  g_autoptr (GPtrArray) paths = se_report_list (f->state);
  g_autoptr (GError) error = NULL;
  GStatBuf status;

  g_assert_cmpstr (path, ==, again);
  g_assert_cmpuint (paths->len, ==, 1);
  g_assert_cmpstr (paths->pdata[0], ==, path);
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 07777, ==, 0600);
  {
    g_autoptr (SeReport) report = open_report (path);
    g_autofree char *to = se_report_to (report);

    g_assert_cmpstr (se_report_job (report), ==, "office-7");
    g_assert_cmpstr (se_report_account (report), ==, "scanner@example.com");
    g_assert_cmpstr (to, ==, "admin@example.org");
    g_assert_false (se_report_is_old (report));
    g_assert_false (se_report_is_gone (report));
    /* It is sent by one process at a time. */
    g_assert_null (se_report_open (path, &error));
    g_assert_error (error, SE_ERROR, (int)SE_ERROR_TEMPORARY);
    g_clear_error (&error);
  }
  assert_sends (f, path);
  assert_sent (1);
  g_assert_cmpuint (count_files (f), ==, 0);
  g_assert_null (se_report_open (path, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CONFIG);
  g_assert_cmpuint (count_files (f), ==, 0);
}

/* Whatever is no fault of the report's own: it waits. */
static void
test_waits (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    const char *script;
    SeError error;
  } cases[] = {
    { "at\tmail\treply\t451 4.3.0 later", SE_ERROR_TEMPORARY },
    { "at\trcpt\treply\t450 4.2.0 greylisted", SE_ERROR_DEFERRED },
    { "at\tdot\treply\t452 4.3.1 full", SE_ERROR_DEFERRED },
    { "at\tmail\treply\t550 5.7.60 not yours", SE_ERROR_CONFIG },
    { "at\tauth-data\treply\t535 5.7.139 disabled", SE_ERROR_CONFIG },
  };
  g_autofree char *path = spool (f, "office-7", "held");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s", cases[i].script);
      test_server_tell (server, cases[i].script);
      assert_fails (f, path, cases[i].error);
      g_assert_cmpuint (count (f), ==, 1);
    }
  assert_sends (f, path);
  assert_sent (1);
}

static void
test_refused (Fixture *f, gconstpointer unused)
{
  static const char *const scripts[]
      = { "at\trcpt\treply\t550 5.1.1 no such user", "at\tdot\treply\t554 5.6.0 spam" };

  for (gsize i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      g_autofree char *path = spool (f, "office-7", "held");

      test_server_tell (server, scripts[i]);
      assert_fails (f, path, SE_ERROR_DOCUMENT);
      g_assert_cmpuint (count_files (f), ==, 0);
    }
  assert_sent (0);
}

/* It is sent again, the same bytes, but not for ever. */
static void
test_in_doubt (Fixture *f, gconstpointer unused)
{
  g_autofree char *path = spool (f, "office-7", "held");

  for (int i = 0; i < 3; i++)
    {
      g_assert_cmpuint (count (f), ==, 1);
      test_server_tell (server, "at\tdot\tlast\t250-2.0.0 que");
      assert_fails (f, path, SE_ERROR_IN_DOUBT);
      assert_sent ((guint)i + 1);
    }
  g_assert_cmpuint (count_files (f), ==, 0);
}

static void
test_withdrawn (Fixture *f, gconstpointer unused)
{
  g_autofree char *first = spool (f, "office-7", "held");
  g_autofree char *second = spool (f, "office-7", "canceled");
  g_autofree char *other = spool (f, "office-77", "held");
  g_autoptr (SeReport) open = NULL;

  g_assert_cmpuint (count (f), ==, 3);
  open = open_report (second);
  se_report_withdraw (f->state, "office-7");
  g_assert_false (g_file_test (first, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (count (f), ==, 2); /* one is being sent */
  g_clear_pointer (&open, se_report_close);
  se_report_withdraw (f->state, "office-7");
  g_assert_cmpuint (count_files (f), ==, 1);
  g_assert_true (g_file_test (other, G_FILE_TEST_EXISTS));
}

static void
test_old_and_damaged (Fixture *f, gconstpointer unused)
{
  g_autofree char *path = spool (f, "a queue with \xc3\xa4 and / in it-7", "held");
  g_autofree char *directory = g_path_get_dirname (path);
  g_autofree char *young = g_build_filename (directory, ".a.report.ABCDEF", NULL);
  g_autofree char *old = g_build_filename (directory, ".b.report.ABCDEF", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GKeyFile) file = g_key_file_new ();
  struct utimbuf times = { 0, time (NULL) - 2 * 24 * 3600 };

  g_assert_true (g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, NULL));
  g_key_file_set_int64 (file, "report", "created", time (NULL) - 6 * 24 * 3600);
  g_assert_true (g_key_file_save_to_file (file, path, NULL));
  {
    g_autoptr (SeReport) report = open_report (path);

    g_assert_true (se_report_is_old (report));
  }
  g_key_file_set_string (file, "report", "to", "a@b.c\r\nRCPT TO:<x@y.z>");
  g_assert_true (g_key_file_save_to_file (file, path, NULL));
  g_assert_null (se_report_open (path, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CONFIG);
  g_assert_nonnull (strstr (error->message, path));

  g_assert_true (g_file_set_contents (young, "", 0, NULL));
  g_assert_true (g_file_set_contents (old, "", 0, NULL));
  g_assert_cmpint (g_utime (old, &times), ==, 0);
  g_assert_cmpuint (count (f), ==, 1);
  g_assert_true (g_file_test (young, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (old, G_FILE_TEST_EXISTS));
}

static void
test_no_room (Fixture *f, gconstpointer unused)
{
  g_autofree char *file = g_build_filename (f->state, "file", NULL);
  g_autoptr (SeAddress) address = se_address_parse ("a@b.c", NULL);
  g_autoptr (SeMessage) message
      = se_message_new_from_texts ((const char *const[]){ TEXT, NULL }, NULL, 0, NULL);
  const SeReportContents contents = { "q-1", "a@b.c", address, address, message };
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_null (se_report_spool (file, "held", &contents, &error));
  g_assert_error (error, SE_ERROR, (int)SE_ERROR_CONFIG);
}

static void
add_tests (void)
{
#define ADD(path, test) g_test_add ("/report/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("life", test_life);
  ADD ("waits", test_waits);
  ADD ("refused", test_refused);
  ADD ("in-doubt", test_in_doubt);
  ADD ("withdrawn", test_withdrawn);
  ADD ("old-and-damaged", test_old_and_damaged);
  ADD ("no-room", test_no_room);
#undef ADD
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  return test_server_run (&server, add_tests);
}
