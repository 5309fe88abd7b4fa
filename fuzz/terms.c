/* SPDX-License-Identifier: Apache-2.0 */
/* The line down the back channel. */
#include "common/io.h"
#include "common/terms.h"
#include "fuzz/fuzz.h"

#include <string.h>
#include <unistd.h>

#define PIPE_MAX 4096 /* surely fits into a pipe */

static gboolean
receive (const void *line, gsize length, SeTerms *terms)
{
  int ends[2];
  gboolean came;
  GError *error = NULL;

  g_assert_no_errno (pipe (ends));
  se_io_write_all (ends[1], line, length, &error);
  g_assert_no_error (error);
  se_io_clear_fd (&ends[1]);
  came = se_terms_receive (ends[0], 1000, terms);
  se_io_clear_fd (&ends[0]);
  return came;
}

static void
check_sent (const SeTerms *terms)
{
  se_autofd int fd = fuzz_file ("", 0);
  g_autofree char *line = NULL;
  SeTerms again;
  GError *error = NULL;
  gsize length;

  se_terms_send (fd, terms, &error);
  g_assert_no_error (error);
  line = fuzz_file_contents (fd, &length);
  g_assert_true (receive (line, length, &again));
  g_assert_cmpuint (again.room, ==, terms->room);
  g_assert_cmpint (again.oversize, ==, terms->oversize);
  g_assert_cmpstr (again.language, ==, terms->language);
  se_terms_clear (&again);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  SeTerms terms;

  if (size > PIPE_MAX)
    return -1;
  if (receive (data, size, &terms))
    check_sent (&terms);
  else
    g_assert_true (terms.room == 0 && terms.language == NULL);
  se_terms_clear (&terms);
  return 0;
}
