/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The supervisor's way to the programs that it runs as the service user. libc only. */

#define SE_PATH_SIZE 4096

/* An environment variable; fallback where it is missing or empty. */
const char *se_daemon_variable (const char *name, const char *fallback);

/* Takes what neither the supervisor nor a program of its needs, such as AUTH_PASSWORD, out of the
 * environment and wipes it. First of all. */
void se_daemon_clean_environment (void);

/* In a child: becomes the program name, such as SE_WORKER, with no more of the environment than it
 * needs: below $CUPS_SERVERBIN, beside this program itself (a private ServerBin may only link to
 * it) or where it was installed. Returns the errno that keeps it from that, with the path that was
 * tried; ENOENT: there is none anywhere, and path is the first place. */
int se_daemon_become (const char *name, char **argv, char path[SE_PATH_SIZE]);
