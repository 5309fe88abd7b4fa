/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include "oauth/test-fixture.h"

#include "common/digest.h"
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

#define REFRESH(token) "grant_type=refresh_token client_id=client-1 refresh_token=" token
#define ROTATED \
  "{\"access_token\":\"access-1\",\"refresh_token\":\"refresh-1\",\"expires_in\":3600}"
#define KEPT "{\"access_token\":\"access-1\",\"expires_in\":3600}"
#define INVALID_GRANT "{\"error\":\"invalid_grant\",\"error_description\":\"refresh-0 is dead\"}"
#define ADVICE "run: oauth-setup login " FIXTURE_ADDRESS
#define TOKEN(n) "access-" #n

static void
store_record (const Fixture *fixture, gint64 age, gint64 left)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, age, left);

  fixture_store (fixture, record);
}

static void
assert_stored (const Fixture *fixture, const char *access_token, const char *refresh_token,
               const char *failure)
{
  g_autoptr (SeTokenRecord) record = fixture_load (fixture);

  g_assert_cmpstr (record->access_token, ==, access_token);
  g_assert_cmpstr (record->refresh_token, ==, refresh_token);
  g_assert_cmpstr (record->failure, ==, failure);
  g_assert_true ((record->failed != 0) == (failure != NULL));
}

/* What becomes of one stored record and one dialogue. */
typedef struct
{
  const char *name;
  gint64 age, left;     /* of the stored access token, seconds */
  const char *rejected; /* an access token that the SMTP server refused */
  Exchange script[2];
  int fault;                              /* SeError, -1: a token */
  const char *expected;                   /* the token, or a part of the message */
  const char *access, *refresh, *failure; /* stored afterwards */
} Case;

static const Case cases[] = {
  { "fresh", 10, 3590, NULL, { { NULL } }, -1, TOKEN (0), TOKEN (0), "refresh-0" },
  { "at-the-margin", 3000, 620, NULL, { { NULL } }, -1, TOKEN (0), TOKEN (0), "refresh-0" },
  { "rotation",
    3100,
    500,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, ROTATED } },
    -1,
    TOKEN (1),
    TOKEN (1),
    "refresh-1" },
  { "no-rotation",
    4000,
    -400,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, KEPT } },
    -1,
    TOKEN (1),
    TOKEN (1),
    "refresh-0" },
  { "short-life", 10, 290, NULL, { { NULL } }, -1, TOKEN (0), TOKEN (0), "refresh-0" },
  { "short-life-half-gone",
    160,
    140,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, KEPT } },
    -1,
    TOKEN (1),
    TOKEN (1),
    "refresh-0" },
  { "clock-set-back",
    -7200,
    10800,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, KEPT } },
    -1,
    TOKEN (1),
    TOKEN (1),
    "refresh-0" },
  { "rejected",
    10,
    3590,
    TOKEN (0),
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, ROTATED } },
    -1,
    TOKEN (1),
    TOKEN (1),
    "refresh-1" },
  { "another-rejected", 10, 3590, TOKEN (9), { { NULL } }, -1, TOKEN (0), TOKEN (0), "refresh-0" },
  { "rejected-and-server-down",
    10,
    3590,
    TOKEN (0),
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 503, "" } },
    SE_ERROR_TEMPORARY,
    "HTTP 503",
    TOKEN (0),
    "refresh-0",
    "unreachable" },
  { "server-down-time-left",
    3400,
    200,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 503, "" } },
    -1,
    TOKEN (0),
    TOKEN (0),
    "refresh-0",
    "unreachable" },
  { "server-down-no-time-left",
    3570,
    30,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 503, "", 9 } },
    SE_ERROR_TEMPORARY,
    "9 seconds",
    TOKEN (0),
    "refresh-0",
    "unreachable" },
  { "server-down-clock-set-back",
    -7200,
    10800,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 503, "" } },
    SE_ERROR_TEMPORARY,
    "HTTP 503",
    TOKEN (0),
    "refresh-0",
    "unreachable" },
  { "time-out",
    4000,
    -1,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 0 } },
    SE_ERROR_TEMPORARY,
    "no answer",
    TOKEN (0),
    "refresh-0",
    "unreachable" },
  { "invalid-grant",
    4000,
    -1,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 400, INVALID_GRANT } },
    SE_ERROR_AUTHORIZATION,
    ADVICE,
    TOKEN (0),
    "refresh-0",
    "invalid_grant" },
  { "invalid-grant-time-left",
    3400,
    200,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 400, INVALID_GRANT } },
    SE_ERROR_AUTHORIZATION,
    ADVICE,
    TOKEN (0),
    "refresh-0",
    "invalid_grant" },
  { "interaction-required",
    4000,
    -1,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 400,
        "{\"error\":\"interaction_required\",\"error_codes\":[53003]}" } },
    SE_ERROR_AUTHORIZATION,
    "Conditional Access policy",
    TOKEN (0),
    "refresh-0",
    "interaction_required" },
  { "invalid-scope",
    4000,
    -1,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 400, "{\"error\":\"invalid_scope\"}" } },
    SE_ERROR_CONFIG,
    "invalid_scope",
    TOKEN (0),
    "refresh-0",
    "invalid_scope" },
  { "garbage",
    4000,
    -1,
    NULL,
    { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, "<html>" } },
    SE_ERROR_TEMPORARY,
    "HTTP 200",
    TOKEN (0),
    "refresh-0",
    "unreachable" },
};

static void
test_case (Fixture *fixture, gconstpointer data)
{
  const Case *c = data;
  g_autofree char *fingerprint = c->rejected == NULL ? NULL : se_digest_fingerprint (c->rejected);
  g_autoptr (GError) error = NULL;
  se_autosecret char *token = NULL;

  store_record (fixture, c->age, c->left);
  fixture_script (c->script);
  if (c->fault < 0 && c->failure != NULL)
    g_test_expect_message ("scan-email", G_LOG_LEVEL_WARNING, "*still good for*");
  token = se_token_get (&fixture->context, fingerprint, &error);
  g_test_assert_expected_messages ();
  fixture_script_done ();
  if (c->fault < 0)
    {
      g_assert_no_error (error);
      g_assert_cmpstr (token, ==, c->expected);
    }
  else
    {
      g_assert_null (token);
      g_assert_nonnull (error);
      g_assert_null (strstr (error->message, "refresh-0"));
      assert_failure (error, c->fault, c->expected);
    }
  assert_stored (fixture, c->access, c->refresh, c->failure);
}

static void
test_not_signed_in (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, ADVICE);
  g_assert_false (se_token_refresh (&fixture->context, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, ADVICE);
}

static void
test_no_refresh_token (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 4000, -400);
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&record->refresh_token, se_io_free_secret);
  fixture_store (fixture, record);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, ADVICE);
}

/* A refresh that works clears what failed before; a forced one does not ask whether it is due. */
static void
test_recovery (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 400, INVALID_GRANT },
          { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, ROTATED },
          { NULL } };
  g_autoptr (SeTokenRecord) record = NULL;
  g_autoptr (GError) error = NULL;

  store_record (fixture, 10, 3590);
  fixture_script (script);
  g_assert_false (se_token_refresh (&fixture->context, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, ADVICE);
  g_assert_true (se_token_refresh (&fixture->context, &error));
  fixture_script_done ();
  g_assert_no_error (error);
  assert_stored (fixture, TOKEN (1), "refresh-1", NULL);
  record = fixture_load (fixture);
  g_assert_cmpint (record->last_refresh, ==, record->obtained);
  g_assert_cmpint (record->expires - record->obtained, ==, 3600);
}

/* A token is sent nowhere but where it came from: nothing is asked in any of these. */
static void
test_binding (Fixture *fixture, gconstpointer unused)
{
  const Fixture before = *fixture;
  g_autoptr (GError) error = NULL;

  store_record (fixture, 10, 3590);
  fixture->account.client_id = (char *)"client-2";
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "(client-id); " ADVICE);
  fixture->account = before.account;
  fixture->account.login_user = (char *)"other@contoso.com";
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "(login-user)");
  fixture->account = before.account;
  fixture->account.tenant = (char *)"fabrikam";
  g_assert_false (se_token_refresh (&fixture->context, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "(token-endpoint or tenant)");
  fixture->account = before.account;
  fixture->provider.token_endpoint = NULL;
  fixture->provider.issuer = (char *)"https://other.test";
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "(issuer)");
}

/* With a discovered endpoint a refresh needs no discovery: it goes where the record says. */
static void
test_issuer (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { "https://t.test/token", REFRESH ("refresh-0"), 200, ROTATED }, { NULL } };
  g_autoptr (SeTokenRecord) record = fixture_record (fixture, 4000, -400);
  g_autoptr (GError) error = NULL;

  fixture->provider.token_endpoint = NULL;
  fixture->provider.issuer = (char *)"https://id.test";
  record->issuer = g_strdup ("https://id.test");
  g_free (record->token_endpoint);
  record->token_endpoint = g_strdup ("https://t.test/token");
  fixture_store (fixture, record);
  fixture_script (script);
  g_assert_true (se_token_refresh (&fixture->context, &error));
  fixture_script_done ();
  g_assert_no_error (error);
}

static void
test_client_secret (Fixture *fixture, gconstpointer unused)
{
  static const Exchange script[]
      = { { FIXTURE_TOKEN_URL, REFRESH ("refresh-0") " client_secret=s%2Becret", 400,
            "{\"error\":\"x\",\"error_description\":\"s+ecret\"}" },
          { NULL } };
  g_autofree char *path = g_build_filename (fixture->directory, "secret", NULL);
  g_autoptr (GError) error = NULL;

  fixture->account.client_secret_file = path;
  store_record (fixture, 4000, -400);
  fixture_put (path, "s+ecret\n", -1);
  fixture_script (script);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  fixture_script_done ();
  g_assert_null (strstr (error->message, "s+ecret"));
  assert_failure (error, SE_ERROR_AUTHORIZATION, "id.test says x");

  g_assert_cmpint (g_chmod (path, 0640), ==, 0);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_CONFIG, "chmod 0600");
  assert_stored (fixture, TOKEN (0), "refresh-0", "unusable");
  fixture_put (path, "\n", -1);
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_CONFIG, "is empty");
}

/* Servers that a table cannot describe. */
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
  store_record (fixture, 4000, -400);
  token = se_token_get (&fixture->context, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (token, ==, access_token);
  assert_stored (fixture, access_token, refresh_token, NULL);
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

  return g_strcmp0 (token, TOKEN (1)) == 0 ? 0 : 1;
}

static void
test_eight_processes (Fixture *fixture, gconstpointer unused)
{
  pid_t children[8];

  requests
      = mmap (NULL, sizeof *requests, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_assert_true (requests != MAP_FAILED);
  fixture->context.http = http_once;
  store_record (fixture, 4000, -400);
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
  assert_stored (fixture, TOKEN (1), "refresh-1", NULL);
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

  store_record (fixture, 4000, -400);
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
  assert_stored (fixture, TOKEN (0), "refresh-0", NULL);

  fixture_script (script);
  g_assert_true (se_token_refresh (&fixture->context, &error));
  fixture_script_done ();
  assert_stored (fixture, TOKEN (1), "refresh-1", NULL);
  entries = g_dir_open (directory, 0, NULL);
  for (const char *name; (name = g_dir_read_name (entries)) != NULL;)
    g_assert_false (g_str_has_prefix (name, "."));
}

/* On a file system that is really full the old token is not spent. Exits 77 where it may not be
 * mounted. */
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
  store_record (fixture, 4000, -400);
  fd = open (filler, O_WRONLY | O_CREAT, 0600);
  g_assert_cmpint (fd, >=, 0);
  while (write (fd, zeros, 4096) > 0)
    ;
  g_assert_cmpint (errno, ==, ENOSPC);
  close (fd);

  fixture_script ((const Exchange[]){ { NULL } });
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  assert_failure (error, SE_ERROR_TEMPORARY, "No space left");
  assert_stored (fixture, TOKEN (0), "refresh-0", NULL);

  g_assert_cmpint (g_unlink (filler), ==, 0);
  fixture_script (
      (const Exchange[]){ { FIXTURE_TOKEN_URL, REFRESH ("refresh-0"), 200, ROTATED }, { NULL } });
  g_assert_true (se_token_refresh (&fixture->context, &error));
  assert_stored (fixture, TOKEN (1), "refresh-1", NULL);
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
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_AUTHORIZATION);
  g_clear_error (&error);
  se_io_clear_fd (&lock);
  fixture->context.cancel_fd = -1;
  store_record (fixture, 4000, -400);
  lock = se_store_lock (store, 0, -1, NULL);
  fixture->context.cancel_fd = pipe_fds[0];
  g_assert_null (se_token_get (&fixture->context, NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  assert_stored (fixture, TOKEN (0), "refresh-0", NULL);
  close (pipe_fds[0]);
  close (pipe_fds[1]);
}

static void
assert_status (const Fixture *fixture, SeTokenStatus expected, const char *word, const char *part)
{
  g_autofree char *reason = NULL;
  SeTokenStatus status = se_token_status (&fixture->context, NULL, &reason);

  g_assert_cmpint (status, ==, expected);
  g_assert_cmpstr (se_token_status_word (status), ==, word);
  if (strstr (reason, part) == NULL)
    g_error ("\"%s\" not in \"%s\"", part, reason);
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
test_status (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *path = fixture_path (fixture);

  assert_status (fixture, SE_TOKEN_NEEDS_AUTHORIZATION, "Needs authorization", ADVICE);
  store_record (fixture, 10, 3590);
  assert_status (fixture, SE_TOKEN_ACTIVE, "Active", "good until");
  store_record (fixture, 4000, -400);
  assert_status (fixture, SE_TOKEN_ACTIVE, "Active", "renewed at the next use");
  store_failure (fixture, 3590, "invalid_grant");
  assert_status (fixture, SE_TOKEN_REVOKED, "Revoked", ADVICE);
  store_failure (fixture, 3590, "interaction_required");
  assert_status (fixture, SE_TOKEN_NEEDS_AUTHORIZATION, "Needs authorization", ADVICE);
  store_failure (fixture, 3590, "invalid_scope");
  assert_status (fixture, SE_TOKEN_MISCONFIGURED, "Misconfigured", "invalid_scope");
  store_failure (fixture, 3590, "unusable");
  assert_status (fixture, SE_TOKEN_MISCONFIGURED, "Misconfigured", "unusable");
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/token/get/%s", cases[i].name);

      ADD_CASE (path, &cases[i], test_case);
    }
  ADD ("/token/not-signed-in", test_not_signed_in);
  ADD ("/token/no-refresh-token", test_no_refresh_token);
  ADD ("/token/recovery", test_recovery);
  ADD ("/token/binding", test_binding);
  ADD ("/token/issuer", test_issuer);
  ADD ("/token/client-secret", test_client_secret);
  ADD ("/token/superseded", test_superseded);
  ADD ("/token/eight-processes", test_eight_processes);
  ADD_CASE ("/token/killed-before-the-reply", GINT_TO_POINTER (0), test_killed);
  ADD_CASE ("/token/killed-while-writing", GINT_TO_POINTER (1), test_killed);
  ADD ("/token/full-disk", test_full_disk);
  ADD ("/token/cancelled", test_cancelled);
  ADD ("/token/status", test_status);
  return g_test_run ();
}
