/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "filter/child.h"

G_BEGIN_DECLS

/* Shared by child.c (the parent's side) and child-begin.c (what a child does before it meets its
 * document). Where a child cannot do that, it says why on standard error and ends with this. */
#define SE_CHILD_NOT_STARTED 127

/* Signals as a program expects them, limits, the three for its descriptors 0 to 2 and no others, a
 * process group that nothing leaves, and no rights to be had. */
void se_child_enter (const SeChildLimits *limits, int in_fd, int out_fd, int stderr_fd);

/* The value of a variable in an environment of NAME=VALUE strings; NULL: there is none. */
const char *se_child_variable (const char *const *environment, const char *name);

/* Leaves a child its document, its output, what a program or function needs of the system, and one
 * directory to write in. program: NULL for a function. environment: of the program. directory:
 * NULL: it can write nowhere. */
void se_child_confine_files (const char *program, const char *const *environment,
                             const char *directory);

G_END_DECLS
