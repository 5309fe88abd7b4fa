/* SPDX-License-Identifier: Apache-2.0 */
#include "mail/pause.h"

#include "common/io.h"
#include "common/test-tree.h"

static gint64
now (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

/* Returns how long it is, seconds. */
static gint64
begin (const TestTree *tree, gint64 until)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (se_pause_begin (tree->path, until, "421 4.7.0 slow\ndown", &error));
  g_assert_no_error (error);
  return se_pause_until (tree->path, NULL) - now ();
}

/* A file as begin writes it. */
static void
put (const TestTree *tree, gint64 since, gint64 until, gint64 length)
{
  g_autofree char *text
      = g_strdup_printf ("[pause]\nsince=%" G_GINT64_FORMAT "\nuntil=%" G_GINT64_FORMAT
                         "\nlength=%" G_GINT64_FORMAT "\nreason=r\n",
                         since, until, length);

  g_assert_true (se_io_make_parent (tree->path, NULL));
  g_assert_true (g_file_set_contents (tree->path, text, -1, NULL));
}

static void
assert_between (gint64 value, gint64 least, gint64 most)
{
  g_assert_cmpint (value, >=, least);
  g_assert_cmpint (value, <=, most);
}

static void
test_short (TestTree *tree, gconstpointer unused)
{
  g_autofree char *reason = NULL;
  gint64 until;

  g_assert_cmpint (se_pause_until (tree->path, &reason), ==, 0);
  g_assert_null (reason);
  assert_between (begin (tree, 0), 3, 5);
  until = se_pause_until (tree->path, &reason);
  g_assert_cmpstr (reason, ==, "421 4.7.0 slow down");
  /* Several sessions that are told the same at once make it no longer. */
  begin (tree, 0);
  g_assert_cmpint (se_pause_until (tree->path, NULL), ==, until);
}

/* Twice as long each time that it was in vain, to an end. */
static void
test_growing (TestTree *tree, gconstpointer unused)
{
  put (tree, now () - 40, now () - 5, 5);
  assert_between (begin (tree, 0), 7, 10);
  put (tree, now () - 100, now () - 1, 60);
  assert_between (begin (tree, 0), 89, 120);
  put (tree, now () - 3000, now () - 1000, 1800);
  assert_between (begin (tree, 0), 1349, 1800);
  /* Long ago. */
  put (tree, now () - 9000, now () - 7000, 1800);
  assert_between (begin (tree, 0), 3, 5);
}

static void
test_asked (TestTree *tree, gconstpointer unused)
{
  gint64 until = now () + 500;

  begin (tree, until);
  g_assert_cmpint (se_pause_until (tree->path, NULL), ==, until);
  begin (tree, until - 100);
  g_assert_cmpint (se_pause_until (tree->path, NULL), ==, until);
  begin (tree, until + 100);
  g_assert_cmpint (se_pause_until (tree->path, NULL), ==, until + 100);
  assert_between (begin (tree, now () + 9999999), 86399, 86400);
}

static void
test_forget (TestTree *tree, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (se_pause_forget (tree->path, &error));
  begin (tree, 0);
  /* A mail through a session from before the pause says nothing. */
  g_assert_true (se_pause_forget (tree->path, &error));
  g_assert_cmpint (se_pause_until (tree->path, NULL), >, 0);
  put (tree, now () - 100, now () - 1, 60);
  g_assert_true (se_pause_forget (tree->path, &error));
  g_assert_no_error (error);
  assert_between (begin (tree, 0), 3, 5);
}

static void
test_lift (TestTree *tree, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (se_pause_lift (tree->path, &error));
  begin (tree, 0);
  g_assert_true (se_pause_lift (tree->path, &error));
  g_assert_no_error (error);
  g_assert_cmpint (se_pause_until (tree->path, NULL), ==, 0);
}

/* Neither a damaged file nor a clock that was set back keeps anybody waiting. */
static void
test_void (TestTree *tree, gconstpointer unused)
{
  static const char *const texts[]
      = { "rubbish", "[pause]\n", "[pause]\nsince=1\nuntil=99999999999\n", "[pause]\nuntil=5\n",
          "[pause]\nsince=99999999999\nuntil=99999999999\n" };

  g_assert_true (se_io_make_parent (tree->path, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_assert_true (g_file_set_contents (tree->path, texts[i], -1, NULL));
      g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*it is not heeded*");
      g_assert_cmpint (se_pause_until (tree->path, NULL), ==, 0);
      g_test_assert_expected_messages ();
    }
  /* As a lock leaves it that was taken first. */
  g_assert_true (g_file_set_contents (tree->path, "", 0, NULL));
  g_assert_cmpint (se_pause_until (tree->path, NULL), ==, 0);
  assert_between (begin (tree, 0), 3, 5);
}

#define ADD(name, function) \
  g_test_add (name, TestTree, "new/pause", test_tree_set_up, function, test_tree_tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/pause/short", test_short);
  ADD ("/pause/growing", test_growing);
  ADD ("/pause/asked", test_asked);
  ADD ("/pause/forget", test_forget);
  ADD ("/pause/lift", test_lift);
  ADD ("/pause/void", test_void);
  return g_test_run ();
}
