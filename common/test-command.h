/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/test-tree.h"

G_BEGIN_DECLS

/* A notify-command for tests, a shell script that notes what it is called with. */
typedef struct
{
  char *path; /* of the script */
  char *told; /* of the file that it notes its arguments in, a line each call, '|' behind each */
} TestCommand;

void test_command_set_up (TestCommand *command, const TestTree *tree);
void test_command_tear_down (TestCommand *command);

/* Makes it anew. script: what it does when it has noted its arguments. */
void test_command_write (const TestCommand *command, const char *script);

/* Forgets what was noted. */
void test_command_forget (const TestCommand *command);

/* Asserts what was noted. */
void test_command_assert_told (const TestCommand *command, const char *expected);

G_END_DECLS
