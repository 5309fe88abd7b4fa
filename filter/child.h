/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* Work on documents is done in child processes, so that a hostile document takes down a child and
 * never the filter. A child has standard input, output and error and no other descriptor, a process
 * group of its own, limits, and no rights to be had (common/confine.h); it can open its document
 * and the system's programs and data. What a child hands back may be anything. Nothing that it
 * started outlives it: it cannot leave its group. */
typedef struct
{
  guint cpu;      /* processor time, seconds */
  guint wall;     /* time by the clock, seconds */
  guint64 memory; /* address space, bytes */
  guint64 output; /* size of any file that it writes, bytes */
  gboolean many;  /* it may start processes of its own, each with these limits but for wall */
} SeChildLimits;

/* What a conversion may use: far more than a sound document needs. None of the programs starts
 * another: what limits one process limits all. */
extern const SeChildLimits se_child_limits;

/* Ignores SIGPIPE and takes SIGTERM: while a child runs, se_child_run and se_child_call kill it and
 * return SE_ERROR_CANCELLED; at any other time the process exits with status 0 at once. Call once,
 * first thing in main: no child's end would be noticed without it. */
void se_child_take_signals (void);

/* While deferred, SIGTERM does not end the process: whoever has something to clear up brackets it
 * so (calls may nest) and sees SE_ERROR_CANCELLED from the next child. */
void se_child_defer_signals (gboolean defer);

/* Runs a program to its end. arguments: argv; arguments[0] is the program's absolute path.
 * environment: NAME=VALUE strings;
 * TMPDIR among them is where it can write, and CUPS_DATADIR, CUPS_SERVERBIN and PPD is what it can
 * read beside the system's. in_fd: standard input, read from its current offset. out_fd:
 * standard output. What the program prints to standard error is passed on as DEBUG lines, without
 * CUPS's PAGE lines.
 * complaint: where to put its last line of errors ("ERROR: …" as of CUPS, "Error: …"; cleaned,
 * owned by the caller; NULL if there was none); may be NULL.
 * remarks: an array of strings for what Ghostscript (not with -q) says of errors in the document,
 * cleaned, each once: it passes over them and ends with status 0; may be NULL.
 * SE_ERROR_DOCUMENT: it ended with another status than 0, crashed, or reached the limit of
 * processor time or output; SE_ERROR_TEMPORARY: it was killed, took too long or could not be
 * started; SE_ERROR_CANCELLED. The message begins with the program's name. */
gboolean se_child_run (const char *const *arguments, const char *const *environment, int in_fd,
                       int out_fd, const SeChildLimits *limits, char **complaint,
                       GPtrArray *remarks, GError **error);

/* A function that is run in a child. result: memory shared with the caller. It returns FALSE with
 * error set (in SE_ERROR) as any other function. */
typedef gboolean (*SeChildFunction) (int in_fd, int out_fd, gpointer result, GError **error);

/* Runs function in a child. name: what to call it in messages. result: result_size bytes, copied
 * to the child's shared memory and back; NULL: none. out_fd: -1 for none.
 * Errors are the function's own and those of se_child_run. */
gboolean se_child_call (const char *name, SeChildFunction function, int in_fd, int out_fd,
                        gpointer result, gsize result_size, const SeChildLimits *limits,
                        GError **error);

/* The same for a function that makes temporary files (filter/temp.h): it has a directory of its own
 * for them. */
gboolean se_child_call_with_files (const char *name, SeChildFunction function, int in_fd,
                                   int out_fd, gpointer result, gsize result_size,
                                   const SeChildLimits *limits, GError **error);

G_END_DECLS
