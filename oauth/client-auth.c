/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/client-auth.h"

#include "common/io.h"

#include <string.h>

/* *secret NULL on return TRUE: none is configured. */
static gboolean
read_secret (const SeAccount *account, char **secret, GError **error)
{
  gsize length = 0;

  *secret = NULL;
  if (account->client_secret_file == NULL)
    return TRUE;
  *secret = se_io_read_secret_file (account->client_secret_file, 4096, &length, error);
  if (*secret == NULL)
    return FALSE;
  (*secret)[strcspn (*secret, "\r\n")] = '\0';
  if (**secret != '\0')
    return TRUE;
  g_clear_pointer (secret, se_io_free_secret);
  g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, "%s is empty; it has to hold the client secret",
               account->client_secret_file);
  return FALSE;
}

gboolean
se_client_auth_add (SeForm *form, const SeAccount *account, const char *audience, GError **error)
{
  se_autosecret char *secret = NULL;

  if (account->client_id == NULL || *account->client_id == '\0')
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, "set client-id = in [account %s]",
                   account->address);
      return FALSE;
    }
  if (!read_secret (account, &secret, error))
    return FALSE;
  se_form_add (form, "client_id", account->client_id);
  se_form_add_secret (form, "client_secret", secret);
  return TRUE;
}

gboolean
se_client_auth_check (const SeAccount *account, GError **error)
{
  g_autoptr (SeForm) form = se_form_new ();

  return se_client_auth_add (form, account, "", error);
}
