/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Runs the test again in a process of its own, since a log writer can be set once: there warnings
 * are counted, and nothing is written. Returns TRUE there; FALSE in the test's own process, which
 * has nothing left to do. */
gboolean test_warnings_begin (void);

/* How many there were. */
guint test_warnings_count (void);

G_END_DECLS
