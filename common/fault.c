/* SPDX-License-Identifier: Apache-2.0 */
#include "common/fault.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#define WORD "%63s"

enum
{
  WORD_SIZE = 64,
  RULES_MAX = 16 * 1024,
  HITS_MAX = 256 * 1024,
};

/* The files of this process; a forked one opens its own, since the lock goes with the opening. */
static struct
{
  pid_t owner;
  int rules;
  int hits;
} files = { 0, -1, -1 };

static int
open_file (const char *name, int flags)
{
  const char *root = getenv ("CUPS_SERVERROOT");
  char path[4096];
  int n = snprintf (path, sizeof path, "%s/%s", root != NULL ? root : SE_CONFIG_DIR, name);

  return n < 0 || (size_t)n >= sizeof path ? -1 : open (path, flags | O_CLOEXEC | O_NOCTTY);
}

/* Returns whether both files are there. */
static int
find_files (void)
{
  if (files.owner == getpid () && files.rules >= 0 && files.hits >= 0)
    return 1;
  if (files.owner != getpid ())
    dprintf (STDERR_FILENO, "DEBUG: this build has fault points: it is for tests only\n");
  files.owner = getpid ();
  files.rules = open_file ("fault-points", O_RDONLY);
  files.hits = files.rules < 0 ? -1 : open_file ("fault-points.hits", O_RDWR | O_APPEND);
  return files.hits >= 0;
}

/* What stands in fd, as a string, which the caller frees; NULL: nothing. */
static char *
read_text (int fd, size_t max)
{
  char *text = malloc (max + 1);
  ssize_t n = text != NULL ? pread (fd, text, max, 0) : -1;

  if (n < 0)
    {
      free (text);
      return NULL;
    }
  text[n] = '\0';
  return text;
}

/* How often name was noted. */
static unsigned
count_hits (const char *name)
{
  char *text = read_text (files.hits, HITS_MAX);
  char *rest = text;
  char *line;
  unsigned n = 0;

  while (rest != NULL && (line = strsep (&rest, "\n")) != NULL)
    {
      char word[WORD_SIZE];

      n += sscanf (line, WORD, word) == 1 && strcmp (word, name) == 0;
    }
  free (text);
  return n;
}

/* Tells whether a line begins with these two words. */
static int
stands (const char *first, const char *second)
{
  char *text = read_text (files.rules, RULES_MAX);
  char *rest = text;
  char *line;
  int found = 0;

  while (!found && rest != NULL && (line = strsep (&rest, "\n")) != NULL)
    {
      char one[WORD_SIZE], other[WORD_SIZE];

      found = sscanf (line, WORD " " WORD, one, other) == 2 && strcmp (one, first) == 0
              && strcmp (other, second) == 0;
    }
  free (text);
  return found;
}

static void
act (const char *name, const char *action)
{
  if (strcmp (action, "kill") == 0)
    kill (getpid (), SIGKILL);
  else if (strcmp (action, "kill-parent") == 0)
    kill (getppid (), SIGKILL);
  else if (strcmp (action, "wait") == 0)
    while (stands (name, action)) /* a stopped process would die of SIGHUP if cupsd did */
      usleep (1000);
  else if (strncmp (action, "exit=", 5) == 0)
    _exit (atoi (action + 5));
  else
    dprintf (STDERR_FILENO, "DEBUG: fault-points: unknown action %s\n", action);
}

/* Does what is to be done if it was not done often enough. */
static void
hit (const char *name, const char *action, unsigned count)
{
  int due;

  if (flock (files.hits, LOCK_EX) < 0)
    return;
  due = count_hits (name) < count && dprintf (files.hits, "%s %d\n", name, (int)getpid ()) > 0;
  flock (files.hits, LOCK_UN);
  if (due)
    act (name, action);
}

void
se_fault_point (const char *name)
{
  char *text = find_files () ? read_text (files.rules, RULES_MAX) : NULL;
  char *rest = text;
  char *line;

  while (rest != NULL && (line = strsep (&rest, "\n")) != NULL)
    {
      char point[WORD_SIZE], action[WORD_SIZE];
      unsigned count = 1;

      if (sscanf (line, WORD " " WORD " %u", point, action, &count) >= 2
          && strcmp (point, name) == 0)
        hit (name, action, count);
    }
  free (text);
}

unsigned
se_fault_clock (const char *name, unsigned usual)
{
  char *text = find_files () ? read_text (files.rules, RULES_MAX) : NULL;
  char *rest = text;
  char *line;
  unsigned result = usual;

  while (rest != NULL && (line = strsep (&rest, "\n")) != NULL)
    {
      char clock[WORD_SIZE];
      unsigned milliseconds;

      if (sscanf (line, "timeout " WORD " %u", clock, &milliseconds) == 2
          && strcmp (clock, name) == 0)
        result = milliseconds;
    }
  free (text);
  return result;
}
