/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/notice.h"

G_BEGIN_DECLS

/* The pipe that a worker hands its notices to the supervisor by. */

/* Opens SE_FD_NOTICE. Returns the supervisor's end. */
int test_notice_pipe_open (void);
void test_notice_pipe_close (int fd);

/* Calls function with each notice that was handed over since the last time; asserts that they are
 * whole. */
void test_notice_pipe_read (int fd, void (*function) (const SeNotice *notice, gpointer data),
                            gpointer data);

G_END_DECLS
