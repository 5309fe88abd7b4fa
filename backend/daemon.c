/* SPDX-License-Identifier: Apache-2.0 */
#include "backend/daemon.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the programs have of the environment. */
static const char *const passed_on[]
    = { "CLASS", "CUPS_SERVERROOT", "DEVICE_URI", "FINAL_CONTENT_TYPE", "LANG", "PRINTER", "TZ" };

/* What the supervisor itself needs besides. */
static const char *const needed[] = { "CUPS_SERVERBIN", "PPD" };

#define N_ELEMENTS(array) (sizeof (array) / sizeof (array)[0])

const char *
se_daemon_variable (const char *name, const char *fallback)
{
  const char *value = getenv (name);

  return value == NULL || *value == '\0' ? fallback : value;
}

static bool
is_one_of (const char *entry, const char *const *names, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      size_t length = strlen (names[i]);

      if (strncmp (entry, names[i], length) == 0 && entry[length] == '=')
        return true;
    }
  return false;
}

void
se_daemon_clean_environment (void)
{
  char **to = environ;

  for (char **from = environ; *from != NULL; from++)
    if (is_one_of (*from, passed_on, N_ELEMENTS (passed_on))
        || is_one_of (*from, needed, N_ELEMENTS (needed)))
      *to++ = *from;
    else
      explicit_bzero (*from, strlen (*from)); /* where /proc/PID/environ has it */
  *to = NULL;
}

/* Becomes the program below directory, or returns the errno. */
static int
try_below (const char *directory, const char *name, char **argv, char path[SE_PATH_SIZE])
{
  int n = snprintf (path, SE_PATH_SIZE, "%s/%s", directory, name);

  if (n < 0 || n >= SE_PATH_SIZE)
    return ENAMETOOLONG;
  execv (path, argv);
  return errno;
}

/* As try_below, where this program itself lies. */
static int
try_beside (const char *name, char **argv, char path[SE_PATH_SIZE])
{
  char own[SE_PATH_SIZE];
  ssize_t length = readlink ("/proc/self/exe", own, sizeof own - 1);

  if (length < 0)
    return ENOENT;
  own[length] = '\0';
  for (int level = 0; level < 2; level++) /* DIRECTORY/backend/mailto */
    {
      char *slash = strrchr (own, '/');

      if (slash == NULL)
        return ENOENT;
      *slash = '\0';
    }
  return try_below (own, name, argv, path);
}

int
se_daemon_become (const char *name, char **argv, char path[SE_PATH_SIZE])
{
  const char *serverbin = se_daemon_variable ("CUPS_SERVERBIN", SE_SERVERBIN);
  char other[SE_PATH_SIZE];
  int failure;

  for (size_t i = 0; i < N_ELEMENTS (needed); i++)
    (void)unsetenv (needed[i]); /* the texts stay where they are */
  failure = try_below (serverbin, name, argv, path);
  if (failure != ENOENT)
    return failure;
  failure = try_beside (name, argv, other);
  if (failure == ENOENT)
    failure = try_below (SE_SERVERBIN, name, argv, other);
  if (failure != ENOENT)
    memcpy (path, other, sizeof other);
  return failure;
}
