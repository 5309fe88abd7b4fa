/* SPDX-License-Identifier: Apache-2.0 */
/* Each test tries, in a child that confined itself, what a program that was taken over would. */
#include "common/confine.h"

#include "common/atomic-file.h"
#include "common/sanitizers.h"
#include "common/test-tree.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LANDLOCK_ABI_OF_SIGNALS 6

static long
landlock_version (void)
{
  return syscall (444, NULL, 0, 1U); /* LANDLOCK_CREATE_RULESET_VERSION */
}

/* Fails the test, from the child that runs it. */
#define CHECK(condition)                                                                         \
  do                                                                                             \
    if (!(condition))                                                                            \
      {                                                                                          \
        fprintf (stderr, "%s:%d: %s: %s\n", __FILE__, __LINE__, #condition, g_strerror (errno)); \
        _exit (1);                                                                               \
      }                                                                                          \
  while (0)

/* expression: a call that returns -1 and sets errno */
#define CHECK_DENIED(expression, number) \
  do                                     \
    {                                    \
      errno = 0;                         \
      CHECK ((expression) == -1);        \
      CHECK (errno == (number));         \
    }                                    \
  while (0)

static void
in_child (void (*function) (gconstpointer data), gconstpointer data)
{
  int status;
  pid_t pid = fork ();

  g_assert_cmpint (pid, >=, 0);
  if (pid == 0)
    {
      function (data);
      _exit (0);
    }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

static void
confine_process (void)
{
  CHECK (se_confine_process (NULL));
}

static void
look_at_process (gconstpointer unused)
{
  struct rlimit core;

  confine_process ();
  CHECK (prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1);
  CHECK (prctl (PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
  CHECK (getrlimit (RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0);
  CHECK (umask (0) == 077);
  /* The supervisor finds its worker by that, children their documents. */
  CHECK (access ("/proc/self/exe", F_OK) == 0);
  CHECK (open ("/dev/fd/0", O_RDONLY) >= 0);
}

static void
test_process (void)
{
  in_child (look_at_process, NULL);
}

static void
look_at_environment (gconstpointer unused)
{
  static const char *const kept[] = { "PATH", "LC_*", NULL };
  const char *secret = g_getenv ("AUTH_PASSWORD");

  se_confine_environment (kept);
  CHECK (*secret == '\0');
  CHECK (g_getenv ("AUTH_PASSWORD") == NULL && g_getenv ("PATHS") == NULL);
  CHECK (g_strcmp0 (g_getenv ("LC_TIME"), "C") == 0 && g_getenv ("PATH") != NULL);
}

static void
test_environment (void)
{
  g_setenv ("AUTH_PASSWORD", "secret", TRUE);
  g_setenv ("PATHS", "x", TRUE);
  g_setenv ("LC_TIME", "C", TRUE);
  in_child (look_at_environment, NULL);
}

static void *
set_flag (void *flag)
{
  *(gboolean *)flag = TRUE;
  return NULL;
}

#ifdef __x86_64__
/* getpid by the number that it has for i386. */
static void
ask_as_i386 (void)
{
  long result = 20;

  __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
  CHECK (result == -EPERM);
}
#endif

/* No way round by other numbers of calls, nor by bits that the kernel does not look at. */
static void
try_other_numbers (void)
{
#ifdef __x86_64__
  const long x32 = 0x40000000;
  const unsigned long high = 1UL << 32;
  char byte = 0;
  int status;
  pid_t child;

  CHECK_DENIED (syscall (x32 | SYS_getpid), EPERM);
  CHECK_DENIED (syscall (SYS_ioctl, 0, high | TIOCSTI, &byte), EPERM);
  child = fork ();
  if (child == 0)
    {
      /* Some kernels know i386 not at all, which a sanitizer would report. */
      signal (SIGSEGV, SIG_DFL);
      ask_as_i386 ();
      _exit (0);
    }
  CHECK (waitpid (child, &status, 0) == child);
  CHECK (status == 0 || (WIFSIGNALED (status) && WTERMSIG (status) == SIGSEGV));
#endif
}

static void
try_calls (gconstpointer unused)
{
  union bpf_attr attributes = { 0 };
  char byte = 0;
  struct
  {
    void *base;
    gsize length;
  } vector = { &byte, 1 };
  gboolean started = FALSE;
  pthread_t thread;
  int pair[2];
  pid_t child;

  confine_process ();
  CHECK (se_confine_calls (0, NULL));
  CHECK (prctl (PR_GET_SECCOMP, 0, 0, 0, 0) == 2);
#ifndef __SANITIZE_ADDRESS__
  CHECK_DENIED (ptrace (PTRACE_TRACEME, 0, NULL, NULL), EPERM);
#endif
  CHECK_DENIED (syscall (SYS_process_vm_readv, getpid (), &vector, 1, &vector, 1, 0), EPERM);
  CHECK_DENIED (syscall (SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof attributes), EPERM);
  CHECK_DENIED (syscall (SYS_keyctl, 0, 0, 0, 0, 0), EPERM);
  CHECK_DENIED (syscall (SYS_io_uring_setup, 1, NULL), EPERM);
  CHECK_DENIED (syscall (SYS_userfaultfd, 0), EPERM);
  CHECK_DENIED (mount (NULL, "/nonexistent", "tmpfs", 0, NULL), EPERM);
  CHECK_DENIED (umount2 ("/nonexistent", MNT_DETACH), EPERM);
  CHECK_DENIED (unshare (CLONE_NEWUSER), EPERM);
  CHECK_DENIED (setns (0, 0), EPERM);
  CHECK_DENIED (syscall (SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL), EPERM);
  CHECK_DENIED (syscall (SYS_clone, CLONE_NEWNET | CLONE_NEWNS | SIGCHLD, NULL, NULL, NULL, NULL),
                EPERM);
  CHECK_DENIED (syscall (SYS_personality, 0), EPERM);
  CHECK_DENIED (ioctl (0, TIOCSTI, &byte), EPERM);
  CHECK_DENIED (ioctl (0, TIOCLINUX, &byte), EPERM);
  try_other_numbers ();
  /* What has to go on. */
  CHECK (setsid () >= 0);
  CHECK (pthread_create (&thread, NULL, set_flag, &started) == 0);
  CHECK (pthread_join (thread, NULL) == 0 && started);
  CHECK (socket (AF_INET, SOCK_STREAM, 0) >= 0 && socket (AF_UNIX, SOCK_STREAM, 0) >= 0);
  CHECK (socketpair (AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  child = fork ();
  if (child == 0)
    {
      execl ("/bin/true", "true", NULL);
      _exit (1);
    }
  CHECK (waitpid (child, &pair[0], 0) == child && pair[0] == 0);
}

static void
test_calls (void)
{
  in_child (try_calls, NULL);
}

static void
try_further_calls (gconstpointer unused)
{
  struct sockaddr_in any = { .sin_family = AF_INET };
  char *const argv[] = { (char *)"true", NULL };
  int inherited = socket (AF_INET, SOCK_STREAM, 0);
  int pair[2];

  confine_process ();
  CHECK (se_confine_calls (SE_CONFINE_NO_PROGRAMS, NULL));
  CHECK_DENIED (execv ("/bin/true", argv), EPERM);
  CHECK_DENIED (syscall (SYS_execveat, AT_FDCWD, "/bin/true", argv, environ, 0), EPERM);
  CHECK (se_confine_calls (SE_CONFINE_NO_SERVER | SE_CONFINE_NO_NETWORK, NULL));
  CHECK (bind (inherited, (struct sockaddr *)&any, sizeof any) == 0);
  CHECK_DENIED (listen (inherited, 1), EPERM);
  CHECK_DENIED (socket (AF_INET, SOCK_STREAM, 0), EPERM);
  CHECK_DENIED (socket (AF_INET6, SOCK_DGRAM, 0), EPERM);
  CHECK_DENIED (socket (AF_UNIX, SOCK_STREAM, 0), EPERM);
  CHECK_DENIED (socket (AF_NETLINK, SOCK_RAW, 0), EPERM);
  CHECK (socketpair (AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  CHECK (setpgid (0, 0) == 0);
  CHECK (se_confine_further_calls (SE_CONFINE_NO_ESCAPE, NULL));
  CHECK_DENIED (setpgid (0, 0), EPERM);
  CHECK_DENIED (setsid (), EPERM);
  CHECK_DENIED (execv ("/bin/true", argv), EPERM);
}

static void
test_further_calls (void)
{
  in_child (try_further_calls, NULL);
}

static void
try_processes (gconstpointer unused)
{
  char *const argv[] = { (char *)"true", NULL };
  gboolean started = FALSE;
  pthread_t thread;
  pid_t pid;

  confine_process ();
  CHECK (se_confine_calls (0, NULL));
  CHECK (se_confine_further_calls (SE_CONFINE_NO_PROCESSES, NULL));
  CHECK_DENIED (fork (), EPERM);
#ifdef SYS_fork
  CHECK_DENIED (syscall (SYS_fork), EPERM);
#endif
  CHECK (posix_spawn (&pid, "/bin/true", NULL, NULL, argv, environ) == EPERM);
  CHECK (pthread_create (&thread, NULL, set_flag, &started) == 0);
  CHECK (pthread_join (thread, NULL) == 0 && started);
  execv ("/bin/true", argv);
  CHECK (FALSE);
}

static void
test_processes (void)
{
  in_child (try_processes, NULL);
}

/* A directory with "inside/file" and "outside/file". */
typedef struct
{
  char *directory;
  char *inside;
  char *outside;
} Fixture;

static char *
make (const Fixture *fixture, const char *name)
{
  g_autofree char *directory = g_build_filename (fixture->directory, name, NULL);
  char *file = g_build_filename (directory, "file", NULL);

  g_assert_cmpint (g_mkdir (directory, 0700), ==, 0);
  g_assert_true (g_file_set_contents (file, "text", -1, NULL));
  return file;
}

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->directory = g_dir_make_tmp ("confine-XXXXXX", NULL);
  g_assert_nonnull (fixture->directory);
  fixture->inside = make (fixture, "inside");
  fixture->outside = make (fixture, "outside");
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  test_remove_tree (fixture->directory);
  g_free (fixture->directory);
  g_free (fixture->inside);
  g_free (fixture->outside);
}

static void
enter (const Fixture *fixture, guint access, int fd, guint access_of_fd)
{
  g_autofree char *directory = g_path_get_dirname (fixture->inside);
  g_autoptr (SeConfineFiles) files = NULL;

  confine_process ();
  files = se_confine_files_new ();
  se_confine_files_add (files, directory, access);
  se_confine_files_add (files, "/nonexistent", SE_CONFINE_READ);
  if (fd >= 0)
    se_confine_files_add_fd (files, fd, access_of_fd);
  CHECK (se_confine_files_enter (files, NULL));
}

static void
try_reading (gconstpointer data)
{
  const Fixture *fixture = data;

  enter (fixture, SE_CONFINE_READ, -1, 0);
  CHECK (open (fixture->inside, O_RDONLY) >= 0);
  CHECK_DENIED (open (fixture->inside, O_WRONLY), EACCES);
  CHECK_DENIED (open (fixture->outside, O_RDONLY), EACCES);
  CHECK_DENIED (open (fixture->directory, O_RDONLY | O_DIRECTORY), EACCES);
  CHECK_DENIED (rename (fixture->outside, fixture->inside), EACCES);
  CHECK_DENIED (unlink (fixture->inside), EACCES);
  CHECK (open ("/etc/passwd", O_RDONLY) >= 0 && open ("/dev/null", O_RDWR) >= 0);
  CHECK (open ("/proc/self/status", O_RDONLY) >= 0 && open ("/dev/urandom", O_RDONLY) >= 0);
  CHECK_DENIED (execl ("/bin/true", "true", NULL), EACCES);
  CHECK (se_confine_files_hide (fixture->outside) && !se_confine_files_hide (fixture->inside));
  CHECK (!se_confine_files_hide ("/nonexistent"));
}

static void
try_writing (gconstpointer data)
{
  const Fixture *fixture = data;
  g_autofree char *more = g_strconcat (fixture->inside, ".new", NULL);
  g_autofree char *outside = g_strconcat (fixture->outside, ".new", NULL);
  g_autofree char *directory = g_path_get_dirname (fixture->inside);

  enter (fixture, SE_CONFINE_READ | SE_CONFINE_WRITE | SE_CONFINE_EXECUTE, -1, 0);
  CHECK (se_atomic_file_replace (fixture->inside, "new", 3, 0600, NULL));
  CHECK (truncate (fixture->inside, 0) == 0 && mkdir (more, 0700) == 0 && rmdir (more) == 0);
  CHECK (open (directory, O_TMPFILE | O_RDWR, 0600) >= 0);
  CHECK_DENIED (open (outside, O_WRONLY | O_CREAT, 0600), EACCES);
  CHECK_DENIED (open (fixture->outside, O_WRONLY), EACCES);
  if (landlock_version () >= 3)
    CHECK_DENIED (truncate (fixture->outside, 0), EACCES);
  CHECK_DENIED (unlink (fixture->outside), EACCES);
  CHECK_DENIED (mkdir (outside, 0700), EACCES);
  CHECK_DENIED (mknod (more, S_IFIFO | 0600, 0), EACCES);
}

/* A child's document is opened anew by its descriptor, whether it still has a name or not. */
static void
try_descriptor (gconstpointer data)
{
  const Fixture *fixture = data;
  int fd = open (fixture->outside, O_RDONLY);
  g_autofree char *path = g_strdup_printf ("/dev/fd/%d", fd);

  CHECK (unlink (fixture->outside) == 0);
  enter (fixture, SE_CONFINE_READ, fd, SE_CONFINE_READ);
  CHECK (open (path, O_RDONLY) >= 0);
  CHECK_DENIED (open (path, O_WRONLY), EACCES);
}

static void
try_signals (gconstpointer data)
{
  enter (data, SE_CONFINE_READ, -1, 0);
  CHECK_DENIED (kill (getppid (), 0), EPERM);
  CHECK (kill (getpid (), 0) == 0);
}

static void
test_files (Fixture *fixture, gconstpointer function)
{
  if (landlock_version () < 1)
    {
      g_test_skip ("this kernel has no Landlock");
      return;
    }
  if (function == try_signals && landlock_version () < LANDLOCK_ABI_OF_SIGNALS)
    {
      g_test_skip ("this kernel's Landlock does not know signals");
      return;
    }
  in_child ((void (*) (gconstpointer))function, fixture);
}

/* A kernel as it may be: the calls by which a process confines itself answer so. */
static void
let_calls_fail (int answer)
{
  scmp_filter_ctx filter = seccomp_init (SCMP_ACT_ALLOW);
  const uint32_t action = SCMP_ACT_ERRNO ((uint16_t)answer);

  CHECK (seccomp_rule_add (filter, action, SCMP_SYS (landlock_create_ruleset), 0) == 0);
  CHECK (seccomp_rule_add (filter, action, SCMP_SYS (seccomp), 0) == 0);
  CHECK (
      seccomp_rule_add (filter, action, SCMP_SYS (prctl), 1, SCMP_A0 (SCMP_CMP_EQ, PR_SET_SECCOMP))
      == 0);
  CHECK (seccomp_load (filter) == 0);
}

static GLogWriterOutput
keep_line (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer lines)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_string_append_printf (lines, "%s\n", (const char *)fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

static void
go_without (gconstpointer fixture)
{
  g_autoptr (GString) lines = g_string_new (NULL);

  g_log_set_writer_func (keep_line, lines, NULL);
  let_calls_fail (ENOSYS);
  confine_process ();
  CHECK (se_confine_calls (SE_CONFINE_NO_NETWORK, NULL));
  CHECK (strstr (lines->str, "this kernel has no seccomp: ") != NULL);
  enter (fixture, SE_CONFINE_READ, 0, SE_CONFINE_READ);
  CHECK (strstr (lines->str, "this kernel has no Landlock (Function not implemented): ") != NULL);
  CHECK (socket (AF_INET, SOCK_STREAM, 0) >= 0);
  CHECK (open (((const Fixture *)fixture)->outside, O_RDONLY) >= 0);
}

static void
refuse (gconstpointer fixture)
{
  g_autoptr (GError) error = NULL;

  let_calls_fail (EACCES);
  confine_process ();
  CHECK (!se_confine_calls (SE_CONFINE_NO_NETWORK, &error));
  CHECK (strstr (error->message, "(seccomp)") != NULL);
}

static void
test_kernel (Fixture *fixture, gconstpointer function)
{
  in_child ((void (*) (gconstpointer))function, fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/confine/process", test_process);
  g_test_add_func ("/confine/environment", test_environment);
  g_test_add_func ("/confine/calls", test_calls);
  g_test_add_func ("/confine/further-calls", test_further_calls);
  g_test_add_func ("/confine/processes", test_processes);
  g_test_add ("/confine/read", Fixture, try_reading, set_up, test_files, tear_down);
  g_test_add ("/confine/write", Fixture, try_writing, set_up, test_files, tear_down);
  g_test_add ("/confine/descriptor", Fixture, try_descriptor, set_up, test_files, tear_down);
#ifndef SE_FAULT_POINTS
  g_test_add ("/confine/signals", Fixture, try_signals, set_up, test_files, tear_down);
#endif
  g_test_add ("/confine/old-kernel", Fixture, go_without, set_up, test_kernel, tear_down);
  g_test_add ("/confine/refused", Fixture, refuse, set_up, test_kernel, tear_down);
  return g_test_run ();
}
