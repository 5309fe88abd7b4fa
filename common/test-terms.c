/* SPDX-License-Identifier: Apache-2.0 */
#include "common/terms.h"

#include "common/io.h"

#include <string.h>
#include <unistd.h>

#define LATE 60000 /* milliseconds that no test is to take */

static void
open_pipe (int *ends)
{
  g_assert_cmpint (pipe (ends), ==, 0);
}

static void
test_round_trip (void)
{
  const SeTerms sent[] = { { 0, SE_OVERSIZE_REJECT, NULL },
                           { G_MAXUINT64, SE_OVERSIZE_SPLIT, (char *)"de_AT" },
                           { 26214400, SE_OVERSIZE_COMPACT, (char *)"pt_BR" } };
  int ends[2];

  open_pipe (ends);
  for (gsize i = 0; i < G_N_ELEMENTS (sent); i++)
    g_assert_true (se_terms_send (ends[1], &sent[i], NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (sent); i++)
    {
      SeTerms terms;

      g_assert_true (se_terms_receive (ends[0], LATE, &terms));
      g_assert_cmpuint (terms.room, ==, sent[i].room);
      g_assert_cmpint (terms.oversize, ==, sent[i].oversize);
      g_assert_cmpstr (terms.language, ==, sent[i].language);
      se_terms_clear (&terms);
    }
  close (ends[0]);
  close (ends[1]);
}

static void
test_nothing_to_receive (void)
{
  const char *lines[] = { "",
                          "scan-email-terms 1 5 split -",
                          "scan-email-terms 2 5 split -\n",
                          "scan-email-terms 1 -5 split -\n",
                          "scan-email-terms 1 5 burn -\n",
                          "scan-email-terms 1 5 split\n",
                          "scan-email-terms 1 5 split - -\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      SeTerms terms;
      int ends[2];

      open_pipe (ends);
      g_assert_true (se_io_write_all (ends[1], lines[i], strlen (lines[i]), NULL));
      close (ends[1]);
      g_assert_false (se_terms_receive (ends[0], LATE, &terms));
      g_assert_cmpuint (terms.room, ==, 0);
      close (ends[0]);
    }
}

static void
test_taken (void)
{
  static const char *const lines[] = { SE_TAKEN "\n",
                                       "\n" SE_TAKEN "\n",
                                       "scan-email-terms 1 5 split -\n" SE_TAKEN "\n",
                                       "",
                                       SE_TAKEN,
                                       "\n",
                                       "scan-email-terms 1 5 split -\n" };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      int ends[2];

      open_pipe (ends);
      g_assert_true (se_io_write_all (ends[1], lines[i], strlen (lines[i]), NULL));
      close (ends[1]);
      g_assert_cmpint (se_terms_await_taken (ends[0]), ==, i < 3);
      close (ends[0]);
    }
}

/* Nobody writes, and nobody closes. */
static void
test_silence (void)
{
  SeTerms terms;
  int ends[2];

  open_pipe (ends);
  g_assert_false (se_terms_receive (ends[0], 1, &terms));
  close (ends[0]);
  close (ends[1]);
  g_assert_false (se_terms_receive (ends[0], LATE, &terms));
}

static void
test_part_size (void)
{
  g_assert_cmpuint (se_terms_part_size (57 * 1000), ==, 78 * 1000 + 2048);
  g_assert_cmpuint (se_terms_part_size (0), ==, 2048);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/terms/taken", test_taken);
  g_test_add_func ("/terms/round-trip", test_round_trip);
  g_test_add_func ("/terms/nothing-to-receive", test_nothing_to_receive);
  g_test_add_func ("/terms/silence", test_silence);
  g_test_add_func ("/terms/part-size", test_part_size);
  return g_test_run ();
}
