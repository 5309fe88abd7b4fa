/* SPDX-License-Identifier: Apache-2.0 */
/* Notices as a worker that somebody has taken over may write them: none reaches beyond what was
 * read, and one that is taken is written again as it is, but for what no text may hold. */
#include "common/notice.h"
#include "fuzz/fuzz.h"

#include <string.h>

static void
check_again (const SeNotice *notice)
{
  gsize length, length_again;
  g_autofree char *record = se_notice_encode (notice, &length);
  g_autofree char *record_again = NULL;
  const char *data = record;
  gsize left = length;
  SeNotice again;

  g_assert_true (se_notice_decode (&data, &left, &again));
  g_assert_cmpuint (left, ==, 0);
  g_assert_cmpint (again.event, ==, notice->event);
  g_assert_true (g_utf8_validate (again.subject, -1, NULL));
  g_assert_true (g_utf8_validate (again.sentence, -1, NULL));
  record_again = se_notice_encode (&again, &length_again);
  g_assert_cmpmem (record, length, record_again, length_again);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *copy = g_memdup2 (data, size); /* whose end the sanitizer knows */
  const char *at = copy;
  gsize left = size;
  SeNotice notice;

  while (se_notice_decode (&at, &left, &notice))
    {
      g_assert_true (at + left == copy + size);
      check_again (&notice);
    }
  return 0;
}
