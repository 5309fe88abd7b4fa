/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The supervisor's way to the programs that it runs as the service user. libc only. */

#define SE_PATH_SIZE 4096

/* An environment variable; fallback where it is missing or empty. */
const char *se_daemon_variable (const char *name, const char *fallback);

/* In a child: cleans the environment and becomes the program name, such as SE_WORKER: below
 * $CUPS_SERVERBIN, beside this program itself (a private ServerBin may only link to it) or where it
 * was installed. Returns the errno that keeps it from that, with the path that was tried; ENOENT:
 * there is none anywhere, and path is the first place. */
int se_daemon_become (const char *name, char **argv, char path[SE_PATH_SIZE]);
