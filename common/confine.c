/* SPDX-License-Identifier: Apache-2.0 */
#include "common/confine.h"

#include "common/io.h"
#include "common/sanitizers.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* step: what the kernel calls it. Returns FALSE. */
static gboolean
fail (int saved_errno, const char *step, GError **error)
{
  se_error_set_errno (error, saved_errno, _ ("The process cannot give up rights (%s)"), step);
  return FALSE;
}

gboolean
se_confine_process (GError **error)
{
  const struct rlimit no_core = { 0, 0 };

  umask (077);
  if (setrlimit (RLIMIT_CORE, &no_core) < 0)
    return fail (errno, "RLIMIT_CORE", error);
  if (prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return fail (errno, "PR_SET_NO_NEW_PRIVS", error);
  if (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
    return fail (errno, "PR_SET_DUMPABLE", error);
  return TRUE;
}

static gboolean
is_kept (const char *name, const char *const *kept)
{
  for (; *kept != NULL; kept++)
    if (g_pattern_match_simple (*kept, name))
      return TRUE;
  return FALSE;
}

void
se_confine_environment (const char *const *kept)
{
  g_auto (GStrv) names = g_listenv ();

  for (char **name = names; *name != NULL; name++)
    if (!is_kept (*name, kept))
      {
        char *value = (char *)g_getenv (*name);

        if (value != NULL)
          explicit_bzero (value, strlen (value));
        g_unsetenv (*name);
      }
}

/* System calls. */

/* Each opens a way to other processes, to the kernel's insides, or to other rights. */
static const char *const denied[] = {
  "acct",
  "add_key",
  "bpf",
  "chroot",
  "delete_module",
  "finit_module",
  "fsconfig",
  "fsmount",
  "fsopen",
  "fspick",
  "init_module",
  "io_uring_enter",
  "io_uring_register",
  "io_uring_setup",
  "ioperm",
  "iopl",
  "kcmp",
  "kexec_file_load",
  "kexec_load",
  "keyctl",
  "lookup_dcookie",
  "modify_ldt",
  "mount",
  "mount_setattr",
  "move_mount",
  "open_by_handle_at",
  "open_tree",
  "perf_event_open",
  "personality",
  "pidfd_getfd",
  "pivot_root",
  "process_madvise",
  "process_vm_readv",
  "process_vm_writev",
  "quotactl",
  "quotactl_fd",
  "reboot",
  "request_key",
  "setns",
  "swapoff",
  "swapon",
  "umount",
  "umount2",
  "unshare",
  "userfaultfd",
  "vm86",
  "vm86old",
#ifndef __SANITIZE_ADDRESS__ /* it searches for leaks by that */
  "ptrace",
#endif
};

static const struct
{
  SeConfineCalls further;
  const char *call;
} optional[] = {
  { SE_CONFINE_NO_PROGRAMS, "execve" }, { SE_CONFINE_NO_PROGRAMS, "execveat" },
  { SE_CONFINE_NO_SERVER, "listen" },   { SE_CONFINE_NO_NETWORK, "socket" },
  { SE_CONFINE_NO_ESCAPE, "setpgid" },  { SE_CONFINE_NO_ESCAPE, "setsid" },
  { SE_CONFINE_NO_PROCESSES, "fork" },  { SE_CONFINE_NO_PROCESSES, "vfork" },
};

/* What types on a terminal as if its person did (ioctl_tty(2)). */
static const unsigned int typing[] = { TIOCSTI, TIOCLINUX };

#ifdef __s390__
#define FLAGS_OF_CLONE 1
#else
#define FLAGS_OF_CLONE 0
#endif

static const int namespaces[] = { CLONE_NEWCGROUP, CLONE_NEWIPC,  CLONE_NEWNET, CLONE_NEWNS,
                                  CLONE_NEWPID,    CLONE_NEWUSER, CLONE_NEWUTS };

/* Returns 0 or a negative errno. A call that this architecture, or this libseccomp, does not know
 * is no failure. */
static int
deny (scmp_filter_ctx filter, const char *name, int answer)
{
  int number = seccomp_syscall_resolve_name (name);

  return number == __NR_SCMP_ERROR
             ? 0
             : seccomp_rule_add (filter, SCMP_ACT_ERRNO ((uint16_t)answer), number, 0);
}

static int
deny_further (scmp_filter_ctx filter, guint further)
{
  int result = 0;

  for (gsize i = 0; result == 0 && i < G_N_ELEMENTS (optional); i++)
    if ((further & optional[i].further) != 0)
      result = deny (filter, optional[i].call, EPERM);
  if (result == 0 && (further & SE_CONFINE_NO_PROCESSES) != 0)
    result = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (clone), 1,
                               SCMP_CMP (FLAGS_OF_CLONE, SCMP_CMP_MASKED_EQ,
                                         (scmp_datum_t)CLONE_THREAD, 0));
  return result;
}

static int
deny_always (scmp_filter_ctx filter)
{
  int result = 0;

  for (gsize i = 0; result == 0 && i < G_N_ELEMENTS (denied); i++)
    result = deny (filter, denied[i], EPERM);
  for (gsize i = 0; result == 0 && i < G_N_ELEMENTS (namespaces); i++)
    result = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (clone), 1,
                               SCMP_CMP (FLAGS_OF_CLONE, SCMP_CMP_MASKED_EQ,
                                         (scmp_datum_t)namespaces[i], (scmp_datum_t)namespaces[i]));
  /* Of the 64 bits the kernel looks at these alone. */
  for (gsize i = 0; result == 0 && i < G_N_ELEMENTS (typing); i++)
    result
        = seccomp_rule_add (filter, SCMP_ACT_ERRNO (EPERM), SCMP_SYS (ioctl), 1,
                            SCMP_CMP (1, SCMP_CMP_MASKED_EQ, (scmp_datum_t)G_MAXUINT32, typing[i]));
  /* Its flags lie in memory, where they cannot be looked at: the C library takes clone instead. */
  return result == 0 ? deny (filter, "clone3", ENOSYS) : result;
}

/* The C library has no functions for Landlock, and its constants are younger than the oldest
 * system's headers: landlock(7), linux/landlock.h. */

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

#define ASK_VERSION (1U << 0)

/* The kernel's ABI of Landlock; below 1: it has none, errno says why. */
static long
landlock_version (void)
{
  return syscall (SYS_landlock_create_ruleset, NULL, 0, ASK_VERSION);
}

/* Said here, once a program, and not in every child. */
static void
note_landlock (void)
{
  if (landlock_version () < 1)
    g_debug ("this kernel has no Landlock (%s): no file is kept from the program",
             g_strerror (errno));
}

/* Denies further, and with always what none of our programs does. *none: there is no seccomp. */
static gboolean
load (gboolean always, guint further, gboolean *none, GError **error)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  int result = filter != NULL ? 0 : -ENOMEM;

  *none = FALSE;
  /* Calls of another architecture, by which the list could be passed by, get the same answer. */
  if (result == 0)
    result = seccomp_attr_set (filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO (EPERM));
  if (result == 0 && always)
    result = deny_always (filter);
  if (result == 0)
    result = deny_further (filter, further);
  if (result == 0)
    {
      result = seccomp_load (filter);
      if (result == -ECANCELED) /* errno has the kernel's answer */
        result = -errno;
      *none = result == -ENOSYS || result == -EINVAL;
    }
  seccomp_release (filter);
  return result == 0 || *none || fail (-result, "seccomp", error);
}

gboolean
se_confine_calls (SeConfineCalls further, GError **error)
{
  gboolean none;

  if (!load (TRUE, further, &none, error))
    return FALSE;
  if (none)
    g_debug ("this kernel has no seccomp: no system call is kept from the program");
  note_landlock ();
  return TRUE;
}

gboolean
se_confine_further_calls (SeConfineCalls further, GError **error)
{
  gboolean none;

  return load (FALSE, further, &none, error);
}

/* Files. */

#define RULE_PATH_BENEATH 1

enum
{
  EXECUTE = 1 << 0,
  WRITE_FILE = 1 << 1,
  READ_FILE = 1 << 2,
  READ_DIR = 1 << 3,
  REMOVE_DIR = 1 << 4,
  REMOVE_FILE = 1 << 5,
  MAKE_DIR = 1 << 7,
  MAKE_REG = 1 << 8,
  REFER = 1 << 13,
  TRUNCATE = 1 << 14,
  IOCTL_DEV = 1 << 15,
};

#define OF_FILES (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE)
#define SCOPE_SIGNAL (1 << 1)
#define SCOPES_SINCE 6

/* By ABI, from 1: all rights that it knows. */
static const guint64 known[] = {
  0, REFER - 1, (REFER << 1) - 1, (TRUNCATE << 1) - 1, (TRUNCATE << 1) - 1, (IOCTL_DEV << 1) - 1
};

typedef struct
{
  guint64 handled_access_fs;
  guint64 handled_access_net;
  guint64 scoped;
} RulesetAttributes;

typedef struct
{
  guint64 allowed_access;
  gint32 parent_fd;
} __attribute__ ((packed)) PathBeneathAttributes;

struct SeConfineFiles
{
  int ruleset; /* -1: the kernel has no Landlock */
  guint64 handled;
};

static void
add_common (SeConfineFiles *files)
{
  static const char *const read[]
      = { "/usr",        "/etc",         "/lib",      "/lib64",      "/proc",
          "/dev/random", "/dev/urandom", "/dev/zero", SE_LOCALE_DIR, SE_MODULE_DIR };

  for (gsize i = 0; i < G_N_ELEMENTS (read); i++)
    se_confine_files_add (files, read[i], SE_CONFINE_READ);
  se_confine_files_add (files, "/dev/null", SE_CONFINE_READ | SE_CONFINE_WRITE);
}

SeConfineFiles *
se_confine_files_new (void)
{
  SeConfineFiles *files = g_new0 (SeConfineFiles, 1);
  long version = landlock_version ();
  RulesetAttributes attributes = { 0 };

  files->ruleset = -1;
  if (version >= 1)
    {
      files->handled = known[MIN (version, (long)G_N_ELEMENTS (known) - 1)];
      attributes.handled_access_fs = files->handled;
#ifndef SE_FAULT_POINTS /* one of which kills the parent */
      if (version >= SCOPES_SINCE)
        attributes.scoped = SCOPE_SIGNAL;
#endif
      files->ruleset
          = (int)syscall (SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    }
  if (files->ruleset >= 0)
    add_common (files);
  return files;
}

void
se_confine_files_add_fd (SeConfineFiles *files, int fd, guint access)
{
  PathBeneathAttributes rule = { .parent_fd = fd };
  struct stat status;

  if (files->ruleset < 0 || fstat (fd, &status) < 0)
    return;
  if ((access & SE_CONFINE_READ) != 0)
    rule.allowed_access |= READ_FILE | READ_DIR;
  if ((access & SE_CONFINE_EXECUTE) != 0)
    rule.allowed_access |= EXECUTE;
  if ((access & SE_CONFINE_WRITE) != 0)
    rule.allowed_access
        |= WRITE_FILE | TRUNCATE | MAKE_REG | MAKE_DIR | REMOVE_FILE | REMOVE_DIR | REFER;
  rule.allowed_access &= files->handled & (S_ISDIR (status.st_mode) ? ~0ULL : OF_FILES);
  if (syscall (SYS_landlock_add_rule, files->ruleset, RULE_PATH_BENEATH, &rule, 0) < 0
      && errno != EBADFD)
    g_debug ("Landlock: %s", g_strerror (errno));
}

void
se_confine_files_add (SeConfineFiles *files, const char *path, guint access)
{
  se_autofd int fd = files->ruleset >= 0 ? open (path, O_PATH | O_CLOEXEC) : -1;

  if (fd >= 0)
    se_confine_files_add_fd (files, fd, access);
}

gboolean
se_confine_files_enter (SeConfineFiles *files, GError **error)
{
  return files->ruleset < 0 || syscall (SYS_landlock_restrict_self, files->ruleset, 0) == 0
         || fail (errno, "Landlock", error);
}

void
se_confine_files_free (SeConfineFiles *files)
{
  se_io_clear_fd (&files->ruleset);
  g_free (files);
}

gboolean
se_confine_files_hide (const char *path)
{
  se_autofd int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

  /* access (2) knows of modes and owners alone. */
  return fd < 0 && errno == EACCES && access (path, R_OK) == 0;
}
