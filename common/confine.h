/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/error.h"

G_BEGIN_DECLS

/* What a process of ours gives up before it meets anything from outside: for the rest of its life,
 * and of its children's. Where a kernel has no seccomp or no Landlock a DEBUG line says so, and the
 * process goes on without; a step that fails in any other way is an error, and whoever called must
 * not go on. */

/* No core file, new files of mode 0600, no rights from set-user-ID programs (PR_SET_NO_NEW_PRIVS),
 * no debugger and no look into /proc/PID for processes of the same user (PR_SET_DUMPABLE 0: the
 * files of /proc/self are root's from then on, so what is to be written there is written before). A
 * program that is executed is subject to the last again only if it calls this. */
gboolean se_confine_process (GError **error);

/* Takes every variable out of the environment but those named, and wipes it where /proc/PID/environ
 * and children find it. kept: names, NULL-terminated; a trailing '*' stands for any ending. To be
 * called before there are threads. */
void se_confine_environment (const char *const *kept);

/* System calls that fail with EPERM besides those that none of our programs makes: ptrace, mount,
 * bpf, keyctl, namespaces, io_uring, typing on a terminal and the like (seccomp(2)). */
typedef enum
{
  SE_CONFINE_NO_PROGRAMS = 1 << 0,  /* execve */
  SE_CONFINE_NO_SERVER = 1 << 1,    /* listen */
  SE_CONFINE_NO_NETWORK = 1 << 2,   /* socket, of whatever family; socketpair works */
  SE_CONFINE_NO_ESCAPE = 1 << 3,    /* setpgid, setsid: a signal to the process group reaches all */
  SE_CONFINE_NO_PROCESSES = 1 << 4, /* fork and the like; threads can be started */
} SeConfineCalls;

/* The lines about what the kernel lacks are said by this, Landlock's too. */
gboolean se_confine_calls (SeConfineCalls further, GError **error);

/* The same in a child of a process that has called it: these fail as well from now on. */
gboolean se_confine_further_calls (SeConfineCalls further, GError **error);

/* Files that can be opened, changed or executed from now on (Landlock); what is open already stays
 * so. Signals reach no process outside. */
typedef struct SeConfineFiles SeConfineFiles;

typedef enum
{
  SE_CONFINE_READ = 1 << 0,
  SE_CONFINE_WRITE = 1 << 1, /* and make and remove, in a directory */
  SE_CONFINE_EXECUTE = 1 << 2,
} SeConfineAccess;

/* Begins with what all programs read: system libraries, /etc, /proc, message catalogs, modules of
 * ours, and a few devices. */
SeConfineFiles *se_confine_files_new (void);

/* Adds the file at path, or the directory with all below it. What cannot be found is left out. */
void se_confine_files_add (SeConfineFiles *files, const char *path, guint access);

/* The same for what fd is open on, as to open it anew by /dev/fd; if it has no place in a file
 * system, nothing keeps anybody from that. */
void se_confine_files_add_fd (SeConfineFiles *files, int fd, guint access);

/* Leaves nothing but these. The process must have called se_confine_process. */
gboolean se_confine_files_enter (SeConfineFiles *files, GError **error);

void se_confine_files_free (SeConfineFiles *files);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeConfineFiles, se_confine_files_free)

/* TRUE if path could be read but for se_confine_files_enter. */
gboolean se_confine_files_hide (const char *path);

G_END_DECLS
