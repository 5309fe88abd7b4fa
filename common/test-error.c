/* SPDX-License-Identifier: Apache-2.0 */
#include "common/error.h"

#include <errno.h>

static void
test_due (void)
{
  g_autoptr (GError) error = g_error_new_literal (SE_ERROR, SE_ERROR_QUOTA, "enough");
  g_autoptr (GError) copy = NULL;
  g_autoptr (GError) propagated = NULL;
  g_autoptr (GError) other = g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_NOSPC, "full");

  g_assert_cmpint (se_error_due (NULL), ==, 0);
  g_assert_cmpint (se_error_due (other), ==, 0);
  g_assert_cmpint (se_error_due (error), ==, 0);
  se_error_set_due (error, 1700000000);
  copy = g_error_copy (error);
  g_propagate_error (&propagated, g_steal_pointer (&error));
  g_prefix_error (&propagated, "today: ");
  g_assert_cmpint (se_error_due (copy), ==, 1700000000);
  g_assert_cmpint (se_error_due (propagated), ==, 1700000000);
  g_assert_true (se_error_is (propagated, SE_ERROR_QUOTA));
}

static void
test_errno (void)
{
  static const int passing[]
      = { ENOSPC, EDQUOT, EIO, EMFILE, ENFILE, ENOMEM, EAGAIN, ESTALE, ENOLCK, ETIMEDOUT };

  for (gsize i = 0; i < G_N_ELEMENTS (passing); i++)
    {
      g_autoptr (GError) error = NULL;

      se_error_set_errno (&error, passing[i], "file %d", 1);
      g_assert_error (error, SE_ERROR, (int)SE_ERROR_TEMPORARY);
      g_assert_true (g_str_has_prefix (error->message, "file 1: "));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/due", test_due);
  g_test_add_func ("/error/errno", test_errno);
  return g_test_run ();
}
