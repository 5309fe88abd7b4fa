/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/setup.h"

#include "common/log.h"
#include "common/state-directory.h"
#include "setup/service.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file names the user that the worker becomes: nobody but root may have a say in it. */
static gboolean
check_owner (const char *path, GError **error)
{
  struct stat status;

  if (geteuid () != 0 || stat (path, &status) != 0)
    return TRUE;
  if (status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0)
    return TRUE;
  g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
               _ ("%s can be changed by others than root: chown root %s && chmod 0640 %s"), path,
               path, path);
  return FALSE;
}

static gboolean
check_readable (const char *path, GError **error)
{
  if (access (path, R_OK) == 0)
    return TRUE;
  if (errno == EACCES)
    g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                 _ ("%s cannot be read: run oauth-setup as root"), path);
  else if (errno == ENOENT)
    g_set_error (error, SE_ERROR, (int)SE_ERROR_CONFIG,
                 _ ("%s does not exist: oauth-setup login makes it"), path);
  else
    se_error_set_errno (error, errno, "%s", path);
  return FALSE;
}

static gboolean
check_state_directory (const SeServerConfig *server, GError **error)
{
  uid_t uid;
  gid_t gid;

  return geteuid () != 0
         || (se_service_lookup_user (server, &uid, &gid, error)
             && se_state_directory_check (server, uid, error));
}

SeSetup *
se_setup_load (GError **error)
{
  g_autoptr (SeSetup) setup = g_new0 (SeSetup, 1);

  setup->path = se_config_path ();
  if (!check_readable (setup->path, error) || !check_owner (setup->path, error))
    return NULL;
  setup->config = se_config_load (setup->path, SE_PRESETS_FILE, error);
  if (setup->config == NULL)
    return NULL;
  setup->server = se_config_get_server (setup->config, error);
  if (setup->server == NULL || !check_state_directory (setup->server, error))
    return NULL;
  return g_steal_pointer (&setup);
}

void
se_setup_free (SeSetup *setup)
{
  g_free (setup->path);
  g_clear_pointer (&setup->config, se_config_free);
  g_clear_pointer (&setup->server, se_server_config_free);
  g_free (setup);
}

SeExit
se_setup_exit_status (const GError *error)
{
  if (error == NULL)
    return SE_EXIT_DONE;
  if (se_error_is (error, SE_ERROR_USAGE))
    return SE_EXIT_USAGE;
  if (se_error_is (error, SE_ERROR_AUTHORIZATION) || se_error_is (error, SE_ERROR_CONFIG))
    return SE_EXIT_PERSON;
  return SE_EXIT_FAILED;
}

SeExit
se_setup_fail (const GError *error)
{
  g_auto (GStrv) lines = g_strsplit (error->message, "\n", -1);
  char **line;

  fflush (stdout);
  for (line = lines; *line != NULL; line++)
    se_log_write ("oauth-setup", "%s", *line);
  return se_setup_exit_status (error);
}

SeExit
se_setup_worse (SeExit a, SeExit b)
{
  static const int rank[]
      = { [SE_EXIT_DONE] = 0, [SE_EXIT_FAILED] = 1, [SE_EXIT_PERSON] = 2, [SE_EXIT_USAGE] = 3 };

  return rank[a] >= rank[b] ? a : b;
}

char **
se_setup_parse (int argc, char **argv, const char *parameters, const char *summary,
                const GOptionEntry *entries, guint n_words, GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (parameters);
  g_autoptr (GError) local = NULL;
  int i;

  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (context, summary);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!g_option_context_parse (context, &argc, &argv, &local))
    {
      g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE, _ ("%s; see %s --help"), local->message,
                   g_get_prgname ());
      return NULL;
    }
  /* "--" ends the options and stays in argv. */
  i = argc > 1 && g_str_equal (argv[1], "--") ? 2 : 1;
  if ((guint)(argc - i) > n_words)
    {
      g_autofree char *word = se_log_clean (argv[i + (int)n_words], 100);

      g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE,
                   _ ("\"%s\" is one word too many; see %s --help"), word, g_get_prgname ());
      return NULL;
    }
  return g_strdupv (argv + i);
}

char *
se_setup_choose_account (const SeSetup *setup, const char *word, GError **error)
{
  g_auto (GStrv) accounts = se_config_list_accounts (setup->config);
  g_autofree char *names = g_strjoinv (", ", accounts);
  guint n = g_strv_length (accounts);

  if (word != NULL && g_strv_contains ((const char *const *)accounts, word))
    return g_strdup (word);
  if (word == NULL && n == 1)
    return g_strdup (accounts[0]);
  if (n == 0)
    g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE,
                 _ ("%s has no account yet: run oauth-setup login ADDRESS"), setup->path);
  else if (word == NULL)
    g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE, _ ("Which account? Name one of %s"), names);
  else
    {
      g_autofree char *clean = se_log_clean (word, 254);

      g_set_error (error, SE_ERROR, (int)SE_ERROR_USAGE, _ ("%s has no account %s; it has %s"),
                   setup->path, clean, names);
    }
  return NULL;
}
