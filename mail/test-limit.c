/* SPDX-License-Identifier: Apache-2.0 */
#include "common/error.h"
#include "common/size.h"
#include "common/test-tree.h"
#include "mail/activity.h"
#include "mail/limit.h"

#include <string.h>

#define ADDRESS "scanner@example.test"
#define SERVER "smtp://mail.example.test:587"

static char *state;
static char server[] = SERVER;
static char name[] = "intranet";

/* The smallest counts; 0 is none. */
static void
test_smallest (void)
{
  static const struct
  {
    guint64 queue, provider, size;
    SeLimitOwner owner;
    guint64 limit;
  } cases[] = {
    { 0, 0, 0, SE_LIMIT_NONE, 0 },
    { 300, 0, 0, SE_LIMIT_QUEUE, 300 },
    { 0, 300, 0, SE_LIMIT_PROVIDER, 300 },
    { 0, 0, 300, SE_LIMIT_SERVER, 300 },
    { 100, 200, 300, SE_LIMIT_QUEUE, 100 },
    { 300, 200, 400, SE_LIMIT_PROVIDER, 200 },
    { 300, 200, 1, SE_LIMIT_SERVER, 1 },
    { 0, 200, 100, SE_LIMIT_SERVER, 100 },
    { G_MAXUINT64, 0, 0, SE_LIMIT_QUEUE, G_MAXUINT64 },
  };
  SeProviderConfig provider = { .name = name, .smtp_server = server };
  const SeAccount account = { .address = (char *)ADDRESS, .provider = &provider };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      SeLimit limit;

      provider.max_message_size = cases[i].provider;
      g_assert_true (se_activity_note_size (state, ADDRESS, SERVER, cases[i].size, NULL));
      limit = se_limit_get (state, &account, cases[i].queue);
      g_assert_cmpint (limit.owner, ==, cases[i].owner);
      g_assert_cmpuint (limit.size, ==, cases[i].limit);
      g_assert_true (se_limit_check (&limit, cases[i].limit, NULL));
      if (limit.owner != SE_LIMIT_NONE && limit.size < G_MAXUINT64)
        g_assert_false (se_limit_check (&limit, cases[i].limit + 1, NULL));
    }
}

/* What one server stated does not bind another. */
static void
test_other_server (void)
{
  SeProviderConfig provider = { .name = name, .smtp_server = server };
  SeAccount account = { .address = (char *)ADDRESS, .provider = &provider };

  g_assert_true (se_activity_note_size (state, ADDRESS, SERVER, 1000, NULL));
  g_assert_cmpint (se_limit_get (state, &account, 0).owner, ==, SE_LIMIT_SERVER);
  g_assert_cmpint (se_limit_get (NULL, &account, 0).owner, ==, SE_LIMIT_NONE);
  account.address = (char *)"other@example.test";
  g_assert_cmpint (se_limit_get (state, &account, 0).owner, ==, SE_LIMIT_NONE);
  account.address = (char *)ADDRESS;
  provider.smtp_server = (char *)"smtp://mail.example.test:58";
  g_assert_cmpint (se_limit_get (state, &account, 0).owner, ==, SE_LIMIT_NONE);
}

static void
test_words (void)
{
  static const struct
  {
    SeLimit limit;
    guint64 size;
    const char *message;
  } cases[] = {
    { { SE_LIMIT_QUEUE, 25 * 1024 * 1024, NULL },
      26214401,
      "The mail would have 26.2 MB (26214401 bytes) as it is sent, more than the 26.2 MB (26214400 "
      "bytes) that max-message-size of the queue allows" },
    { { SE_LIMIT_PROVIDER, 500, name },
      999,
      "The mail would have 999 bytes as it is sent, more than the 500 bytes that max-message-size "
      "of the provider intranet allows" },
    { { SE_LIMIT_SERVER, 1000, "mail.example.test" },
      1500,
      "The mail would have 1.5 kB (1500 bytes) as it is sent, more than the 1.0 kB (1000 bytes) "
      "that the server mail.example.test takes (SIZE)" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (se_limit_check (&cases[i].limit, cases[i].size, &error));
      g_assert_error (error, SE_ERROR, SE_ERROR_TOO_LARGE);
      g_assert_cmpstr (error->message, ==, cases[i].message);
    }
}

/* A file that somebody damaged limits nothing, and is written anew. */
static void
test_damaged (void)
{
  static const char *const contents[] = { "", "\n", "1000", "x " SERVER, "-1 " SERVER, "1000 x" };
  g_autofree char *path = g_build_filename (state, "size", "scanner%40example.test", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      g_assert_true (se_activity_note_size (state, ADDRESS, SERVER, 1000, NULL));
      g_assert_cmpuint (se_activity_size (state, ADDRESS, SERVER), ==, 1000);
      g_assert_true (g_file_set_contents (path, contents[i], -1, NULL));
      g_assert_cmpuint (se_activity_size (state, ADDRESS, SERVER), ==, 0);
    }
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  state = g_dir_make_tmp ("scan-email-limit-XXXXXX", NULL);
  g_test_add_func ("/limit/smallest", test_smallest);
  g_test_add_func ("/limit/other-server", test_other_server);
  g_test_add_func ("/limit/words", test_words);
  g_test_add_func ("/limit/damaged", test_damaged);
  status = g_test_run ();
  test_remove_tree (state);
  g_free (state);
  return status;
}
