/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/journal.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#define QUEUE "office-1"
#define UUID "urn:uuid:7ab43a4e-6f9c-3d2f-4c0f-f2d0a1d4e6f0"

typedef struct
{
  char *state;
  SeJobKey key;
} Fixture;

static const char *const sources[] = { "aa11", "bb22", NULL };

static void
set_up (Fixture *f, gconstpointer unused)
{
  f->state = g_dir_make_tmp ("scan-email-journal-XXXXXX", NULL);
  f->key = (SeJobKey){ .queue = QUEUE, .job = 12, .uuid = UUID, .creation = 1700000000 };
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_assert_cmpint (g_remove (path), ==, 0);
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  remove_tree (f->state);
  g_free (f->state);
}

static SeJournal *
open_journal (Fixture *f)
{
  g_autoptr (GError) error = NULL;
  SeJournal *journal = se_journal_open (f->state, &f->key, -1, &error);

  g_assert_no_error (error);
  return journal;
}

/* Text that a key file has to take care to keep, and lengths that are no multiple of anything. */
static const char *const texts[]
    = { "Subject: a;b\\c = [x] #\r\n  folded\r\n\r\n", "\r\n--b\r\n\r\n", "\r\n--b--\r\n", NULL };
static const SeAttachment ranges[]
    = { { .offset = 17, .length = 1000 }, { .offset = 5000000000, .length = 3 } };

static void
write_bundle (SeJournal *journal)
{
  g_assert_true (
      g_file_set_contents (se_journal_bundle_path (journal), "some documents", -1, NULL));
}

static gboolean
fix (SeJournal *journal, GError **error)
{
  g_autoptr (SeAddress) from = se_address_parse ("scanner@example.com", NULL);
  g_autoptr (GPtrArray) to
      = se_address_parse_list ("a@example.org, \"b; c\"@example.net, d@[192.0.2.1]", NULL);
  g_autoptr (SeMessage) message = se_message_new_from_texts (texts, ranges, 2, NULL);

  return se_journal_fix (journal, from, to, message, ranges, 2, sources, error);
}

static void
check_restored (SeJournal *journal)
{
  const SeAddress *from;
  GPtrArray *recipients;
  g_autoptr (SeMessage) message = NULL;
  g_autoptr (SeMessage) original = se_message_new_from_texts (texts, ranges, 2, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *sender = NULL;
  g_autofree char *second = NULL;

  g_assert_true (se_journal_restore (journal, &from, &recipients, &message, &error));
  g_assert_no_error (error);
  sender = se_address_to_string (from);
  g_assert_cmpstr (sender, ==, "scanner@example.com");
  g_assert_cmpuint (recipients->len, ==, 3);
  second = se_address_to_string (g_ptr_array_index (recipients, 1));
  g_assert_cmpstr (second, ==, "\"b; c\"@example.net");
  g_assert_cmpuint (se_message_size (message), ==, se_message_size (original));
  g_assert_true (g_strv_equal (se_message_texts (message), texts));
}

static char *
entry_path (Fixture *f, const char *suffix)
{
  g_autofree char *directory = g_build_filename (f->state, "journal", NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".lock") == (*suffix != '\0'))
      return g_build_filename (directory, name, NULL);
  return NULL;
}

static guint
count (Fixture *f, const char *folder)
{
  g_autofree char *directory = g_build_filename (f->state, folder, NULL);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* What a job goes through, one step a number. */
enum
{
  STEPS = 5
};

static gboolean
do_step (SeJournal *journal, int step)
{
  switch (step)
    {
    case 0:
      write_bundle (journal);
      return TRUE;
    case 1:
      return fix (journal, NULL);
    case 2:
      return se_journal_before_dot (journal, NULL);
    case 3:
      return se_journal_replied (journal, FALSE, "451 4.3.0 later", NULL);
    default:
      return se_journal_replied (journal, TRUE, "250 2.0.0 queued as 42", NULL);
    }
}

static const SeJournalStep step_after[STEPS + 1]
    = { SE_JOURNAL_OPEN, SE_JOURNAL_OPEN,  SE_JOURNAL_FIXED,
        SE_JOURNAL_DOT,  SE_JOURNAL_FIXED, SE_JOURNAL_ACCEPTED };

/* A worker that is killed after each step, and what its successor finds. */
static void
test_killed (Fixture *f, gconstpointer unused)
{
  for (int steps = 0; steps <= STEPS; steps++)
    {
      g_autoptr (SeJournal) journal = NULL;
      struct stat status;
      int end;
      pid_t pid;

      f->key.job = 100 + steps;
      pid = fork ();
      if (pid == 0)
        {
          SeJournal *child = se_journal_open (f->state, &f->key, -1, NULL);

          for (int i = 0; i < steps; i++)
            if (child == NULL || !do_step (child, i))
              _exit (1);
          raise (SIGKILL);
        }
      g_assert_cmpint (waitpid (pid, &end, 0), ==, pid);
      g_assert_true (WIFSIGNALED (end));

      journal = open_journal (f);
      g_assert_cmpint (se_journal_step (journal), ==, step_after[steps]);
      g_assert_cmpuint (se_journal_attempts (journal), ==, steps == STEPS ? 1 : 2);
      if (se_journal_step (journal) == SE_JOURNAL_FIXED
          || se_journal_step (journal) == SE_JOURNAL_DOT)
        {
          check_restored (journal);
          g_assert_true (se_journal_same_sources (journal, sources));
        }
      if (steps == STEPS)
        {
          g_assert_cmpstr (se_journal_reply (journal), ==, "250 2.0.0 queued as 42");
          g_assert_cmpint (stat (se_journal_bundle_path (journal), &status), !=, 0);
        }
    }
}

/* Killed at any moment: the entry is always one that was committed. */
static void
test_killed_anywhere (Fixture *f, gconstpointer unused)
{
  for (int round = 0; round < 40; round++)
    {
      g_autoptr (SeJournal) journal = NULL;
      pid_t pid = fork ();

      if (pid == 0)
        {
          SeJournal *child = se_journal_open (f->state, &f->key, -1, NULL);

          write_bundle (child);
          for (;;)
            if (!fix (child, NULL) || !se_journal_before_dot (child, NULL)
                || !se_journal_replied (child, FALSE, "451 later", NULL)
                || !se_journal_defer (child, 1800000000, NULL))
              _exit (1);
        }
      g_usleep ((gulong)g_test_rand_int_range (0, 8000));
      kill (pid, SIGKILL);
      waitpid (pid, NULL, 0);
      journal = open_journal (f);
      if (se_journal_step (journal) != SE_JOURNAL_OPEN)
        check_restored (journal);
      g_assert_cmpuint (count (f, "journal"), ==, 2); /* no half of an entry is left */
    }
}

static void
test_life (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = open_journal (f);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = entry_path (f, "");
  g_autofree char *contents = NULL;
  const char *const others[] = { "aa11", NULL };
  struct stat status;

  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
  g_assert_cmpuint (se_journal_attempts (journal), ==, 1);
  g_assert_false (se_journal_same_sources (journal, sources));
  g_assert_null (se_journal_reply (journal));
  g_assert_false (fix (journal, &error)); /* there is no bundle */
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);

  write_bundle (journal);
  g_assert_true (fix (journal, &error));
  check_restored (journal);
  g_assert_true (se_journal_same_sources (journal, sources));
  g_assert_false (se_journal_same_sources (journal, others));
  g_assert_true (se_journal_before_dot (journal, &error));
  g_assert_true (se_journal_replied (journal, TRUE, "250 2.0.0 queued", &error));
  g_assert_no_error (error);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
  g_assert_cmpuint (count (f, "spool"), ==, 0);

  /* Private, and what is kept for 30 days does not hold the message. */
  g_assert_cmpint (stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  g_assert_true (g_file_get_contents (path, &contents, NULL, NULL));
  g_assert_null (strstr (contents, "Subject"));
  g_assert_null (strstr (contents, "example.org"));
  g_assert_cmpuint (count (f, "journal"), ==, 2); /* the entry and its lock */
}

static void
accept (Fixture *f)
{
  g_autoptr (SeJournal) journal = open_journal (f);

  write_bundle (journal);
  g_assert_true (fix (journal, NULL));
  g_assert_true (se_journal_before_dot (journal, NULL));
  g_assert_true (se_journal_replied (journal, TRUE, "250 ok", NULL));
}

/* cupsd's rerun of an accepted job is not a person's restart. */
static void
test_generations (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    gint64 completion;
    SeJournalStep step;
  } runs[] = {
    { 0, SE_JOURNAL_ACCEPTED },   /* rerun after a crash */
    { 500, SE_JOURNAL_OPEN },     /* restarted */
    { 500, SE_JOURNAL_ACCEPTED }, /* its rerun */
    { 0, SE_JOURNAL_ACCEPTED },   /* cupsd could not be asked */
    { 900, SE_JOURNAL_OPEN },
  };

  accept (f);
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++)
    {
      g_autoptr (SeJournal) journal = NULL;

      f->key.completion = runs[i].completion;
      journal = open_journal (f);
      g_assert_cmpint (se_journal_step (journal), ==, runs[i].step);
      if (runs[i].step == SE_JOURNAL_OPEN)
        g_assert_cmpuint (se_journal_attempts (journal), ==, 1);
      g_clear_pointer (&journal, se_journal_close);
      if (runs[i].step == SE_JOURNAL_OPEN)
        accept (f);
    }
}

/* A job that was not accepted goes on after a restart, with the same message. */
static void
test_restarted_pending (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = open_journal (f);
  g_autoptr (GError) error = NULL;

  write_bundle (journal);
  g_assert_true (fix (journal, NULL) && se_journal_before_dot (journal, NULL));
  g_clear_pointer (&journal, se_journal_close);
  f->key.completion = 500;
  journal = open_journal (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_DOT);
  check_restored (journal);
  g_assert_true (se_journal_replied (journal, TRUE, "250 ok", NULL));
  g_clear_pointer (&journal, se_journal_close);
  journal = open_journal (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
  g_clear_pointer (&journal, se_journal_close);

  /* Another job's documents under this key. */
  f->key.job = 13;
  journal = open_journal (f);
  write_bundle (journal);
  g_assert_true (fix (journal, NULL));
  g_assert_true (se_journal_restart (journal, &error));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
  g_assert_false (se_journal_same_sources (journal, sources));
  g_assert_cmpuint (count (f, "spool"), ==, 0);
}

/* A refusal now does not say what became of the same mail at an earlier try. */
static void
test_doubt_stays (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = open_journal (f);
  g_autoptr (GError) error = NULL;

  write_bundle (journal);
  g_assert_true (fix (journal, NULL) && se_journal_before_dot (journal, NULL));
  g_assert_true (se_journal_replied (journal, FALSE, "451 later", &error));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_FIXED);
  g_assert_true (se_journal_before_dot (journal, NULL));
  for (int try = 0; try < 2; try++)
    {
      g_clear_pointer (&journal, se_journal_close);
      journal = open_journal (f);
      g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_DOT);
      check_restored (journal);
      g_assert_true (se_journal_before_dot (journal, &error));
      g_assert_true (se_journal_replied (journal, FALSE, "451 later", &error));
      g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_DOT);
    }
  g_assert_true (se_journal_reopen (journal, &error));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_DOT);
  check_restored (journal);
  g_assert_true (se_journal_replied (journal, TRUE, "250 ok", &error));
  g_assert_no_error (error);
  g_assert_true (se_journal_reopen (journal, &error));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
}

/* What was never in doubt can be composed anew; it stays the same job, but its time starts again.
 */
static void
test_reopen (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = open_journal (f);
  g_autoptr (GError) error = NULL;

  g_assert_true (se_journal_reopen (journal, &error));
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
  write_bundle (journal);
  g_assert_true (fix (journal, NULL));
  g_clear_pointer (&journal, se_journal_close);
  journal = open_journal (f);
  g_assert_cmpint (se_journal_first (journal), >, 1700000000);
  g_assert_true (se_journal_reopen (journal, &error));
  g_assert_no_error (error);
  g_assert_cmpint (se_journal_first (journal), ==, 0);
  g_assert_cmpuint (count (f, "spool"), ==, 0);
  g_clear_pointer (&journal, se_journal_close);
  journal = open_journal (f);
  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_OPEN);
  g_assert_cmpuint (se_journal_attempts (journal), ==, 3);
  g_assert_cmpint (se_journal_first (journal), >, 1700000000);
  g_assert_false (se_journal_same_sources (journal, sources));
  write_bundle (journal);
  g_assert_true (fix (journal, &error));
  check_restored (journal);
}

/* Jobs that share a part of their key stay apart. */
static void
test_keys (Fixture *f, gconstpointer unused)
{
  static const SeJobKey keys[] = {
    { .queue = "office-1", .job = 12, .uuid = UUID, .creation = 1 },
    { .queue = "office-1", .job = 12, .uuid = UUID, .creation = 2 },
    { .queue = "office-1", .job = 12, .uuid = NULL, .creation = 1 },
    { .queue = "office-1", .job = 1, .uuid = UUID, .creation = 1 },
    { .queue = "office", .job = 1, .uuid = UUID, .creation = 1 },
    { .queue = "office_1", .job = 12, .uuid = UUID, .creation = 1 },
    { .queue = "office+1", .job = 12, .uuid = UUID, .creation = 1 },
    { .queue = "../../../tmp/x", .job = 12, .uuid = UUID, .creation = 1 },
    { .queue = "b\303\274ro", .job = 12, .uuid = "bad\377\nuuid", .creation = 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (SeJournal) journal = NULL;

      f->key = keys[i];
      journal = open_journal (f);
      g_assert_cmpuint (se_journal_attempts (journal), ==, 1);
      g_assert_cmpuint (count (f, "journal"), ==, 2 * (i + 1));
    }
}

static void
test_due (Fixture *f, gconstpointer unused)
{
  SeJournal *journal = open_journal (f);
  gint64 due = 0;

  g_assert_false (se_journal_peek_due (f->state, QUEUE, 12, &due));
  g_assert_true (se_journal_defer (journal, 1800000000, NULL));
  /* Looked at while a worker has the entry. */
  g_assert_true (se_journal_peek_due (f->state, QUEUE, 12, &due));
  g_assert_cmpint (due, ==, 1800000000);
  g_assert_false (se_journal_peek_due (f->state, QUEUE, 1, &due));
  g_assert_false (se_journal_peek_due (f->state, "office", 1, &due)); /* "office-1-12-…" */
  g_assert_false (se_journal_peek_due (f->state, "office_1", 12, &due));
  se_journal_close (journal);
  accept (f);
  g_assert_false (se_journal_peek_due (f->state, QUEUE, 12, &due));
  g_assert_false (se_journal_peek_due ("/nonexistent", QUEUE, 12, &due));
}

static void
test_forget (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = open_journal (f);
  g_autoptr (GError) error = NULL;

  write_bundle (journal);
  g_assert_true (fix (journal, NULL));
  g_assert_true (se_journal_forget (journal, &error));
  g_assert_cmpuint (count (f, "journal"), ==, 0);
  g_assert_cmpuint (count (f, "spool"), ==, 0);
}

/* Without the fsync of g_file_set_contents (). */
static void
overwrite (const char *path, const char *contents, gsize length)
{
  int fd = open (path, O_WRONLY | O_TRUNC);

  g_assert_cmpint (write (fd, contents, length), ==, (gssize)length);
  g_assert_cmpint (close (fd), ==, 0);
}

/* Every cut and every changed byte is found, and never taken for a job that was not mailed. */
static void
test_damaged (Fixture *f, gconstpointer unused)
{
  SeJournal *journal = open_journal (f);
  g_autofree char *path = entry_path (f, "");
  g_autofree char *contents = NULL;
  gint64 due;
  gsize length;

  write_bundle (journal);
  g_assert_true (fix (journal, NULL) && se_journal_before_dot (journal, NULL));
  se_journal_close (journal);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  for (gsize i = 0; i < 2 * length; i++)
    {
      g_autofree char *damaged = g_memdup2 (contents, length);
      g_autoptr (GError) error = NULL;
      gsize n = i < length ? i : length;

      if (i >= length)
        damaged[i - length] ^= 1;
      overwrite (path, damaged, n);
      g_assert_null (se_journal_open (f->state, &f->key, -1, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, path));
      g_assert_false (se_journal_peek_due (f->state, QUEUE, 12, &due));
    }
}

static void
test_foreign (Fixture *f, gconstpointer unused)
{
  SeJournal *journal = open_journal (f);
  g_autofree char *path = entry_path (f, "");
  g_autoptr (GError) error = NULL;

  se_journal_close (journal);
  g_assert_cmpint (unlink (path), ==, 0);
  g_assert_cmpint (mkdir (path, 0700), ==, 0);
  g_assert_null (se_journal_open (f->state, &f->key, -1, &error));
  g_assert_nonnull (error);
}

/* The spooled documents were changed or removed by somebody. */
static void
test_bundle_gone (Fixture *f, gconstpointer unused)
{
  g_autoptr (SeJournal) journal = open_journal (f);
  g_autoptr (GError) changed = NULL;
  g_autoptr (GError) gone = NULL;
  const SeAddress *from;
  GPtrArray *recipients;
  SeMessage *message;

  write_bundle (journal);
  g_assert_true (fix (journal, NULL));
  g_assert_true (g_file_set_contents (se_journal_bundle_path (journal), "shorter", -1, NULL));
  g_assert_false (se_journal_restore (journal, &from, &recipients, &message, &changed));
  g_assert_error (changed, SE_ERROR, SE_ERROR_CONFIG);
  g_assert_cmpint (unlink (se_journal_bundle_path (journal)), ==, 0);
  g_assert_false (se_journal_restore (journal, &from, &recipients, &message, &gone));
  g_assert_error (gone, SE_ERROR, SE_ERROR_CONFIG);
}

/* Another process holds the entry until its pipe is closed; returns its id. */
static pid_t
hold_elsewhere (Fixture *f, int *release)
{
  int ready[2], go[2];
  char byte;
  pid_t pid;

  g_assert_cmpint (pipe (ready), ==, 0);
  g_assert_cmpint (pipe (go), ==, 0);
  pid = fork ();
  if (pid == 0)
    {
      SeJournal *journal = se_journal_open (f->state, &f->key, -1, NULL);

      close (go[1]);
      if (journal == NULL || write (ready[1], "x", 1) != 1 || read (go[0], &byte, 1) != 0)
        _exit (1);
      write_bundle (journal);
      if (!fix (journal, NULL) || !se_journal_before_dot (journal, NULL)
          || !se_journal_replied (journal, TRUE, "250 ok", NULL))
        _exit (1);
      raise (SIGKILL);
    }
  close (go[0]);
  g_assert_cmpint (read (ready[0], &byte, 1), ==, 1);
  close (ready[0]);
  close (ready[1]);
  *release = go[1];
  return pid;
}

static gpointer
close_later (gpointer fd)
{
  g_usleep (150 * 1000);
  close (GPOINTER_TO_INT (fd));
  return NULL;
}

/* The worker of a supervisor that was killed goes on alone: its successor waits and finds what it
 * did. */
static void
test_waits (Fixture *f, gconstpointer unused)
{
  int release;
  pid_t pid = hold_elsewhere (f, &release);
  GThread *thread = g_thread_new ("release", close_later, GINT_TO_POINTER (release));
  g_autoptr (SeJournal) journal = open_journal (f);

  g_assert_cmpint (se_journal_step (journal), ==, SE_JOURNAL_ACCEPTED);
  g_thread_join (thread);
  waitpid (pid, NULL, 0);
}

static void
test_waits_cancelled (Fixture *f, gconstpointer unused)
{
  int release;
  pid_t pid = hold_elsewhere (f, &release);
  g_autoptr (GError) error = NULL;
  int fds[2];

  g_assert_cmpint (pipe (fds), ==, 0);
  g_assert_cmpint (write (fds[1], "x", 1), ==, 1);
  g_assert_null (se_journal_open (f->state, &f->key, fds[0], &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CANCELLED);
  close (fds[0]);
  close (fds[1]);
  close (release);
  waitpid (pid, NULL, 0);
}

static void
make_old (const char *path)
{
  const struct utimbuf times = { .actime = 1600000000, .modtime = 1600000000 };

  g_assert_cmpint (utime (path, &times), ==, 0);
}

/* An entry at a step, as old as the hills. Returns its name's file. */
static char *
old_entry (Fixture *f, int job, int steps)
{
  g_autofree char *start = g_strdup_printf (QUEUE "-%d-", job);
  g_autofree char *directory = g_build_filename (f->state, "journal", NULL);
  g_autoptr (GDir) dir = NULL;
  SeJournal *journal;
  const char *name;

  f->key.job = job;
  journal = open_journal (f);
  for (int i = 0; i < steps; i++)
    g_assert_true (do_step (journal, i));
  if (steps > 0 && steps < STEPS)
    make_old (se_journal_bundle_path (journal));
  se_journal_close (journal);
  dir = g_dir_open (directory, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_prefix (name, start) && !g_str_has_suffix (name, ".lock"))
      {
        char *path = g_build_filename (directory, name, NULL);

        make_old (path);
        return path;
      }
  g_assert_not_reached ();
}

static void
test_sweep (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    int steps;
    gboolean stays;
  } cases[] = { { 0, FALSE }, { 2, FALSE }, { 3, TRUE }, { STEPS, FALSE } };
  g_autofree char *stranger = g_build_filename (f->state, "journal", "README", NULL);
  g_autofree char *lost = g_build_filename (f->state, "spool", "q-1-0123.bundle.new", NULL);
  g_autofree char *recent = g_build_filename (f->state, "spool", "q-2-0123.bundle.new", NULL);
  char *paths[G_N_ELEMENTS (cases)];
  SeJournal *journal;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    paths[i] = old_entry (f, 100 + (int)i, cases[i].steps);
  g_assert_true (g_file_set_contents (stranger, "x", -1, NULL));
  g_assert_true (g_file_set_contents (lost, "x", -1, NULL));
  g_assert_true (g_file_set_contents (recent, "x", -1, NULL));
  make_old (stranger);
  make_old (lost);

  f->key.job = 14;
  journal = open_journal (f);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *lock = g_strconcat (paths[i], ".lock", NULL);

      g_assert_cmpint (g_file_test (paths[i], G_FILE_TEST_EXISTS), ==, cases[i].stays);
      g_assert_cmpint (g_file_test (lock, G_FILE_TEST_EXISTS), ==, cases[i].stays);
      g_free (paths[i]);
    }
  g_assert_true (g_file_test (stranger, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (lost, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (recent, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (count (f, "spool"), ==, 2); /* that, and the bundle of the job in doubt */
  se_journal_close (journal);
}

/* An old entry that is opened, or that a worker has open, is no longer old. */
static void
test_sweep_in_use (Fixture *f, gconstpointer unused)
{
  g_autofree char *mine = old_entry (f, 100, 2);
  SeJournal *journal = open_journal (f);
  SeJournal *other;

  check_restored (journal);
  make_old (mine);
  f->key.job = 14;
  other = open_journal (f);
  g_assert_true (g_file_test (mine, G_FILE_TEST_EXISTS));
  se_journal_close (other);
  se_journal_close (journal);
}

/* The place cannot be written: said, and nothing is started. */
static void
test_not_writable (Fixture *f, gconstpointer unused)
{
  g_autofree char *file = g_build_filename (f->state, "file", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (file, "x", -1, NULL));
  g_assert_null (se_journal_open (file, &f->key, -1, &error));
  g_assert_error (error, SE_ERROR, SE_ERROR_CONFIG);
}

#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/journal/life", test_life);
  ADD ("/journal/killed", test_killed);
  ADD ("/journal/killed-anywhere", test_killed_anywhere);
  ADD ("/journal/generations", test_generations);
  ADD ("/journal/restarted-pending", test_restarted_pending);
  ADD ("/journal/doubt-stays", test_doubt_stays);
  ADD ("/journal/reopen", test_reopen);
  ADD ("/journal/keys", test_keys);
  ADD ("/journal/due", test_due);
  ADD ("/journal/forget", test_forget);
  ADD ("/journal/damaged", test_damaged);
  ADD ("/journal/foreign", test_foreign);
  ADD ("/journal/bundle-gone", test_bundle_gone);
  ADD ("/journal/waits", test_waits);
  ADD ("/journal/waits-cancelled", test_waits_cancelled);
  ADD ("/journal/sweep", test_sweep);
  ADD ("/journal/sweep-in-use", test_sweep_in_use);
  ADD ("/journal/not-writable", test_not_writable);
  return g_test_run ();
}
