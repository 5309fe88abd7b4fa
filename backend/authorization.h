/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "common/configuration.h"

#include <glib/gstdio.h>

G_BEGIN_DECLS

/* The access tokens of a job's account, and what its end shows about the account. All zero at
 * first; server, account and cancel_fd are set once they are known, and borrowed. */
typedef struct
{
  const SeServerConfig *server;
  const SeAccount *account; /* as the job goes by it; NULL: not known */
  int cancel_fd;
  SeAccount *account_now; /* as it was read again, for its token alone; NULL: it was not */
  GStatBuf seen;          /* the configuration's file when it was read last */
  gboolean no_token;      /* the last token that was asked for was not to be had */
} SeAuthorization;

/* Call before the configuration at path is read. */
void se_authorization_look (SeAuthorization *authorization, const char *path);

/* A SeTokenFunc over se_token_get, errors as there; data: SeAuthorization. A login that switches
 * the account to another grant or store does not cost the jobs that are under way: where the
 * configuration has changed since, the account is read again. SE_ERROR_TEMPORARY as well where only
 * a new process can read what it names. */
char *se_authorization_get_token (const char *rejected, gpointer data, GError **error);

/* The account's mail was accepted: withdraws an alert. */
void se_authorization_works (const SeAuthorization *authorization);

/* Raises an alert if the account has lost its authorization, which the job's end shows: no token,
 * or a mail server that does not let the account in. failure: NULL for none. at_login: the mail
 * server's login was the job's last step. sentence: for a person; NULL: nothing is said. */
void se_authorization_failed (const SeAuthorization *authorization, const GError *failure,
                              gboolean at_login, const char *sentence);

void se_authorization_clear (SeAuthorization *authorization);

G_END_DECLS
