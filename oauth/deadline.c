/* SPDX-License-Identifier: Apache-2.0 */
#include "oauth/deadline.h"

#include "oauth/client-auth.h"
#include "oauth/grant.h"

#include <glib/gi18n-lib.h>

typedef struct
{
  const SeAccount *account;
  const SeTokenRecord *record; /* NULL: none */
  const char *grant;
} Facts;

static gboolean
has_refresh_token (const Facts *facts)
{
  return facts->record != NULL && facts->record->refresh_token != NULL;
}

/* Google tells it for an application whose consent screen is in testing: seven days. */
static gint64
end_of_refresh_token (const Facts *facts)
{
  return has_refresh_token (facts) ? facts->record->refresh_expires : 0;
}

static gint64
end_of_rest (const Facts *facts)
{
  guint idle = facts->account->provider->refresh_token_idle;

  if (!has_refresh_token (facts) || idle == 0)
    return 0;
  return MAX (facts->record->obtained, facts->record->last_refresh) + idle;
}

/* A day begins at midnight UTC: rather some hours early than late. */
static gint64
end_of_client_secret (const Facts *facts)
{
  const SeAccount *account = facts->account;
  g_autofree char *text = NULL;
  g_autoptr (GDateTime) time = NULL;

  /* Where there is a certificate the secret is not used. */
  if (!se_grant_is_client (facts->grant) || account->certificate_file != NULL
      || account->client_secret_file == NULL || account->client_secret_expires == NULL)
    return 0;
  text = g_strconcat (account->client_secret_expires, "T00:00:00Z", NULL);
  time = g_date_time_new_from_iso8601 (text, NULL);
  return time != NULL ? g_date_time_to_unix (time) : 0;
}

/* A certificate that cannot be read is told as that, not here. */
static gint64
end_of_certificate (const Facts *facts)
{
  gint64 end = 0;

  return se_grant_is_client (facts->grant)
                 && se_client_auth_certificate_end (facts->account, &end, NULL)
             ? end
             : 0;
}

/* A remedy ends with a command that the account belongs to. */
static const struct
{
  gint64 (*find) (const Facts *facts);
  const char *reason;
  const char *remedy;
} ends[] = {
  { end_of_refresh_token, N_ ("the server lets the sign-in end"), N_ ("run: oauth-setup login") },
  { end_of_rest, N_ ("the server forgets a sign-in that nobody uses"),
    N_ ("run: oauth-setup refresh") },
  { end_of_client_secret, N_ ("the client secret ends"),
    N_ ("put a new one into client-secret-file, set client-secret-expires, and run: oauth-setup "
        "refresh") },
  { end_of_certificate, N_ ("the certificate ends"),
    N_ ("register a new one at the provider, put it into certificate-file and key-file, and run: "
        "oauth-setup refresh") },
};

gboolean
se_deadline_find (const SeAccount *account, const SeTokenRecord *record, SeDeadline *deadline)
{
  const Facts facts = { account, record, record != NULL ? record->grant : account->grant };

  deadline->time = 0;
  for (gsize i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      gint64 end = ends[i].find (&facts);

      if (end > 0 && (deadline->time == 0 || end < deadline->time))
        *deadline = (SeDeadline){ end, _ (ends[i].reason), _ (ends[i].remedy) };
    }
  return deadline->time > 0;
}
