/* SPDX-License-Identifier: Apache-2.0 */
/* The real exchange, against https servers that misbehave in every way (test-http-server.py). */
#include "config.h"

#include "oauth/test-fixture.h"

#include "common/io.h"
#include "common/test-tree.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct
{
  char *directory;
  char *ca_file;
  GHashTable *ports; /* name -> port, as text */
  GPid process;
  int input;
  GIOChannel *output;
} server;

static char *
url_of (const char *name, const char *path)
{
  return g_strdup_printf ("https://localhost:%s%s",
                          (const char *)g_hash_table_lookup (server.ports, name), path);
}

static gboolean timed_out; /* as the last ask () found it */

static SeHttpReply *
ask (const char *name, const char *path, const char *form, GError **error)
{
  const SeHttpOptions options = { .ca_file = server.ca_file, .cancel_fd = -1 };
  g_autofree char *url = url_of (name, path);
  SeHttpReply *reply = NULL;

  timed_out = TRUE;
  reply = se_http_perform (url, form, &options, &timed_out, error);
  g_assert_false (reply != NULL && timed_out);
  return reply;
}

static void
assert_holds (const char *text, const char *part)
{
  if (strcasestr (text, part) == NULL)
    g_error ("\"%s\" not in \"%s\"", part, text);
}

static void
test_get_and_post (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeHttpReply) got = ask ("good", "/echo", NULL, &error);
  g_autoptr (SeHttpReply) posted = NULL;

  g_assert_no_error (error);
  g_assert_cmpint (got->status, ==, 200);
  g_assert_cmpint (got->retry_after, ==, -1);
  g_assert_cmpuint (got->length, ==, strlen (got->body));
  assert_holds (got->body, "GET /echo HTTP/1.1");
  assert_holds (got->body, "\naccept: application/json");
  assert_holds (got->body, "\nuser-agent: scan-email/" PACKAGE_VERSION);

  posted = ask ("good", "/echo", "a=b&c=%20", &error);
  g_assert_no_error (error);
  assert_holds (posted->body, "POST /echo HTTP/1.1");
  assert_holds (posted->body, "content-type: application/x-www-form-urlencoded");
  assert_holds (posted->body, "\n\na=b&c=%20");
}

static void
test_status (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SeHttpReply) busy = ask ("good", "/busy", NULL, &error);
  g_autoptr (SeHttpReply) redirect = ask ("good", "/redirect", "a=b", &error);

  g_assert_no_error (error);
  g_assert_cmpint (busy->status, ==, 503);
  g_assert_cmpint (busy->retry_after, ==, 7);
  g_assert_cmpint (redirect->status, ==, 302);
}

static void
test_too_large (void)
{
  static const char *const paths[] = { "/large", "/endless", "/limit-and-one" };
  g_autoptr (GError) error = NULL;
  g_autoptr (SeHttpReply) reply = ask ("good", "/limit", NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (reply->length, ==, 65536);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_assert_null (ask ("good", paths[i], NULL, &error));
      assert_failure (error, SE_ERROR_TEMPORARY, "more than 64 KiB");
    }
}

static const struct
{
  const char *name;
  const char *server, *path;
  int fault;
  const char *part;
  gboolean timed_out;
} refusals[] = {
  { "other-name", "other-name", "/echo", SE_ERROR_CONFIG, "not to be trusted" },
  { "expired", "expired", "/echo", SE_ERROR_CONFIG, "not to be trusted" },
  { "early", "early", "/echo", SE_ERROR_TEMPORARY, "not valid yet" },
  { "old-tls", "old", "/echo", SE_ERROR_TEMPORARY, "no answer from" },
  { "no-tls", "plain", "/echo", SE_ERROR_TEMPORARY, "no answer from" },
  { "dropped", "good", "/drop", SE_ERROR_TEMPORARY, "no answer from", TRUE },
  { "cut", "good", "/cut", SE_ERROR_TEMPORARY, "no answer from", TRUE },
};

static void
test_refusal (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  g_autoptr (GError) error = NULL;

  g_assert_null (ask (refusals[i].server, refusals[i].path, "secret=s3cret", &error));
  g_assert_nonnull (error);
  g_assert_null (strstr (error->message, "s3cret"));
  assert_failure (error, refusals[i].fault, refusals[i].part);
  g_assert_cmpint (timed_out, ==, refusals[i].timed_out);
}

/* Without ca-file the system's store decides, which does not know the test's CA. */
static void
test_unknown_authority (void)
{
  const SeHttpOptions system_store = { .cancel_fd = -1 };
  const SeHttpOptions no_file = { .ca_file = "/nonexistent/ca.pem", .cancel_fd = -1 };
  g_autofree char *url = url_of ("good", "/echo");
  g_autoptr (GError) error = NULL;

  g_assert_null (se_http_perform (url, NULL, &system_store, NULL, &error));
  assert_failure (error, SE_ERROR_CONFIG, "ca-file");
  g_assert_null (se_http_perform (url, NULL, &no_file, NULL, &error));
  assert_failure (error, SE_ERROR_CONFIG, "/nonexistent/ca.pem");
}

static void
test_other_protocols (void)
{
  static const char *const bad[]
      = { "http://localhost:%s/echo", "ftp://localhost:%s/", "file:///etc/passwd", "", "https://" };
  const SeHttpOptions options = { .ca_file = server.ca_file, .cancel_fd = -1 };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_auto (GStrv) parts = g_strsplit (bad[i], "%s", 2);
      g_autofree char *url = g_strjoinv (g_hash_table_lookup (server.ports, "plain"), parts);
      g_autoptr (GError) error = NULL;

      g_assert_null (se_http_perform (url, NULL, &options, NULL, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
    }
}

static void
test_not_reached (void)
{
  const SeHttpOptions options = { .ca_file = server.ca_file, .cancel_fd = -1 };
  g_autoptr (GError) error = NULL;

  timed_out = TRUE;
  g_assert_null (
      se_http_perform ("https://127.0.0.1:1/?secret=x", NULL, &options, &timed_out, &error));
  g_assert_false (timed_out);
  g_assert_null (strstr (error->message, "secret"));
  assert_failure (error, SE_ERROR_TEMPORARY, "https://127.0.0.1:1/");
}

/* The environment's proxy is not used, the configured one is. */
static void
test_proxy (void)
{
  const SeHttpOptions options
      = { .ca_file = server.ca_file, .proxy = "http://127.0.0.1:1", .cancel_fd = -1 };
  g_autofree char *url = url_of ("good", "/echo");
  g_autoptr (GError) error = NULL;
  g_autoptr (SeHttpReply) reply = NULL;

  g_setenv ("https_proxy", "http://127.0.0.1:1", TRUE);
  g_setenv ("ALL_PROXY", "http://127.0.0.1:1", TRUE);
  reply = ask ("good", "/echo", NULL, &error);
  g_assert_no_error (error);
  g_setenv ("no_proxy", "*", TRUE);
  g_assert_null (se_http_perform (url, NULL, &options, NULL, &error));
  assert_failure (error, SE_ERROR_TEMPORARY, "no answer");
  g_unsetenv ("https_proxy");
  g_unsetenv ("ALL_PROXY");
  g_unsetenv ("no_proxy");
}

static void
await_line (const char *expected)
{
  g_autofree char *line = NULL;

  g_assert_cmpint (g_io_channel_read_line (server.output, &line, NULL, NULL, NULL), ==,
                   G_IO_STATUS_NORMAL);
  g_assert_cmpstr (g_strchomp (line), ==, expected);
}

static void
let_go (void)
{
  g_assert_cmpint (write (server.input, "\n", 1), ==, 1);
  await_line ("released");
}

/* Cancels as soon as the server has the connection or the request. */
typedef struct
{
  int cancel_fd;
  gboolean answer;  /* let the server answer after it */
  gint64 cancelled; /* monotonic */
} Canceller;

static gpointer
cancel (gpointer data)
{
  Canceller *canceller = data;

  await_line ("requested");
  canceller->cancelled = g_get_monotonic_time ();
  g_assert_cmpint (write (canceller->cancel_fd, "x", 1), ==, 1);
  if (canceller->answer)
    let_go ();
  return NULL;
}

static const struct
{
  const char *name;
  const char *server;
  int grace_ms;
  gboolean answer;
  gint64 at_least_ms;
} cancels[] = {
  { "stalled", "good", 0, FALSE, 0 },
  { "stalled-handshake", "silent", 5000, FALSE, 0 },
  { "grace-over", "good", 400, FALSE, 400 },
  { "grace-brings-the-reply", "good", 30000, TRUE, 0 },
};

static void
test_cancel (gconstpointer data)
{
  gsize i = GPOINTER_TO_SIZE (data);
  g_autofree char *url = url_of (cancels[i].server, "/wait");
  Canceller canceller = { .answer = cancels[i].answer };
  g_autoptr (SeHttpReply) reply = NULL;
  g_autoptr (GError) error = NULL;
  SeHttpOptions options = { .ca_file = server.ca_file, .grace_ms = cancels[i].grace_ms };
  GThread *thread = NULL;
  gint64 took_ms = 0;
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  options.cancel_fd = fds[0];
  canceller.cancel_fd = fds[1];
  thread = g_thread_new ("cancel", cancel, &canceller);
  reply = se_http_perform (url, "a=b", &options, NULL, &error);
  took_ms = g_get_monotonic_time ();
  g_thread_join (thread);
  took_ms = (took_ms - canceller.cancelled) / 1000;
  close (fds[0]);
  close (fds[1]);
  g_assert_cmpint (took_ms, <, cancels[i].at_least_ms + 1000);
  if (cancels[i].answer)
    {
      g_assert_no_error (error);
      g_assert_cmpstr (reply->body, ==, "late");
      return;
    }
  g_assert_null (reply);
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  g_assert_cmpint (took_ms, >=, cancels[i].at_least_ms);
  let_go ();
}

static void
test_cancelled_before (void)
{
  g_autofree char *url = url_of ("good", "/wait");
  g_autoptr (GError) error = NULL;
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (close (fds[1]), ==, 0); /* the other side is gone: readable as well */
  g_assert_null (se_http_perform (
      url, "a=b",
      &(SeHttpOptions){ .ca_file = server.ca_file, .cancel_fd = fds[0], .grace_ms = 5000 }, NULL,
      &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  close (fds[0]);
}

/* Returns FALSE where python3 or openssl is missing. */
static gboolean
start_server (void)
{
  g_autofree char *python = g_find_program_in_path ("python3");
  g_autofree char *openssl = g_find_program_in_path ("openssl");
  g_autofree char *script
      = g_test_build_filename (G_TEST_DIST, "oauth", "test-http-server.py", NULL);
  g_autoptr (GError) error = NULL;
  int output = -1;

  if (python == NULL || openssl == NULL)
    return FALSE;
  server.directory = g_dir_make_tmp ("scan-email-XXXXXX", &error);
  g_assert_no_error (error);
  g_spawn_async_with_pipes (NULL, (char *[]){ python, script, server.directory, NULL }, NULL,
                            G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &server.process, &server.input,
                            &output, NULL, &error);
  g_assert_no_error (error);
  server.ca_file = g_build_filename (server.directory, "pki", "ca.pem", NULL);
  server.ports = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  server.output = g_io_channel_unix_new (output);
  g_io_channel_set_close_on_unref (server.output, TRUE);
  for (;;)
    {
      g_autofree char *line = NULL;
      g_auto (GStrv) words = NULL;

      if (g_io_channel_read_line (server.output, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL)
        g_error ("%s does not start", script);
      words = g_strsplit (g_strchomp (line), " ", 2);
      if (g_str_equal (words[0], "ready"))
        return TRUE;
      g_hash_table_insert (server.ports, g_strdup (words[0]), g_strdup (words[1]));
    }
}

static void
stop_server (void)
{
  int status = 0;

  close (server.input);
  g_assert_cmpint (waitpid (server.process, &status, 0), ==, server.process);
  g_spawn_close_pid (server.process);
  g_io_channel_unref (server.output);
  g_hash_table_unref (server.ports);
  g_free (server.ca_file);
  test_remove_tree (server.directory);
  g_free (server.directory);
  g_assert_cmpint (status, ==, 0);
}

static void
skip (void)
{
  g_test_skip ("python3 or openssl is missing");
}

int
main (int argc, char **argv)
{
  int result = 0;

  g_test_init (&argc, &argv, NULL);
  signal (SIGPIPE, SIG_IGN);
  if (!start_server ())
    {
      g_test_add_func ("/http", skip);
      return g_test_run ();
    }
  g_test_add_func ("/http/get-and-post", test_get_and_post);
  g_test_add_func ("/http/status", test_status);
  g_test_add_func ("/http/too-large", test_too_large);
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strdup_printf ("/http/refused/%s", refusals[i].name);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_refusal);
    }
  g_test_add_func ("/http/unknown-authority", test_unknown_authority);
  g_test_add_func ("/http/other-protocols", test_other_protocols);
  g_test_add_func ("/http/not-reached", test_not_reached);
  g_test_add_func ("/http/proxy", test_proxy);
  for (gsize i = 0; i < G_N_ELEMENTS (cancels); i++)
    {
      g_autofree char *path = g_strdup_printf ("/http/cancel/%s", cancels[i].name);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_cancel);
    }
  g_test_add_func ("/http/cancel/before", test_cancelled_before);
  result = g_test_run ();
  stop_server ();
  return result;
}
