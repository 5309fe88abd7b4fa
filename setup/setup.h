/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

G_BEGIN_DECLS

/* What the verbs of oauth-setup share. */

/* Exit status, as oauth-setup(8) tells it. */
typedef enum
{
  SE_EXIT_DONE = 0,
  SE_EXIT_FAILED = 1,
  SE_EXIT_USAGE = 2,
  SE_EXIT_PERSON = 3, /* a person is needed: sign in again, mend the configuration */
} SeExit;

/* The configuration in force. */
typedef struct
{
  char *path; /* of scan-email.conf */
  SeConfig *config;
  SeServerConfig *server;
} SeSetup;

/* Reads the configuration. As root the file must be root's alone to write (SE_ERROR_CONFIG), since
 * it names the user that the worker becomes. */
SeSetup *se_setup_load (GError **error);
void se_setup_free (SeSetup *setup);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SeSetup, se_setup_free)

/* Exit status for an error: SE_ERROR_USAGE 2; AUTHORIZATION and CONFIG 3; others 1. NULL: 0. */
SeExit se_setup_exit_status (const GError *error);

/* Writes the error's lines to standard error, each "oauth-setup: …"; returns its exit status. */
SeExit se_setup_fail (const GError *error);

/* The worse of two: USAGE before PERSON before FAILED before DONE. */
SeExit se_setup_worse (SeExit a, SeExit b);

/* Parses a verb's options: n_words is the largest number of words beside them. parameters, summary
 * and what entries say of themselves are marked by N_ () and translated here. Returns the words,
 * NULL-terminated, owned by the caller. SE_ERROR_USAGE. --help ends the program. */
char **se_setup_parse (int argc, char **argv, const char *parameters, const char *summary,
                       const GOptionEntry *entries, guint n_words, GError **error);

/* The address of the account that a verb is to work with: word, or where that is NULL the only one
 * there is. Owned by the caller. SE_ERROR_USAGE for one that is not in the file, or if there are
 * several or none. */
char *se_setup_choose_account (const SeSetup *setup, const char *word, GError **error);

/* The verbs, one a file. argv[0] is the program with the verb's name, for help. */
SeExit se_verb_login (int argc, char **argv);
SeExit se_verb_status (int argc, char **argv);
SeExit se_verb_test (int argc, char **argv);
SeExit se_verb_refresh (int argc, char **argv);
SeExit se_verb_revoke (int argc, char **argv);
SeExit se_verb_release (int argc, char **argv);
SeExit se_verb_queue (int argc, char **argv);
SeExit se_verb_list (int argc, char **argv);

G_END_DECLS
