/* SPDX-License-Identifier: Apache-2.0 */
#include "common/advice.h"

#include "common/log.h"
#include "common/template.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define VALUE_MAX 200

static const struct
{
  const char *name;
  gsize offset; /* in SeAccount */
} names[] = {
  { "account", G_STRUCT_OFFSET (SeAccount, address) },
  { "login-user", G_STRUCT_OFFSET (SeAccount, login_user) },
  { "smtp-user", G_STRUCT_OFFSET (SeAccount, smtp_user) },
  { "from-address", G_STRUCT_OFFSET (SeAccount, from_address) },
  { "client-id", G_STRUCT_OFFSET (SeAccount, client_id) },
  { "tenant", G_STRUCT_OFFSET (SeAccount, tenant) },
};

static char *
get_value (const char *name, gconstpointer data, GError **error)
{
  const SeAccount *account = data;
  const char *value = NULL;
  gboolean known = strcmp (name, "provider") == 0;

  if (known && account->provider != NULL)
    value = account->provider->name;
  for (gsize i = 0; i < G_N_ELEMENTS (names) && !known; i++)
    if (strcmp (name, names[i].name) == 0)
      {
        value = G_STRUCT_MEMBER (char *, account, names[i].offset);
        known = TRUE;
      }
  if (!known)
    {
      g_set_error (error, SE_ERROR, SE_ERROR_CONFIG, _ ("%%{%s} is no value of an account"), name);
      return NULL;
    }
  return value == NULL || *value == '\0' ? g_strdup (_ ("(not set)"))
                                         : se_log_clean (value, VALUE_MAX);
}

char *
se_advice_to_string (const SeAdvice *advice, const SeAccount *account)
{
  g_autofree char *translated = g_strjoin (" ", _ (advice->cause), _ (advice->remedy), NULL);
  g_autofree char *text = g_strjoin (" ", advice->cause, advice->remedy, NULL);
  g_autoptr (GError) error = NULL;
  char *expanded = se_template_substitute (translated, get_value, account, NULL);

  /* A mistake in a translation must not be the end of a job. */
  if (expanded == NULL)
    expanded = se_template_substitute (text, get_value, account, &error);
  if (expanded == NULL)
    g_error ("%s: %s", text, error->message);
  return expanded;
}
