/* SPDX-License-Identifier: Apache-2.0 */
#include "common/confine-service.h"

#include <stdlib.h>

/* Beside /etc and /usr: resolv.conf and sockets of name services, what sssd, libvirt and nss_db
 * tell of hosts, where openSUSE keeps certificates, and the machine's id, which D-Bus asks for. */
static const char *const looked_up[] = { "/run",
                                         "/etc/resolv.conf",
                                         "/var/lib/sss",
                                         "/var/lib/libvirt/dnsmasq",
                                         "/var/lib/misc",
                                         "/var/lib/dbus",
                                         "/var/lib/ca-certificates" };

typedef struct
{
  const char *paths[5]; /* NULL among them: none */
} AccountFiles;

static AccountFiles
files_of (const SeAccount *account)
{
  return (AccountFiles){ { account->provider->ca_file, account->client_secret_file,
                           account->certificate_file, account->key_file,
                           account->service_account_file } };
}

static void
add_directory (SeConfineFiles *files, const char *path)
{
  g_autofree char *directory = g_path_get_dirname (path);

  se_confine_files_add (files, g_str_equal (directory, "/") ? path : directory, SE_CONFINE_READ);
}

void
se_confine_files_add_lookups (SeConfineFiles *files)
{
  for (gsize i = 0; i < G_N_ELEMENTS (looked_up); i++)
    se_confine_files_add (files, looked_up[i], SE_CONFINE_READ);
}

void
se_confine_files_add_place (SeConfineFiles *files, const char *path)
{
  char *file = path != NULL ? realpath (path, NULL) : NULL;

  if (path != NULL)
    add_directory (files, path);
  if (file != NULL)
    add_directory (files, file);
  free (file);
}

void
se_confine_files_add_server (SeConfineFiles *files, const SeServerConfig *server)
{
  g_autofree char *config = se_config_path ();

  se_confine_files_add_place (files, config);
  se_confine_files_add_place (files, SE_PRESETS_FILE);
  se_confine_files_add_place (files, server->token_key_file);
  se_confine_files_add (files, server->state_directory, SE_CONFINE_READ | SE_CONFINE_WRITE);
}

void
se_confine_files_add_account (SeConfineFiles *files, const SeAccount *account)
{
  const AccountFiles own = files_of (account);

  for (gsize i = 0; i < G_N_ELEMENTS (own.paths); i++)
    se_confine_files_add_place (files, own.paths[i]);
}

gboolean
se_confine_files_hide_account (const SeAccount *account)
{
  const AccountFiles own = files_of (account);

  for (gsize i = 0; i < G_N_ELEMENTS (own.paths); i++)
    if (own.paths[i] != NULL && se_confine_files_hide (own.paths[i]))
      return TRUE;
  return FALSE;
}
