/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Points at which a program can be killed or stopped, and clocks that can be shortened: in a build
 * for tests alone (configure --enable-fault-points). In any other build these macros come to
 * nothing. Needs nothing but C, as the supervisor does.
 *
 * CUPS_SERVERROOT is all that reaches every program, so the file fault-points there says what is to
 * happen, at whatever time it is written; a line each of
 *
 *   POINT ACTION [COUNT]         at the first COUNT (1) times that any process comes there: kill,
 *                                kill-parent (by SIGKILL), exit=STATUS, wait (as long as the line
 *                                stands there)
 *   timeout CLOCK MILLISECONDS   instead of the usual time
 *
 * Each action is noted before it happens in the file fault-points.hits, a line "POINT PID" each.
 * Without both files, which whoever tests makes for all users to read and write, nothing happens. A
 * process opens them at its first point: it may lock itself up later. */

#ifdef SE_FAULT_POINTS

#define SE_FAULT_POINT(name) se_fault_point (name)
/* usual: milliseconds. */
#define SE_FAULT_CLOCK(name, usual) se_fault_clock (name, usual)
/* What a program says of itself beside its version. */
#define SE_FAULT_NOTE " (with fault points: for tests only)"

void se_fault_point (const char *name);
unsigned se_fault_clock (const char *name, unsigned usual);

#else

#define SE_FAULT_POINT(name) ((void)0)
#define SE_FAULT_CLOCK(name, usual) (usual)
#define SE_FAULT_NOTE ""

#endif
