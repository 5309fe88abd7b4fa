/* SPDX-License-Identifier: Apache-2.0 */
#include "common/test-warnings.h"

static guint warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n, gpointer unused)
{
  warnings += (level & G_LOG_LEVEL_MASK) == G_LOG_LEVEL_WARNING;
  return G_LOG_WRITER_HANDLED;
}

gboolean
test_warnings_begin (void)
{
  if (!g_test_subprocess ())
    {
      g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
      g_test_trap_assert_passed ();
      return FALSE;
    }
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  return TRUE;
}

guint
test_warnings_count (void)
{
  return warnings;
}
