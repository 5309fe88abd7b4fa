/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Removes a file, or a directory with all that is in it; a symbolic link is not followed. A failure
 * fails the test. */
void test_remove_tree (const char *path);

G_END_DECLS
