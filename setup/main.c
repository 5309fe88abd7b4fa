/* SPDX-License-Identifier: Apache-2.0 */
/* oauth-setup: authorizes mailboxes for scan-email. */
#include "setup/setup.h"

#include "common/fault.h"
#include "common/language.h"
#include "common/log.h"

#include <glib/gi18n-lib.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

typedef struct
{
  const char *name;
  SeExit (*run) (int argc, char **argv);
  const char *summary;
} Verb;

static const Verb verbs[] = {
  { "login", se_verb_login, N_ ("authorize a mailbox, check it and release its held jobs") },
  { "status", se_verb_status, N_ ("show how each account stands") },
  { "test", se_verb_test, N_ ("try an account: token, SMTP login, and with --to a mail") },
  { "refresh", se_verb_refresh, N_ ("renew the tokens of one or all accounts") },
  { "revoke", se_verb_revoke, N_ ("take an account's authorization away, here and at the server") },
  { "release", se_verb_release, N_ ("let jobs go on that scan-email holds") },
  { "queue", se_verb_queue, N_ ("show the jobs that wait: why, and until when") },
  { "list", se_verb_list, N_ ("list the accounts and their queues") },
};

static void
print_help (void)
{
  gsize i;

  fputs (_ ("Usage:\n  oauth-setup [VERB] [OPTION…]\n\nVerbs (login if none is given):\n"), stdout);
  for (i = 0; i < G_N_ELEMENTS (verbs); i++)
    printf ("  %-8s  %s\n", verbs[i].name, _ (verbs[i].summary));
  fputs (_ ("\noauth-setup VERB --help shows the options of a verb; see also oauth-setup(8).\n"),
         stdout);
}

/* Warnings of the libraries as this program's own; the rest as G_MESSAGES_DEBUG asks. */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer unused)
{
  gsize i;

  if ((level & G_LOG_LEVEL_MASK) != G_LOG_LEVEL_WARNING)
    return g_log_writer_default (level, fields, n_fields, NULL);
  for (i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE") && fields[i].length < 0)
      se_log_write (_ ("oauth-setup: warning"), "%s", (const char *)fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

static const Verb *
find_verb (const char *name)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (g_str_equal (verbs[i].name, name))
      return &verbs[i];
  return NULL;
}

/* A word that names no verb belongs to login, which takes an address or options. */
static SeExit
dispatch (int argc, char **argv)
{
  const Verb *verb = argc > 1 ? find_verb (argv[1]) : NULL;
  g_autofree char *name = NULL;

  if (verb != NULL)
    {
      argv++;
      argc--;
    }
  else if (argc > 1 && argv[1][0] != '-' && strchr (argv[1], '@') == NULL)
    {
      g_autofree char *clean = se_log_clean (argv[1], 100);

      se_log_write ("oauth-setup",
                    _ ("\"%s\" is neither a verb nor an address; see oauth-setup --help"), clean);
      return SE_EXIT_USAGE;
    }
  else
    verb = find_verb ("login");
  name = g_strconcat ("oauth-setup ", verb->name, NULL);
  g_set_prgname (name);
  return verb->run (argc, argv);
}

static void
choose_language (void)
{
  g_autofree char *names = se_language_of_environment ();

  setlocale (LC_CTYPE, "");
  (void)se_language_use (SE_LOCALE_DIR, names);
}

int
main (int argc, char **argv)
{
  /* What a person types may be a secret: no core file, and nobody looks into it. */
  if (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
    {
      perror ("oauth-setup: PR_SET_DUMPABLE");
      return SE_EXIT_FAILED;
    }
  umask (077);
  choose_language ();
  /* A reader of our output that goes away must not end us between two steps. */
  signal (SIGPIPE, SIG_IGN);
  g_log_set_writer_func (write_log, NULL, NULL);
  if (argc > 1 && (g_str_equal (argv[1], "--help") || g_str_equal (argv[1], "-h")))
    {
      print_help ();
      return SE_EXIT_DONE;
    }
  if (argc > 1 && g_str_equal (argv[1], "--version"))
    {
      printf ("oauth-setup (scan-email) %s" SE_FAULT_NOTE "\n", VERSION);
      return SE_EXIT_DONE;
    }
  return dispatch (argc, argv);
}
