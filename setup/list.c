/* SPDX-License-Identifier: Apache-2.0 */
#include "setup/queues.h"
#include "setup/setup.h"

#include "common/log.h"

#include <glib/gi18n-lib.h>
#include <stdio.h>

static void
list_queues (const GPtrArray *queues, const SeConfig *config, const char *address)
{
  guint i;

  for (i = 0; i < queues->len; i++)
    {
      const SeQueue *queue = queues->pdata[i];
      g_autofree char *from = se_queue_account (queue, config);

      if (from != NULL && g_ascii_strcasecmp (from, address) == 0)
        printf (_ ("  queue %s -> %s\n"), queue->name, queue->uri);
    }
}

/* Queues whose account is not in the file: their jobs would be held. */
static void
list_homeless (const GPtrArray *queues, const SeConfig *config, char **accounts)
{
  guint i;

  for (i = 0; i < queues->len; i++)
    {
      const SeQueue *queue = queues->pdata[i];
      g_autofree char *from = se_queue_account (queue, config);
      gboolean known = FALSE;
      char **account;

      for (account = accounts; from != NULL && *account != NULL; account++)
        known = known || g_ascii_strcasecmp (from, *account) == 0;
      if (known)
        continue;
      if (from != NULL)
        printf (_ ("queue %s -> %s: no account %s in the configuration\n"), queue->name, queue->uri,
                from);
      else
        printf (_ ("queue %s -> %s: no account named\n"), queue->name, queue->uri);
    }
}

SeExit
se_verb_list (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) words
      = se_setup_parse (argc, argv, "",
                        N_ ("Lists the accounts and the queues that send from them."), NULL, 0,
                        &error);
  g_autoptr (SeSetup) setup = words != NULL ? se_setup_load (&error) : NULL;
  g_autoptr (http_t) http = setup != NULL ? se_cupsd_connect (setup->server, &error) : NULL;
  g_autoptr (GPtrArray) queues = http != NULL ? se_queues_list (http, &error) : NULL;
  g_auto (GStrv) accounts = NULL;
  char **address;

  if (setup == NULL)
    return se_setup_fail (error);
  accounts = se_config_list_accounts (setup->config);
  if (*accounts == NULL)
    printf (_ ("%s has no account yet: run oauth-setup login.\n"), setup->path);
  for (address = accounts; *address != NULL; address++)
    {
      printf ("%s\n", *address);
      if (queues != NULL)
        list_queues (queues, setup->config, *address);
    }
  if (queues == NULL)
    return se_setup_fail (error);
  list_homeless (queues, setup->config, accounts);
  return SE_EXIT_DONE;
}
