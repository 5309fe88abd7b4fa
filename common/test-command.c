/* SPDX-License-Identifier: Apache-2.0 */
#include "common/test-command.h"

void
test_command_set_up (TestCommand *command, const TestTree *tree)
{
  command->path = g_build_filename (tree->directory, "notify", NULL);
  command->told = g_build_filename (tree->directory, "notified", NULL);
  test_command_write (command, "");
  test_command_forget (command);
}

void
test_command_tear_down (TestCommand *command)
{
  g_free (command->path);
  g_free (command->told);
}

void
test_command_write (const TestCommand *command, const char *script)
{
  g_autofree char *text
      = g_strdup_printf ("#!/bin/sh\nprintf '%%s|' \"$@\" >>'%s'\necho >>'%s'\n%s\n", command->told,
                         command->told, script);

  g_assert_true (
      g_file_set_contents_full (command->path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
}

void
test_command_forget (const TestCommand *command)
{
  g_assert_true (g_file_set_contents (command->told, "", 0, NULL));
}

void
test_command_assert_told (const TestCommand *command, const char *expected)
{
  g_autofree char *told = NULL;

  g_assert_true (g_file_get_contents (command->told, &told, NULL, NULL));
  g_assert_cmpstr (told, ==, expected);
}
