/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/ending.h"

#include "backend/test-notice-pipe.h"
#include "common/test-tree.h"
#include "common/test-warnings.h"
#include "mail/report.h"

#include <string.h>

typedef struct
{
  TestTree tree; /* the state directory */
  int notices;   /* the supervisor's end */
  SeJob job;
  SeServerConfig server;
  SeQueueConfig queue;
  SeAccount account;
  SeEnding ending;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  test_tree_set_up (&f->tree, "");
  f->notices = test_notice_pipe_open ();
  f->job = (SeJob){
    .id = 7, .user = (char *)"jane", .title = (char *)"The minutes", .queue = (char *)"office"
  };
  f->server.state_directory = f->tree.directory;
  f->queue.report_to = (char *)"%{user}@contoso.com";
  f->account.address = f->account.from_address = (char *)"scanner@contoso.com";
  f->ending = (SeEnding){ .event = SE_NOTICE_JOB_HELD,
                          .sentence = "The server is down; the next try is at 10:00",
                          .once = "down",
                          .by_itself = TRUE,
                          .job = &f->job,
                          .user = "jane",
                          .server = &f->server,
                          .queue = &f->queue,
                          .account = &f->account };
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_notice_pipe_close (f->notices);
  test_tree_tear_down (&f->tree, NULL);
}

/* The text of the report that would be sent. */
static char *
compose (const Fixture *f)
{
  g_autoptr (SeAddress) from = se_address_parse ("scanner@contoso.com", NULL);
  g_autoptr (SeAddress) to = se_address_parse ("admin@contoso.com", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SeMessage) message = se_ending_compose (&f->ending, from, to, &error);

  g_assert_no_error (error);
  g_assert_null (se_message_texts (message)[1]);
  return g_strdup (se_message_texts (message)[0]);
}

static void
assert_holds (const char *text, const char *part)
{
  if (strstr (text, part) == NULL)
    g_error ("\"%s\" is not in: %s", part, text);
}

static void
test_text (Fixture *f, gconstpointer unused)
{
  static const struct
  {
    SeNoticeEvent event;
    gboolean by_itself;
    SeReach reach;
    const char *subject;
    const char *next;
  } cases[] = {
    { SE_NOTICE_JOB_CANCELED, FALSE, SE_REACH_NOBODY, "Not sent: ", "print the document again" },
    { SE_NOTICE_JOB_GIVEN_UP, FALSE, SE_REACH_NOBODY, "Given up: ", "print the document again" },
    { SE_NOTICE_JOB_HELD, TRUE, SE_REACH_NOBODY, "Not sent yet: ", "There is nothing to do now" },
    { SE_NOTICE_JOB_HELD, FALSE, SE_REACH_NOBODY, "Not sent yet: ", "an administrator" },
    { SE_NOTICE_JOB_PARTLY_REFUSED, FALSE, SE_REACH_NOBODY,
      "Not sent to all: ", "for those alone" },
    { SE_NOTICE_JOB_CANCELED, FALSE, SE_REACH_PARTLY,
      "Not sent in full: ", "print again what is missing" },
    { SE_NOTICE_JOB_GIVEN_UP, FALSE, SE_REACH_PARTLY,
      "Given up in part: ", "print again what is missing" },
    { SE_NOTICE_JOB_HELD, TRUE, SE_REACH_PARTLY,
      "Not sent in full yet: ", "There is nothing to do now" },
    { SE_NOTICE_JOB_HELD, FALSE, SE_REACH_PARTLY, "Not sent in full yet: ", "an administrator" },
    { SE_NOTICE_JOB_CANCELED, FALSE, SE_REACH_UNKNOWN, "Perhaps not sent: ", "ask a recipient" },
    { SE_NOTICE_JOB_GIVEN_UP, FALSE, SE_REACH_UNKNOWN, "Given up in doubt: ", "ask a recipient" },
    { SE_NOTICE_JOB_HELD, TRUE, SE_REACH_UNKNOWN, "Perhaps not sent yet: ", "nothing to do now" },
    { SE_NOTICE_JOB_PARTLY_REFUSED, FALSE, SE_REACH_PARTLY,
      "Not sent to all: ", "for those alone" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *subject
          = g_strdup_printf ("Subject: %sThe minutes (office-7)\r\n", cases[i].subject);
      g_autofree char *text = NULL;

      f->ending.event = cases[i].event;
      f->ending.by_itself = cases[i].by_itself;
      f->ending.reach = cases[i].reach;
      text = compose (f);
      assert_holds (text, subject);
      assert_holds (text, "To: admin@contoso.com\r\n");
      assert_holds (text, "Auto-Submitted: auto-generated\r\n");
      assert_holds (text, "Job: office-7\r\nTitle: The minutes\r\nUser: jane\r\nTime: ");
      assert_holds (text, "\r\nThe server is down; the next try is at 10:00\r\n");
      assert_holds (text, cases[i].next);
    }
}

static void
test_hostile (Fixture *f, gconstpointer unused)
{
  g_autofree char *text = NULL;

  f->job.title = (char *)"x\r\nBcc: evil@example.org\r\n\r\nhello";
  f->ending.user = "jane\r\n.\r\nMAIL FROM:<x@y.z>";
  f->ending.sentence = "550 no\r\n.\r\nQUIT\xff\033[2J";
  text = compose (f);
  assert_holds (text, "Subject: Not sent yet: x  Bcc: evil@example.org    hello (office-7)\r\n");
  assert_holds (text, "\r\nTitle: x  Bcc: evil@example.org    hello\r\nUser: jane  .  MAIL FROM");
  g_assert_null (strstr (text, "\n.\r"));
  g_assert_null (strstr (text, "\nBcc"));
  g_assert_null (strchr (text, '\033'));
}

static void
test_no_title (Fixture *f, gconstpointer unused)
{
  g_autofree char *text = NULL;

  f->job.title = (char *)"Untitled";
  f->job.class = (char *)"all-scanners";
  text = compose (f);
  assert_holds (text, "Subject: Not sent yet: all-scanners-7\r\n");
}

typedef struct
{
  const SeEnding *ending;
  guint number;
} Count;

static void
count_notice (const SeNotice *notice, gpointer data)
{
  Count *count = data;

  g_assert_cmpint (notice->event, ==, count->ending->event);
  g_assert_cmpstr (notice->sentence, ==, count->ending->sentence);
  g_assert_cmpstr (notice->once, ==, count->ending->once != NULL ? count->ending->once : "");
  count->number++;
}

static guint
count_notices (const Fixture *f)
{
  Count count = { &f->ending, 0 };

  test_notice_pipe_read (f->notices, count_notice, &count);
  return count.number;
}

static void
assert_reports (const Fixture *f, guint number, const char *recipient)
{
  g_autoptr (GPtrArray) paths = se_report_list (f->tree.directory);

  g_assert_cmpuint (paths->len, ==, number);
  for (guint i = 0; i < number; i++)
    {
      g_autoptr (SeReport) report = se_report_open (paths->pdata[i], NULL);
      g_autofree char *to = se_report_to (report);

      g_assert_cmpstr (to, ==, recipient);
      g_assert_cmpstr (se_report_account (report), ==, "scanner@contoso.com");
      g_assert_cmpstr (se_report_job (report), ==, "office-7");
    }
}

static void
test_told (Fixture *f, gconstpointer unused)
{
  /* The same reason: one report, if it was sent meanwhile as well. */
  se_ending_tell (&f->ending);
  se_ending_tell (&f->ending);
  g_assert_cmpuint (count_notices (f), ==, 2); /* mailto-notify knows that it was told */
  assert_reports (f, 1, "jane@contoso.com");
  se_report_withdraw (f->tree.directory, "office-7");
  se_ending_tell (&f->ending);
  assert_reports (f, 0, NULL);
  (void)count_notices (f);
  f->ending.once = "another";
  se_ending_tell (&f->ending);
  assert_reports (f, 1, "jane@contoso.com");
  g_assert_cmpuint (count_notices (f), ==, 1);
}

static void
test_ends (Fixture *f, gconstpointer unused)
{
  g_autofree char *told = g_build_filename (f->tree.directory, "told", NULL);
  g_autoptr (GDir) dir = NULL;

  /* What was said of the hold before is old. */
  se_ending_tell (&f->ending);
  (void)count_notices (f);
  f->ending.event = SE_NOTICE_JOB_GIVEN_UP;
  f->ending.once = NULL;
  se_ending_tell (&f->ending);
  g_assert_cmpuint (count_notices (f), ==, 1);
  assert_reports (f, 1, "jane@contoso.com");
  dir = g_dir_open (told, 0, NULL);
  g_assert_null (g_dir_read_name (dir));
  se_ending_forget (&f->server, &f->job);
  assert_reports (f, 0, NULL);
}

/* cupsd counts from 1 again, and the old job never came to its end. */
static void
test_begins (Fixture *f, gconstpointer unused)
{
  se_ending_tell (&f->ending);
  se_report_withdraw (f->tree.directory, "office-7"); /* it was sent */
  se_ending_begin (&f->server, &f->job);
  se_ending_tell (&f->ending);
  assert_reports (f, 1, "jane@contoso.com");
}

/* Whatever keeps the report from being made is said, and the notice goes its way. */
static void
test_no_report (Fixture *f, gconstpointer unused)
{
  if (!test_warnings_begin ())
    return;
  f->ending.user = "jane,ceo@example.org";
  se_ending_tell (&f->ending);
  g_assert_cmpuint (test_warnings_count (), ==, 1);
  f->ending.user = "jane";
  f->ending.account = NULL;
  se_ending_tell (&f->ending);
  g_assert_cmpuint (test_warnings_count (), ==, 2);
  f->queue.report_to = NULL;
  se_ending_tell (&f->ending);
  f->ending.queue = NULL;
  f->ending.server = NULL;
  se_ending_tell (&f->ending);
  g_assert_cmpuint (test_warnings_count (), ==, 2);
  assert_reports (f, 0, NULL);
  g_assert_cmpuint (count_notices (f), ==, 4);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, test) g_test_add ("/ending/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("text", test_text);
  ADD ("hostile", test_hostile);
  ADD ("no-title", test_no_title);
  ADD ("told", test_told);
  ADD ("ends", test_ends);
  ADD ("begins", test_begins);
  ADD ("no-report", test_no_report);
#undef ADD
  return g_test_run ();
}
