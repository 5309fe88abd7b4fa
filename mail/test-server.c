/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/test-server.h"

#include "common/test-tree.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static SeProviderConfig provider = { .name = (char *)"test" };

const SeAccount test_server_account = {
  .address = (char *)"scanner@example.com",
  .provider = &provider,
  .client_id = (char *)"client-1",
  .login_user = (char *)"login@example.com",
  .smtp_user = (char *)"mailbox@example.com",
  .from_address = (char *)"from@example.com",
};

struct TestServer
{
  GPid pid;
  FILE *to, *from;
  char *directory;
  char *ca;
};

static char *
read_answer (TestServer *server)
{
  char *line = NULL;
  size_t size = 0;
  ssize_t n = getline (&line, &size, server->from);
  char *answer;

  if (n <= 0)
    g_error ("the SMTP server for tests ended");
  answer = g_strndup (line, (gsize)n - 1);
  free (line);
  return answer;
}

static TestServer *
test_server_start (char **reason)
{
  g_autofree char *script
      = g_test_build_filename (G_TEST_DIST, "mail", "test-smtp-server.py", NULL);
  g_autofree char *tests = g_test_build_filename (G_TEST_DIST, "test", NULL);
  g_autofree char *python = g_find_program_in_path ("python3");
  g_autofree char *openssl = g_find_program_in_path ("openssl");
  TestServer *server;
  int to, from;

  if (python == NULL || openssl == NULL)
    {
      *reason = g_strdup_printf ("%s is missing", python == NULL ? "python3" : "openssl");
      return NULL;
    }
  server = g_new0 (TestServer, 1);
  server->directory = g_dir_make_tmp ("scan-email-smtp-XXXXXX", NULL);
  {
    const char *argv[] = { python, script, tests, server->directory, NULL };
    g_autoptr (GError) error = NULL;

    g_spawn_async_with_pipes (NULL, (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL,
                              &server->pid, &to, &from, NULL, &error);
    g_assert_no_error (error);
  }
  server->to = fdopen (to, "w");
  server->from = fdopen (from, "r");
  server->ca = read_answer (server);
  return server;
}

static void
test_server_stop (TestServer *server)
{
  if (server == NULL)
    return;
  fclose (server->to);
  g_assert_cmpint (waitpid (server->pid, NULL, 0), ==, server->pid);
  fclose (server->from);
  test_remove_tree (server->directory);
  g_free (server->directory);
  g_free (server->ca);
  g_free (server);
}

int
test_server_run (TestServer **server, void (*add_tests) (void))
{
  g_autofree char *reason = NULL;
  int status;

  *server = test_server_start (&reason);
  if (*server == NULL)
    {
      g_print ("1..0 # SKIP %s\n", reason);
      return 0;
    }
  add_tests ();
  status = g_test_run ();
  test_server_stop (*server);
  return status;
}

SeSmtpOptions
test_server_options (const TestServer *server, const char *url)
{
  return (SeSmtpOptions){ .account = &test_server_account,
                          .server = url,
                          .ca_file = server->ca,
                          .sasl = "xoauth2",
                          .user = TEST_SERVER_USER,
                          .access_token = TEST_SERVER_TOKEN,
                          .cancel_fd = -1 };
}

SeProviderConfig
test_server_provider (const TestServer *server, char *url)
{
  return (SeProviderConfig){
    .name = (char *)"test", .smtp_server = url, .sasl = (char *)"xoauth2", .ca_file = server->ca
  };
}

char *
test_server_ask (TestServer *server, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  g_assert_cmpint (vfprintf (server->to, format, arguments), >, 0);
  va_end (arguments);
  g_assert_cmpint (fputc ('\n', server->to), ==, '\n');
  g_assert_cmpint (fflush (server->to), ==, 0);
  return read_answer (server);
}

void
test_server_tell (TestServer *server, const char *commands)
{
  g_auto (GStrv) lines = g_strsplit (commands != NULL ? commands : "", "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    if (**line != '\0')
      g_free (test_server_ask (server, "%s", *line));
}

char *
test_server_new (TestServer *server, const char *options)
{
  gboolean implicit = options != NULL && strstr (options, "tls=implicit") != NULL;
  g_autofree char *port = test_server_ask (server, "new%s%s", options != NULL ? "\t" : "",
                                           options != NULL ? options : "");

  return g_strdup_printf ("%s://localhost:%s", implicit ? "smtps" : "smtp", port);
}

static gpointer
cancel_thread (gpointer data)
{
  TestCancel *cancel = data;

  g_free (test_server_ask (cancel->server, "wait"));
  cancel->time = g_get_monotonic_time ();
  g_assert_cmpint (write (cancel->fds[1], "x", 1), ==, 1);
  if (cancel->go)
    g_free (test_server_ask (cancel->server, "go"));
  return NULL;
}

void
test_cancel_start (TestCancel *cancel, TestServer *server)
{
  cancel->server = server;
  cancel->thread = g_thread_new ("cancel", cancel_thread, cancel);
}

gint64
test_cancel_finish (TestCancel *cancel)
{
  gint64 now = g_get_monotonic_time ();

  g_thread_join (cancel->thread);
  close (cancel->fds[0]);
  close (cancel->fds[1]);
  return (now - cancel->time) / 1000;
}
