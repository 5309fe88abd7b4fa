/* SPDX-License-Identifier: Apache-2.0 */
/* Refreshes that meet other processes, a sudden death, or a full disk. */
#include "config.h"

#include "oauth/test-fixture.h"

#include "common/io.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static const Fixture *current;
static int *requests; /* shared with children */

/* Another process, without our lock, refreshed meanwhile: the old token is refused. */
static char *superseding; /* the record that it wrote */

static SeHttpReply *
http_superseded (const char *url, const char *form, const SeHttpOptions *options,
                 gboolean *timed_out, GError **error)
{
  g_autofree char *path = fixture_path (current);

  if (strstr (form, "refresh-7") != NULL)
    return fixture_reply (200, ROTATED, 0);
  fixture_put (path, superseding, -1);
  return fixture_reply (400, INVALID_GRANT, 0);
}

/* left: of the other process's access token, seconds. */
static void
try_superseded (Fixture *fixture, gint64 left, const char *access_token, const char *refresh_token)
{
  g_autoptr (SeTokenRecord) other = fixture_record (fixture, 3600 - left, left);
  g_autofree char *path = fixture_path (fixture);
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  se_autosecret char *token = NULL;

  g_free (other->refresh_token);
  g_free (other->access_token);
  other->refresh_token = g_strdup ("refresh-7");
  other->access_token = g_strdup ("access-7");
  fixture_store (fixture, other);
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  superseding = contents;
  current = fixture;
  fixture->context.http = http_superseded;
  fixture_store_new (fixture, 4000, -400);
  token = se_token_get (&fixture->context, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (token, ==, access_token);
  fixture_assert_stored (fixture, access_token, refresh_token, NULL);
}

static void
test_superseded (Fixture *fixture, gconstpointer unused)
{
  try_superseded (fixture, 3500, "access-7", "refresh-7");
  try_superseded (fixture, -100, "access-1", "refresh-1");
}

/* Rotation with reuse detection: a second request with the same token is the end. */
static SeHttpReply *
http_once (const char *url, const char *form, const SeHttpOptions *options, gboolean *timed_out,
           GError **error)
{
  if (__atomic_add_fetch (requests, 1, __ATOMIC_SEQ_CST) > 1)
    return fixture_reply (400, INVALID_GRANT, 0);
  g_usleep (100000); /* the server's time to answer, in which the others come */
  return fixture_reply (200, ROTATED, 0);
}

static int
run_one_of_eight (const Fixture *fixture)
{
  se_autosecret char *token = se_token_get (&fixture->context, NULL, NULL);

  return g_strcmp0 (token, "access-1") == 0 ? 0 : 1;
}

static void
test_eight_processes (Fixture *fixture, gconstpointer unused)
{
  pid_t children[8];

  requests
      = mmap (NULL, sizeof *requests, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_assert_true (requests != MAP_FAILED);
  fixture->context.http = http_once;
  fixture_store_new (fixture, 4000, -400);
  for (int i = 0; i < 8; i++)
    {
      children[i] = fork ();
      g_assert_cmpint (children[i], >=, 0);
      if (children[i] == 0)
        _exit (run_one_of_eight (fixture));
    }
  for (int i = 0; i < 8; i++)
    {
      int status = 0;

      g_assert_cmpint (waitpid (children[i], &status, 0), ==, children[i]);
      g_assert_cmpint (status, ==, 0);
    }
  g_assert_cmpint (*requests, ==, 1);
  fixture_assert_stored (fixture, "access-1", "refresh-1", NULL);
  g_assert_cmpint (munmap (requests, sizeof *requests), ==, 0);
}

/* Dies while it waits for the reply. */
static SeHttpReply *
http_killed (const char *url, const char *form, const SeHttpOptions *options, gboolean *timed_out,
             GError **error)
{
  raise (SIGKILL);
  return NULL;
}

/* Dies in the middle of writing the record. */
static SeHttpReply *
http_killed_later (const char *url, const char *form, const SeHttpOptions *options,
                   gboolean *timed_out, GError **error)
{
  const struct rlimit limit = { .rlim_cur = 100, .rlim_max = 100 };
  const struct rlimit no_core = { 0 };

  signal (SIGXFSZ, SIG_DFL);
  g_assert_cmpint (setrlimit (RLIMIT_CORE, &no_core), ==, 0);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  return fixture_reply (200, ROTATED, 0);
}

/* A killed process leaves the old record whole and the lock free, and what it left goes away. */
static void
test_killed (Fixture *fixture, gconstpointer data)
{
  static const Exchange script[]
      = { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, ROTATED }, { NULL } };
  g_autofree char *directory = g_build_filename (fixture->directory, "tokens", NULL);
  g_autoptr (GDir) entries = NULL;
  g_autoptr (GError) error = NULL;
  int status = 0;
  pid_t child = 0;

  fixture_store_new (fixture, 4000, -400);
  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      fixture->context.http = GPOINTER_TO_INT (data) == 0 ? http_killed : http_killed_later;
      se_token_get (&fixture->context, NULL, NULL);
      _exit (0);
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
  fixture_assert_stored (fixture, "access-0", "refresh-0", NULL);

  fixture_script (script);
  g_assert_true (se_token_refresh (&fixture->context, &error));
  fixture_script_done ();
  fixture_assert_stored (fixture, "access-1", "refresh-1", NULL);
  entries = g_dir_open (directory, 0, NULL);
  for (const char *name; (name = g_dir_read_name (entries)) != NULL;)
    g_assert_false (g_str_has_prefix (name, "."));
}

/* On a file system that is really full, or read-only, the old token is not spent. Exits 77 where it
 * may not be mounted. */
static int
run_on_full_disk (Fixture *fixture)
{
  g_autofree char *tokens = g_build_filename (fixture->directory, "tokens", NULL);
  g_autofree char *filler = g_build_filename (tokens, "filler", NULL);
  g_autofree char *zeros = g_malloc0 (1 << 20);
  g_autoptr (GError) error = NULL;
  int fd = -1;

  if (unshare (CLONE_NEWNS) < 0 || mount ("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0
      || g_mkdir (tokens, 0700) < 0 || mount ("none", tokens, "tmpfs", 0, "size=1m,mode=0700") < 0)
    return 77;
  fixture_store_new (fixture, 4000, -400);
  fd = open (filler, O_WRONLY | O_CREAT, 0600);
  g_assert_cmpint (fd, >=, 0);
  while (write (fd, zeros, 4096) > 0)
    ;
  g_assert_cmpint (errno, ==, ENOSPC);
  close (fd);

  fixture_script ((const Exchange[]){ { NULL } });
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_TEMPORARY, "No space left");
  fixture_assert_stored (fixture, "access-0", "refresh-0", NULL);

  g_assert_cmpint (g_unlink (filler), ==, 0);
  g_assert_cmpint (mount ("none", tokens, "tmpfs", MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_CONFIG, "Read-only file system");
  fixture_assert_stored (fixture, "access-0", "refresh-0", NULL);

  g_assert_cmpint (mount ("none", tokens, "tmpfs", MS_REMOUNT, NULL), ==, 0);
  fixture_script (
      (const Exchange[]){ { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, ROTATED }, { NULL } });
  g_assert_true (se_token_refresh (&fixture->context, &error));
  fixture_assert_stored (fixture, "access-1", "refresh-1", NULL);
  return 0;
}

static void
test_full_disk (Fixture *fixture, gconstpointer unused)
{
  pid_t child = fork ();
  int status = 0;

  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    _exit (run_on_full_disk (fixture));
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  if (WIFEXITED (status) && WEXITSTATUS (status) == 77)
    {
      g_test_skip ("a small file system cannot be mounted here (that takes root)");
      return;
    }
  g_assert_cmpint (status, ==, 0);
}

static void
test_cancelled (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeStore) store = se_store_open (&fixture->server, &fixture->account, NULL);
  se_autofd int lock = se_store_lock (store, 0, -1, NULL);
  g_autoptr (GError) error = NULL;
  int pipe_fds[2];

  g_assert_cmpint (lock, >=, 0);
  g_assert_cmpint (pipe (pipe_fds), ==, 0);
  g_assert_cmpint (write (pipe_fds[1], "x", 1), ==, 1);
  fixture->context.cancel_fd = pipe_fds[0];
  /* Whoever has the lock may be about to store a record. */
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  g_clear_error (&error);
  se_io_clear_fd (&lock);
  fixture->context.cancel_fd = -1;
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION);
  g_clear_error (&error);
  fixture_store_new (fixture, 4000, -400);
  lock = se_store_lock (store, 0, -1, NULL);
  fixture->context.cancel_fd = pipe_fds[0];
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  fixture_assert_stored (fixture, "access-0", "refresh-0", NULL);
  close (pipe_fds[0]);
  close (pipe_fds[1]);
}

static int cancel_end;

/* A cancel comes before the reply, which is waited for: how long, says where somebody waits. */
static SeHttpReply *
http_cancelled (const char *url, const char *form, const SeHttpOptions *options,
                gboolean *timed_out, GError **error)
{
  g_assert_cmpint (options->grace_ms, ==, current->context.awaited ? 5000 : SE_HTTP_GRACE_ALL);
  g_assert_cmpint (write (cancel_end, "x", 1), ==, 1);
  return fixture_reply (200, ROTATED, 0);
}

static void
test_cancelled_on_the_way (Fixture *fixture, gconstpointer awaited)
{
  g_autoptr (GError) error = NULL;
  se_autosecret char *token = NULL;
  int ends[2];

  g_assert_cmpint (pipe (ends), ==, 0);
  cancel_end = ends[1];
  current = fixture;
  fixture->context.http = http_cancelled;
  fixture->context.cancel_fd = ends[0];
  fixture->context.awaited = GPOINTER_TO_INT (awaited);
  fixture_store_new (fixture, 4000, -400);
  token = se_token_get (&fixture->context, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (token, ==, "access-1");
  fixture_assert_stored (fixture, "access-1", "refresh-1", NULL);
  close (ends[0]);
  close (ends[1]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/token-races/superseded", test_superseded);
  ADD ("/token-races/eight-processes", test_eight_processes);
  ADD_CASE ("/token-races/killed-before-the-reply", GINT_TO_POINTER (0), test_killed);
  ADD_CASE ("/token-races/killed-while-writing", GINT_TO_POINTER (1), test_killed);
  ADD ("/token-races/full-disk", test_full_disk);
  ADD ("/token-races/cancelled", test_cancelled);
  ADD_CASE ("/token-races/cancelled-on-the-way", GINT_TO_POINTER (FALSE),
            test_cancelled_on_the_way);
  ADD_CASE ("/token-races/cancelled-on-the-way-awaited", GINT_TO_POINTER (TRUE),
            test_cancelled_on_the_way);
  return g_test_run ();
}
