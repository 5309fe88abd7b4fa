/* SPDX-License-Identifier: Apache-2.0 */
#include "common/notice.h"

#include "common/test-command.h"

#include <limits.h>
#include <string.h>

typedef struct
{
  TestTree tree;
  TestCommand command;
  char *argv[3];
  SeServerConfig server;
} Fixture;

static void
set_up (Fixture *f, gconstpointer unused)
{
  test_tree_set_up (&f->tree, "");
  test_command_set_up (&f->command, &f->tree);
  f->argv[0] = f->command.path;
  f->argv[1] = (char *)"--to";
  f->server.notify_command = f->argv;
}

static void
tear_down (Fixture *f, gconstpointer unused)
{
  test_command_tear_down (&f->command);
  test_tree_tear_down (&f->tree, NULL);
}

static void
test_arguments (Fixture *f, gconstpointer unused)
{
  SeNotice notice = { SE_NOTICE_AUTHORIZATION_LOST, "a@b.c", "gone", NULL, NULL, NULL };
  SeNotifier direct = se_notice_direct (&f->server);

  direct.tell (&notice, direct.data);
  notice = (SeNotice){ SE_NOTICE_JOB_HELD, "q-1", "$(id)\n`id`", "jane", "", "x" };
  direct.tell (&notice, direct.data);
  notice = (SeNotice){ SE_NOTICE_JOB_CANCELED, "q-2", "no \xff PDF", "--file=/x", "\033[2J", NULL };
  direct.tell (&notice, direct.data);
  test_command_assert_told (&f->command,
                            "--to|authorization-lost|a@b.c|gone|\n"
                            "--to|job-held|q-1|$(id) `id`|jane||\n"
                            "--to|job-canceled|q-2|no \xef\xbf\xbd PDF| --file=/x| [2J|\n");
  se_notice_announce (NULL, &notice);
  f->server.notify_command = NULL;
  se_notice_announce (&f->server, &notice);
}

static void
test_there_and_back (void)
{
  static const SeNotice sent[] = {
    { SE_NOTICE_AUTHORIZATION_EXPIRING, "a@b.c", "two\nlines", NULL, NULL, NULL },
    { SE_NOTICE_JOB_PARTLY_REFUSED, "", "", "jane", "title", "a reason" },
  };
  GString *all = g_string_new (NULL);
  const char *data;
  gsize left;
  SeNotice got;

  for (gsize i = 0; i < G_N_ELEMENTS (sent); i++)
    {
      gsize length;
      g_autofree char *record = se_notice_encode (&sent[i], &length);

      g_string_append_len (all, record, (gssize)length);
    }
  data = all->str;
  left = all->len;
  g_assert_true (se_notice_decode (&data, &left, &got));
  g_assert_cmpint (got.event, ==, SE_NOTICE_AUTHORIZATION_EXPIRING);
  g_assert_cmpstr (got.subject, ==, "a@b.c");
  g_assert_cmpstr (got.sentence, ==, "two lines");
  g_assert_cmpstr (got.once, ==, "");
  g_assert_null (got.user);
  g_assert_true (se_notice_decode (&data, &left, &got));
  g_assert_cmpint (got.event, ==, SE_NOTICE_JOB_PARTLY_REFUSED);
  g_assert_cmpstr (got.once, ==, "a reason");
  g_assert_null (got.title);
  g_assert_cmpuint (left, ==, 0);
  g_assert_false (se_notice_decode (&data, &left, &got));
  g_string_free (all, TRUE);
}

static void
test_length (void)
{
  g_autofree char *text = g_strnfill (100000, 'x');
  const SeNotice notice = { SE_NOTICE_AUTHORIZATION_RESTORED, text, text, text, text, text };
  gsize length;

  g_free (se_notice_encode (&notice, &length));
  g_assert_cmpuint (length, <=, PIPE_BUF);
}

static void
test_hostile (void)
{
#define RECORD(text)  \
  {                   \
    text, sizeof text \
  }
  static const struct
  {
    const char *data;
    gsize length;
  } cases[] = {
    RECORD (""),
    RECORD ("job-held"),
    RECORD ("job-held\0q\0s"),
    RECORD ("job-hel\0q\0s\0o"),
    RECORD ("\0job-held\0q\0s"),
    RECORD ("rm -rf /\0q\0s\0o"),
    { "job-held\0q\0s\0o", 14 }, /* not ended */
    { NULL, 0 },
  };
#undef RECORD

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *copy = g_memdup2 (cases[i].data, cases[i].length);
      const char *data = copy;
      gsize left = cases[i].length;
      SeNotice notice;

      g_test_message ("%" G_GSIZE_FORMAT, i);
      g_assert_false (se_notice_decode (&data, &left, &notice));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/notice/arguments", Fixture, NULL, set_up, test_arguments, tear_down);
  g_test_add_func ("/notice/there-and-back", test_there_and_back);
  g_test_add_func ("/notice/length", test_length);
  g_test_add_func ("/notice/hostile", test_hostile);
  return g_test_run ();
}
