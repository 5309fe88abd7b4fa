/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A directory for one test; all that is in it goes with it. */
typedef struct
{
  char *directory;
  char *path; /* of a file in it that does not exist yet */
} TestTree;

/* For g_test_add. name: of that file; a folder may stand before it, which is not made. */
void test_tree_set_up (TestTree *tree, gconstpointer name);
void test_tree_tear_down (TestTree *tree, gconstpointer unused);

/* Removes a file, or a directory with all that is in it; a symbolic link is not followed. A failure
 * fails the test. */
void test_remove_tree (const char *path);

/* How many files a directory has; 0 for one that is not there. */
guint test_count_files (const char *directory);

G_END_DECLS
