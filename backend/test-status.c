/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/status.h"

#include "backend/orphan.h"
#include "common/test-tree.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs this test again in a child, whose standard error is then looked at. TRUE in the child. */
static gboolean
in_child (void)
{
  if (g_test_subprocess ())
    return TRUE;
  g_test_trap_subprocess (NULL, 0, (GTestSubprocessFlags)0);
  g_test_trap_assert_passed ();
  return FALSE;
}

static void
test_lines (void)
{
  SeStatus status = { 0 };
  SeDeliveryEvents events = se_status_events (&status);
  g_autoptr (GError) why = g_error_new_literal (SE_ERROR, SE_ERROR_TEMPORARY, "no\nSTATE: paused");

  if (in_child ())
    {
      events.connecting (events.data);
      events.connected (events.data);
      events.waiting (why, 7, events.data);
      events.accepted ("250 2.0.0\r\nSTATE: paused", 0, events.data);
      return;
    }
  g_test_trap_assert_stderr ("STATE: +connecting-to-device\nSTATE: -connecting-to-device\n"
                             "INFO: no STATE: paused; trying again in 7 s\n"
                             "STATE: +cups-waiting-for-job-completed\n"
                             "INFO: The server has accepted the mail: 250 2.0.0  STATE: paused\n*");
}

static void
test_progress (void)
{
  SeStatus status = { 0 };
  SeDeliveryEvents events = se_status_events (&status);

  if (in_child ())
    {
      events.progress (1, 0, events.data);
      events.progress (1, 10000000, events.data);
      events.progress (2000000, 10000000, events.data); /* within the same second */
      status.last_progress -= 2 * G_USEC_PER_SEC;
      events.progress (4500000, 10000000, events.data);
      events.progress (5000000, 10000000, events.data);
      return;
    }
  g_test_trap_assert_stderr ("INFO: Sending: 45 % of 10.0 MB\n");
}

/* What a supervisor reads. */
static void
test_phases (void)
{
  SeStatus status = { 0 };
  SeDeliveryEvents events = se_status_events (&status);
  g_autoptr (GError) why = g_error_new_literal (SE_ERROR, SE_ERROR_TEMPORARY, "later");
  char said[16] = "";
  int fds[2];

  g_assert_false (se_status_is_orphan ()); /* there never was a supervisor */
  se_status_phase (SE_PHASE_DOT);
  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (dup2 (fds[1], SE_FD_PHASE), ==, SE_FD_PHASE);
  close (fds[1]);
  g_assert_false (se_status_is_orphan ());
  se_status_phase (SE_PHASE_FIRST_ATTEMPT);
  events.before_dot (events.data);
  events.waiting (why, 1, events.data);
  events.before_dot (events.data);
  events.accepted (NULL, 0, events.data);
  g_assert_cmpint (read (fds[0], said, sizeof said), ==, 5);
  g_assert_cmpstr (said, ==, "1dbda");
  close (fds[0]);
  g_assert_true (se_status_is_orphan ());
  se_status_phase (SE_PHASE_ACCEPTED);
  close (SE_FD_PHASE);
}

typedef struct
{
  const char *name;
  int step; /* what comes after the dot: mails left, or one of these */
  gboolean killed;
  gboolean cancelled;
  int status;
} GroupCase;

enum
{
  WAITING = -1,
  DELIVERED = -2,
  COMES_BACK = 0,
  STAYS = 1,
};

static const GroupCase group_cases[] = {
  { "accepted", 0, FALSE, FALSE, COMES_BACK },
  { "more", 1, FALSE, FALSE, COMES_BACK },
  { "waiting", WAITING, FALSE, FALSE, COMES_BACK },
  { "delivered", DELIVERED, FALSE, FALSE, COMES_BACK },
  { "killed/accepted", 0, TRUE, FALSE, STAYS },
  { "killed/more", 1, TRUE, FALSE, SE_EXIT_RETRY },
  { "killed/waiting", WAITING, TRUE, FALSE, SE_EXIT_RETRY },
  { "killed/delivered", DELIVERED, TRUE, FALSE, STAYS },
  { "cancelled/waiting", WAITING, TRUE, TRUE, STAYS },
};

/* The worker between dot and answer; ends with what became of it. */
static _Noreturn void
be_apart (const GroupCase *test)
{
  SeStatus status = { .cancel_fd = -1 };
  SeDeliveryEvents events = se_status_events (&status);
  const GError why = { .domain = SE_ERROR, .code = SE_ERROR_TEMPORARY, .message = (char *)"later" };
  const pid_t group = getpgrp ();
  int fds[2], cancel[2];

  if (pipe (fds) != 0 || dup2 (fds[1], SE_FD_PHASE) != SE_FD_PHASE || pipe (cancel) != 0)
    _exit (99);
  close (fds[1]);
  status.cancel_fd = cancel[0];
  if (test->cancelled && write (cancel[1], "x", 1) != 1)
    _exit (99);
  events.body_sent (events.data);
  events.before_dot (events.data);
  if (getpgrp () != getpid ())
    _exit (98);
  if (test->killed)
    close (fds[0]);
  if (test->step >= 0)
    events.accepted ("250 2.0.0", (guint)test->step, events.data);
  else if (test->step == WAITING)
    events.waiting (&why, 1, events.data);
  else
    se_status_delivered (&status);
  _exit (getpgrp () == group ? COMES_BACK : STAYS);
}

/* cupsd kills the group of what it has started. */
static void
test_group (gconstpointer data)
{
  const GroupCase *test = data;
  pid_t pid = fork ();
  int status;

  if (pid == 0)
    be_apart (test);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, test->status);
}

static void
test_notices (void)
{
  const SeNotice notice = { SE_NOTICE_JOB_HELD, "", "it\nwaits", "jane", "title", "why" };
  int fds[2];

  if (in_child ())
    {
      char said[4096];
      guint sent = 0;

      g_log_set_always_fatal (G_LOG_FATAL_MASK);
      g_assert_cmpint (pipe2 (fds, O_NONBLOCK), ==, 0);
      g_assert_cmpint (dup2 (fds[1], SE_FD_NOTICE), ==, SE_FD_NOTICE);
      close (fds[1]);
      se_status_tell (&notice, NULL);
      g_assert_cmpint (read (fds[0], said, sizeof said), ==, 23);
      g_assert_cmpint (memcmp (said, "job-held\0\0it waits\0why", 23), ==, 0);
      /* A supervisor that does not read, then one that is dead. */
      while (sent++ < 100000
             && poll (&(struct pollfd){ .fd = SE_FD_NOTICE, .events = POLLOUT }, 1, 0) == 1)
        se_status_tell (&notice, NULL);
      g_assert_cmpuint (sent, <, 100000);
      close (fds[0]);
      se_status_tell (&notice, NULL);
      return;
    }
  g_test_trap_assert_stderr ("*Nobody can be told of job-held: it*waits*");
}

/* A refusal before the login is done is the account's. */
static void
test_login (void)
{
  SeStatus status = { 0 };
  SeDeliveryEvents events = se_status_events (&status);
  g_autoptr (GError) why = g_error_new_literal (SE_ERROR, SE_ERROR_TEMPORARY, "later");

  events.connecting (events.data);
  g_assert_true (status.at_login);
  events.connected (events.data);
  g_assert_false (status.at_login);
  events.connecting (events.data);
  events.waiting (why, 1, events.data);
  g_assert_false (status.at_login);
}

static void
test_orphan (TestTree *tree, gconstpointer unused)
{
  const char *state = tree->directory;
  g_autoptr (GError) error = NULL;
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *directory = g_build_filename (state, "orphans", NULL);
  g_autofree char *path = g_build_filename (directory, "a%2Fb-7", NULL);
  g_autofree char *title = NULL;
  g_autofree char *message = NULL;
  SeJob job = { .id = 7, .queue = (char *)"a/b", .user = (char *)"bob", .title = (char *)"x\n[y]" };

  g_assert_true (se_orphan_leave (state, &job, "first", NULL, &error));
  g_assert_true (se_orphan_leave (state, &job, "the cause", "/spool/x", &error));
  g_assert_no_error (error);
  g_assert_true (g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &error));
  title = g_key_file_get_string (file, "orphan", "title", NULL);
  message = g_key_file_get_string (file, "orphan", "message", NULL);
  g_assert_cmpstr (title, ==, "x\n[y]");
  g_assert_cmpstr (message, ==, "the cause");
  g_assert_cmpuint (test_count_files (directory), ==, 1);
  g_assert_false (se_orphan_leave (path, &job, "the cause", NULL, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
}

/* The longest that cupsd could let through, of the longest characters. */
static void
test_long_orphan (TestTree *tree, gconstpointer unused)
{
  g_autofree char *directory = g_build_filename (tree->directory, "orphans", NULL);
  g_autoptr (GString) queue = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  SeJob job = { .user = (char *)"bob", .title = (char *)"x" };

  for (int i = 0; i < 127; i++)
    g_string_append (queue, "\xf0\x9f\x93\xa0");
  job.queue = queue->str;
  for (job.id = 7; job.id < 10; job.id++)
    {
      se_orphan_leave (tree->directory, &job, "first", NULL, &error);
      g_assert_no_error (error);
      se_orphan_leave (tree->directory, &job, "the cause", NULL, &error);
      g_assert_no_error (error);
    }
  g_assert_cmpuint (test_count_files (directory), ==, 3);
}

int
main (int argc, char **argv)
{
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/status/lines", test_lines);
  g_test_add_func ("/status/progress", test_progress);
  g_test_add_func ("/status/phases", test_phases);
  for (gsize i = 0; i < G_N_ELEMENTS (group_cases); i++)
    {
      g_autofree char *name = g_strconcat ("/status/group/", group_cases[i].name, NULL);

      g_test_add_data_func (name, &group_cases[i], test_group);
    }
  g_test_add_func ("/status/notices", test_notices);
  g_test_add_func ("/status/login", test_login);
  g_test_add ("/status/orphan", TestTree, "", test_tree_set_up, test_orphan, test_tree_tear_down);
  g_test_add ("/status/orphan/long", TestTree, "", test_tree_set_up, test_long_orphan,
              test_tree_tear_down);
  return g_test_run ();
}
